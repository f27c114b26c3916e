//! A picture while it is painted: linear RGB in `f32`, no upper limit.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::math::{Vec3, pow, vec3};

/// How many threads share the work of one picture or sequence. The result does not depend on it: every row and every
/// frame is computed from its own number alone.
pub(crate) fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get).min(8)
}

/// What `value(x, y)` gives for each pixel, row by row, computed on several threads.
pub(crate) fn each_pixel<T: Clone + Default + Send>(
    width: usize,
    height: usize,
    value: impl Fn(usize, usize) -> T + Sync,
) -> Vec<T> {
    /// Rows that a thread takes at a time; few enough that a part of the picture with much work is shared, too.
    const BAND: usize = 8;
    let mut values = vec![T::default(); width * height];
    let bands = Mutex::new(values.chunks_mut((BAND * width).max(1)).enumerate());
    let work = || {
        loop {
            let Some((band, rows)) = bands.lock().unwrap_or_else(PoisonError::into_inner).next() else {
                return;
            };
            for (i, slot) in rows.iter_mut().enumerate() {
                *slot = value(i % width, band * BAND + i / width);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads() {
            scope.spawn(work);
        }
    });
    values
}

/// A picture of linear light, row by row from the top left.
#[derive(Clone, Debug)]
pub struct Canvas {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// `width * height` colours.
    pub pixels: Vec<Vec3>,
}

impl Canvas {
    /// A canvas with each pixel's colour from `colour(x, y)`, called once per pixel, on several threads.
    pub fn painted(width: usize, height: usize, colour: impl Fn(usize, usize) -> Vec3 + Sync) -> Self {
        Self { width, height, pixels: each_pixel(width, height, colour) }
    }

    /// Blurs with three box filters one after the other, which is close to a Gaussian three times `radius` wide.
    pub fn blur(&mut self, radius: usize) {
        if radius == 0 {
            return;
        }
        let (w, h) = (self.width, self.height);
        let mut line = vec![Vec3::default(); w.max(h)];
        for _ in 0..3 {
            for y in 0..h {
                box_filter(&mut self.pixels, y * w, 1, w, radius, &mut line);
            }
            for x in 0..w {
                box_filter(&mut self.pixels, x, w, h, radius, &mut line);
            }
        }
    }
}

fn box_filter(
    pixels: &mut [Vec3],
    start: usize,
    stride: usize,
    len: usize,
    radius: usize,
    line: &mut [Vec3],
) {
    for i in 0..len {
        line[i] = pixels[start + i * stride];
    }
    let at = |i: isize| line[i.clamp(0, len as isize - 1) as usize];
    let r = radius as isize;
    let scale = 1.0 / (2 * radius + 1) as f32;
    let mut sum = (-r..=r).fold(Vec3::default(), |sum, i| sum + at(i));
    for i in 0..len {
        pixels[start + i * stride] = sum * scale;
        let i = i as isize;
        sum = sum + at(i + r + 1) - at(i - r);
    }
}

/// A tone curve as a table: from light (0 to 8) to a brightness of 0 to 255, with the part between two steps kept.
#[derive(Clone, Debug)]
pub struct Curve {
    table: Vec<f32>,
}

impl Curve {
    const STEPS: usize = 8192;
    const LIMIT: f32 = 8.0;

    /// Tabulates a tone mapping from light (0 upwards) to display light (0 to 1), followed by sRGB's own curve.
    pub fn new(tone: impl Fn(f32) -> f32) -> Self {
        let table = (0..=Self::STEPS)
            .map(|i| {
                // Steps are spaced by the square, since the eye is finer in the dark.
                let root = i as f32 / Self::STEPS as f32;
                255.0 * srgb(tone(root * root * Self::LIMIT).clamp(0.0, 1.0))
            })
            .collect();
        Self { table }
    }

    /// The brightness (0 to 255) of an amount of light.
    #[inline]
    pub fn at(&self, light: f32) -> f32 {
        let root = (light * (1.0 / Self::LIMIT)).clamp(0.0, 1.0).sqrt();
        self.table[(root * Self::STEPS as f32 + 0.5) as usize]
    }
}

/// sRGB's transfer curve (IEC 61966-2-1), from 0..=1 to 0..=1.
fn srgb(light: f32) -> f32 {
    if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * pow(light, 1.0 / 2.4) - 0.055 }
}

/// A colour as designers write it, `0xRRGGBB` in sRGB, as linear light.
pub fn hex(rgb: u32) -> Vec3 {
    let part = |shift: u32| {
        let v = ((rgb >> shift) & 255) as f32 / 255.0;
        if v <= 0.040_45 { v / 12.92 } else { pow((v + 0.055) / 1.055, 2.4) }
    };
    vec3(part(16), part(8), part(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blurring_keeps_the_light() {
        let mut c = Canvas::painted(41, 31, |x, y| Vec3::splat(if x == 20 && y == 15 { 1.0 } else { 0.0 }));
        c.blur(2);
        let sum: f32 = c.pixels.iter().map(|p| p.x).sum();
        assert!((sum - 1.0).abs() < 1e-3, "{sum}");
        assert!(c.pixels[15 * 41 + 20].x < 0.1);
    }

    #[test]
    fn hex_and_back() {
        for v in 0..=255_u32 {
            let light = hex(v << 16).x;
            assert_eq!((srgb(light) * 255.0 + 0.5) as u32, v);
        }
    }
}
