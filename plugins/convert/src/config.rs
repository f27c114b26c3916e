//! The options of a conversion, and its output for a given input.

use mutoscope_pixels::{Shape, nearest_planes};
use mutoscope_plugin::{Format, Matrix, PixelFormat, Range, options};

/// Converts pixels: layout, subsampling, colour matrix and range. What it gives by default is what a JPEG holds.
#[options]
#[derive(Default)]
#[serde(default)]
pub struct Options {
    /// What comes out: `planes` (the planar kind nearest to the input), or a kind by its name.
    pub(crate) to: To,
    /// How luma and chroma shall relate to colours. RGB and Bayer have none of it.
    pub(crate) matrix: ToMatrix,
    /// Which numbers shall mean black and white. RGB and Bayer are always full.
    pub(crate) range: ToRange,
}

/// What comes out.
#[options]
#[derive(Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub enum To {
    /// The planar kind nearest to the input: 4:2:2 for YUYV and its like, 4:2:0 for NV12, RGB and Bayer, grey for Y16.
    #[default]
    Planes,
    /// Planar 4:2:0.
    Yuv420,
    /// Planar 4:2:2.
    Yuv422,
    /// Planar 4:4:0.
    Yuv440,
    /// Planar 4:4:4.
    Yuv444,
    /// One plane of luma.
    Grey,
    /// Planar 4:2:0 with Cr before Cb.
    Yv12,
    /// Packed Y Cb Y Cr.
    Yuyv,
    /// Packed Cb Y Cr Y.
    Uyvy,
    /// Packed Y Cr Y Cb.
    Yvyu,
    /// Packed Cr Y Cb Y.
    Vyuy,
    /// Luma, and Cb and Cr in turn, 4:2:0.
    Nv12,
    /// Luma, and Cr and Cb in turn, 4:2:0.
    Nv21,
    /// Luma, and Cb and Cr in turn, 4:2:2.
    Nv16,
    /// Luma, and Cb and Cr in turn, 4:4:4.
    Nv24,
    /// Three bytes a pixel.
    Rgb24,
    /// Three bytes a pixel, blue first.
    Bgr24,
    /// Four bytes a pixel, opaque.
    Rgba32,
    /// Four bytes a pixel, blue first, opaque.
    Bgra32,
    /// 16-bit little-endian luma.
    Y16,
    /// 8-bit Bayer mosaic that starts B G.
    #[serde(alias = "ba81")]
    Bggr,
    /// 8-bit Bayer mosaic that starts G B.
    Gbrg,
    /// 8-bit Bayer mosaic that starts G R.
    Grbg,
    /// 8-bit Bayer mosaic that starts R G.
    Rggb,
}

/// The colour matrices.
#[options]
#[derive(Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub enum ToMatrix {
    /// ITU-R BT.601: every JPEG.
    #[default]
    Bt601,
    /// ITU-R BT.709: high definition.
    Bt709,
    /// ITU-R BT.2020, non-constant luminance.
    Bt2020,
}

/// The ranges.
#[options]
#[derive(Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub enum ToRange {
    /// 0 to 255: every JPEG.
    #[default]
    Full,
    /// Luma 16 to 235, chroma 16 to 240: video.
    Limited,
}

impl Options {
    /// The output of these options for frames of format `input`; `None` if their pixel format cannot be converted.
    pub(crate) fn output(&self, input: &Format) -> Option<Format> {
        let from = Shape::of(input.kind)?;
        let kind = match self.to {
            To::Planes => nearest_planes(input.kind),
            To::Yuv420 => PixelFormat::I420,
            To::Yuv422 => PixelFormat::I422,
            To::Yuv440 => PixelFormat::I440,
            To::Yuv444 => PixelFormat::I444,
            To::Grey => PixelFormat::GREY,
            To::Yv12 => PixelFormat::YV12,
            To::Yuyv => PixelFormat::YUYV,
            To::Uyvy => PixelFormat::UYVY,
            To::Yvyu => PixelFormat::YVYU,
            To::Vyuy => PixelFormat::VYUY,
            To::Nv12 => PixelFormat::NV12,
            To::Nv21 => PixelFormat::NV21,
            To::Nv16 => PixelFormat::NV16,
            To::Nv24 => PixelFormat::NV24,
            To::Rgb24 => PixelFormat::RGB24,
            To::Bgr24 => PixelFormat::BGR24,
            To::Rgba32 => PixelFormat::RGBA32,
            To::Bgra32 => PixelFormat::BGRA32,
            To::Y16 => PixelFormat::Y16,
            To::Bggr => PixelFormat::BGGR8,
            To::Gbrg => PixelFormat::GBRG8,
            To::Grbg => PixelFormat::GRBG8,
            To::Rggb => PixelFormat::RGGB8,
        };
        let output = Format::new(kind, input.width, input.height);
        if Shape::of(kind)?.is_rgb() {
            // The very same pixels pass with whatever their frame says of colours that they do not have.
            return Some(if kind == input.kind { *input } else { output });
        }
        let known = (Matrix::BT601.0..=Matrix::BT2020.0).contains(&input.matrix.0)
            && (Range::FULL.0..=Range::LIMITED.0).contains(&input.range.0);
        if !known && !from.is_rgb() {
            return None;
        }
        let matrix = match self.matrix {
            ToMatrix::Bt601 => Matrix::BT601,
            ToMatrix::Bt709 => Matrix::BT709,
            ToMatrix::Bt2020 => Matrix::BT2020,
        };
        let range = match self.range {
            ToRange::Full => Range::FULL,
            ToRange::Limited => Range::LIMITED,
        };
        Some(output.with_colours(matrix, range))
    }
}
