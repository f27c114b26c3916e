//! A frame's lines, taken apart into luma and chroma, two at a time: from whatever kind, without a copy where the kind is
//! planar.

use crate::colour::Change;
use crate::rgb::{self, Order};
use crate::shape::Shape;
use crate::{bayer, chroma, packed};
use mutoscope_plugin::{Format, Frame, Plane};

/// Two neighbouring lines. Where the picture ends after the first, the second is the same.
pub(crate) struct Lines<'a> {
    pub(crate) luma: [&'a [u8]; 2],
    /// The chroma of each line; both empty for a grey picture.
    pub(crate) cb: [&'a [u8]; 2],
    pub(crate) cr: [&'a [u8]; 2],
    /// Pixels across that share a chroma sample.
    pub(crate) across: usize,
    /// Lines that share a line of chroma.
    pub(crate) down: usize,
}

/// Memory for lines that had to be taken apart; small enough to stay in the processor's cache.
#[derive(Default)]
pub(crate) struct Loader {
    luma: [Vec<u8>; 2],
    cb: [Vec<u8>; 2],
    cr: [Vec<u8>; 2],
    pairs: Vec<u8>,
    rgb: [Vec<u8>; 2],
    mosaic: bayer::Scratch,
    colours: rgb::Scratch,
}

impl Loader {
    /// Lines `top` and `top + 1` of `frame`. RGB becomes Y'CbCr in the colours of `to`, with a chroma sample for `across`
    /// pixels, or none if that is 0; other kinds stay as they are.
    pub(crate) fn load<'a>(
        &'a mut self,
        frame: &'a Frame,
        shape: Shape,
        top: usize,
        (to, across): (&Format, usize),
    ) -> Lines<'a> {
        let Format { kind, width, height, .. } = frame.format();
        let (width, height) = (width as usize, height as usize);
        let lines = [top, (top + 1).min(height - 1)];
        let (own_across, down) = kind.chroma_subsampling();
        let (own_across, down) = (own_across as usize, down as usize);
        match shape {
            Shape::Planar { cb, cr } => {
                let chroma = |plane: usize| lines.map(|y| frame.plane(plane).row(y / down));
                Lines {
                    luma: lines.map(|y| frame.plane(0).row(y)),
                    cb: chroma(cb),
                    cr: chroma(cr),
                    across: own_across,
                    down,
                }
            }
            Shape::Grey => {
                let luma = lines.map(|y| frame.plane(0).row(y));
                Lines { luma, cb: [&[]; 2], cr: [&[]; 2], across: 1, down: 1 }
            }
            Shape::Grey16 => {
                for (luma, y) in self.luma.iter_mut().zip(lines) {
                    // The low byte is below what a JPEG can hold.
                    luma.resize(width, 0);
                    chroma::high(frame.plane(0).row(y), luma);
                }
                self.cb.iter_mut().chain(&mut self.cr).for_each(Vec::clear);
                self.lines(width, 1, 1)
            }
            Shape::SemiPlanar { cb_first } => {
                let samples = width.div_ceil(own_across);
                for (index, y) in lines.into_iter().enumerate() {
                    if index == 1 && down == 2 {
                        continue; // the same line of chroma
                    }
                    let (cb, cr) = (&mut self.cb[index], &mut self.cr[index]);
                    cb.resize(samples, 0);
                    cr.resize(samples, 0);
                    let (first, second) = if cb_first { (cb, cr) } else { (cr, cb) };
                    chroma::split(frame.plane(1).row(y / down), first, second);
                }
                let second = if down == 2 { 0 } else { 1 };
                Lines {
                    luma: lines.map(|y| frame.plane(0).row(y)),
                    cb: [&self.cb[0], &self.cb[second]],
                    cr: [&self.cr[0], &self.cr[second]],
                    across: own_across,
                    down,
                }
            }
            Shape::Packed(packing) => {
                let even = width.next_multiple_of(2);
                for (index, y) in lines.into_iter().enumerate() {
                    let (luma, cb, cr) = (&mut self.luma[index], &mut self.cb[index], &mut self.cr[index]);
                    luma.resize(even, 0);
                    cb.resize(even / 2, 0);
                    cr.resize(even / 2, 0);
                    let line = (packing, frame.plane(0).row(y));
                    packed::unpack(line, &Change::None, &mut self.pairs, luma, (cb, cr));
                }
                self.lines(width, 2, 1)
            }
            Shape::Rgb { .. } | Shape::Bayer { .. } => {
                self.load_rgb(&frame.plane(0), shape, top, (width, to, across))
            }
        }
    }

    /// As [`load`](Loader::load), for the one plane of a picture of RGB or of a mosaic, `width` pixels wide.
    pub(crate) fn load_rgb<'a>(
        &'a mut self,
        plane: &Plane<'_>,
        shape: Shape,
        top: usize,
        (width, to, across): (usize, &Format, usize),
    ) -> Lines<'a> {
        let count = 2.min(plane.height - top);
        // Two lines of 4:2:0 at once: one rounding, and half the work for chroma.
        let down = if across == 2 { to.kind.chroma_subsampling().1 as usize } else { 1 };
        let (upper, lower, order) = match shape {
            Shape::Bayer { red_line, red_column } => {
                for (index, line) in self.rgb[..count].iter_mut().enumerate() {
                    line.resize(3 * width, 0);
                    bayer::interpolate(plane, top + index, (red_line, red_column), &mut self.mosaic, line);
                }
                (&self.rgb[0][..], &self.rgb[1][..], Order::RGB)
            }
            shape => (plane.row(top), plane.row(top + count - 1), shape.order()),
        };
        let samples = if across == 0 { 0 } else { width.div_ceil(across) };
        let chroma_lines = if down == 2 { 1 } else { count };
        let [luma, _] = &mut self.luma;
        let ([cb, _], [cr, _]) = (&mut self.cb, &mut self.cr);
        luma.resize(count * width, 0);
        cb.resize(chroma_lines * samples, 0);
        cr.resize(chroma_lines * samples, 0);
        let pixels = rgb::Pixels { upper, lower: (count == 2).then_some(lower), order };
        rgb::from_rgb(&pixels, to, (across.max(1), down), &mut self.colours, luma, (cb, cr));
        let second = |lines: &'a [u8], len: usize| [&lines[..len], &lines[lines.len() - len..]];
        Lines {
            luma: second(luma, width),
            cb: second(cb, samples),
            cr: second(cr, samples),
            across: across.max(1),
            down,
        }
    }

    /// The lines that stand in the memory.
    fn lines(&self, width: usize, across: usize, down: usize) -> Lines<'_> {
        Lines {
            luma: self.luma.each_ref().map(|line| &line[..width]),
            cb: self.cb.each_ref().map(Vec::as_slice),
            cr: self.cr.each_ref().map(Vec::as_slice),
            across,
            down,
        }
    }
}
