//! The right and the lower border of a picture that libjpeg decodes at a scale.
//!
//! A scaled sample stands for `n` by `n` samples, and the last of a line or a column may reach past the edge. libjpeg takes
//! what an encoder filled the last block with for a part of it; here it becomes the mean of the samples that are inside.
//! `mutoscope_jpegbits` does so by itself.

use crate::layout::Layout;
use mutoscope_plugin::{PixelFormat, Size};

/// The planes of a picture in full size, and the scale.
pub(crate) struct Edges {
    planes: Vec<Shape>,
    scale: usize,
}

/// Width and height of a plane in full size.
#[derive(Clone, Copy)]
struct Shape {
    width: usize,
    height: usize,
}

impl Edges {
    /// The edges of a picture of `size`, decoded to `kind` at 1/`scale`. `None`: no sample reaches past them.
    pub(crate) fn of(kind: PixelFormat, size: Size, scale: usize) -> Option<Edges> {
        let shapes = (0..3).map_while(|index| kind.plane_shape(index, size.width, size.height));
        let planes: Vec<_> = shapes.map(|(width, height)| Shape { width, height }).collect();
        let reaches = planes.iter().any(|plane| plane.width % scale != 0 || plane.height % scale != 0);
        reaches.then_some(Edges { planes, scale })
    }

    /// Takes the samples that reach past an edge from the picture's planes in full size.
    pub(crate) fn set(&self, full: &Layout, planes: &[u8], layout: &Layout, out: &mut [u8]) {
        let scale = self.scale;
        for (index, &Shape { width, height }) in self.planes.iter().enumerate() {
            let (plane, place) = (full.planes(planes)[index], layout.planes[index]);
            for top in (0..height).step_by(scale) {
                let lines = top..height.min(top + scale);
                // Only the last sample of a line that is inside may reach past the edge.
                let first = if lines.len() == scale { width / scale * scale } else { 0 };
                for left in (first..width).step_by(scale) {
                    let columns = left..width.min(left + scale);
                    let count = (columns.len() * lines.len()) as u32;
                    let inside = lines.clone().flat_map(|y| &plane.row(y)[columns.clone()]);
                    let sum: u32 = inside.map(|sample| u32::from(*sample)).sum();
                    out[place.offset + top / scale * place.stride + left / scale] =
                        ((sum + count / 2) / count) as u8;
                }
            }
        }
    }
}
