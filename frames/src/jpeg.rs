//! Encoding, through libjpeg-turbo. Its integer DCT gives the same bytes with and without SIMD.

use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

/// How many chroma samples a JPEG keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sampling {
    /// 4:4:4: one for each pixel.
    Yuv444,
    /// 4:2:2: one for two pixels side by side, as most webcams send it.
    Yuv422,
    /// 4:2:0: one for a square of four.
    Yuv420,
    /// 4:4:0: one for two pixels above each other, as a turned 4:2:2 has it.
    Yuv440,
    /// No colour at all.
    Grey,
}

impl Sampling {
    /// Every sampling.
    pub const ALL: [Self; 5] = [Self::Yuv444, Self::Yuv422, Self::Yuv420, Self::Yuv440, Self::Grey];
}

impl From<Sampling> for Subsamp {
    fn from(sampling: Sampling) -> Self {
        match sampling {
            Sampling::Yuv444 => Self::None,
            Sampling::Yuv422 => Self::Sub2x1,
            Sampling::Yuv420 => Self::Sub2x2,
            Sampling::Yuv440 => Self::Sub1x2,
            Sampling::Grey => Self::Gray,
        }
    }
}

/// Encodes 8-bit sRGB, three bytes a pixel without gaps between rows, as a baseline JPEG with a JFIF header.
///
/// # Panics
/// When the sizes do not fit together, the quality is not in 1..=100, or there is no memory: mistakes of the caller's
/// in a program that makes pictures, not something to go on from.
pub fn encode(rgb: &[u8], width: usize, height: usize, quality: u8, sampling: Sampling) -> Vec<u8> {
    assert_eq!(rgb.len(), width * height * 3, "{width}x{height} pixels of three bytes");
    let image = Image { pixels: rgb, width, pitch: width * 3, height, format: PixelFormat::RGB };
    let encoded = (|| {
        let mut compressor = Compressor::new()?;
        compressor.set_quality(i32::from(quality))?;
        compressor.set_subsamp(sampling.into())?;
        compressor.compress_to_vec(image)
    })();
    encoded.unwrap_or_else(|e| panic!("encoding {width}x{height} at quality {quality}: {e}"))
}

/// As [`encode`], in 4:2:0, at the best quality whose file is at most `limit` bytes (the size grows with the quality).
///
/// # Panics
/// As [`encode`], and when even quality 1 needs more than `limit`.
pub fn encode_within(rgb: &[u8], width: usize, height: usize, limit: usize) -> Vec<u8> {
    let (mut best, mut low, mut high) = (None, 1, 100);
    while low <= high {
        let quality = (low + high) / 2;
        let bytes = encode(rgb, width, height, quality, Sampling::Yuv420);
        if bytes.len() <= limit {
            best = Some(bytes);
            low = quality + 1;
        } else {
            high = quality - 1;
        }
    }
    best.unwrap_or_else(|| panic!("{width}x{height} does not fit into {limit} bytes at any quality"))
}

/// The most pixels that are decoded. A header of a few bytes may say anything.
const MAX_PIXELS: usize = 100_000_000;

/// A decoded picture: 8-bit RGB, three bytes a pixel without gaps between rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The pixels.
    pub rgb: Vec<u8>,
}

impl Decoded {
    /// The picture in grey, a byte a pixel: the mean of the three colours.
    pub fn grey(&self) -> Vec<u8> {
        self.rgb
            .chunks_exact(3)
            .map(|pixel| (pixel.iter().map(|c| u16::from(*c)).sum::<u16>() / 3) as u8)
            .collect()
    }
}

/// Decodes a JPEG.
///
/// # Errors
/// It is none, damaged (libjpeg's words for it), or says that it is larger than a frame may be.
pub fn decode(jpeg: &[u8]) -> Result<Decoded, String> {
    let header = turbojpeg::read_header(jpeg).map_err(|error| error.to_string())?;
    if header.width * header.height > MAX_PIXELS {
        return Err(format!("a JPEG of {}x{}", header.width, header.height));
    }
    let image = turbojpeg::decompress(jpeg, PixelFormat::RGB).map_err(|error| error.to_string())?;
    let rows = image.pixels.chunks_exact(image.pitch).take(image.height);
    let rgb = rows.flat_map(|row| &row[..3 * image.width]).copied().collect();
    Ok(Decoded { width: image.width as u32, height: image.height as u32, rgb })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_is_decoded_and_a_lie_about_the_size_is_not() {
        let bytes = encode(&[200, 60, 30].repeat(16 * 9), 16, 9, 95, Sampling::Yuv420);
        let picture = decode(&bytes).unwrap();
        assert_eq!((picture.width, picture.height, picture.rgb.len()), (16, 9, 3 * 16 * 9));
        assert!(picture.rgb.iter().zip([200, 60, 30].iter().cycle()).all(|(is, was)| is.abs_diff(*was) < 4));
        let huge = crate::malformed::with_size(&bytes, 30_000, 30_000);
        assert!(decode(&huge).unwrap_err().contains("30000x30000"));
    }

    #[test]
    fn the_best_quality_within_a_limit() {
        let mut rng = crate::noise::Rng::new(1);
        let rgb: Vec<u8> = (0..64 * 48 * 3).map(|_| rng.bits() as u8).collect();
        let bytes = encode_within(&rgb, 64, 48, 3000);
        assert!((2700..=3000).contains(&bytes.len()), "{}", bytes.len());
        assert_eq!(&bytes[..2], [0xff, 0xd8]);
    }
}
