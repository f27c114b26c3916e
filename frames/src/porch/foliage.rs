//! What the wind moves: the crown of a tree, shrubs and flowers along the fence, grass, and a branch before the camera.

use std::f32::consts::{PI, TAU};

use crate::canvas::{Canvas, hex};
use crate::math::{Vec3, cos, mix, sin, smoothstep};
use crate::noise::{Rng, fbm2};

use super::View;
use super::garden::path;

/// A leaf, a blade of grass or a petal.
#[derive(Clone, Copy, Debug)]
struct Leaf {
    /// Where it grows.
    foot: (f32, f32),
    length: f32,
    /// Half its width as a share of its length.
    slender: f32,
    /// Where it points when there is no wind, in radians; 0 is to the right, -π/2 up.
    angle: f32,
    colour: Vec3,
    /// How far its foot moves, in picture heights, and how far it turns, in radians.
    sway: (f32, f32),
    /// When the gusts reach it, in turns.
    phase: f32,
    /// How blurred its edge is, in picture heights.
    soft: f32,
}

/// All leaves, in two groups: behind the railing and before it, each from the far to the near.
#[derive(Debug)]
pub(super) struct Foliage {
    far: Vec<Leaf>,
    near: Vec<Leaf>,
    twigs: Vec<[(f32, f32); 2]>,
}

impl Foliage {
    pub(super) fn new() -> Self {
        let mut rng = Rng::new(2026);
        let mut far = Vec::new();
        crown(&mut far, &mut rng);
        border(&mut far, &mut rng);
        grass(&mut far, &mut rng);
        let mut twigs = Vec::new();
        let near = branch(&mut twigs, &mut rng);
        Self { far, near, twigs }
    }

    pub(super) fn far(&self, canvas: &mut Canvas, time: f32) {
        trunk(canvas);
        for leaf in &self.far {
            leaf.paint(canvas, time);
        }
    }

    pub(super) fn near(&self, canvas: &mut Canvas, time: f32) {
        let view = View::of(canvas);
        for &[a, b] in &self.twigs {
            let (a, b) = (blown(a, time), blown(b, time));
            let middle = ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0);
            let (dx, dy) = (b.0 - a.0, b.1 - a.1);
            let square = dx * dx + dy * dy;
            view.each_near(canvas, middle, square.sqrt() / 2.0 + 0.01, |(x, y), pixel| {
                let t = (((x - a.0) * dx + (y - a.1) * dy) / square).clamp(0.0, 1.0);
                let (ox, oy) = (x - a.0 - dx * t, y - a.1 - dy * t);
                let off = (ox * ox + oy * oy).sqrt();
                let bark = hex(0x4a3a2a) * mix(0.5, 1.3, smoothstep(0.004, -0.004, oy));
                *pixel = pixel.mixed(bark, smoothstep(0.0055, 0.0035, off));
            });
        }
        for leaf in &self.near {
            leaf.paint(canvas, time);
        }
    }
}

/// The branch before the camera swings as a whole, more at its tip, which is to the left.
fn blown((x, y): (f32, f32), time: f32) -> (f32, f32) {
    let reach = (0.75 - x).max(0.0);
    let swing = 0.016 * sin(TAU * time) + 0.006 * sin(TAU * 3.0 * time + 1.0);
    (x + 0.3 * swing * reach, y + swing * reach * 1.3)
}

/// The strength of the wind at a moment, -1 to 1: gusts of whole numbers to the loop.
fn gust(time: f32, phase: f32) -> f32 {
    let t = time - phase;
    0.55 * sin(TAU * t) + 0.3 * sin(TAU * (2.0 * t + 0.3)) + 0.15 * sin(TAU * (5.0 * time + phase * 7.0))
}

impl Leaf {
    fn paint(&self, canvas: &mut Canvas, time: f32) {
        let view = View::of(canvas);
        let wind = gust(time, self.phase);
        let angle = self.angle + self.sway.1 * wind;
        let (s, c) = (sin(angle), cos(angle));
        let foot = (self.foot.0 + self.sway.0 * wind, self.foot.1 + 0.3 * self.sway.0 * wind);
        let half = self.length / 2.0;
        let middle = (foot.0 + c * half, foot.1 + s * half);
        let soft = self.soft.max(0.7 / view.scale);
        // A leaf that turns shows the sky on its upper side.
        let shine = 1.0 + 0.22 * wind * self.sway.1;
        view.each_near(canvas, middle, half + soft, |(x, y), pixel| {
            let (dx, dy) = (x - middle.0, y - middle.1);
            let along = (dx * c + dy * s) / half;
            let across = dy * c - dx * s;
            let width = self.slender * self.length * (1.0 - along * along).max(0.0) * (1.0 - 0.25 * along);
            let cover = smoothstep(soft, -soft, across.abs() - width)
                * smoothstep(1.0 + soft / half, 1.0 - soft / half, along.abs());
            if cover > 0.0 {
                let side = across / (width + 1e-4);
                let rib = smoothstep(0.0, 0.16, side.abs());
                let light =
                    shine * mix(0.82, 1.0, rib) * (1.0 - 0.22 * side) * mix(0.8, 1.12, 0.5 + 0.5 * along);
                *pixel = pixel.mixed(self.colour * light, cover);
            }
        });
    }
}

/// The trunk of the tree on the right, which does not move.
fn trunk(canvas: &mut Canvas) {
    let view = View::of(canvas);
    for row in 0..canvas.height {
        let y = view.y(row as f32);
        if !(0.1..0.62).contains(&y) {
            continue;
        }
        let middle = 0.47 + 0.03 * sin(y * 6.0);
        let half = 0.026 + 0.012 * smoothstep(0.52, 0.6, y) + 0.004 * fbm2(y * 30.0, 1.0, 3);
        for column in 0..canvas.width {
            let across = (view.x(column as f32) - middle) / half;
            if across.abs() < 1.0 {
                let bark = fbm2(across * 5.0, y * 26.0, 4);
                let light = hex(0x4c3d30).mixed(hex(0x8d7860), bark) * (0.95 - 0.5 * across);
                let pixel = &mut canvas.pixels[row * canvas.width + column];
                *pixel = pixel.mixed(light, smoothstep(0.6, 0.575, y + 0.02 * bark));
            }
        }
    }
}

fn crown(leaves: &mut Vec<Leaf>, rng: &mut Rng) {
    // Clumps from the inside out: the inner and lower ones are dark.
    let clumps: Vec<(f32, f32, f32, f32)> = (0..34)
        .map(|i| {
            let (turn, out) = (rng.unit() * TAU, (i as f32 / 34.0).sqrt());
            let (x, y) = (0.47 + 0.33 * out * cos(turn), 0.13 + 0.2 * out * sin(turn));
            (x, y, rng.between(0.05, 0.085), smoothstep(0.34, -0.1, y + 0.25 * (x - 0.4)))
        })
        .collect();
    for (x, y, size, light) in clumps {
        let phase = x * 0.35 + rng.between(0.0, 0.12);
        for _ in 0..82 {
            let (turn, out) = (rng.unit() * TAU, rng.unit().sqrt() * size);
            let (ox, oy) = (out * cos(turn), out * sin(turn) * 0.8);
            let bright = (light * 0.7 + 0.35 - 3.2 * oy - 1.6 * ox + rng.between(-0.15, 0.2)).clamp(0.0, 1.0);
            leaves.push(Leaf {
                foot: (x + ox, y + oy),
                length: rng.between(0.016, 0.028),
                slender: rng.between(0.22, 0.32),
                angle: rng.between(0.2, PI - 0.2) + 0.4 * ox / size,
                colour: hex(0x223f18)
                    .mixed(hex(0x9dbb4e), bright * bright)
                    .mixed(hex(0xd8d890), (bright - 0.8).max(0.0)),
                sway: (0.009, 0.5),
                phase: phase + rng.between(0.0, 0.06),
                soft: 0.002,
            });
        }
    }
}

fn border(leaves: &mut Vec<Leaf>, rng: &mut Rng) {
    const PETALS: [u32; 5] = [0xd8485a, 0xf2c84a, 0xf4f0f0, 0xb078d0, 0xf08a48];
    for i in 0..620 {
        let x = rng.between(-0.95, 0.95);
        if (-0.27..-0.17).contains(&x) {
            continue;
        }
        let y = 0.565 - 0.03 * (1.0 - i as f32 / 620.0);
        let phase = x * 0.35 + rng.between(0.0, 0.1);
        let bright = rng.unit();
        let tall = rng.between(0.02, 0.055) * (0.6 + 0.8 * fbm2(x * 9.0, 4.0, 2));
        let angle = -PI / 2.0 + rng.between(-0.5, 0.5);
        let leaf = Leaf {
            foot: (x, y),
            length: tall,
            slender: 0.12,
            angle,
            colour: hex(0x2d4a1e).mixed(hex(0x7f9f45), bright),
            sway: (0.001, 0.3),
            phase,
            soft: 0.0018,
        };
        leaves.push(leaf);
        if i % 4 == 0 {
            let tint = hex(PETALS[(rng.bits() % 5) as usize]);
            let (tx, ty) = (x + tall * cos(angle), y + tall * sin(angle));
            for petal in 0..5 {
                leaves.push(Leaf {
                    foot: (tx, ty),
                    length: rng.between(0.007, 0.011),
                    slender: 0.34,
                    angle: petal as f32 * TAU / 5.0,
                    colour: tint * rng.between(0.75, 1.1),
                    sway: (0.3 * tall, 0.1),
                    ..leaf
                });
            }
        }
    }
}

fn grass(leaves: &mut Vec<Leaf>, rng: &mut Rng) {
    for i in 0..1900 {
        // From the far end of the lawn to the near one.
        let nearness = i as f32 / 1900.0;
        let y = 0.57 + 0.47 * nearness * nearness.sqrt();
        let x = rng.between(-1.0, 1.0);
        let depth = 1.0 / (y - 0.4);
        let off = (x - path(y)).abs() * depth;
        if off < 0.36 && rng.unit() < 0.93 {
            continue;
        }
        let sun = smoothstep(0.35, 0.65, fbm2(x * depth * 0.8 + 9.0, depth * 1.4, 3));
        leaves.push(Leaf {
            foot: (x, y),
            length: rng.between(0.12, 0.24) / depth * 0.75,
            slender: rng.between(0.035, 0.06),
            angle: -PI / 2.0 + rng.between(-0.55, 0.55),
            colour: hex(0x34521c)
                .mixed(hex(0xa6bf58), (0.25 * rng.unit() + 0.75 * rng.unit() * sun).min(1.0)),
            sway: (0.0, 0.35),
            phase: x * 0.3 + 0.12 * depth * 0.3,
            soft: 0.0018,
        });
    }
}

/// A branch that hangs in from the upper right.
fn branch(twigs: &mut Vec<[(f32, f32); 2]>, rng: &mut Rng) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    for (start, turn, parts) in [((0.98, -0.05), 2.92, 11), ((0.8, -0.02), 2.45, 6), ((0.62, 0.0), 2.75, 7)] {
        let (mut at, mut heading) = (start, turn);
        for part in 0..parts {
            heading += rng.between(-0.2, 0.13);
            let next: (f32, f32) = (at.0 + 0.062 * cos(heading), at.1 + 0.062 * sin(heading) * 0.75);
            twigs.push([at, next]);
            for k in 0..5 {
                let t = k as f32 / 5.0;
                let foot = (mix(at.0, next.0, t), mix(at.1, next.1, t));
                let side = if k % 2 == 0 { 1.0 } else { -1.0 };
                let bright = rng.unit();
                leaves.push(Leaf {
                    foot,
                    length: rng.between(0.04, 0.068) * mix(1.0, 0.7, part as f32 / parts as f32),
                    slender: rng.between(0.2, 0.26),
                    angle: heading - side * rng.between(0.5, 1.15),
                    colour: hex(0x25451a).mixed(hex(0x8fb543), bright * 0.85) * 1.05,
                    // The foot follows the twig; see `blown`.
                    sway: (-0.022 * (0.75 - foot.0).max(0.0), 0.22),
                    phase: 0.1 * rng.unit(),
                    soft: 0.0,
                });
            }
            at = next;
        }
    }
    leaves
}
