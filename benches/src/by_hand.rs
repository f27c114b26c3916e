//! The same work by hand: the library calls that a person would write who knows what is wanted, and nothing else.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use mutoscope_paint::{Encoding, Font, Painter, PictureMut, PlaneMut, Position, Style, Subsampling};
use turbojpeg::{Compressor, Decompressor, ScalingFactor, Subsamp, YuvImage, compressed_buf_len};

/// JPEG 1920x1080 4:2:0 → planes at 1/2 → 640x360 → text → JPEG at quality 85.
pub struct ByHand {
    decompressor: Decompressor,
    resizer: Resizer,
    painter: Painter,
    compressor: Compressor,
    decoded: Vec<u8>,
    resized: Vec<u8>,
    jpeg: Vec<u8>,
}

const DECODED: (usize, usize) = (960, 540);
const RESIZED: (usize, usize) = (640, 360);

/// Bytes of three 4:2:0 planes one after another.
const fn bytes((width, height): (usize, usize)) -> usize {
    width * height * 3 / 2
}

/// Cuts 4:2:0 planes apart.
fn planes(bytes: &mut [u8], (width, height): (usize, usize)) -> [(&mut [u8], usize, usize); 3] {
    let (luma, chroma) = bytes.split_at_mut(width * height);
    let (cb, cr) = chroma.split_at_mut(width * height / 4);
    [(luma, width, height), (cb, width / 2, height / 2), (cr, width / 2, height / 2)]
}

impl ByHand {
    /// `text_height` is in pixels, as the transform's option.
    ///
    /// # Panics
    /// If a library refuses what it has always taken.
    pub fn new(text_height: u32) -> ByHand {
        let mut decompressor = Decompressor::new().expect("a decompressor");
        decompressor.set_scaling_factor(ScalingFactor::ONE_HALF).expect("a scale");
        let mut compressor = Compressor::new().expect("a compressor");
        compressor.set_quality(85).expect("a quality");
        compressor.set_subsamp(Subsamp::Sub2x2).expect("a sampling");
        let painter = Painter::new(Font::bundled(), text_height, Style::default(), Encoding::JPEG);
        ByHand {
            decompressor,
            resizer: Resizer::new(),
            painter: painter.expect("a painter"),
            compressor,
            decoded: vec![0; bytes(DECODED)],
            resized: vec![0; bytes(RESIZED)],
            jpeg: vec![0; compressed_buf_len(RESIZED.0, RESIZED.1, Subsamp::Sub2x2).expect("a length")],
        }
    }

    /// One picture; gives the bytes of the new one.
    ///
    /// # Panics
    /// If a library fails.
    pub fn picture(&mut self, jpeg: &[u8], text: &str) -> usize {
        let decoded = YuvImage {
            pixels: &mut self.decoded[..],
            width: DECODED.0,
            align: 1,
            height: DECODED.1,
            subsamp: Subsamp::Sub2x2,
        };
        self.decompressor.decompress_to_yuv(jpeg, decoded).expect("a picture");
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
        let from = planes(&mut self.decoded, DECODED);
        for ((from, width, height), (to, to_width, to_height)) in
            from.into_iter().zip(planes(&mut self.resized, RESIZED))
        {
            let from = TypedImageRef::<U8>::from_buffer(width as u32, height as u32, from).expect("a plane");
            let mut to =
                TypedImage::<U8>::from_buffer(to_width as u32, to_height as u32, to).expect("a plane");
            self.resizer.resize_typed(&from, &mut to, &options).expect("a resize");
        }
        let [luma, cb, cr] = planes(&mut self.resized, RESIZED).map(|(data, width, height)| PlaneMut {
            data,
            stride: width,
            width,
            height,
        });
        let mut picture = PictureMut::yuv([luma, cb, cr], Subsampling::S420).expect("a picture");
        self.painter.draw(&mut picture, text, Position::BottomLeft, 8);
        let resized = YuvImage {
            pixels: &self.resized[..],
            width: RESIZED.0,
            align: 1,
            height: RESIZED.1,
            subsamp: Subsamp::Sub2x2,
        };
        self.compressor.compress_yuv_to_slice(resized, &mut self.jpeg).expect("a JPEG")
    }
}
