//! RGB to Y'CbCr and back, by the weights of BT.601 in full range, which is what a JPEG has (JFIF 1.02, page 3). For pictures
//! whose colours are converted, which are few: plain loops.

use crate::layout::{Layout, pad};
use mutoscope_plugin::PixelFormat;

/// A picture's planes as they stand in memory, band by band.
pub(crate) struct Planes<'a> {
    kind: PixelFormat,
    shape: (usize, usize),
    layout: &'a Layout,
    memory: &'a mut [u8],
}

/// Factors in 16 bits after the point.
const HALF: i32 = 1 << 15;

impl<'a> Planes<'a> {
    /// The planes of a picture of `kind` and of `shape` in `memory`, with the layout `layout`.
    pub(crate) fn new(
        kind: PixelFormat,
        shape: (usize, usize),
        layout: &'a Layout,
        memory: &'a mut [u8],
    ) -> Planes<'a> {
        Planes { kind, shape, layout, memory }
    }

    /// Writes a picture of three bytes a pixel and more into the planes.
    pub(crate) fn store(mut self, pixels: &[u8], channels: usize) {
        let (width, height) = self.shape;
        for top in (0..height).step_by(self.band()) {
            let lines = top..height.min(top + self.band());
            self.store_band(
                top,
                &pixels[channels * width * lines.start..channels * width * lines.end],
                channels,
            );
        }
        self.pad();
    }

    /// Changes the picture's RGB by `change`, which gets lines of three bytes a pixel and writes as many.
    pub(crate) fn change(mut self, mut change: impl FnMut(&[u8], &mut [u8])) {
        let (width, height) = self.shape;
        let (mut from, mut to) = (Vec::new(), Vec::new());
        for top in (0..height).step_by(self.band()) {
            let lines = height.min(top + self.band()) - top;
            from.resize(3 * width * lines, 0);
            to.resize(3 * width * lines, 0);
            self.load_band(top, &mut from);
            change(&from, &mut to);
            self.store_band(top, &to, 3);
        }
        self.pad();
    }

    /// Changes every sample of the luma plane.
    pub(crate) fn change_luma(self, table: &[u8; 256]) {
        let place = self.layout.planes[0];
        for sample in &mut self.memory[place.offset..place.offset + place.stride * self.layout.shapes[0].1] {
            *sample = table[usize::from(*sample)];
        }
    }

    /// Lines of luma that share a line of chroma.
    fn band(&self) -> usize {
        self.kind.chroma_subsampling().1 as usize
    }

    /// The start of a line of a plane.
    fn at(&self, plane: usize, line: usize) -> usize {
        self.layout.planes[plane].offset + line * self.layout.planes[plane].stride
    }

    fn load_band(&self, top: usize, rgb: &mut [u8]) {
        let width = self.shape.0;
        let (across, down) = self.kind.chroma_subsampling();
        let line = top / down as usize;
        let (cb, cr) = (&self.memory[self.at(1, line)..], &self.memory[self.at(2, line)..]);
        for (y, rgb) in rgb.chunks_exact_mut(3 * width).enumerate() {
            let luma = &self.memory[self.at(0, top + y)..][..width];
            for (x, (pixel, luma)) in rgb.chunks_exact_mut(3).zip(luma).enumerate() {
                let at = x / across as usize;
                let (cb, cr) = (i32::from(cb[at]) - 128, i32::from(cr[at]) - 128);
                let luma = (i32::from(*luma) << 16) + HALF;
                let rgb = [luma + 91_881 * cr, luma - 22_554 * cb - 46_802 * cr, luma + 116_130 * cb];
                for (byte, value) in pixel.iter_mut().zip(rgb) {
                    *byte = (value >> 16).clamp(0, 255) as u8;
                }
            }
        }
    }

    fn store_band(&mut self, top: usize, pixels: &[u8], channels: usize) {
        let width = self.shape.0;
        for (y, line) in pixels.chunks_exact(channels * width).enumerate() {
            let at = self.at(0, top + y);
            for (luma, pixel) in self.memory[at..at + width].iter_mut().zip(line.chunks_exact(channels)) {
                let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(i32::from);
                *luma = ((19_595 * r + 38_470 * g + 7_471 * b + HALF) >> 16) as u8;
            }
        }
        if self.kind == PixelFormat::GREY {
            return;
        }
        let (across, down) = self.kind.chroma_subsampling();
        let (across, line) = (across as usize, top / down as usize);
        let (cb_at, cr_at) = (self.at(1, line), self.at(2, line));
        for x in 0..width.div_ceil(across) {
            let columns = channels * across * x..channels * width.min(across * (x + 1));
            let (mut sum, mut count) = ([0; 3], 0);
            for line in pixels.chunks_exact(channels * width) {
                for pixel in line[columns.clone()].chunks_exact(channels) {
                    for (sum, byte) in sum.iter_mut().zip(pixel) {
                        *sum += i32::from(*byte);
                    }
                    count += 1;
                }
            }
            let [r, g, b] = sum;
            // The mean of up to four pixels: the factors' own division comes last, so that nothing is rounded twice.
            let chroma = |value: i32| ((value / count + (128 << 16) + HALF - 1) >> 16) as u8;
            self.memory[cb_at + x] = chroma(-11_059 * r - 21_709 * g + 32_768 * b);
            self.memory[cr_at + x] = chroma(32_768 * r - 27_439 * g - 5_329 * b);
        }
    }

    /// Fills up what an encoder reads beside the picture.
    fn pad(self) {
        let place = self.layout.planes[0];
        let luma = &mut self.memory[place.offset..place.offset + place.stride * self.layout.shapes[0].1];
        pad(luma, place.stride, self.shape, self.layout.shapes[0]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_go_there_and_back() {
        for kind in [PixelFormat::I420, PixelFormat::I422, PixelFormat::I440, PixelFormat::I444] {
            for (width, height) in [(1, 1), (5, 3), (8, 6)] {
                for colour in
                    [[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255], [90, 140, 33]]
                {
                    let layout = Layout::new(kind, width as u32, height as u32);
                    let mut memory = vec![0; layout.len];
                    Planes::new(kind, (width, height), &layout, &mut memory)
                        .store(&colour.repeat(width * height), 3);
                    let stored = memory.clone();
                    Planes::new(kind, (width, height), &layout, &mut memory).change(|from, to| {
                        for pixel in from.chunks_exact(3) {
                            let near = pixel.iter().zip(colour).all(|(is, was)| is.abs_diff(was) <= 1);
                            assert!(near, "{kind}: {pixel:?} for {colour:?}");
                        }
                        to.copy_from_slice(from);
                    });
                    assert!(stored.iter().zip(&memory).all(|(was, is)| was.abs_diff(*is) <= 1), "{kind}");
                }
            }
        }
    }
}
