//! Random numbers and random fields, the same on every machine and in every run.
//!
//! [`Rng`] gives a row of numbers from a seed; [`value2`], [`fbm2`] and their kin give a smooth field over the plane or the
//! room, which is what clouds, stone, wood and hills are made of here.

use crate::math::{floor, mix};

/// Stirs 32 bits thoroughly (Chris Wellons' `lowbias32`).
#[inline]
pub fn stir(mut v: u32) -> u32 {
    v ^= v >> 16;
    v = v.wrapping_mul(0x7feb_352d);
    v ^= v >> 15;
    v = v.wrapping_mul(0x846c_a68b);
    v ^ (v >> 16)
}

/// A random number that belongs to one cell of a whole-numbered grid.
#[inline]
pub fn cell(x: i32, y: i32, z: i32) -> u32 {
    stir(
        (x as u32).wrapping_mul(0x8da6_b343)
            ^ (y as u32).wrapping_mul(0xd816_3841)
            ^ (z as u32).wrapping_mul(0xcb1a_b31f),
    )
}

/// 32 random bits as a number from 0 (included) to 1 (not included).
#[inline]
pub fn unit(bits: u32) -> f32 {
    (bits >> 8) as f32 / 16_777_216.0
}

/// A pseudo random generator: a Weyl sequence, stirred.
#[derive(Clone, Debug)]
pub struct Rng {
    state: u32,
}

impl Rng {
    /// A generator whose numbers depend on the seed only.
    pub fn new(seed: u32) -> Self {
        Self { state: stir(seed ^ 0x9e37_79b9) }
    }

    /// The next 32 random bits.
    #[inline]
    pub fn bits(&mut self) -> u32 {
        self.state = self.state.wrapping_add(0x9e37_79b9);
        stir(self.state)
    }

    /// The next number from 0 (included) to 1 (not included).
    #[inline]
    pub fn unit(&mut self) -> f32 {
        unit(self.bits())
    }

    /// The next number from `low` to `high`.
    #[inline]
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        mix(low, high, self.unit())
    }

    /// The next number of a bell curve with mean 0 and standard deviation 1, cut at ±3.4: the sum of four evenly spread
    /// bytes, which is near enough to Gauss for a sensor's noise and needs one call of the generator.
    #[inline]
    pub fn bell(&mut self) -> f32 {
        let b = self.bits().to_le_bytes();
        let sum = i32::from(b[0]) + i32::from(b[1]) + i32::from(b[2]) + i32::from(b[3]);
        // Four even spreads of 0..=255 have mean 510 and variance 4 * (256² - 1) / 12.
        (sum - 510) as f32 / 147.8
    }
}

#[inline]
fn ease(t: f32) -> f32 {
    t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
}

/// Value noise over the plane: 0 to 1, one bump per unit square.
pub fn value2(x: f32, y: f32) -> f32 {
    let (fx, fy) = (floor(x), floor(y));
    let (ix, iy) = (fx as i32, fy as i32);
    let (u, v) = (ease(x - fx), ease(y - fy));
    let at = |dx, dy| unit(cell(ix + dx, iy + dy, 0));
    mix(mix(at(0, 0), at(1, 0), u), mix(at(0, 1), at(1, 1), u), v)
}

/// Octaves of [`value2`], each half as high and twice as fine and turned, so that the grid does not show: 0 to 1.
pub fn fbm2(mut x: f32, mut y: f32, octaves: u32) -> f32 {
    let (mut sum, mut height, mut total) = (0.0, 0.5, 0.0);
    for _ in 0..octaves {
        sum += height * value2(x, y);
        total += height;
        height *= 0.5;
        (x, y) = (1.6 * x + 1.2 * y + 17.3, 1.6 * y - 1.2 * x - 8.1);
    }
    sum / total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bell_is_centred_and_one_wide() {
        let mut rng = Rng::new(7);
        let n = 100_000;
        let draws: Vec<f32> = (0..n).map(|_| rng.bell()).collect();
        let mean = draws.iter().sum::<f32>() / n as f32;
        let variance = draws.iter().map(|d| (d - mean) * (d - mean)).sum::<f32>() / n as f32;
        assert!(mean.abs() < 0.02, "{mean}");
        assert!((variance - 1.0).abs() < 0.02, "{variance}");
    }

    #[test]
    fn fields_stay_between_0_and_1_and_are_continuous() {
        let mut last = fbm2(-30.0, 4.2, 5);
        for i in 1..6000 {
            let here = fbm2(-30.0 + i as f32 * 0.01, 4.2, 5);
            assert!((0.0..=1.0).contains(&here));
            assert!((here - last).abs() < 0.12, "a jump at {i}");
            last = here;
        }
    }
}
