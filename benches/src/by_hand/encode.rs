//! Planes → JPEG: what is left of a raw picture's way when nothing has to be converted.

use super::{ByHand, compressor};
use turbojpeg::{Compressor, Subsamp, YuvImage, compressed_buf_len};

/// Planes, one after another without gaps, → JPEG.
pub struct EncodePlanes {
    compressor: Compressor,
    size: (usize, usize),
    subsamp: Subsamp,
    jpeg: Vec<u8>,
    length: usize,
}

impl EncodePlanes {
    /// For planes of pictures of `size`.
    ///
    /// # Panics
    /// If a library refuses what it has always taken.
    pub fn new(size: (usize, usize), subsamp: Subsamp) -> EncodePlanes {
        EncodePlanes {
            compressor: compressor(subsamp),
            size,
            subsamp,
            jpeg: vec![0; compressed_buf_len(size.0, size.1, subsamp).expect("a length")],
            length: 0,
        }
    }
}

impl ByHand for EncodePlanes {
    fn picture(&mut self, pixels: &[u8], _: &str) {
        let (width, height) = self.size;
        let image = YuvImage { pixels, width, align: 1, height, subsamp: self.subsamp };
        self.length = self.compressor.compress_yuv_to_slice(image, &mut self.jpeg).expect("a JPEG");
    }

    fn jpegs(&self) -> Vec<&[u8]> {
        vec![&self.jpeg[..self.length]]
    }
}
