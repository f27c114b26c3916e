//! Lines of luma and chroma, put together as whatever kind, straight into a frame's planes where the kind is planar.

use crate::chroma;
use crate::colour::Change;
use crate::load::Lines;
use crate::packed;
use crate::shape::Shape;
use mutoscope_plugin::{PixelFormat, PlaneMut};

/// The chroma of grey, in every range.
const NEUTRAL: u8 = 128;

/// Memory for lines on their way; small enough to stay in the processor's cache.
#[derive(Default)]
pub(crate) struct Storer {
    luma: [Vec<u8>; 2],
    cb: Vec<u8>,
    cr: Vec<u8>,
    resampled_cb: Vec<u8>,
    resampled_cr: Vec<u8>,
    corrections: Vec<i32>,
}

impl Storer {
    /// Stores `count` lines from line `top` on, an even one, as part of a picture of kind `kind`, `width` pixels wide, with
    /// their colours changed.
    pub(crate) fn store(
        &mut self,
        lines: &Lines<'_>,
        change: &Change,
        (kind, shape, width): (PixelFormat, Shape, usize),
        (top, count): (usize, usize),
        planes: &mut [PlaneMut<'_>],
    ) {
        self.store_luma(lines, change, (shape, width), (top, count), planes);
        if shape.is_grey() {
            return;
        }
        let (across, down) = kind.chroma_subsampling();
        let (across, down) = (across as usize, down as usize);
        let samples = width.div_ceil(across);
        for line in 0..if down == 2 { 1 } else { count } {
            let y = top / down + line;
            // Two lines become one only where each had its own.
            let lower = if down == 2 && lines.down == 1 { 1 } else { line };
            if let Shape::Planar { cb, cr } = shape {
                let (before, after) = planes.split_at_mut(cb.max(cr));
                let (first, second) = (before[cb.min(cr)].row_mut(y), after[0].row_mut(y));
                let (to_cb, to_cr) = if cb < cr { (first, second) } else { (second, first) };
                self.store_chroma(lines, change, (line, lower), across, (to_cb, to_cr));
                continue;
            }
            let (mut cb, mut cr) = (std::mem::take(&mut self.cb), std::mem::take(&mut self.cr));
            cb.resize(samples, 0);
            cr.resize(samples, 0);
            self.store_chroma(lines, change, (line, lower), across, (&mut cb, &mut cr));
            match shape {
                Shape::SemiPlanar { cb_first: true } => chroma::join(&cb, &cr, planes[1].row_mut(y)),
                Shape::SemiPlanar { cb_first: false } => chroma::join(&cr, &cb, planes[1].row_mut(y)),
                Shape::Packed(packing) => {
                    packed::pack(packing, &self.luma[line], &cb, &cr, planes[0].row_mut(y));
                }
                _ => {}
            }
            (self.cb, self.cr) = (cb, cr);
        }
    }

    fn store_luma(
        &mut self,
        lines: &Lines<'_>,
        change: &Change,
        (shape, width): (Shape, usize),
        (top, count): (usize, usize),
        planes: &mut [PlaneMut<'_>],
    ) {
        for line in 0..count {
            let chroma = (lines.cb[line], lines.cr[line], lines.across);
            let corrections = &mut self.corrections;
            match shape {
                Shape::Packed(_) => {
                    // The last of an odd number of pixels gets a twin.
                    let luma = &mut self.luma[line];
                    luma.resize(width.next_multiple_of(2), 0);
                    change.luma(lines.luma[line], chroma, corrections, &mut luma[..width]);
                    let last = luma[width - 1];
                    luma[width..].fill(last);
                }
                Shape::Grey16 => {
                    let luma = &mut self.luma[line];
                    luma.resize(width, 0);
                    change.luma(lines.luma[line], chroma, corrections, luma);
                    // 255 becomes 65535: the byte twice.
                    chroma::join(luma, luma, planes[0].row_mut(top + line));
                }
                _ => change.luma(lines.luma[line], chroma, corrections, planes[0].row_mut(top + line)),
            }
        }
    }

    /// One line of chroma out of lines `upper` and `lower`, with a sample for `across` pixels.
    fn store_chroma(
        &mut self,
        lines: &Lines<'_>,
        change: &Change,
        (upper, lower): (usize, usize),
        across: usize,
        (to_cb, to_cr): (&mut [u8], &mut [u8]),
    ) {
        let (cb, cr) = (lines.cb, lines.cr);
        if cb[0].is_empty() {
            to_cb.fill(NEUTRAL);
            to_cr.fill(NEUTRAL);
            return;
        }
        if lines.across == across && upper == lower {
            return change.chroma((cb[upper], cr[upper]), (to_cb, to_cr));
        }
        let steps = (lines.across, across);
        for (memory, chroma) in [(&mut self.resampled_cb, cb), (&mut self.resampled_cr, cr)] {
            memory.resize(to_cb.len(), 0);
            chroma::resample(chroma[upper], chroma[lower], steps, memory);
        }
        change.chroma((&self.resampled_cb, &self.resampled_cr), (to_cb, to_cr));
    }
}
