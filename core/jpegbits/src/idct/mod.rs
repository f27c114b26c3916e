//! Inverse transforms with the arithmetic of libjpeg-turbo's `jidctint` and `jidctred`: the same sums to the bit.
//!
//! A block lies in memory as the first pass wants it: pairs of lines (0, 4), (2, 6), (1, 3), (5, 7), with columns in the
//! order 0 4 2 6 1 3 5 7. A multiplication of pairs with a sum (`pmaddwd`) takes it as it is, and what the first pass gives,
//! packed to 16 bits, are the second pass's pairs.

mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use portable::Portable;

use pulp::NullaryFnOnce;

/// From the order in a scan to that in a block (T.81, figure 5).
pub(crate) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// The place in a [`Block`] of the coefficient in a line and a column.
const fn place(line: usize, column: usize) -> usize {
    const REGISTER: [usize; 8] = [0, 2, 1, 2, 0, 3, 1, 3];
    const HALF: [usize; 8] = [0, 0, 0, 1, 1, 0, 1, 1];
    const COLUMN: [usize; 8] = [0, 4, 2, 5, 1, 6, 3, 7];
    REGISTER[line] * 16 + COLUMN[column] * 2 + HALF[line]
}

/// The place in a [`Block`] of each coefficient of a scan.
const PLACES: [u8; 64] = {
    let mut places = [0; 64];
    let mut at = 0;
    while at < 64 {
        places[at] = place(ZIGZAG[at] as usize / 8, ZIGZAG[at] as usize % 8) as u8;
        at += 1;
    }
    places
};

/// Factors are fractions of 8192.
const fn fixed(factor: f64) -> i32 {
    (factor * 8192.0 + 0.5) as i32
}

const F_0_298: i32 = fixed(0.298631336);
const F_0_390: i32 = fixed(0.390180644);
const F_0_541: i32 = fixed(0.541196100);
const F_0_765: i32 = fixed(0.765366865);
const F_0_899: i32 = fixed(0.899976223);
const F_1_175: i32 = fixed(1.175875602);
const F_1_501: i32 = fixed(1.501321110);
const F_1_847: i32 = fixed(1.847759065);
const F_1_961: i32 = fixed(1.961570560);
const F_2_053: i32 = fixed(2.053119869);
const F_2_562: i32 = fixed(2.562915447);
const F_3_072: i32 = fixed(3.072711026);

/// Weights of lines 1, 3, 5, 7 in the odd sums of a transform to eight samples: 0 and 7, 1 and 6, 2 and 5, 3 and 4.
const ODD: [[i32; 4]; 4] = [
    [F_1_501 - F_0_899 - F_0_390 + F_1_175, F_1_175, -F_0_390 + F_1_175, -F_0_899 + F_1_175],
    [F_1_175, F_3_072 - F_2_562 - F_1_961 + F_1_175, -F_2_562 + F_1_175, -F_1_961 + F_1_175],
    [-F_0_390 + F_1_175, -F_2_562 + F_1_175, F_2_053 - F_2_562 - F_0_390 + F_1_175, F_1_175],
    [-F_0_899 + F_1_175, -F_1_961 + F_1_175, F_1_175, F_0_298 - F_0_899 - F_1_961 + F_1_175],
];
/// Weights of lines 2 and 6 in the even sums: samples 0, 3, 4, 7 and samples 1, 2, 5, 6.
const EVEN: [[i32; 2]; 2] = [[F_0_541 + F_0_765, F_0_541], [F_0_541, F_0_541 - F_1_847]];

/// Weights in a transform to four samples: of lines 2 and 6; of lines 1, 3, 5, 7 for samples 0 and 3, and 1 and 2.
const FOUR_EVEN: [i32; 2] = [F_1_847, -F_0_765];
const FOUR_ODD: [[i32; 4]; 2] = [
    [F_2_562, F_0_899, -fixed(0.601344887), -fixed(0.509795579)],
    [fixed(1.061594337), -fixed(2.172734803), fixed(1.451774981), -fixed(0.211164243)],
];

/// Weights of lines 1, 3, 5, 7 in a transform to two samples.
const TWO_ODD: [i32; 4] = [fixed(3.624509785), -fixed(1.272758580), fixed(0.850430095), -fixed(0.720959822)];

/// Coefficients in the order of the transforms, not yet dequantised.
#[derive(Clone, Copy)]
#[repr(align(32))]
pub(crate) struct Block([i16; 64]);

/// A quantisation table in the order of the transforms.
#[derive(Clone, Copy)]
#[repr(align(32))]
pub(crate) struct Quantisation([i16; 64]);

impl Quantisation {
    /// From a table in zigzag order.
    pub(crate) fn new(table: &[u16; 64]) -> Quantisation {
        let mut ordered = [0; 64];
        for (place, value) in PLACES.iter().zip(table) {
            ordered[usize::from(*place)] = *value as i16;
        }
        Quantisation(ordered)
    }

    /// The factor of the mean.
    #[inline(always)]
    pub(crate) fn mean(&self) -> i16 {
        self.0[0]
    }
}

impl Block {
    /// Sets the coefficient at an index of the scan's order.
    #[inline]
    pub(crate) fn set(&mut self, index: u8, value: i16) {
        self.0[usize::from(PLACES[usize::from(index & 63)])] = value;
    }
}

/// A processor's way to do the transforms. All give the same samples, also for data that no encoder writes: sums wrap, and what
/// the first pass gives is held within 16 bits.
pub(crate) trait Kernel: Copy {
    /// Runs a function that is compiled for the processor. A loop that has a function of its own keeps its numbers in registers.
    fn run<F: NullaryFnOnce>(self, function: F) -> F::Output;
    /// Puts coefficients in the order of the transforms.
    fn arrange(self, zigzag: &[u8; 64], dc: i16) -> Block;
    /// Returns eight lines of eight samples.
    fn full(self, block: &Block, quantisation: &Quantisation) -> [[u8; 8]; 8];
    /// Returns four lines of four samples.
    fn half(self, block: &Block, quantisation: &Quantisation) -> [[u8; 4]; 4];
    /// Returns two lines of two samples.
    fn quarter(self, block: &Block, quantisation: &Quantisation) -> [[u8; 2]; 2];
}

/// Returns the sample of a block without AC coefficients.
#[inline(always)]
pub(crate) fn flat(dc: i16, quantisation: &Quantisation) -> u8 {
    clamp(((i32::from(dc.wrapping_mul(quantisation.mean())) + 4) >> 3) + 128)
}

/// Returns the mean of a block, as `jidctred` has it: it looks at 10 bits.
#[inline(always)]
pub(crate) fn mean(dc: i16, quantisation: &Quantisation) -> u8 {
    let mean = (i32::from(dc.wrapping_mul(quantisation.mean())) + 4) >> 3;
    clamp((mean << 22 >> 22) + 128)
}

#[inline(always)]
fn clamp(value: i32) -> u8 {
    value.clamp(0, 255) as u8
}
