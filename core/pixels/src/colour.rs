//! From one colour matrix and range to another, sample by sample.
//!
//! Y'CbCr as ITU-R BT.601-7, BT.709-6 and BT.2020-2 (non-constant luminance) define it; limited range as their sections
//! on digital representation, full range as JFIF 1.02 (ITU-T T.871). A change of range alone is one multiplication a
//! sample, exact for every one of the 256 values; a change of matrix goes from Y'CbCr to Y'CbCr in one step,
//! since greys stay greys: the new chroma does not depend on luma, and luma gets a correction from chroma.
//!
//! The loops are plain ones that a compiler makes many samples at once of. `pulp` has them compiled once more for processors with
//! AVX2, which takes that everything in them is inlined, and chooses where they run.

use mutoscope_plugin::{Format, Matrix, Range};
use pulp::{Arch, Simd, WithSimd};

/// The change to a picture's samples.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Change {
    /// Nothing.
    None,
    /// From limited to full range, with the same matrix.
    ToFull,
    /// From full to limited range, with the same matrix.
    ToLimited,
    /// Another matrix.
    Matrix(Cross),
}

/// The bits after the point.
const POINT: u32 = 14;
const ONE: f64 = (1 << POINT) as f64;
const HALF: i32 = 1 << (POINT - 1);

/// A straight line through the samples: a sample, and what it has more (or less) at the other end, which is
/// `SLOPE / 65536` of its distance from 128, with `OFFSET / 256` added. All of it fits into 16 bits, and what is lost there is less
/// than what would round to another number.
#[inline(always)]
fn line<const SLOPE: i16, const OFFSET: i16>(sample: u8) -> u8 {
    let more = (product(SLOPE, distance(sample) << 8) >> 16) as i16;
    (i16::from(sample) + ((more + OFFSET) >> 8)).clamp(0, 255) as u8
}

// The slopes are 255/219, 255/224 and their inverses, without the one that is the sample itself; the offsets were found by
// search among those that round right for every value. A test goes through all of them.

#[inline(always)]
fn luma_to_full(sample: u8) -> u8 {
    line::<10_773, 745>(sample)
}

#[inline(always)]
fn chroma_to_full(sample: u8) -> u8 {
    line::<9_069, 128>(sample)
}

#[inline(always)]
fn luma_to_limited(sample: u8) -> u8 {
    line::<-9_252, -402>(sample)
}

#[inline(always)]
fn chroma_to_limited(sample: u8) -> u8 {
    line::<-7_967, 128>(sample)
}

/// Each sample by itself.
#[inline(always)]
fn each(from: &[u8], to: &mut [u8], change: impl Fn(u8) -> u8) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = change(*from);
    }
}

/// Of each two bytes the first by one change into `first`, the second by another into `second`.
#[inline(always)]
fn apart(
    bytes: &[u8],
    (first, of_first): (&mut [u8], impl Fn(u8) -> u8),
    (second, of_second): (&mut [u8], impl Fn(u8) -> u8),
) {
    let (pairs, _) = bytes.as_chunks::<2>();
    // Two loops over what is in the cache, and 16-bit numbers instead of bytes: many at a time.
    for (to, pair) in first.iter_mut().zip(pairs) {
        *to = of_first(u16::from_le_bytes(*pair) as u8);
    }
    for (to, pair) in second.iter_mut().zip(pairs) {
        *to = of_second((u16::from_le_bytes(*pair) >> 8) as u8);
    }
}

/// From one matrix to another, ranges included, in fixed point. Chroma samples enter as their distance from 128.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Cross {
    /// Luma from luma.
    luma: i16,
    /// Luma from Cb and Cr, and what is added.
    correction: (i16, i16, i32),
    /// Cb from Cb and Cr.
    cb: (i16, i16),
    /// Cr from Cb and Cr.
    cr: (i16, i16),
}

/// The weights of red and blue in luma.
pub(crate) fn weights(matrix: Matrix) -> (f64, f64) {
    match matrix {
        Matrix::BT709 => (0.2126, 0.0722),
        Matrix::BT2020 => (0.2627, 0.0593),
        _ => (0.299, 0.114),
    }
}

/// Black, the span from black to white, and the span of chroma.
pub(crate) fn levels(range: Range) -> (f64, f64, f64) {
    if range == Range::LIMITED { (16.0, 219.0, 224.0) } else { (0.0, 255.0, 255.0) }
}

impl Cross {
    fn new(from: &Format, to: &Format) -> Cross {
        let ((from_red, from_blue), (to_red, to_blue)) = (weights(from.matrix), weights(to.matrix));
        let (from_green, to_green) = (1.0 - from_red - from_blue, 1.0 - to_red - to_blue);
        let ((from_black, from_span, from_chroma), (to_black, to_span, to_chroma)) =
            (levels(from.range), levels(to.range));
        // Cb and Cr from -1/2 to 1/2; luma from 0 to 1. What red, green and blue have above luma:
        let red = (0.0, 2.0 * (1.0 - from_red));
        let blue = (2.0 * (1.0 - from_blue), 0.0);
        let green = (-blue.0 * from_blue / from_green, -red.1 * from_red / from_green);
        // and what the new luma has above the old one.
        let luma = (
            to_red * red.0 + to_green * green.0 + to_blue * blue.0,
            to_red * red.1 + to_green * green.1 + to_blue * blue.1,
        );
        let cb = ((blue.0 - luma.0) / (2.0 * (1.0 - to_blue)), (blue.1 - luma.1) / (2.0 * (1.0 - to_blue)));
        let cr = ((red.0 - luma.0) / (2.0 * (1.0 - to_red)), (red.1 - luma.1) / (2.0 * (1.0 - to_red)));
        let fixed = |value: f64| (value * ONE).round() as i16;
        let (luma_scale, chroma_scale) = (to_span / from_chroma, to_chroma / from_chroma);
        let slope = to_span / from_span;
        let offset = ((to_black - from_black * slope) * ONE).round() as i32 + HALF;
        Cross {
            luma: fixed(slope),
            correction: (fixed(luma.0 * luma_scale), fixed(luma.1 * luma_scale), offset),
            cb: (fixed(cb.0 * chroma_scale), fixed(cb.1 * chroma_scale)),
            cr: (fixed(cr.0 * chroma_scale), fixed(cr.1 * chroma_scale)),
        }
    }

    /// The contribution of a line's chroma to its luma, one number for each pixel; a chroma sample stands for `across`.
    #[inline(always)]
    fn corrections(&self, cb: &[u8], cr: &[u8], across: usize, to: &mut Vec<i32>) {
        let (from_cb, from_cr, offset) = self.correction;
        let sum = |cb, cr| product(from_cb, distance(cb)) + product(from_cr, distance(cr)) + offset;
        to.resize(cb.len() * across, 0);
        if across == 1 {
            for ((to, cb), cr) in to.iter_mut().zip(cb).zip(cr) {
                *to = sum(*cb, *cr);
            }
        } else {
            for ((to, cb), cr) in to.as_chunks_mut::<2>().0.iter_mut().zip(cb).zip(cr) {
                *to = [sum(*cb, *cr); 2];
            }
        }
    }

    #[inline(always)]
    fn luma(&self, from: &[u8], corrections: &[i32], to: &mut [u8]) {
        for ((to, from), correction) in to.iter_mut().zip(from).zip(corrections) {
            *to = clamp(product(self.luma, i16::from(*from)) + correction);
        }
    }

    #[inline(always)]
    fn chroma(&self, weights: (i16, i16), cb: &[u8], cr: &[u8], to: &mut [u8]) {
        for ((to, cb), cr) in to.iter_mut().zip(cb).zip(cr) {
            let sum = product(weights.0, distance(*cb)) + product(weights.1, distance(*cr));
            *to = clamp(sum + (128 << POINT) + HALF);
        }
    }
}

/// 16 bits by 16 bits, which every processor has for many samples at once.
#[inline(always)]
fn product(a: i16, b: i16) -> i32 {
    i32::from(a) * i32::from(b)
}

#[inline(always)]
fn distance(chroma: u8) -> i16 {
    i16::from(chroma) - 128
}

#[inline(always)]
fn clamp(fixed: i32) -> u8 {
    (fixed >> POINT).clamp(0, 255) as u8
}

impl Change {
    /// The change from samples in the colours of `from` to those of `to`. `grey`: there is no chroma to heed, so that the
    /// matrix does not matter.
    pub(crate) fn new(from: &Format, to: &Format, grey: bool) -> Change {
        if from.matrix != to.matrix && !grey {
            return Change::Matrix(Cross::new(from, to));
        }
        match (from.range, to.range) {
            (Range::LIMITED, Range::FULL) => Change::ToFull,
            (Range::FULL, Range::LIMITED) => Change::ToLimited,
            _ => Change::None,
        }
    }

    /// Returns whether each sample is changed by itself, whatever the others are.
    pub(crate) fn is_of_samples(&self) -> bool {
        !matches!(self, Change::Matrix(_))
    }

    /// One line of packed 4:2:2 as luma and as chroma, the first and the second of each pair, changed. `pairs` is scratch.
    /// Nothing for a change that is not [of samples](Change::is_of_samples).
    pub(crate) fn unpack(
        &self,
        (packed, luma_first): (&[u8], bool),
        pairs: &mut Vec<u8>,
        luma: &mut [u8],
        (first, second): (&mut [u8], &mut [u8]),
    ) {
        pairs.resize(2 * first.len(), 0);
        Arch::new().dispatch(Unpack { change: self, packed, luma_first, pairs, luma, first, second });
    }

    /// One line of luma. `cb` and `cr` are the line's old chroma, a sample for `across` pixels; `memory` is scratch.
    pub(crate) fn luma(
        &self,
        from: &[u8],
        chroma: (&[u8], &[u8], usize),
        memory: &mut Vec<i32>,
        to: &mut [u8],
    ) {
        Arch::new().dispatch(Luma { change: self, from, chroma, memory, to });
    }

    /// One line of chroma.
    pub(crate) fn chroma(&self, (cb, cr): (&[u8], &[u8]), (to_cb, to_cr): (&mut [u8], &mut [u8])) {
        Arch::new().dispatch(Chroma { change: self, cb, cr, to_cb, to_cr });
    }
}

// What `pulp` dispatches are types, not closures: a closure that could be called twice is called through a function of the
// compiler's that stands outside, compiled for any processor.

struct Unpack<'a> {
    change: &'a Change,
    packed: &'a [u8],
    luma_first: bool,
    pairs: &'a mut [u8],
    luma: &'a mut [u8],
    first: &'a mut [u8],
    second: &'a mut [u8],
}

impl Unpack<'_> {
    #[inline(always)]
    fn by(self, of_luma: impl Fn(u8) -> u8, of_chroma: impl Fn(u8) -> u8) {
        let (luma, pairs) = ((self.luma, of_luma), (&mut *self.pairs, of_chroma));
        if self.luma_first {
            apart(self.packed, luma, pairs);
        } else {
            apart(self.packed, pairs, luma);
        }
        apart(self.pairs, (self.first, |chroma| chroma), (self.second, |chroma| chroma));
    }
}

impl WithSimd for Unpack<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        match self.change {
            Change::None => self.by(|luma| luma, |chroma| chroma),
            Change::ToFull => self.by(luma_to_full, chroma_to_full),
            Change::ToLimited => self.by(luma_to_limited, chroma_to_limited),
            Change::Matrix(_) => {}
        }
    }
}

struct Luma<'a> {
    change: &'a Change,
    from: &'a [u8],
    chroma: (&'a [u8], &'a [u8], usize),
    memory: &'a mut Vec<i32>,
    to: &'a mut [u8],
}

impl WithSimd for Luma<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Luma { change, from, chroma: (cb, cr, across), memory, to } = self;
        match change {
            Change::None => to.copy_from_slice(&from[..to.len()]),
            Change::ToFull => each(from, to, luma_to_full),
            Change::ToLimited => each(from, to, luma_to_limited),
            Change::Matrix(cross) => {
                cross.corrections(cb, cr, across, memory);
                cross.luma(from, memory, to);
            }
        }
    }
}

struct Chroma<'a> {
    change: &'a Change,
    cb: &'a [u8],
    cr: &'a [u8],
    to_cb: &'a mut [u8],
    to_cr: &'a mut [u8],
}

impl WithSimd for Chroma<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Chroma { change, cb, cr, to_cb, to_cr } = self;
        match change {
            Change::None => {
                to_cb.copy_from_slice(&cb[..to_cb.len()]);
                to_cr.copy_from_slice(&cr[..to_cr.len()]);
            }
            Change::ToFull => {
                each(cb, to_cb, chroma_to_full);
                each(cr, to_cr, chroma_to_full);
            }
            Change::ToLimited => {
                each(cb, to_cb, chroma_to_limited);
                each(cr, to_cr, chroma_to_limited);
            }
            Change::Matrix(cross) => {
                cross.chroma(cross.cb, cb, cr, to_cb);
                cross.chroma(cross.cr, cb, cr, to_cr);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_range_is_exact_for_every_value() {
        type Change = fn(u8) -> u8;
        let changes: [(Change, f64, f64, f64); 4] = [
            (luma_to_full, 16.0, 0.0, 255.0 / 219.0),
            (chroma_to_full, 128.0, 128.0, 255.0 / 224.0),
            (luma_to_limited, 0.0, 16.0, 219.0 / 255.0),
            (chroma_to_limited, 128.0, 128.0, 224.0 / 255.0),
        ];
        for (index, (change, from, to, gain)) in changes.into_iter().enumerate() {
            for value in 0..=255 {
                // Half a step is rounded up.
                let exact = (f64::from(value) - from) * gain + to;
                let exact = (exact + 0.5 + 1e-9).floor().clamp(0.0, 255.0);
                assert_eq!(f64::from(change(value)), exact, "change {index} of {value}");
            }
        }
    }
}
