//! The transforms for any processor.

use super::{Block, EVEN, FOUR_EVEN, FOUR_ODD, Kernel, ODD, PLACES, Quantisation, TWO_ODD, clamp, place};
use pulp::NullaryFnOnce;
use std::array;
use std::num::Wrapping;

/// Plain code.
#[derive(Clone, Copy)]
pub(crate) struct Portable;

type Sum = Wrapping<i32>;

/// The coefficients of a column, dequantised.
#[inline(always)]
fn column(block: &Block, quantisation: &Quantisation, column: usize) -> [Sum; 8] {
    array::from_fn(|line| {
        let at = place(line, column);
        Wrapping(i32::from(block.0[at].wrapping_mul(quantisation.0[at])))
    })
}

/// Rounds what the first pass gives, and holds it within 16 bits.
#[inline(always)]
fn rounded<const SHIFT: usize>(sum: Sum) -> Sum {
    let value = (sum + Wrapping(1 << (SHIFT - 1))).0 >> SHIFT;
    Wrapping(value.clamp(i32::from(i16::MIN), i32::from(i16::MAX)))
}

/// Rounds what the second pass gives to a sample.
#[inline(always)]
fn sample<const SHIFT: usize>(sum: Sum) -> u8 {
    clamp((sum + Wrapping((1 << (SHIFT - 1)) + (128 << SHIFT))).0 >> SHIFT)
}

#[inline(always)]
fn odd_sum(x: &[Sum; 8], weights: &[i32; 4]) -> Sum {
    x[1] * Wrapping(weights[0])
        + x[3] * Wrapping(weights[1])
        + x[5] * Wrapping(weights[2])
        + x[7] * Wrapping(weights[3])
}

#[inline(always)]
fn even_sum(x: &[Sum; 8], weights: &[i32; 2]) -> Sum {
    x[2] * Wrapping(weights[0]) + x[6] * Wrapping(weights[1])
}

/// A transform to eight.
#[inline(always)]
fn eight(x: [Sum; 8]) -> [Sum; 8] {
    let (sum, difference) = ((x[0] + x[4]) << 13, (x[0] - x[4]) << 13);
    let (outer, inner) = (even_sum(&x, &EVEN[0]), even_sum(&x, &EVEN[1]));
    let even = [sum + outer, difference + inner, difference - inner, sum - outer];
    let odd: [Sum; 4] = array::from_fn(|at| odd_sum(&x, &ODD[at]));
    array::from_fn(|at| if at < 4 { even[at] + odd[at] } else { even[7 - at] - odd[7 - at] })
}

/// A transform to four.
#[inline(always)]
fn four(x: [Sum; 8]) -> [Sum; 4] {
    let (mean, wave) = (x[0] << 14, even_sum(&x, &FOUR_EVEN));
    let even = [mean + wave, mean - wave];
    let odd: [Sum; 2] = array::from_fn(|at| odd_sum(&x, &FOUR_ODD[at]));
    [even[0] + odd[0], even[1] + odd[1], even[1] - odd[1], even[0] - odd[0]]
}

/// A transform to two.
#[inline(always)]
fn two(x: [Sum; 8]) -> [Sum; 2] {
    let odd = odd_sum(&x, &TWO_ODD);
    [(x[0] << 15) + odd, (x[0] << 15) - odd]
}

impl Kernel for Portable {
    #[inline(always)]
    fn run<F: NullaryFnOnce>(self, function: F) -> F::Output {
        function.call()
    }

    #[inline(always)]
    fn arrange(self, zigzag: &[u8; 64], dc: i16) -> Block {
        let mut block = Block([0; 64]);
        for (place, value) in PLACES.iter().zip(zigzag) {
            block.0[usize::from(place & 63)] = i16::from(*value as i8);
        }
        block.0[0] = dc;
        block
    }

    #[inline(always)]
    fn full(self, block: &Block, quantisation: &Quantisation) -> [[u8; 8]; 8] {
        let mut lines = [[Wrapping(0); 8]; 8];
        for at in 0..8 {
            let sums = eight(column(block, quantisation, at));
            for (line, sum) in lines.iter_mut().zip(sums) {
                line[at] = rounded::<11>(sum);
            }
        }
        lines.map(|line| eight(line).map(sample::<18>))
    }

    #[inline(always)]
    fn half(self, block: &Block, quantisation: &Quantisation) -> [[u8; 4]; 4] {
        let mut lines = [[Wrapping(0); 8]; 4];
        for at in [0, 1, 2, 3, 5, 6, 7] {
            let sums = four(column(block, quantisation, at));
            for (line, sum) in lines.iter_mut().zip(sums) {
                line[at] = rounded::<12>(sum);
            }
        }
        lines.map(|line| four(line).map(sample::<19>))
    }

    #[inline(always)]
    fn quarter(self, block: &Block, quantisation: &Quantisation) -> [[u8; 2]; 2] {
        let mut lines = [[Wrapping(0); 8]; 2];
        for at in [0, 1, 3, 5, 7] {
            let sums = two(column(block, quantisation, at));
            for (line, sum) in lines.iter_mut().zip(sums) {
                line[at] = rounded::<13>(sum);
            }
        }
        lines.map(|line| two(line).map(sample::<20>))
    }
}
