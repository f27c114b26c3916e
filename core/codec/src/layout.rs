//! The layout of libjpeg-turbo's planes in one piece of memory, and the two ways to name a sampling.

use mutoscope_plugin::{Error, PixelFormat, Plane, PlaneLayout, Result};
use turbojpeg::Subsamp;

/// Lines start at multiples of this, so that SIMD loops behind the decoder may run over a line's end.
pub(crate) const ALIGN: usize = 32;

/// The places of TurboJPEG's planes (`tj3DecompressToYUV8`): one after the other, luma padded to whole chroma samples,
/// lines padded to 32 bytes.
pub struct Layout {
    /// Offset and stride of each plane.
    pub planes: [PlaneLayout; 3],
    /// Width and height of each, padding of samples included.
    pub shapes: [(usize, usize); 3],
    /// The number of planes.
    pub count: usize,
    /// Bytes in all.
    pub len: usize,
}

impl Layout {
    /// For a picture of `width` by `height` pixels.
    pub fn new(kind: PixelFormat, width: u32, height: u32) -> Layout {
        let (across, down) = kind.chroma_subsampling();
        let luma = (width.next_multiple_of(across) as usize, height.next_multiple_of(down) as usize);
        let chroma = (luma.0 / across as usize, luma.1 / down as usize);
        let count = if kind == PixelFormat::GREY { 1 } else { 3 };
        let mut layout =
            Layout { planes: [PlaneLayout::default(); 3], shapes: [luma, chroma, chroma], count, len: 0 };
        for index in 0..count {
            let (width, height) = layout.shapes[index];
            let stride = width.next_multiple_of(ALIGN);
            layout.planes[index] = PlaneLayout { offset: layout.len, stride };
            layout.len += stride * height;
        }
        layout
    }

    /// The planes in `memory`, with the padding that libjpeg-turbo reads as well.
    pub fn planes<'a>(&self, memory: &'a [u8]) -> [Plane<'a>; 3] {
        std::array::from_fn(|index| {
            if index >= self.count {
                return Plane { data: &[], stride: 0, width: 0, height: 0 };
            }
            let PlaneLayout { offset, stride } = self.planes[index];
            let (width, height) = self.shapes[index];
            Plane { data: &memory[offset..offset + stride * height], stride, width, height }
        })
    }
}

/// Fills a plane of `shape` up to `padded` by repeating its last column and its last line: libjpeg-turbo encodes the
/// padding too, and anything else in it would be seen along the edge.
pub(crate) fn pad(plane: &mut [u8], stride: usize, shape: (usize, usize), padded: (usize, usize)) {
    for line in plane.chunks_mut(stride).take(shape.1) {
        let last = line[shape.0 - 1];
        line[shape.0..padded.0].fill(last);
    }
    for y in shape.1..padded.1 {
        plane.copy_within((y - 1) * stride..(y - 1) * stride + padded.0, y * stride);
    }
}

/// TurboJPEG's name for the sampling of a planar kind.
///
/// # Errors
/// It is not a planar kind.
pub(crate) fn subsamp(kind: PixelFormat) -> Result<Subsamp> {
    Ok(match kind {
        PixelFormat::I420 => Subsamp::Sub2x2,
        PixelFormat::I422 => Subsamp::Sub2x1,
        PixelFormat::I440 => Subsamp::Sub1x2,
        PixelFormat::I444 => Subsamp::None,
        PixelFormat::GREY => Subsamp::Gray,
        other => return Err(Error::new(format!("{other} is not a sampling that a JPEG can have"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_turbojpegs_own() {
        for kind in
            [PixelFormat::I420, PixelFormat::I422, PixelFormat::I440, PixelFormat::I444, PixelFormat::GREY]
        {
            for (width, height) in [(1, 1), (2, 3), (17, 13), (33, 32), (640, 361), (1919, 1079)] {
                let len =
                    turbojpeg::yuv_pixels_len(width as usize, ALIGN, height as usize, subsamp(kind).unwrap());
                assert_eq!(Layout::new(kind, width, height).len, len.unwrap(), "{kind} {width}x{height}");
            }
        }
    }
}
