//! From sRGB colours to the values that a picture's planes hold.

use crate::colour::Colour;

/// The weights that make luma out of red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Matrix {
    /// ITU-R BT.601: JPEG, standard definition.
    Bt601,
    /// ITU-R BT.709: high definition.
    Bt709,
    /// ITU-R BT.2020, non-constant luminance.
    Bt2020,
}

/// The part of 0..=255 that the samples use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Range {
    /// Everything: JPEG.
    Full,
    /// Luma 16..=235, chroma 16..=240: most video.
    Limited,
}

/// The encoding of colour in a picture's samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Encoding {
    /// The luma weights.
    pub matrix: Matrix,
    /// The range of the samples.
    pub range: Range,
}

impl Encoding {
    /// The encoding of JPEG (JFIF): BT.601, full range.
    pub const JPEG: Self = Self { matrix: Matrix::Bt601, range: Range::Full };

    /// The samples `[Y, Cb, Cr]` of a colour, its alpha left aside.
    ///
    /// The luma weights are those of BT.601-7 2.5.1, BT.709-6 3.2 and BT.2020-2 table 4; the quantisation that of
    /// BT.709-6 section 4 (limited) and of JFIF 1.02 (full).
    pub(crate) fn samples(self, colour: Colour) -> [u8; 3] {
        let (kr, kb) = match self.matrix {
            Matrix::Bt601 => (0.299, 0.114),
            Matrix::Bt709 => (0.2126, 0.0722),
            Matrix::Bt2020 => (0.2627, 0.0593),
        };
        let (r, g, b) = (f64::from(colour.r), f64::from(colour.g), f64::from(colour.b));
        let luma = kr * r + (1.0 - kr - kb) * g + kb * b;
        let cb = (b - luma) / (2.0 * (1.0 - kb));
        let cr = (r - luma) / (2.0 * (1.0 - kr));
        let (black, luma_scale, chroma_scale) = match self.range {
            Range::Full => (0.0, 1.0, 1.0),
            Range::Limited => (16.0, 219.0 / 255.0, 224.0 / 255.0),
        };
        // `as` saturates: full-range pure blue would be 255.5.
        [
            (black + luma * luma_scale).round() as u8,
            (128.0 + cb * chroma_scale).round() as u8,
            (128.0 + cr * chroma_scale).round() as u8,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values() {
        let of = |matrix, range, r, g, b| Encoding { matrix, range }.samples(Colour::rgb(r, g, b));
        for matrix in [Matrix::Bt601, Matrix::Bt709, Matrix::Bt2020] {
            assert_eq!(of(matrix, Range::Limited, 255, 255, 255), [235, 128, 128]);
            assert_eq!(of(matrix, Range::Limited, 0, 0, 0), [16, 128, 128]);
            assert_eq!(of(matrix, Range::Full, 255, 255, 255), [255, 128, 128]);
            assert_eq!(of(matrix, Range::Full, 0, 0, 0), [0, 128, 128]);
        }
        // 100 % colour bars, limited range.
        assert_eq!(of(Matrix::Bt601, Range::Limited, 255, 0, 0), [81, 90, 240]);
        assert_eq!(of(Matrix::Bt601, Range::Limited, 0, 255, 0), [145, 54, 34]);
        assert_eq!(of(Matrix::Bt601, Range::Limited, 0, 0, 255), [41, 240, 110]);
        assert_eq!(of(Matrix::Bt709, Range::Limited, 255, 0, 0), [63, 102, 240]);
        assert_eq!(of(Matrix::Bt709, Range::Limited, 0, 255, 0), [173, 42, 26]);
        assert_eq!(of(Matrix::Bt709, Range::Limited, 0, 0, 255), [32, 240, 118]);
        assert_eq!(of(Matrix::Bt601, Range::Full, 255, 0, 0), [76, 85, 255]);
        assert_eq!(of(Matrix::Bt601, Range::Full, 0, 0, 255), [29, 255, 107]);
    }
}
