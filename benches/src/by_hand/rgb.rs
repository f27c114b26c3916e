//! JPEG → RGB at 1/2 → JPEG: the chain that everybody writes first.

use super::{ByHand, compressor};
use turbojpeg::{Compressor, Decompressor, Image, PixelFormat, ScalingFactor, Subsamp, compressed_buf_len};

/// JPEG → RGB at 1/2 → JPEG.
pub struct HalfByRgb {
    decompressor: Decompressor,
    compressor: Compressor,
    size: (usize, usize),
    pixels: Vec<u8>,
    jpeg: Vec<u8>,
    length: usize,
}

impl HalfByRgb {
    /// For JPEGs of `size`, both sides even; they become JPEGs of this subsampling.
    ///
    /// # Panics
    /// If a library refuses what it has always taken.
    pub fn new(size: (usize, usize), subsamp: Subsamp) -> HalfByRgb {
        let mut decompressor = Decompressor::new().expect("a decompressor");
        decompressor.set_scaling_factor(ScalingFactor::ONE_HALF).expect("a scale");
        let size = (size.0 / 2, size.1 / 2);
        HalfByRgb {
            decompressor,
            compressor: compressor(subsamp),
            size,
            pixels: vec![0; 3 * size.0 * size.1],
            jpeg: vec![0; compressed_buf_len(size.0, size.1, subsamp).expect("a length")],
            length: 0,
        }
    }
}

impl ByHand for HalfByRgb {
    fn picture(&mut self, jpeg: &[u8], _: &str) {
        let (width, height) = self.size;
        let (pitch, format) = (3 * width, PixelFormat::RGB);
        let image = Image { pixels: &mut self.pixels[..], width, pitch, height, format };
        self.decompressor.decompress(jpeg, image).expect("a picture");
        let image = Image { pixels: &self.pixels[..], width, pitch, height, format };
        self.length = self.compressor.compress_to_slice(image, &mut self.jpeg).expect("a JPEG");
    }

    fn jpegs(&self) -> Vec<&[u8]> {
        vec![&self.jpeg[..self.length]]
    }
}
