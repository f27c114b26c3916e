//! A camera on a porch: a garden in the wind, spots of sun that wander, a cat on the railing, and a sensor's noise.
//!
//! The picture is painted in layers, from the far to the near: `garden` gives what stands still, `foliage` what the
//! wind moves, `cat` the cat, and `sensor` turns light into a camera's bytes. The last frame leads over into the
//! first one.
//!
//! Places are given in picture heights: x from the middle to the right, y from the top down, so that the scene has the
//! same proportions at every size and shows more at its sides in a wide picture.

mod cat;
mod foliage;
mod garden;
mod sensor;

use std::f32::consts::TAU;

use crate::canvas::Canvas;
use crate::math::{Vec3, cos, mix, sin, smoothstep};
use crate::noise::fbm2;

use foliage::Foliage;
use garden::Layer;
use sensor::Sensor;

/// The scene at one size, with everything that is the same in all of its frames. What stands still is painted here
/// once; [`Porch::frame`] may then be called from several threads.
#[derive(Debug)]
pub struct Porch {
    count: usize,
    back: Canvas,
    railing: Layer,
    foliage: Foliage,
    sensor: Sensor,
}

impl Porch {
    /// The scene for a loop of `count` frames of `width` x `height` pixels. `noise` is the sensor's, 1 that of a
    /// webcam in daylight.
    pub fn new(width: usize, height: usize, count: usize, noise: f32) -> Self {
        Self {
            count,
            back: garden::back(width, height),
            railing: garden::railing(width, height),
            foliage: Foliage::new(),
            sensor: Sensor::new(width, height, noise),
        }
    }

    /// Frame `index` (0 to `count` - 1; it goes on in a circle) as 8-bit sRGB, three bytes a pixel.
    pub fn frame(&self, index: usize) -> Vec<u8> {
        let index = index % self.count;
        let time = index as f32 / self.count as f32;
        let mut canvas = self.back.clone();
        let view = View::of(&canvas);
        for y in 0..canvas.height {
            let v = view.y(y as f32);
            if v < 0.47 {
                continue;
            }
            for x in 0..canvas.width {
                // On the lawn the spots are flattened by the slant of the view.
                let depth = 1.0 / (v - 0.36);
                let spot = dapple(view.x(x as f32) * depth * 0.55, depth * 1.3, time);
                let pixel = &mut canvas.pixels[y * canvas.width + x];
                *pixel = *pixel * mix(1.0, mix(0.5, 1.3, spot), smoothstep(0.47, 0.53, v));
            }
        }
        self.foliage.far(&mut canvas, time);
        for y in 0..canvas.height {
            for x in 0..canvas.width {
                let i = y * canvas.width + x;
                let cover = self.railing.cover[i];
                if cover > 0.0 {
                    let spot = dapple(view.x(x as f32) * 5.0, view.y(y as f32) * 4.2 + 3.0, time);
                    let lit = self.railing.light.pixels[i] * mix(0.42, 1.15, spot);
                    canvas.pixels[i] = canvas.pixels[i].mixed(lit, cover);
                }
            }
        }
        cat::walk(&mut canvas, time);
        self.foliage.near(&mut canvas, time);
        self.sensor.expose(&canvas, index)
    }
}

/// How much sun comes through the tree above to a place: 0 shade, 1 sun. The leaves' gaps go round in small circles.
fn dapple(x: f32, y: f32, time: f32) -> f32 {
    let (s, c) = (sin(TAU * time), cos(TAU * time));
    let one = fbm2(x + 0.22 * s, y + 0.1 * c, 3);
    let two = fbm2(x * 1.7 - 0.2 * c + 31.0, y * 1.7 + 0.14 * s, 2);
    smoothstep(0.42, 0.58, 0.62 * one + 0.38 * two)
}

/// From pixels to places and back.
#[derive(Clone, Copy, Debug)]
struct View {
    scale: f32,
    centre: f32,
}

impl View {
    fn of(canvas: &Canvas) -> Self {
        Self::sized(canvas.width, canvas.height)
    }

    fn sized(width: usize, height: usize) -> Self {
        Self { scale: height as f32, centre: width as f32 / 2.0 }
    }

    /// The place of a pixel's middle.
    fn x(self, column: f32) -> f32 {
        (column + 0.5 - self.centre) / self.scale
    }

    fn y(self, row: f32) -> f32 {
        (row + 0.5) / self.scale
    }

    /// Calls `paint(place, pixel)` for the pixels within `reach` of a place.
    fn each_near(
        self,
        canvas: &mut Canvas,
        (x, y): (f32, f32),
        reach: f32,
        mut paint: impl FnMut((f32, f32), &mut Vec3),
    ) {
        let clip = |v: f32, limit: usize| v.clamp(0.0, limit as f32) as usize;
        let columns = clip((x - reach) * self.scale + self.centre, canvas.width)
            ..clip((x + reach) * self.scale + self.centre + 1.0, canvas.width);
        let rows = clip((y - reach) * self.scale, canvas.height)
            ..clip((y + reach) * self.scale + 1.0, canvas.height);
        for row in rows {
            for column in columns.clone() {
                paint(
                    (self.x(column as f32), self.y(row as f32)),
                    &mut canvas.pixels[row * canvas.width + column],
                );
            }
        }
    }
}
