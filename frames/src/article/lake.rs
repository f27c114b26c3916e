//! Picture 1: a mountain lake early in the morning, and a standing stone in it.

use crate::canvas::{Canvas, hex};
use crate::digit::Digit;
use crate::math::{Vec3, exp, mix, pow, smoothstep, vec3};
use crate::noise::{fbm2, fbm3};

use super::trace::{Camera, crossing, march, normal, openness, render, shadow};

const STONE: Vec3 = vec3(-1.35, 2.52, 11.0);
const STONE_SIZE: f32 = 2.45;
const ISLET: Vec3 = vec3(-1.2, -0.2, 11.0);
/// A box round the stone and its islet: its lowest and its highest corner.
const AROUND: (Vec3, Vec3) = (vec3(-4.2, -1.0, 9.0), vec3(1.8, 5.3, 13.0));

pub(super) fn paint(width: usize, height: usize) -> Canvas {
    let lake = Lake::new();
    let camera = Camera::new(vec3(0.0, 1.25, 0.0), vec3(0.0, 2.15, 10.0), 1.75);
    let mut canvas = render(width, height, camera, |d| lake.light(camera.eye, d, true));
    canvas.bloom(0.9, height / 40, 0.22);
    canvas.vignette(0.35);
    canvas
}

struct Lake {
    digit: Digit,
    hills: Hills,
    sun: Vec3,
}

impl Lake {
    fn new() -> Self {
        let sun = vec3(-0.74, 0.33, -0.42).normalized();
        Self { digit: Digit::new(1), hills: Hills::new(sun), sun }
    }

    fn sky(&self, d: Vec3) -> Vec3 {
        let up = d.y.max(0.0);
        let warm = smoothstep(0.9, -0.7, d.x);
        let low = hex(0xf7b28a).mixed(hex(0xffd9a0), warm) * 1.05;
        let middle = hex(0xd9a0b4).mixed(hex(0xf0b8a8), warm);
        let high = hex(0x4f78b8);
        let mut sky = low.mixed(middle, smoothstep(0.0, 0.2, up)).mixed(high, smoothstep(0.1, 0.62, up));
        // Two sheets of cloud, the higher one in streaks, lit from below left.
        for (height, stretch, cover, strength) in [(1.0, 0.42, 0.47, 0.85), (1.7, 0.2, 0.52, 0.5)] {
            let k = height / (up + 0.09);
            let (x, z) = (d.x * k * 0.9 + 3.1 * height, d.z * k * stretch);
            let thick = fbm2(x * 1.3, z * 2.6, 6);
            let lit = thick - fbm2(x * 1.3 - 0.16, z * 2.6 - 0.1, 5);
            let veil = smoothstep(cover, cover + 0.26, thick) * strength * smoothstep(0.02, 0.14, up);
            let cloud = hex(0xc58a9c).mixed(hex(0xfff0d8), smoothstep(-0.12, 0.16, lit)) * 1.15;
            sky = sky.mixed(cloud, veil);
        }
        sky
    }

    fn standing(&self, p: Vec3) -> f32 {
        let q = (p - STONE) * (1.0 / STONE_SIZE);
        let mut stone = self.digit.solid(q.x, q.y, q.z, 0.2, 0.035) * STONE_SIZE;
        if stone < 0.2 {
            stone += (fbm3(p.x * 3.0, p.y * 3.0, p.z * 3.0, 4) - 0.5) * 0.05;
        }
        let e = p - ISLET;
        let e = vec3(e.x / 2.4, e.y / 0.42, e.z / 1.3);
        let mut islet = (e.length() - 1.0) * 0.42;
        if islet < 0.4 {
            islet += (fbm3(p.x * 1.7 + 4.0, p.y * 1.7, p.z * 1.7, 5) - 0.55) * 0.42;
        }
        let blend = (0.5 + 0.5 * (islet - stone) / 0.08).clamp(0.0, 1.0);
        mix(islet, stone, blend) - 0.08 * blend * (1.0 - blend)
    }

    /// The light from the direction `d` at `from`; water mirrors once.
    fn light(&self, from: Vec3, d: Vec3, water: bool) -> Vec3 {
        let surface = if d.y < 0.0 { -from.y / d.y } else { f32::MAX };
        let field = |p: Vec3| self.standing(p);
        if let Some((near, far)) = crossing(from, d, AROUND)
            && let Some(t) = march(from, d, near.max(0.01), far.min(surface), 0.75, field)
        {
            return self.stone(from + d * t, d);
        }
        if let Some(t) = self.hills.hit(from, d).filter(|t| *t < surface) {
            return self.haze(self.mountain(from + d * t), d, t);
        }
        if !water || surface > 400.0 {
            return self.haze(self.sky(d), d, 0.0);
        }
        let p = from + d * surface;
        let calm = 1.0 / (1.0 + surface * surface * 0.004);
        let wave = |x: f32, z: f32| {
            0.06 * fbm2(x * 0.7, z * 2.3, 4)
                + 0.6
                    * smoothstep(0.5, 0.7, fbm2(x * 0.05 + 7.0, z * 0.16, 3))
                    * 0.03
                    * fbm2(x * 3.0, z * 9.0, 2)
        };
        let e = 0.03;
        let here = wave(p.x, p.z);
        let n = vec3((here - wave(p.x + e, p.z)) * calm / e, 1.0, (here - wave(p.x, p.z + e)) * calm / e)
            .normalized();
        let mut r = d.reflected(n);
        r.y = r.y.max(0.004);
        let mirrored = self.light(p + vec3(0.0, 0.002, 0.0), r.normalized(), false);
        let facing = (-d.dot(n)).clamp(0.0, 1.0);
        let share = 0.03 + 0.97 * pow(1.0 - facing, 4.0);
        let deep = hex(0x12333a).mixed(hex(0x3a5a58), smoothstep(9.0, 2.0, surface) * 0.4);
        let stones = smoothstep(0.55, 0.75, fbm2(p.x * 2.1, p.z * 2.1, 5)) * smoothstep(7.0, 3.0, surface);
        let below = deep.mixed(hex(0x6d7360), stones * 0.35);
        self.haze(below.mixed(mirrored, share.min(0.93)), d, surface * 0.5)
    }

    fn stone(&self, p: Vec3, d: Vec3) -> Vec3 {
        let field = |p: Vec3| self.standing(p);
        let n = normal(p, 0.012, field);
        let grain = fbm3(p.x * 6.0, p.y * 6.0, p.z * 6.0, 5);
        let vein = fbm3(p.x * 1.4 + 9.0, p.y * 1.4, p.z * 1.4, 4);
        let mut paint = hex(0xc9bfb2).mixed(hex(0x8f8a88), smoothstep(0.4, 0.7, grain));
        paint = paint.mixed(hex(0xa58a6a), smoothstep(0.52, 0.7, vein) * 0.6);
        let moss = smoothstep(0.35, 0.8, n.y + (grain - 0.5) * 1.2) * smoothstep(1.4, 0.2, p.y);
        paint = paint.mixed(hex(0x5a6a2c), moss * 0.85);
        // The lake keeps the foot dark and wet.
        paint = paint * mix(0.35, 1.0, smoothstep(0.02, 0.16, p.y + 0.08 * (grain - 0.5)));
        let sun = n.dot(self.sun).max(0.0) * shadow(p + n * 0.01, self.sun, 6.0, 12.0, field);
        let open = openness(p, n, 0.5, field);
        let glance = pow((1.0 + n.dot(d)).clamp(0.0, 1.0), 4.0);
        paint
            * (hex(0xffb070) * (sun * 3.4)
                + hex(0x88a4d8) * ((0.5 + 0.5 * n.y) * open * 0.62)
                + hex(0xd89a90) * ((0.5 + 0.5 * n.z.abs()) * open * 0.22))
            + hex(0xe8b8b0) * (glance * open * 0.12)
    }

    fn mountain(&self, p: Vec3) -> Vec3 {
        let n = self.hills.normal(p);
        let grain = fbm2(p.x * 0.9, p.z * 0.9 + p.y * 0.6, 5);
        let rock = hex(0x6b5f60).mixed(hex(0x9a8878), grain);
        let forest = hex(0x1f3326).mixed(hex(0x38502e), fbm2(p.x * 2.2, p.z * 2.2 + p.y * 1.4, 4));
        let snow = smoothstep(0.5, 0.72, n.y + (grain - 0.5) * 0.5 + (p.y - 13.0) * 0.028);
        let trees = smoothstep(0.42, 0.62, n.y + (grain - 0.5) * 0.4 + (6.0 - p.y) * 0.05);
        let paint =
            rock.mixed(forest, trees).mixed(hex(0xf4f2f6), snow * smoothstep(6.0, 9.5, p.y + grain * 3.0));
        let sun = n.dot(self.sun).max(0.0) * self.hills.lit(p);
        paint * (hex(0xffa46c) * (sun * 3.3) + hex(0x7a98d8) * (0.34 + 0.3 * n.y))
    }

    /// The air: warmer towards the light, thicker over the water.
    fn haze(&self, light: Vec3, d: Vec3, way: f32) -> Vec3 {
        let air = hex(0xd8a8a4).mixed(hex(0xf2bd98), smoothstep(0.6, -0.6, d.x));
        let thin = 1.0 - exp(-way * 0.0046);
        let mist = (1.0 - exp(-way * 0.05)) * exp(-(d.y.max(0.0)) * 40.0) * 0.5;
        light.mixed(air * 0.92, thin.max(mist))
    }
}

/// The mountains behind the lake: heights and light on a grid, so that a step along a ray is a table look-up.
struct Hills {
    heights: Vec<f32>,
    light: Vec<f32>,
}

impl Hills {
    const SIDE: usize = 1000;
    const STEP: f32 = 0.32;
    const LEFT: f32 = -Self::STEP * Self::SIDE as f32 / 2.0;
    const FRONT: f32 = 26.0;
    /// No farther, since the view would be wider than the grid.
    const BACK: f32 = 155.0;
    const TOP: f32 = 44.0;

    fn new(sun: Vec3) -> Self {
        let grid = Canvas::painted(Self::SIDE, Self::SIDE, |i, j| {
            let (x, z) = (Self::LEFT + i as f32 * Self::STEP, Self::FRONT + j as f32 * Self::STEP);
            Vec3::splat(Self::shape(x, z))
        });
        let mut hills = Self { heights: grid.pixels.iter().map(|p| p.x).collect(), light: Vec::new() };
        let light = Canvas::painted(Self::SIDE, Self::SIDE, |i, j| {
            let (x, z) = (Self::LEFT + i as f32 * Self::STEP, Self::FRONT + j as f32 * Self::STEP);
            let p = vec3(x, hills.height(x, z) + 0.15, z);
            let (mut open, mut t) = (1.0_f32, 0.5);
            while t < 60.0 && open > 0.0 {
                let q = p + sun * t;
                open = open.min(0.5 + 8.0 * (q.y - hills.height(q.x, q.z)) / t);
                t *= 1.08;
            }
            Vec3::splat(open.clamp(0.0, 1.0))
        });
        hills.light = light.pixels.iter().map(|p| p.x).collect();
        hills
    }

    fn shape(x: f32, z: f32) -> f32 {
        let wander = fbm2(x * 0.02 + 40.0, z * 0.02, 3) * 26.0;
        let (mut u, mut v) = ((x + wander) * 0.032 + 5.0, z * 0.032 + 1.7);
        let (mut sum, mut high, mut keep) = (0.0, 0.5, 1.0);
        for _ in 0..8 {
            // Ridges: noise folded at its middle, and finer ones only where the coarser ones stand high.
            let n = 1.0 - (2.0 * crate::noise::value2(u, v) - 1.0).abs();
            let n = n * n * keep;
            sum += n * high;
            keep = (n * 1.6).clamp(0.0, 1.0);
            high *= 0.5;
            (u, v) = (1.6 * u + 1.2 * v + 3.3, 1.6 * v - 1.2 * u + 8.8);
        }
        let rise = smoothstep(30.0, 105.0, z + 0.22 * x.abs());
        let valley = 1.0 - 0.72 * exp(-(x - 9.0) * (x - 9.0) / 260.0) * smoothstep(160.0, 60.0, z);
        let shore = smoothstep(29.0, 44.0, z + 9.0 * fbm2(x * 0.08, 3.0, 3))
            * (0.5 + 2.2 * fbm2(x * 0.11, z * 0.11, 5));
        (sum * 34.0 * rise * valley + shore - 0.7 + 2.4 * smoothstep(10.0, 42.0, (x - 8.0).abs()) * rise)
            .min(Self::TOP)
    }

    fn look_up(table: &[f32], x: f32, z: f32) -> f32 {
        let limit = (Self::SIDE - 2) as f32;
        let u = ((x - Self::LEFT) / Self::STEP).clamp(0.0, limit);
        let v = ((z - Self::FRONT) / Self::STEP).clamp(0.0, limit);
        let (i, j) = (u as usize, v as usize);
        let (fu, fv) = (u - i as f32, v - j as f32);
        let at = j * Self::SIDE + i;
        mix(
            mix(table[at], table[at + 1], fu),
            mix(table[at + Self::SIDE], table[at + Self::SIDE + 1], fu),
            fv,
        )
    }

    fn height(&self, x: f32, z: f32) -> f32 {
        if z < Self::FRONT { -1.0 } else { Self::look_up(&self.heights, x, z) }
    }

    fn lit(&self, p: Vec3) -> f32 {
        Self::look_up(&self.light, p.x, p.z)
    }

    fn normal(&self, p: Vec3) -> Vec3 {
        let e = 0.32;
        let fine = |x: f32, z: f32| self.height(x, z) + 0.5 * fbm2(x * 1.6, z * 1.6, 4);
        vec3(fine(p.x - e, p.z) - fine(p.x + e, p.z), 2.0 * e, fine(p.x, p.z - e) - fine(p.x, p.z + e))
            .normalized()
    }

    fn hit(&self, from: Vec3, d: Vec3) -> Option<f32> {
        if d.z < 0.05 {
            return None;
        }
        let mut t = ((Self::FRONT - from.z) / d.z).max(0.0);
        let far = (Self::BACK - from.z) / d.z;
        let mut before = t;
        for _ in 0..1500 {
            let p = from + d * t;
            let gap = p.y - self.height(p.x, p.z);
            if gap < 0.0 {
                // Halve the last step until the surface is met closely.
                let (mut low, mut high) = (before, t);
                for _ in 0..8 {
                    let middle = (low + high) / 2.0;
                    let p = from + d * middle;
                    if p.y < self.height(p.x, p.z) { high = middle } else { low = middle }
                }
                return Some(high);
            }
            before = t;
            // The slopes are steep: a longer step would leap over a ridge.
            t += (gap * 0.16).max(0.04 + 0.0005 * t);
            if t > far || (d.y > 0.0 && p.y > Self::TOP) {
                return None;
            }
        }
        None
    }
}
