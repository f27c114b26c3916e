//! Picture 2: the reel of a mutoscope on a workbench in the afternoon, and a brass digit that leans on nothing.

use crate::canvas::{Canvas, hex};
use crate::digit::Digit;
use crate::math::{Vec3, atan2, cos, exp, floor, fract, mix, pow, sin, smoothstep, vec3};
use crate::noise::{cell, fbm2, fbm3, unit};

use super::trace::{Camera, crossing, march, normal, openness, render, shadow};

const CARDS: f32 = 84.0;
const HUB: Vec3 = vec3(0.95, 1.24, 1.15);
const RIM: f32 = 1.12;
const CORE: f32 = 0.4;
/// Half the width of a card, along the axis.
const WIDE: f32 = 0.42;
const DIGIT: Vec3 = vec3(-1.08, 1.03, -0.05);
/// A box round the things on the bench: its lowest and its highest corner.
const AROUND: (Vec3, Vec3) = (vec3(-2.6, -0.02, -1.2), vec3(2.9, 2.7, 2.6));
const WALL: f32 = 5.2;

pub(super) fn paint(width: usize, height: usize) -> Canvas {
    let bench = Bench::new();
    let camera = Camera::new(vec3(-0.25, 1.85, -6.0), vec3(-0.02, 1.14, 0.4), 3.25);
    let mut canvas = render(width, height, camera, |d| bench.light(camera.eye, d, 2));
    canvas.bloom(1.1, height / 50, 0.3);
    canvas.vignette(0.55);
    canvas
}

#[derive(Clone, Copy, PartialEq)]
enum Thing {
    Brass,
    Iron,
    Card,
    Marble,
}

struct Bench {
    digit: Digit,
    sun: Vec3,
    turn: (f32, f32),
}

impl Bench {
    fn new() -> Self {
        let yaw = 0.62;
        Self { digit: Digit::new(2), sun: vec3(-0.62, 0.62, -0.48).normalized(), turn: (sin(yaw), cos(yaw)) }
    }

    /// A point in the reel's own space: its axis is z.
    fn local(&self, p: Vec3) -> Vec3 {
        let (s, c) = self.turn;
        let q = p - HUB;
        vec3(q.x * c - q.z * s, q.y, q.x * s + q.z * c)
    }

    fn things(&self, p: Vec3) -> (f32, Thing) {
        let q = p - DIGIT;
        // The digit is turned a little the other way.
        let (x, z) = (q.x * 0.955 + q.z * 0.297, q.z * 0.955 - q.x * 0.297);
        let mut best = (self.digit.solid(x, q.y, z, 0.17, 0.05), Thing::Brass);
        let mut nearer = |d: f32, thing: Thing| {
            if d < best.0 {
                best = (d, thing);
            }
        };
        let l = self.local(p);
        let r = (l.x * l.x + l.y * l.y).sqrt();
        if r > RIM + 0.6 && l.z.abs() < 2.0 {
            nearer(r - RIM - 0.4, Thing::Card);
        } else {
            nearer(cards(l, r), Thing::Card);
        }
        let drum = |radius: f32, half: f32| {
            let (a, b) = (r - radius, l.z.abs() - half);
            a.max(b).min(0.0) + (a.max(0.0) * a.max(0.0) + b.max(0.0) * b.max(0.0)).sqrt()
        };
        nearer(drum(CORE - 0.03, WIDE + 0.03) - 0.02, Thing::Iron);
        nearer(drum(0.13, WIDE + 0.2) - 0.02, Thing::Brass);
        // Two A-shaped stands carry the axle.
        let side = (l.z.abs() - WIDE - 0.13).abs() - 0.03;
        let leg = {
            let (ax, ay) = (l.x.abs(), -l.y);
            let t = ((ax * 0.62 + ay * 1.2) / (0.62 * 0.62 + 1.2 * 1.2)).clamp(0.0, 1.0);
            let (dx, dy) = (ax - 0.62 * t, ay - 1.2 * t);
            (dx * dx + dy * dy).sqrt() - mix(0.09, 0.055, t)
        };
        nearer(leg.max(side) - 0.012, Thing::Iron);
        nearer(
            (l.x.abs() - 0.85).max((l.y + 1.2).abs() - 0.035).max(l.z.abs() - WIDE - 0.3) - 0.015,
            Thing::Marble,
        );
        best
    }

    fn field(&self, p: Vec3) -> f32 {
        self.things(p).0.min(p.y)
    }

    fn light(&self, from: Vec3, d: Vec3, bounces: u32) -> Vec3 {
        let table = if d.y < 0.0 { -from.y / d.y } else { f32::MAX };
        let hit = crossing(from, d, AROUND).and_then(|(near, far)| {
            march(from, d, near.max(0.02), far.min(table), 0.7, |p| self.things(p).0)
        });
        if let Some(t) = hit {
            return self.shade(from + d * t, d, bounces);
        }
        let wall = if d.z > 0.0 { (WALL - from.z) / d.z } else { f32::MAX };
        if table < wall && table < 40.0 {
            return self.bench(from + d * table, d, bounces);
        }
        if wall < 60.0 { self.wall(from + d * wall) } else { room(d) }
    }

    fn lit(&self, p: Vec3, n: Vec3) -> (f32, f32) {
        let facing = n.dot(self.sun).max(0.0);
        let sun = if facing > 0.0 {
            facing * shadow(p + n * 0.012, self.sun, 5.0, 9.0, |p| self.things(p).0 * 0.8)
        } else {
            0.0
        };
        (sun, openness(p, n, 0.6, |p| self.field(p)))
    }

    fn shade(&self, p: Vec3, d: Vec3, bounces: u32) -> Vec3 {
        let thing = self.things(p).1;
        let mut n = normal(p, 0.003, |p| self.things(p).0);
        let (sun, open) = self.lit(p, n);
        let sky = mix(0.35, 1.0, 0.5 + 0.5 * n.y) * open;
        let fill = hex(0x8fa5c8) * (sky * 0.3) + hex(0xe0904c) * ((0.5 - 0.5 * n.y) * open * 0.3);
        let lamp = hex(0xffdca8) * (sun * 3.3) + fill;
        let gloss = pow(d.reflected(n).dot(self.sun).clamp(0.0, 1.0), 60.0) * sun.min(1.0);
        match thing {
            Thing::Card => self.card(p) * (lamp + hex(0xffe0b0) * (open * 0.1)),
            Thing::Marble => {
                let vein = (fbm3(p.x * 3.0, p.y * 3.0, p.z * 3.0, 5) - 0.5).abs();
                let paint = hex(0x2c2a30).mixed(hex(0xb8b0a8), smoothstep(0.05, 0.0, vein) * 0.7);
                paint * lamp + hex(0xfff0d8) * (gloss * 0.8)
            }
            Thing::Brass | Thing::Iron => {
                // Worn metal: a mirror with fine dents, brighter where hands rubbed it.
                let wear = fbm3(p.x * 7.0, p.y * 7.0, p.z * 7.0, 4);
                let dent = |k: f32| fbm3(p.x * 26.0 + k, p.y * 26.0, p.z * 26.0, 2) - 0.5;
                n = (n + vec3(dent(0.0), dent(31.0), dent(77.0)) * 0.05).normalized();
                let mirrored = if bounces > 0 {
                    self.light(p + n * 0.01, d.reflected(n), bounces - 1)
                } else {
                    room(d.reflected(n)) * open
                };
                let edge = pow((1.0 + n.dot(d)).clamp(0.0, 1.0), 5.0);
                let (tint, share) = if thing == Thing::Brass {
                    (hex(0xf0b95a).mixed(hex(0xa8642c), smoothstep(0.42, 0.68, wear) * 0.6), 0.8)
                } else {
                    (hex(0x50525a).mixed(hex(0x6a4a38), smoothstep(0.5, 0.7, wear)), 0.35)
                };
                let mirror = tint.mixed(Vec3::splat(1.0), edge) * mirrored * (share * mix(0.55, 1.0, open));
                mirror + tint * lamp * 0.3 + tint * (gloss * 2.2)
            }
        }
    }

    /// A card: cream-coloured board, on its face the dark oval of a photograph.
    fn card(&self, p: Vec3) -> Vec3 {
        let l = self.local(p);
        let r = (l.x * l.x + l.y * l.y).sqrt();
        let number = floor(atan2(l.y, l.x) / std::f32::consts::TAU * CARDS + 0.5) as i32;
        let own = unit(cell(number, 3, 9));
        let board = hex(0xf1dfba).mixed(hex(0xd8b884), own);
        let edge = smoothstep(0.03, 0.0, RIM - r) + smoothstep(0.025, 0.0, WIDE - l.z.abs());
        let u = (r - 0.78) / 0.26;
        let v = l.z / 0.31;
        let photo = smoothstep(1.02, 0.95, (u * u + v * v).sqrt());
        let grey = fbm2(u * 1.7 + own * 0.4 + 3.0, v * 1.7 + number as f32 * 0.03, 4);
        let picture = hex(0x2b1c12).mixed(hex(0xe8d2a8), smoothstep(0.25, 0.75, grey));
        board.mixed(picture, photo).mixed(hex(0x9a7448), edge.min(1.0) * 0.35)
    }

    fn bench(&self, p: Vec3, d: Vec3, bounces: u32) -> Vec3 {
        let plank = floor(p.z / 0.95 + 40.0);
        let across = fract(p.z / 0.95 + 40.0);
        let shift = unit(cell(plank as i32, 1, 1)) * 30.0;
        // Wood: rings of a trunk that is cut nearly lengthwise, and pores along it.
        let (x, z) = (p.x * 0.5 + shift, p.z * 2.2 + shift);
        let warp = fbm2(x * 0.9, z * 1.2, 4);
        let ring = fract(warp * 7.0 + z * 0.8);
        let ring = smoothstep(0.0, 0.75, ring) * smoothstep(1.0, 0.88, ring);
        let pore = fbm2(p.x * 3.0 + shift, p.z * 90.0, 3);
        let mut paint = hex(0x553322).mixed(hex(0x7d5234), ring * 0.5 + 0.2);
        paint = paint
            * mix(0.8, 1.1, smoothstep(0.25, 0.65, pore))
            * mix(0.8, 1.15, unit(cell(plank as i32, 2, 2)));
        let gap = smoothstep(0.0, 0.014, across) * smoothstep(1.0, 0.986, across);
        paint = paint * mix(0.15, 1.0, gap);
        let n = vec3((pore - 0.5) * 0.01, 1.0, (warp - 0.5) * 0.02 + (pore - 0.5) * 0.015).normalized();
        let (mut sun, open) = self.lit(p, vec3(0.0, 1.0, 0.0));
        sun *= self.window(p);
        let mut light = paint
            * (hex(0xffd29a) * (sun * 3.6) + hex(0x98a8c8) * (open * 0.2) + hex(0xd89058) * (open * 0.12));
        if bounces > 0 {
            let facing = (-d.dot(n)).clamp(0.0, 1.0);
            let share = 0.04 + 0.5 * pow(1.0 - facing, 4.0);
            light =
                light + self.light(p + vec3(0.0, 0.004, 0.0), d.reflected(n), bounces - 1) * (share * gap);
        }
        light * exp(-0.05 * (p.z - 2.0).max(0.0))
    }

    /// The share of the sun that a window with bars lets through to a point; the things stand in it.
    fn window(&self, p: Vec3) -> f32 {
        // Along the sun's direction onto the plane of the window, x = -9.
        let t = (-9.0 - p.x) / self.sun.x;
        let (y, z) = (p.y + self.sun.y * t, p.z + self.sun.z * t);
        let soft = 0.28;
        let bar = |v: f32| smoothstep(0.04, 0.04 + soft, (fract(v + 0.5) - 0.5).abs() * 2.4);
        let inside = smoothstep(-12.4, -11.2, z) * smoothstep(-2.2, -3.4, z);
        inside * mix(0.25, 1.0, bar((z + 1.3) / 2.4)) * mix(0.3, 1.0, bar((y - 8.1) / 2.7))
    }

    fn wall(&self, p: Vec3) -> Vec3 {
        let plaster = fbm2(p.x * 0.7, p.y * 0.7, 5);
        let paint =
            hex(0x2e5a5c).mixed(hex(0x3f7470), plaster) * mix(0.8, 1.1, fbm2(p.x * 4.0, p.y * 4.0, 3));
        // A slanting patch of the window's light, out of focus, and a warm glow from the bench.
        let (u, v) = (p.x - 0.9 + 0.35 * (p.y - 2.0), p.y - 2.3);
        let pane = |x: f32, w: f32| smoothstep(-w - 0.25, -w + 0.25, x) * smoothstep(w + 0.25, w - 0.25, x);
        let panes = pane(u, 1.9)
            * pane(v, 1.35)
            * mix(0.3, 1.0, smoothstep(0.0, 0.4, (u + 0.1).abs()))
            * mix(0.3, 1.0, smoothstep(0.0, 0.4, (v - 0.1).abs()));
        let corner = exp(-0.09 * ((p.x + 1.0) * (p.x + 1.0) + (p.y - 1.5) * (p.y - 1.5)));
        paint
            * (hex(0xffc890) * (panes * 1.25)
                + hex(0xa8b8d0) * (0.22 + 0.7 * corner)
                + hex(0xd08848) * (0.25 * exp(-1.2 * p.y)))
    }
}

/// The room behind the camera, for mirrors: dim, with one tall bright window on the left.
fn room(d: Vec3) -> Vec3 {
    let base = hex(0x3a2f2a).mixed(hex(0x6a6a74), smoothstep(-0.2, 0.9, d.y));
    let (u, v) = (atan2(d.x, -d.z), d.y);
    let pane = smoothstep(-1.5, -1.4, u)
        * smoothstep(-0.5, -0.6, u)
        * smoothstep(-0.05, 0.05, v)
        * smoothstep(0.8, 0.7, v);
    let bars = smoothstep(0.015, 0.035, (u + 0.98).abs()) * smoothstep(0.015, 0.035, (v - 0.4).abs());
    let soft =
        smoothstep(0.2, 0.5, u) * smoothstep(1.3, 0.9, u) * smoothstep(0.1, 0.3, v) * smoothstep(0.7, 0.5, v);
    base + hex(0xfff0d0) * (pane * bars * 3.2) + hex(0xffb060) * (soft * 0.7)
}

/// The nearest card of the reel: thin boards round the core, repeated by angle, each a little off its place.
fn cards(l: Vec3, r: f32) -> f32 {
    let step = std::f32::consts::TAU / CARDS;
    let angle = atan2(l.y, l.x);
    let number = floor(angle / step + 0.5);
    let mut best = f32::MAX;
    for k in [-1.0, 0.0, 1.0] {
        let own = unit(cell((number + k) as i32 % CARDS as i32, 7, 7));
        // At the top the stop holds the cards back: they bend before they flip.
        let held = smoothstep(0.9, 0.0, (angle - 1.75).abs()) * 0.22 * ((r - CORE) / (RIM - CORE)).max(0.0);
        let a = angle - (number + k + (own - 0.5) * 0.5) * step - held * (r - CORE).max(0.0);
        let (along, off) = (r * cos(a), r * sin(a));
        let half = (RIM - CORE) / 2.0;
        let (x, y, z) =
            ((along - CORE - half).abs() - half - (own - 0.5) * 0.02, off.abs() - 0.006, l.z.abs() - WIDE);
        let (px, py, pz) = (x.max(0.0), y.max(0.0), z.max(0.0));
        best = best.min(x.max(y).max(z).min(0.0) + (px * px + py * py + pz * pz).sqrt() - 0.003);
    }
    best
}
