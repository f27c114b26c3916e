//! A small camera's sensor: the lens' darker corners, exposure that breathes, photon and read-out noise, tone curve.

use crate::canvas::{Canvas, Curve, each_pixel};
use crate::math::{Vec3, mix, smoothstep};
use crate::noise::{Rng, stir};

#[derive(Debug)]
pub(super) struct Sensor {
    curve: Curve,
    noise: f32,
    /// What the lens lets through at each pixel.
    lens: Vec<f32>,
}

impl Sensor {
    pub(super) fn new(width: usize, height: usize, noise: f32) -> Self {
        let lens = each_pixel(width, height, |x, y| {
            let dx = (x as f32 - width as f32 / 2.0) / height as f32;
            let dy = (y as f32 - height as f32 / 2.0) / height as f32;
            1.0 - 0.3 * (dx * dx + dy * dy)
        });
        Self {
            // A camera's S: a firm toe, a soft shoulder.
            curve: Curve::new(|x| {
                let x = x * 1.25;
                let shoulder = x / (0.62 + x) * 1.32;
                mix(x.min(1.0), shoulder, smoothstep(0.05, 0.5, x)) * smoothstep(-0.02, 0.03, x)
            }),
            noise,
            lens,
        }
    }

    /// The frame's bytes, 8-bit sRGB. The noise depends on the frame's number only.
    pub(super) fn expose(&self, canvas: &Canvas, index: usize) -> Vec<u8> {
        let mut rng = Rng::new(stir(index as u32 + 1));
        // Exposure control hunts by a fraction of a per cent.
        let exposure = 1.0 + 0.004 * rng.bell();
        let (read, shot) = (0.0035 * self.noise, 0.017 * self.noise);
        let mut bytes = Vec::with_capacity(canvas.pixels.len() * 3);
        let (mut red, mut blue) = (0.0, 0.0);
        for (i, lens) in self.lens.iter().enumerate() {
            let light = blurred(canvas, i) * (lens * exposure);
            let grey = rng.bell();
            // Half of the red and blue sites are interpolated: their noise is coarser and weaker.
            red = 0.6 * red + 0.5 * rng.bell();
            blue = 0.6 * blue + 0.6 * rng.bell();
            for (light, own) in [(light.x, 0.6 * red), (light.y, 0.0), (light.z, 0.75 * blue)] {
                let sigma = read + shot * light.max(0.0).sqrt();
                let value = light + sigma * (0.8 * grey + own);
                bytes.push((self.curve.at(value) + 0.5) as u8);
            }
        }
        bytes
    }
}

/// The light at a pixel through a lens that is not quite sharp: half of it comes from the four
/// neighbours.
fn blurred(canvas: &Canvas, i: usize) -> Vec3 {
    let w = canvas.width;
    let here = canvas.pixels[i];
    let at = |there: Option<usize>| there.and_then(|there| canvas.pixels.get(there)).copied().unwrap_or(here);
    // At a row's ends the neighbour is taken from the next row: an eighth of one pixel, not worth a test.
    let sum = at(i.checked_sub(1)) + at(Some(i + 1)) + at(i.checked_sub(w)) + at(Some(i + w));
    here * 0.5 + sum * 0.125
}
