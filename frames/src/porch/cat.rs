//! A grey tabby that walks along the railing from left to right, once in each loop.

use std::f32::consts::TAU;

use crate::canvas::{Canvas, hex};
use crate::math::{Vec3, cos, fract, mix, sin, smoothstep};
use crate::noise::fbm2;

use super::View;
use super::garden::RAIL;

type Point = (f32, f32);

/// Steps in a loop: whole ones, since the loop must close.
const STEPS: f32 = 9.0;

pub(super) fn walk(canvas: &mut Canvas, time: f32) {
    let view = View::of(canvas);
    let edge = canvas.width as f32 / canvas.height as f32 / 2.0 + 0.3;
    let gait = fract(time * STEPS);
    let bob = 0.003 * sin(2.0 * TAU * gait);
    // The cat's own space: (0, 0) is on the rail below its middle.
    let (x, y) = (mix(-edge, edge, time), RAIL + 0.008);
    let cat = Cat::walking(time, gait, bob);
    let soft = 0.8 / view.scale;
    view.each_near(canvas, (x, y + 0.012), 0.19, |(px, py), pixel| {
        // Its shadow on the rail.
        let (dx, dy) = ((px - x + 0.02) / 0.13, (py - y - 0.004) / 0.009);
        let shade = smoothstep(1.0, 0.3, dx * dx + dy * dy);
        *pixel = *pixel * (1.0 - 0.5 * shade);
    });
    view.each_near(canvas, (x, y - 0.09), 0.25, |(px, py), pixel| {
        let p = (px - x, py - y);
        let fur = (fbm2(p.0 * 160.0, p.1 * 160.0, 3) - 0.5) * 0.006;
        let (off, light) = cat.at(p);
        let cover = smoothstep(soft, -soft, off + fur);
        if cover > 0.0 {
            *pixel = pixel.mixed(light, cover);
        }
    });
}

struct Cat {
    back: [Point; 2],
    head: Point,
    tail: [Point; 5],
    /// Hip, knee and paw of each leg; the farther two come first.
    legs: [[Point; 3]; 4],
}

impl Cat {
    fn walking(time: f32, gait: f32, bob: f32) -> Self {
        let back = [(-0.075, -0.1 + bob), (0.07, -0.104 - bob)];
        let leg = |hip: Point, phase: f32| {
            let t = fract(gait + phase);
            // Two thirds of a step the paw stands and moves back with the rail, then it swings forward.
            let (reach, lift) = if t < 0.62 {
                (mix(0.034, -0.034, t / 0.62), 0.0)
            } else {
                let s = (t - 0.62) / 0.38;
                (mix(-0.034, 0.034, smoothstep(0.0, 1.0, s)), 0.02 * sin(s * TAU / 2.0))
            };
            let paw = (hip.0 + reach, -0.006 - lift);
            let bend = if hip.0 > 0.0 { -0.008 } else { 0.012 };
            [hip, (hip.0 + reach * 0.35 + bend - lift * 0.4, -0.05 - lift * 0.6), paw]
        };
        let legs = [
            leg((-0.07, -0.085), 0.5),
            leg((0.068, -0.085), 0.25),
            leg((-0.085, -0.085), 0.0),
            leg((0.056, -0.085), 0.75),
        ];
        let mut tail = [(-0.105, -0.112 + bob); 5];
        for i in 1..5 {
            let k = i as f32;
            let wave = sin(TAU * (3.0 * time) - k * 0.7);
            tail[i] = (tail[i - 1].0 - 0.03 + 0.005 * k, tail[i - 1].1 - 0.009 * k + 0.008 * wave);
        }
        Self { back, head: (0.124, -0.138 - bob + 0.002 * cos(TAU * gait)), tail, legs }
    }

    /// The distance to the cat's outline at a place, and its light there.
    fn at(&self, p: Point) -> (f32, Vec3) {
        let mut body = limb(p, self.back[0], self.back[1], 0.034, 0.031);
        body = blend(body, limb(p, self.back[1], self.head, 0.026, 0.021), 0.02);
        body = blend(body, limb(p, (-0.08, -0.098), (-0.078, -0.086), 0.034, 0.026), 0.02);
        for pair in self.tail.windows(2) {
            body = blend(body, limb(p, pair[0], pair[1], 0.0095, 0.0085), 0.006);
        }
        let mut skull = limb(p, self.head, (self.head.0 + 0.014, self.head.1 + 0.005), 0.03, 0.024);
        for dx in [-0.013, 0.012] {
            let foot = (self.head.0 + dx, self.head.1 - 0.02);
            skull = skull.min(limb(p, foot, (foot.0 + 0.002, foot.1 - 0.024), 0.0105, 0.001));
        }
        let mut near = f32::MAX;
        let mut far = f32::MAX;
        for (i, leg) in self.legs.iter().enumerate() {
            let d = limb(p, leg[0], leg[1], 0.0165, 0.0095)
                .min(limb(p, leg[1], leg[2], 0.0095, 0.0072))
                .min(limb(p, leg[2], (leg[2].0 + 0.011, leg[2].1 + 0.001), 0.0085, 0.0075));
            if i < 2 { far = far.min(d) } else { near = near.min(d) }
        }
        let front = blend(blend(body, near, 0.012), skull, 0.008);
        if front > 0.004 && far < front {
            return (far, hex(0x4a4640) * 0.55);
        }
        // Round, lit from the upper left; stripes across the back, rings on the tail.
        let round = smoothstep(0.0, 0.034, -front);
        let top = smoothstep(-0.05, -0.15, p.1);
        let across = p.0 * 62.0 + 3.5 * fbm2(p.0 * 22.0, p.1 * 22.0 + 4.0, 3) + p.1 * 16.0;
        let stripe = smoothstep(0.1, 0.75, sin(across * 1.9)) * smoothstep(-0.062, -0.1, p.1);
        let hair = fbm2(p.0 * 120.0, p.1 * 380.0, 3);
        let coat = hex(0x9a9084).mixed(hex(0x39332e), stripe * 0.85) * mix(0.8, 1.15, hair);
        let belly = coat.mixed(hex(0xd8d0c4), smoothstep(-0.075, -0.045, p.1) * 0.35);
        let mut light = belly * (mix(0.35, 1.3, top) * mix(1.15, 0.85, round));
        let eye =
            ((p.0 - self.head.0 - 0.021).abs() / 0.0042).max((p.1 - self.head.1 + 0.003).abs() / 0.0034);
        light = light.mixed(hex(0xb8c850), smoothstep(1.1, 0.8, eye));
        let nose = ((p.0 - self.head.0 - 0.036).abs() / 0.004).max((p.1 - self.head.1 - 0.005).abs() / 0.003);
        (front, light.mixed(hex(0x5a3434), smoothstep(1.1, 0.8, nose)))
    }
}

/// The distance to a limb from `a` to `b` that tapers from one radius to the other.
fn limb(p: Point, a: Point, b: Point, ra: f32, rb: f32) -> f32 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let t = (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / (dx * dx + dy * dy).max(1e-9)).clamp(0.0, 1.0);
    let (ox, oy) = (p.0 - a.0 - dx * t, p.1 - a.1 - dy * t);
    (ox * ox + oy * oy).sqrt() - mix(ra, rb, t)
}

/// The union of two shapes with a fillet of about `k` where they meet.
fn blend(a: f32, b: f32, k: f32) -> f32 {
    let h = (k - (a - b).abs()).max(0.0) / k;
    a.min(b) - h * h * k * 0.25
}
