//! JPEG → planes, at a scale → one or more sizes → text → JPEG.

use super::{ByHand, compressor};
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use mutoscope_paint::{Encoding, Font, Painter, PictureMut, PlaneMut, Position, Style, Subsampling};
use turbojpeg::{
    Compressor, Decompressor, ScalingFactor, Subsamp, YuvImage, compressed_buf_len, yuv_pixels_len,
};

/// One of the pictures that come out.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// Width and height in pixels, both even.
    pub size: (usize, usize),
    /// The height of the text on it in pixels, as the transform's option.
    pub text_height: Option<u32>,
}

/// JPEG → planes, at a scale → one or more sizes → text → JPEG.
pub struct Planes {
    decompressor: Decompressor,
    resizer: Resizer,
    subsamp: Subsamp,
    decoded: Vec<u8>,
    decoded_size: (usize, usize),
    made: Vec<Made>,
}

struct Made {
    size: (usize, usize),
    painter: Option<Painter>,
    compressor: Compressor,
    resized: Vec<u8>,
    jpeg: Vec<u8>,
    length: usize,
}

/// Cuts planes apart that stand one after another without gaps.
fn planes(
    bytes: &mut [u8],
    (width, height): (usize, usize),
    subsamp: Subsamp,
) -> [(&mut [u8], usize, usize); 3] {
    let (across, down) = (subsamp.width(), subsamp.height());
    let (chroma_width, chroma_height) = (width / across, height / down);
    let (luma, chroma) = bytes.split_at_mut(width * height);
    let (cb, cr) = chroma.split_at_mut(chroma_width * chroma_height);
    [(luma, width, height), (cb, chroma_width, chroma_height), (cr, chroma_width, chroma_height)]
}

fn picture(pixels: &[u8], (width, height): (usize, usize), subsamp: Subsamp) -> YuvImage<&[u8]> {
    YuvImage { pixels, width, align: 1, height, subsamp }
}

impl Planes {
    /// For JPEGs of `size` and of 4:2:0 or 4:2:2, which are decoded at 1/`downscale`.
    ///
    /// # Panics
    /// If a library refuses what it has always taken.
    pub fn new(size: (usize, usize), subsamp: Subsamp, downscale: usize, outputs: &[Output]) -> Planes {
        let bytes = |(width, height)| yuv_pixels_len(width, 1, height, subsamp).expect("a length");
        let mut decompressor = Decompressor::new().expect("a decompressor");
        decompressor.set_scaling_factor(ScalingFactor::new(1, downscale)).expect("a scale");
        let decoded_size = (size.0 / downscale, size.1 / downscale);
        let made = outputs.iter().map(|output| Made {
            size: output.size,
            painter: output.text_height.map(|height| {
                Painter::new(Font::bundled(), height, Style::default(), Encoding::JPEG).expect("a painter")
            }),
            compressor: compressor(subsamp),
            resized: vec![0; bytes(output.size)],
            jpeg: vec![0; compressed_buf_len(output.size.0, output.size.1, subsamp).expect("a length")],
            length: 0,
        });
        Planes {
            decompressor,
            resizer: Resizer::new(),
            subsamp,
            decoded: vec![0; bytes(decoded_size)],
            decoded_size,
            made: made.collect(),
        }
    }
}

impl ByHand for Planes {
    fn picture(&mut self, jpeg: &[u8], text: &str) {
        let (subsamp, decoded_size) = (self.subsamp, self.decoded_size);
        let (width, height) = decoded_size;
        let decoded = YuvImage { pixels: &mut self.decoded[..], width, align: 1, height, subsamp };
        self.decompressor.decompress_to_yuv(jpeg, decoded).expect("a picture");
        for made in &mut self.made {
            let planar = if made.size == decoded_size {
                &mut self.decoded
            } else {
                made.resize(&mut self.resizer, &mut self.decoded, decoded_size, subsamp);
                &mut made.resized
            };
            if let Some(painter) = &mut made.painter {
                let [luma, cb, cr] = planes(planar, made.size, subsamp)
                    .map(|(data, width, height)| PlaneMut { data, stride: width, width, height });
                let subsampling =
                    if subsamp == Subsamp::Sub2x2 { Subsampling::S420 } else { Subsampling::S422 };
                let mut picture = PictureMut::yuv([luma, cb, cr], subsampling).expect("a picture");
                painter.draw(&mut picture, text, Position::TopLeft, 8);
            }
            let planar = picture(planar, made.size, subsamp);
            made.length = made.compressor.compress_yuv_to_slice(planar, &mut made.jpeg).expect("a JPEG");
        }
    }

    fn jpegs(&self) -> Vec<&[u8]> {
        self.made.iter().map(|made| &made.jpeg[..made.length]).collect()
    }
}

impl Made {
    fn resize(
        &mut self,
        resizer: &mut Resizer,
        from: &mut [u8],
        from_size: (usize, usize),
        subsamp: Subsamp,
    ) {
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Hamming));
        let to = planes(&mut self.resized, self.size, subsamp);
        for ((from, width, height), (to, to_width, to_height)) in
            planes(from, from_size, subsamp).into_iter().zip(to)
        {
            let from = TypedImageRef::<U8>::from_buffer(width as u32, height as u32, from).expect("a plane");
            let mut to =
                TypedImage::<U8>::from_buffer(to_width as u32, to_height as u32, to).expect("a plane");
            resizer.resize_typed(&from, &mut to, &options).expect("a resize");
        }
    }
}
