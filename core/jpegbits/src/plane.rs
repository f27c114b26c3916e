//! Where samples go: the callers' planes, and blocks of them.

use crate::bits::Batch;
use crate::error::Error;
use crate::header::{Header, Scale};
use crate::idct::{self, Block, Kernel, Portable, Quantisation};

/// Memory for the samples of a component.
pub struct Plane<'a> {
    /// Lines of samples. Bytes outside of the plane's own size are left as they are.
    pub samples: &'a mut [u8],
    /// The distance from a line to the next one.
    pub stride: usize,
}

/// A component on its way to a plane.
pub(crate) struct Target<'a> {
    /// Blocks of an MCU across and down.
    pub(crate) blocks: (usize, usize),
    quantisation: Quantisation,
    /// The last block's DC value.
    pub(crate) dc: i16,
    samples: &'a mut [u8],
    stride: usize,
    /// The scaled plane's sides; 0 where the component is not wanted.
    width: usize,
    height: usize,
    /// The whole plane's sides.
    whole: (usize, usize),
    /// The column and the line of blocks with scaled samples that reach past the edge; `usize::MAX` where there are none.
    border: (usize, usize),
}

impl<'a> Target<'a> {
    /// The way of component `index`. It is wanted where there is a plane.
    pub(crate) fn new(
        header: &Header,
        index: usize,
        scale: Scale,
        plane: Option<&'a mut Plane<'_>>,
    ) -> Result<Target<'a>, Error> {
        let component = &header.components()[index];
        let mut target = Target {
            blocks: (component.horizontal, component.vertical),
            quantisation: Quantisation::new(&header.quantisation(component)),
            dc: 0,
            samples: &mut [],
            stride: 0,
            width: 0,
            height: 0,
            whole: header.plane_size(index, Scale::Full),
            border: (usize::MAX, usize::MAX),
        };
        if let Some(plane) = plane {
            let (width, height) = header.plane_size(index, scale);
            let last = plane.stride.checked_mul(height - 1).ok_or(Error::Planes)?;
            if plane.stride < width || plane.samples.len().checked_sub(last).is_none_or(|rest| rest < width) {
                return Err(Error::Planes);
            }
            let border = |side: usize| match side.is_multiple_of(scale.denominator()) {
                true => usize::MAX,
                false => side / 8,
            };
            target.border = (border(target.whole.0), border(target.whole.1));
            (target.samples, target.stride) = (&mut *plane.samples, plane.stride);
            (target.width, target.height) = (width, height);
        }
        Ok(target)
    }

    /// Returns whether samples of the last column of MCUs, and of the last line of them, reach past the edge.
    pub(crate) fn has_border(&self) -> (bool, bool) {
        (self.border.0 < usize::MAX, self.border.1 < usize::MAX)
    }

    /// Writes `N` by `N` samples of a block of the batch to column `x` and line `y` of blocks.
    #[inline(always)]
    pub(crate) fn store<K: Kernel, const N: usize>(
        &mut self,
        kernel: K,
        batch: &Batch,
        block: usize,
        (x, y): (usize, usize),
    ) {
        self.dc = self.dc.wrapping_add(batch.difference(block));
        if self.width == 0 {
            return;
        }
        let is_border = N < 8 && (x == self.border.0 || y == self.border.1);
        if N == 1 && !is_border {
            if x < self.width && y < self.height {
                self.samples[y * self.stride + x] = idct::mean(self.dc, &self.quantisation);
            }
            return;
        }
        if N > 1 && is_border {
            return self.store_border::<N>(batch, block, (x, y));
        }
        if batch.has_wide(block) {
            return self.transform::<K, N>(kernel, &with_wide(batch, block, self.dc), (x, y));
        }
        let zigzag = batch.zigzag(block);
        let mut any = 0;
        for eight in zigzag.as_chunks::<8>().0 {
            any |= u64::from_ne_bytes(*eight);
        }
        if any == 0 {
            let sample = idct::flat(self.dc, &self.quantisation);
            return self.put((x * N, y * N), [[sample; N]; N]);
        }
        self.transform::<K, N>(kernel, &kernel.arrange(zigzag, self.dc), (x, y));
    }

    /// Writes the samples of a block.
    #[inline(always)]
    fn transform<K: Kernel, const N: usize>(&mut self, kernel: K, block: &Block, (x, y): (usize, usize)) {
        let (at, quantisation) = ((x * N, y * N), &self.quantisation);
        // Each branch is one of a copy of this function of its own.
        match N {
            8 => self.put(at, kernel.full(block, quantisation)),
            4 => self.put(at, kernel.half(block, quantisation)),
            2 => self.put(at, kernel.quarter(block, quantisation)),
            _ => {
                let mean = idct::mean(self.dc, quantisation);
                self.put(at, self.bordered([[mean]], &kernel.full(block, quantisation), (x, y)));
            }
        }
    }

    /// Writes a block of which some scaled samples reach past the edge.
    #[inline(never)]
    fn store_border<const N: usize>(&mut self, batch: &Batch, block: usize, (x, y): (usize, usize)) {
        let (coefficients, quantisation) = (with_wide(batch, block, self.dc), &self.quantisation);
        let mut lines = [[0; N]; N];
        match N {
            2 => copy(&mut lines, &Portable.quarter(&coefficients, quantisation)),
            _ => copy(&mut lines, &Portable.half(&coefficients, quantisation)),
        }
        let lines = self.bordered(lines, &Portable.full(&coefficients, quantisation), (x, y));
        self.put_clipped((x * N, y * N), lines);
    }

    /// Writes a block's samples at a column and a line of samples, as far as they lie within the plane.
    #[inline(always)]
    fn put<const N: usize>(&mut self, (x, y): (usize, usize), lines: [[u8; N]; N]) {
        if x + N <= self.width && y + N <= self.height {
            let (samples, stride) = (&mut *self.samples, self.stride);
            let mut at = y * stride + x;
            for line in lines {
                samples[at..at + N].copy_from_slice(&line);
                at += stride;
            }
        } else {
            // By value: a reference would keep the samples of all blocks in memory.
            self.put_clipped((x, y), lines);
        }
    }

    #[cold]
    #[inline(never)]
    fn put_clipped<const N: usize>(&mut self, (x, y): (usize, usize), lines: [[u8; N]; N]) {
        let columns = N.min(self.width.saturating_sub(x));
        for (line, samples) in lines.iter().take(self.height.saturating_sub(y)).enumerate() {
            if columns > 0 {
                let at = (y + line) * self.stride + x;
                self.samples[at..at + columns].copy_from_slice(&samples[..columns]);
            }
        }
    }

    /// Returns the scaled samples of a block, of which some reach past the edge: these are the mean of the samples that are inside.
    #[inline(never)]
    fn bordered<const N: usize>(
        &self,
        mut lines: [[u8; N]; N],
        full: &[[u8; 8]; 8],
        (x, y): (usize, usize),
    ) -> [[u8; N]; N] {
        let scale = 8 / N;
        // Samples of the whole block that are inside.
        let across = 8.min(self.whole.0.saturating_sub(8 * x));
        let down = 8.min(self.whole.1.saturating_sub(8 * y));
        for (line, samples) in lines.iter_mut().enumerate() {
            for (column, sample) in samples.iter_mut().enumerate() {
                let (mut sum, mut count) = (0, 0);
                for inside in &full[(line * scale).min(down)..((line + 1) * scale).min(down)] {
                    for sample in &inside[(column * scale).min(across)..((column + 1) * scale).min(across)] {
                        (sum, count) = (sum + u32::from(*sample), count + 1);
                    }
                }
                if count > 0 && count < (scale * scale) as u32 {
                    *sample = ((sum + count / 2) / count) as u8;
                }
            }
        }
        lines
    }
}

fn copy<const N: usize, const M: usize>(to: &mut [[u8; N]; N], from: &[[u8; M]; M]) {
    for (to, from) in to.iter_mut().zip(from) {
        to.copy_from_slice(from);
    }
}

/// A block with the coefficients that a byte does not hold.
#[cold]
#[inline(never)]
fn with_wide(batch: &Batch, block: usize, dc: i16) -> Block {
    let mut coefficients = Portable.arrange(batch.zigzag(block), dc);
    for (_, index, value) in batch.wide.iter().filter(|wide| usize::from(wide.0) == block) {
        coefficients.set(*index, *value);
    }
    coefficients
}
