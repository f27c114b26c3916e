//! The right and the lower border of a picture that is decoded at a scale.
//!
//! A scaled sample stands for `n` by `n` samples, and the last of a line or a column may reach past the edge. libjpeg takes
//! what an encoder filled the last block with for a part of it; here it becomes the mean of the samples that are inside.

use crate::entropy::{Coefficients, Place, Scan};
use crate::layout::Layout;
use mutoscope_plugin::{Kind, Size};
use std::f32::consts::PI;
use std::sync::LazyLock;

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
    pub(crate) fn of(kind: Kind, size: Size, scale: usize) -> Option<Edges> {
        let shapes = (0..3).map_while(|index| kind.plane_shape(index, size.width, size.height));
        let planes: Vec<_> = shapes.map(|(width, height)| Shape { width, height }).collect();
        let reaches = planes.iter().any(|plane| plane.width % scale != 0 || plane.height % scale != 0);
        reaches.then_some(Edges { planes, scale })
    }

    /// Takes the samples from a sequential picture's own blocks. `false`: not all of them could be read.
    pub(crate) fn from_blocks(&self, scan: &Scan<'_>, layout: &Layout, out: &mut [u8]) -> bool {
        let wanted = |Place { component, x, y }: Place| {
            self.planes.get(component).is_some_and(|&Shape { width, height }| {
                (width % self.scale != 0 && x == width / 8) || (height % self.scale != 0 && y == height / 8)
            })
        };
        scan.walk(wanted, |Place { component, x, y }, coefficients| {
            let samples = samples(coefficients);
            self.set(component, (8 * x, 8 * y), (8, 8), layout, out, |x, y| samples[8 * y + x]);
        })
    }

    /// Takes the samples from the picture's planes in full size.
    pub(crate) fn from_planes(&self, full: &Layout, planes: &[u8], layout: &Layout, out: &mut [u8]) {
        for (index, Shape { width, height }) in self.planes.iter().enumerate() {
            let plane = full.planes(planes)[index];
            let right = (width / self.scale * self.scale, 0);
            let below = (0, height / self.scale * self.scale);
            for (from, sides) in [(right, (width - right.0, *height)), (below, (*width, height - below.1))] {
                self.set(index, from, sides, layout, out, |x, y| plane.row(from.1 + y)[from.0 + x]);
            }
        }
    }

    /// Sets the scaled samples that reach past an edge and start in a rectangle at `from` of the full size, with `sides` and
    /// the samples `given`.
    fn set(
        &self,
        index: usize,
        from: (usize, usize),
        sides: (usize, usize),
        layout: &Layout,
        out: &mut [u8],
        given: impl Fn(usize, usize) -> u8,
    ) {
        let Shape { width, height } = self.planes[index];
        let scale = self.scale;
        for top in (from.1..height.min(from.1 + sides.1)).step_by(scale) {
            for left in (from.0..width.min(from.0 + sides.0)).step_by(scale) {
                let (columns, lines) = (left..width.min(left + scale), top..height.min(top + scale));
                if columns.len() == scale && lines.len() == scale {
                    continue;
                }
                let count = (columns.len() * lines.len()) as u32;
                let inside = lines.flat_map(|y| columns.clone().map(move |x| (x, y)));
                let sum: u32 = inside.map(|(x, y)| u32::from(given(x - from.0, y - from.1))).sum();
                let place = layout.planes[index];
                out[place.offset + top / scale * place.stride + left / scale] =
                    ((sum + count / 2) / count) as u8;
            }
        }
    }
}

/// The inverse transform's factors, sample by frequency (T.81, A.3.3).
static FACTORS: LazyLock<[[f32; 8]; 8]> = LazyLock::new(|| {
    std::array::from_fn(|sample| {
        std::array::from_fn(|frequency| {
            let scale = if frequency == 0 { 0.5_f32.sqrt() } else { 1.0 };
            scale / 2.0 * ((2 * sample + 1) as f32 * frequency as f32 * PI / 16.0).cos()
        })
    })
});

/// The samples of a block.
fn samples(coefficients: &Coefficients) -> [u8; 64] {
    let factors = &*FACTORS;
    // Lines first, then columns.
    let mut lines = [0.0; 64];
    for (line, coefficients) in lines.chunks_exact_mut(8).zip(coefficients.chunks_exact(8)) {
        for (value, factors) in line.iter_mut().zip(factors) {
            *value =
                coefficients.iter().zip(factors).map(|(value, factor)| *value as f32 * factor).sum::<f32>();
        }
    }
    std::array::from_fn(|at| {
        let (y, x) = (at / 8, at % 8);
        let value: f32 = (0..8).map(|line| lines[8 * line + x] * factors[y][line]).sum();
        (value + 128.5) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_of_one_value_has_that_value() {
        for value in [-1024, -3, 0, 8, 500, 1016] {
            let mut block = [0; 64];
            block[0] = value;
            assert_eq!(
                samples(&block),
                [((value + 4_i32).div_euclid(8) + 128).clamp(0, 255) as u8; 64],
                "{value}"
            );
        }
    }
}
