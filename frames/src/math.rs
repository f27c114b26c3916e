//! Arithmetic that gives the same bits on every machine.
//!
//! IEEE 754 fixes `+ - * /` and the square root to the last bit, but `sin`, `exp`, `powf` and their kin come from the
//! platform's C library and differ between libraries. The pictures must come out byte for byte the same, so everything
//! here is made of the fixed operations alone, in a fixed order. Everything in this crate computes with these.

use std::f32::consts::{FRAC_PI_2, LN_2, TAU};
use std::ops::{Add, Mul, Neg, Sub};

/// A point, a direction, or a linear RGB colour.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vec3 {
    /// To the right, or red.
    pub x: f32,
    /// Up, or green.
    pub y: f32,
    /// Away from the viewer, or blue.
    pub z: f32,
}

/// Short for `Vec3 { x, y, z }`.
pub const fn vec3(x: f32, y: f32, z: f32) -> Vec3 {
    Vec3 { x, y, z }
}

impl Vec3 {
    /// All three parts alike.
    pub const fn splat(v: f32) -> Self {
        vec3(v, v, v)
    }

    /// The scalar product.
    pub fn dot(self, o: Self) -> f32 {
        self.x * o.x + self.y * o.y + self.z * o.z
    }

    /// The length.
    pub fn length(self) -> f32 {
        self.dot(self).sqrt()
    }

    /// From `self` (`t` = 0) to `o` (`t` = 1).
    pub fn mixed(self, o: Self, t: f32) -> Self {
        self * (1.0 - t) + o * t
    }

    /// Relative luminance of a linear RGB colour (BT.709 weights).
    pub fn luminance(self) -> f32 {
        0.2126 * self.x + 0.7152 * self.y + 0.0722 * self.z
    }
}

impl Add for Vec3 {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        vec3(self.x + o.x, self.y + o.y, self.z + o.z)
    }
}

impl Sub for Vec3 {
    type Output = Self;
    fn sub(self, o: Self) -> Self {
        vec3(self.x - o.x, self.y - o.y, self.z - o.z)
    }
}

impl Mul<f32> for Vec3 {
    type Output = Self;
    fn mul(self, k: f32) -> Self {
        vec3(self.x * k, self.y * k, self.z * k)
    }
}

/// Part by part: a colour seen through a filter, a light on a surface.
impl Mul for Vec3 {
    type Output = Self;
    fn mul(self, o: Self) -> Self {
        vec3(self.x * o.x, self.y * o.y, self.z * o.z)
    }
}

impl Neg for Vec3 {
    type Output = Self;
    fn neg(self) -> Self {
        vec3(-self.x, -self.y, -self.z)
    }
}

/// From `a` (`t` = 0) to `b` (`t` = 1).
pub fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// 0 below `a`, 1 above `b`, a smooth S between them; `a` may be the larger one.
pub fn smoothstep(a: f32, b: f32, x: f32) -> f32 {
    let t = ((x - a) / (b - a)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// The largest whole number that is not above `x`, for `|x|` below 2³¹. `f32::floor` is a library call on x86-64.
#[inline]
pub fn floor(x: f32) -> f32 {
    let i = x as i32 as f32;
    if i > x { i - 1.0 } else { i }
}

/// What is left of `x` above [`floor`].
#[inline]
pub fn fract(x: f32) -> f32 {
    x - floor(x)
}

/// Sine of an angle in radians, to about 4e-6 for angles of a few turns.
pub fn sin(x: f32) -> f32 {
    let mut t = x / TAU;
    t -= floor(t + 0.5);
    // Fold the turn's outer halves inwards, where the series is short.
    if t > 0.25 {
        t = 0.5 - t;
    } else if t < -0.25 {
        t = -0.5 - t;
    }
    let a = t * TAU;
    let s = a * a;
    a * (1.0 + s * (-1.0 / 6.0 + s * (1.0 / 120.0 + s * (-1.0 / 5040.0 + s / 362_880.0))))
}

/// Cosine of an angle in radians, as exact as [`sin`].
pub fn cos(x: f32) -> f32 {
    sin(x + FRAC_PI_2)
}

/// 2 to the power of `x`; 0 where the result would be too small for a normal number.
pub fn exp2(x: f32) -> f32 {
    if x < -126.0 {
        return 0.0;
    }
    let x = x.min(127.0);
    let i = floor(x);
    let a = (x - i) * LN_2;
    let m = 1.0
        + a * (1.0
            + a * (0.5
                + a * (1.0 / 6.0 + a * (1.0 / 24.0 + a * (1.0 / 120.0 + a * (1.0 / 720.0 + a / 5040.0))))));
    m * f32::from_bits(((i as i32 + 127) as u32) << 23)
}

/// e to the power of `x`.
pub fn exp(x: f32) -> f32 {
    exp2(x / LN_2)
}

/// The binary logarithm of a positive number.
pub fn log2(x: f32) -> f32 {
    let bits = x.to_bits();
    let mut e = ((bits >> 23) as i32 - 127) as f32;
    let mut m = f32::from_bits((bits & 0x007f_ffff) | 0x3f80_0000);
    if m > std::f32::consts::SQRT_2 {
        m *= 0.5;
        e += 1.0;
    }
    let s = (m - 1.0) / (m + 1.0);
    let q = s * s;
    e + 2.0 / LN_2 * s * (1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q / 9.0))))
}

/// `x` to the power of `y` for `x` not below 0; 0 for `x` = 0.
pub fn pow(x: f32, y: f32) -> f32 {
    if x <= 0.0 { 0.0 } else { exp2(y * log2(x)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_to_the_library() {
        for i in -2000..2000 {
            let x = i as f32 * 0.01;
            assert!((sin(x) - x.sin()).abs() < 2e-5, "sin {x}");
            assert!((cos(x) - x.cos()).abs() < 2e-5, "cos {x}");
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-4, "exp {x}");
            assert_eq!(floor(x), x.floor(), "floor {x}");
            if i > 0 {
                assert!((log2(x) - x.log2()).abs() < 1e-5, "log2 {x}");
                assert!((pow(x, 2.4) / x.powf(2.4) - 1.0).abs() < 1e-4, "pow {x}");
            }
        }
    }
}
