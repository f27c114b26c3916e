//! Lines of RGB to lines of Y'CbCr and back.
//!
//! Every conversion first takes its lines apart, one line for each colour, and then computes: both are plain loops of which the
//! compiler makes many pixels at once, and `pulp` chooses where the copy compiled for AVX2 runs, as in `colour`.
//! Fixed point has 15 bits after the point on the way to Y'CbCr, and 5 on the way back, where all of it fits into 16 bits.

use crate::colour::{levels, weights};
use mutoscope_plugin::Format;
use pulp::{Arch, Simd, WithSimd};

/// The bytes of a pixel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Order {
    /// 3 or 4.
    pub(crate) channels: usize,
    pub(crate) blue_first: bool,
}

impl Order {
    pub(crate) const RGB: Order = Order { channels: 3, blue_first: false };
}

/// A line of each colour: red, green, blue.
type Colours = [Vec<u8>; 3];

/// Memory for lines on their way; small enough to stay in the processor's cache.
#[derive(Default)]
pub(crate) struct Scratch {
    upper: Colours,
    lower: Colours,
    sums: [Vec<i16>; 3],
    /// The part that chroma has in each colour.
    parts: [Vec<i16>; 3],
}

/// Bits after the point from RGB, and to RGB.
const FROM: u32 = 15;
const TO: u32 = 5;

/// Half a step, and what products lose that are cut off.
const HALF: i16 = (1 << (TO - 1)) + 1;

/// The weights that make luma and chroma of red, green and blue.
struct FromWeights {
    luma: [i16; 3],
    cb: [i16; 3],
    cr: [i16; 3],
    black: i32,
}

impl FromWeights {
    fn new(to: &Format) -> FromWeights {
        let (red, blue) = weights(to.matrix);
        let (black, span, chroma) = levels(to.range);
        // Green gets what is left, so that greys stay greys and white stays white.
        let whole = |sum: f64, red: f64, blue: f64| {
            let [sum, red, blue] =
                [sum, red, blue].map(|value| (value / 255.0 * f64::from(1 << FROM)).round() as i32);
            [red, sum - red - blue, blue].map(|weight| weight as i16)
        };
        FromWeights {
            luma: whole(span, span * red, span * blue),
            cb: whole(0.0, -chroma / 2.0 * red / (1.0 - blue), chroma / 2.0),
            cr: whole(0.0, chroma / 2.0, -chroma / 2.0 * blue / (1.0 - red)),
            black: black as i32,
        }
    }
}

/// The weights that make red, green and blue of luma and chroma.
struct ToWeights {
    black: u8,
    /// Of 256 times a sample's distance from 128, as the high half of a product.
    luma: i16,
    /// The result for 128 itself.
    middle: i16,
    /// As `luma`, of chroma: red from Cr, green from Cb and from Cr, blue from Cb.
    red: i16,
    green: (i16, i16),
    blue: i16,
}

impl ToWeights {
    fn new(from: &Format) -> ToWeights {
        let (red, blue) = weights(from.matrix);
        let (black, span, chroma) = levels(from.range);
        let fixed = |value: f64| (value * f64::from(1 << (TO + 8))).round() as i16;
        let (of_red, of_blue) = (510.0 / chroma * (1.0 - red), 510.0 / chroma * (1.0 - blue));
        let green = 1.0 - red - blue;
        ToWeights {
            black: black as u8,
            luma: fixed(255.0 / span),
            middle: (128.0 * 255.0 / span * f64::from(1 << TO)).round() as i16,
            red: fixed(of_red),
            green: (fixed(-of_blue * blue / green), fixed(-of_red * red / green)),
            blue: fixed(of_blue),
        }
    }
}

/// One line or two of RGB, in the same order of bytes.
pub(crate) struct Pixels<'a> {
    pub(crate) upper: &'a [u8],
    pub(crate) lower: Option<&'a [u8]>,
    pub(crate) order: Order,
}

/// Lines of RGB as luma and chroma in the colours of `to`, which stand line after line without gaps. A chroma sample stands for
/// `across` by `down` pixels, 1 or 2 each; chroma of no length is not made.
pub(crate) fn from_rgb(
    rgb: &Pixels<'_>,
    to: &Format,
    (across, down): (usize, usize),
    scratch: &mut Scratch,
    luma: &mut [u8],
    (cb, cr): (&mut [u8], &mut [u8]),
) {
    let Scratch { upper, lower, sums, .. } = scratch;
    let weights = &FromWeights::new(to);
    let width = if rgb.lower.is_some() { luma.len() / 2 } else { luma.len() };
    split(rgb.upper, rgb.order, width, upper);
    let (first, second) = luma.split_at_mut(width);
    luma_of(upper, weights, first);
    let lower = match rgb.lower {
        Some(line) => {
            split(line, rgb.order, width, lower);
            luma_of(lower, weights, second);
            &*lower
        }
        None => &*upper,
    };
    if cb.is_empty() {
        return;
    }
    let samples = width.div_ceil(across);
    let mut line = |upper: &Colours, lower: &Colours, at: usize| {
        for ((sums, upper), lower) in sums.iter_mut().zip(upper).zip(lower) {
            sums.resize(samples, 0);
            Arch::new().dispatch(Sum { upper, lower, across, sums });
        }
        // A sum is that of `across` by 2 pixels.
        let shift = FROM + across as u32;
        for (weights, to) in [(weights.cb, &mut *cb), (weights.cr, &mut *cr)] {
            let to = &mut to[at..at + samples];
            Arch::new().dispatch(ChromaOf { sums: &*sums, weights, shift, to });
        }
    };
    if down == 2 || rgb.lower.is_none() {
        line(upper, lower, 0);
    } else {
        line(upper, upper, 0);
        line(lower, lower, samples);
    }
}

fn luma_of(colours: &Colours, weights: &FromWeights, to: &mut [u8]) {
    Arch::new().dispatch(LumaOf { colours, weights, to });
}

/// A line of luma and chroma in the colours of `from`, a chroma sample for `across` pixels, as RGB.
/// Chroma of no length is grey.
pub(crate) fn to_rgb(
    luma: &[u8],
    (cb, cr): (&[u8], &[u8]),
    from: &Format,
    across: usize,
    order: Order,
    scratch: &mut Scratch,
    rgb: &mut [u8],
) {
    let Scratch { upper, parts, .. } = scratch;
    let weights = &ToWeights::new(from);
    for (index, parts) in parts.iter_mut().enumerate() {
        parts.resize(luma.len().next_multiple_of(2), HALF);
        if cb.is_empty() {
            parts.fill(HALF);
        } else {
            let (of_cb, of_cr) = [(0, weights.red), weights.green, (weights.blue, 0)][index];
            Arch::new().dispatch(Parts { cb, cr, of_cb, of_cr, across, to: parts });
        }
    }
    for (colour, parts) in upper.iter_mut().zip(&*parts) {
        colour.resize(luma.len(), 0);
        Arch::new().dispatch(ColourOf { luma, parts, weights, to: colour });
    }
    interleave(upper.each_ref().map(Vec::as_slice), order, rgb);
}

/// A line of RGB in another order of bytes. A fourth byte is opaque.
pub(crate) fn reorder(from: &[u8], before: Order, after: Order, scratch: &mut Scratch, to: &mut [u8]) {
    let colours = &mut scratch.upper;
    split(from, before, to.len() / after.channels, colours);
    interleave(colours.each_ref().map(Vec::as_slice), after, to);
}

/// Takes `width` pixels apart.
fn split(bytes: &[u8], order: Order, width: usize, colours: &mut Colours) {
    colours.iter_mut().for_each(|colour| colour.resize(width, 0));
    let [first, green, last] = colours;
    let (red, blue) = if order.blue_first { (last, first) } else { (first, last) };
    Arch::new().dispatch(Split { bytes, channels: order.channels, to: [red, green, blue] });
}

/// Puts three lines, one of each colour, together as RGB. A fourth byte is opaque.
pub(crate) fn interleave([red, green, blue]: [&[u8]; 3], order: Order, rgb: &mut [u8]) {
    let from = if order.blue_first { [blue, green, red] } else { [red, green, blue] };
    Arch::new().dispatch(Interleave { from, channels: order.channels, to: rgb });
}

struct Split<'a> {
    bytes: &'a [u8],
    channels: usize,
    /// In the order of the bytes.
    to: [&'a mut [u8]; 3],
}

impl WithSimd for Split<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let [first, second, third] = self.to;
        let to = first.iter_mut().zip(second).zip(third);
        if self.channels == 3 {
            for (((first, second), third), pixel) in to.zip(self.bytes.as_chunks::<3>().0) {
                (*first, *second, *third) = (pixel[0], pixel[1], pixel[2]);
            }
        } else {
            for (((first, second), third), pixel) in to.zip(self.bytes.as_chunks::<4>().0) {
                // One 32-bit number is quicker than four bytes.
                let pixel = u32::from_le_bytes(*pixel);
                (*first, *second, *third) = (pixel as u8, (pixel >> 8) as u8, (pixel >> 16) as u8);
            }
        }
    }
}

struct Interleave<'a> {
    /// In the order of the bytes.
    from: [&'a [u8]; 3],
    channels: usize,
    to: &'a mut [u8],
}

impl WithSimd for Interleave<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let [first, second, third] = self.from;
        let from = first.iter().zip(second).zip(third);
        if self.channels == 3 {
            for (to, ((first, second), third)) in self.to.as_chunks_mut::<3>().0.iter_mut().zip(from) {
                *to = [*first, *second, *third];
            }
        } else {
            for (to, ((first, second), third)) in self.to.as_chunks_mut::<4>().0.iter_mut().zip(from) {
                let (first, second, third) = (u32::from(*first), u32::from(*second), u32::from(*third));
                *to = (first | second << 8 | third << 16 | 255 << 24).to_le_bytes();
            }
        }
    }
}

/// The sum of three products of 16 bits by 16 bits, which every processor has for many numbers at once.
#[inline(always)]
fn dot(weights: [i16; 3], [a, b, c]: [i16; 3]) -> i32 {
    i32::from(weights[0]) * i32::from(a)
        + i32::from(weights[1]) * i32::from(b)
        + i32::from(weights[2]) * i32::from(c)
}

/// 256 times the distance from 128.
#[inline(always)]
fn distance(sample: u8) -> i16 {
    (i16::from(sample) - 128) << 8
}

/// The high half of a product.
#[inline(always)]
fn high(a: i16, b: i16) -> i16 {
    ((i32::from(a) * i32::from(b)) >> 16) as i16
}

struct LumaOf<'a> {
    colours: &'a Colours,
    weights: &'a FromWeights,
    to: &'a mut [u8],
}

impl WithSimd for LumaOf<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let weights = self.weights.luma;
        let offset = (self.weights.black << FROM) + (1 << (FROM - 1));
        let [red, green, blue] = self.colours;
        for (((to, red), green), blue) in self.to.iter_mut().zip(red).zip(green).zip(blue) {
            let sum = dot(weights, [*red, *green, *blue].map(i16::from));
            // Weights are positive and their sum is at most 1: nothing to clamp.
            *to = ((sum + offset) >> FROM) as u8;
        }
    }
}

struct Sum<'a> {
    upper: &'a [u8],
    lower: &'a [u8],
    across: usize,
    sums: &'a mut [i16],
}

impl WithSimd for Sum<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        if self.across == 1 {
            for ((sum, upper), lower) in self.sums.iter_mut().zip(self.upper).zip(self.lower) {
                *sum = i16::from(*upper) + i16::from(*lower);
            }
            return;
        }
        let ((upper, upper_rest), (lower, lower_rest)) =
            (self.upper.as_chunks::<2>(), self.lower.as_chunks::<2>());
        for ((sum, upper), lower) in self.sums.iter_mut().zip(upper).zip(lower) {
            let (upper, lower) = (u16::from_le_bytes(*upper), u16::from_le_bytes(*lower));
            *sum = ((upper & 255) + (upper >> 8) + (lower & 255) + (lower >> 8)) as i16;
        }
        // The last of an odd number of pixels counts twice.
        if let (Some(sum), [upper], [lower]) = (self.sums.get_mut(upper.len()), upper_rest, lower_rest) {
            *sum = 2 * (i16::from(*upper) + i16::from(*lower));
        }
    }
}

struct ChromaOf<'a> {
    sums: &'a [Vec<i16>; 3],
    weights: [i16; 3],
    shift: u32,
    to: &'a mut [u8],
}

impl WithSimd for ChromaOf<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (weights, shift) = (self.weights, self.shift);
        let offset = (128 << shift) + (1 << (shift - 1));
        let [red, green, blue] = self.sums;
        for (((to, red), green), blue) in self.to.iter_mut().zip(red).zip(green).zip(blue) {
            let sum = dot(weights, [*red, *green, *blue]);
            *to = ((sum + offset) >> shift).clamp(0, 255) as u8;
        }
    }
}

struct Parts<'a> {
    cb: &'a [u8],
    cr: &'a [u8],
    of_cb: i16,
    of_cr: i16,
    across: usize,
    to: &'a mut [i16],
}

impl WithSimd for Parts<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let part = |cb, cr| high(self.of_cb, distance(cb)) + high(self.of_cr, distance(cr)) + HALF;
        if self.across == 1 {
            for ((to, cb), cr) in self.to.iter_mut().zip(self.cb).zip(self.cr) {
                *to = part(*cb, *cr);
            }
        } else {
            for ((to, cb), cr) in self.to.as_chunks_mut::<2>().0.iter_mut().zip(self.cb).zip(self.cr) {
                *to = [part(*cb, *cr); 2];
            }
        }
    }
}

struct ColourOf<'a> {
    luma: &'a [u8],
    parts: &'a [i16],
    weights: &'a ToWeights,
    to: &'a mut [u8],
}

impl WithSimd for ColourOf<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let ToWeights { black, luma: slope, middle, .. } = *self.weights;
        for ((to, luma), part) in self.to.iter_mut().zip(self.luma).zip(self.parts) {
            // Blacker than black is black before it has a colour, as on monitors.
            let luma = distance(luma.saturating_sub(black));
            *to = ((high(slope, luma) + middle + part) >> TO).clamp(0, 255) as u8;
        }
    }
}
