//! Picture 3: a winter night under northern lights, and a lantern in the snow.

use crate::canvas::{Canvas, hex};
use crate::digit::Digit;
use crate::math::{Vec3, exp, floor, fract, mix, pow, smoothstep, vec3};
use crate::noise::{Rng, cell, fbm2, unit};

use super::trace::{Camera, crossing, march, normal, render};

const LANTERN: Vec3 = vec3(1.15, 1.78, 9.0);
const LANTERN_SIZE: f32 = 1.95;
const HALF: f32 = 0.2;
const AROUND: (Vec3, Vec3) = (vec3(-0.4, -0.9, 8.4), vec3(2.8, 4.1, 9.6));

pub(super) fn paint(width: usize, height: usize) -> Canvas {
    let night = Night::new();
    let camera = Camera::new(vec3(0.0, 1.15, 0.0), vec3(0.0, 1.95, 9.0), 1.8);
    let mut canvas = render(width, height, camera, |d| night.light(camera.eye, d));
    snowfall(&mut canvas);
    canvas.bloom(0.85, height / 28, 0.5);
    canvas.vignette(0.4);
    canvas
}

/// A fir: where it stands, how high and how wide it is, and a number of its own.
struct Fir {
    foot: Vec3,
    high: f32,
    wide: f32,
    own: f32,
}

struct Night {
    digit: Digit,
    bulbs: Vec<Vec3>,
    firs: Vec<Fir>,
    moon: Vec3,
}

impl Night {
    fn new() -> Self {
        let digit = Digit::new(3);
        let bulbs = digit
            .spine()
            .iter()
            .step_by(22)
            .map(|&(x, y, _)| LANTERN + vec3(x, y, 0.0) * LANTERN_SIZE)
            .collect();
        let mut rng = Rng::new(33);
        let mut firs = Vec::new();
        while firs.len() < 150 {
            let z = 11.0 + 70.0 * rng.unit() * rng.unit();
            let x = rng.between(-0.85, 0.85) * (z + 4.0);
            let high = rng.between(1.8, 4.6);
            // A clearing before the lantern and a view between the woods.
            if (x - 0.12 * z).abs() < 1.2 + 0.11 * z || fbm2(x * 0.09, z * 0.09, 3) < 0.42 {
                continue;
            }
            let foot = vec3(x, snow(x, z) - 0.1, z);
            firs.push(Fir { foot, high, wide: high * rng.between(0.2, 0.27), own: rng.unit() * 50.0 });
        }
        firs.sort_by(|a, b| a.foot.z.total_cmp(&b.foot.z));
        Self { digit, bulbs, firs, moon: vec3(-0.46, 0.425, 0.78).normalized() }
    }

    fn lantern(&self, p: Vec3) -> f32 {
        let q = (p - LANTERN) * (1.0 / LANTERN_SIZE);
        self.digit.solid(q.x, q.y, q.z, HALF, 0.06) * LANTERN_SIZE
    }

    /// The light of the lantern on a surface: its bulbs, each by the square of the distance.
    fn glow(&self, p: Vec3, n: Vec3) -> Vec3 {
        let sum: f32 = self
            .bulbs
            .iter()
            .map(|&bulb| {
                let way = bulb - p;
                let square = way.dot(way) + 0.12;
                (0.25 + 0.75 * n.dot(way) / square.sqrt()).max(0.0) / square
            })
            .sum();
        hex(0xff9a3c) * (sum / self.bulbs.len() as f32 * 6.5)
    }

    fn light(&self, from: Vec3, d: Vec3) -> Vec3 {
        let ground = ground(from, d);
        let mut far = ground.unwrap_or(f32::MAX);
        let mut seen = match ground {
            Some(t) => self.snow(from + d * t, t),
            None => self.sky(d),
        };
        // Farther firs are painted first; each is a flat sheet across the view.
        for fir in self.firs.iter().rev() {
            let t = (fir.foot.z - from.z) / d.z;
            if d.z > 0.0 && t < far + 0.6 {
                seen = self.fir(fir, from + d * t, t, seen);
            }
        }
        if let Some((near, end)) = crossing(from, d, AROUND)
            && let Some(t) = march(from, d, near, end.min(far), 0.9, |p| self.lantern(p))
        {
            far = t;
            seen = self.glass(from + d * t, d);
        }
        // The lit air round the lantern: strongest where the ray passes closest, and only before what stops it.
        let t = ((LANTERN.z - from.z) / d.z).min(far);
        let q = (from + d * t - LANTERN) * (1.0 / LANTERN_SIZE);
        let out = self.digit.distance(q.x, q.y).max(0.0);
        let centre = (q.x * q.x + q.y * q.y).sqrt();
        seen + hex(0xff8a30) * (0.2 * exp(-out * 4.5) + 0.07 * exp(-centre * 0.85))
    }

    fn glass(&self, p: Vec3, d: Vec3) -> Vec3 {
        let n = normal(p, 0.01, |p| self.lantern(p));
        let q = (p - LANTERN) * (1.0 / LANTERN_SIZE);
        let depth = -self.digit.distance(q.x, q.y);
        let frost = fbm2(q.x * 9.0 + q.z * 5.0, q.y * 9.0, 5);
        let edge = pow((1.0 + n.dot(d)).clamp(0.0, 1.0), 2.5);
        let core = smoothstep(0.0, 0.16, depth);
        let lamp = hex(0xff6a18).mixed(hex(0xffd080), core) * mix(0.85, 2.5, core * core);
        let lamp = lamp * mix(0.72, 1.15, frost) * mix(1.0, 0.6, edge);
        // Snow lies on what faces up.
        let cap = smoothstep(0.62, 0.8, n.y + (frost - 0.5) * 0.5);
        lamp.mixed(hex(0x9fb4e0) * 0.5 + hex(0xffb060) * 0.6, cap * 0.85)
    }

    fn snow(&self, p: Vec3, t: f32) -> Vec3 {
        let e = 0.02 + 0.004 * t;
        let rough = |x: f32, z: f32| snow(x, z) + 0.02 * fbm2(x * 7.0, z * 7.0, 4);
        let n = vec3(
            rough(p.x - e, p.z) - rough(p.x + e, p.z),
            2.0 * e,
            rough(p.x, p.z - e) - rough(p.x, p.z + e),
        )
        .normalized();
        let moon = n.dot(self.moon).max(0.0);
        let above = hex(0x2f9a86) * 0.16;
        let mut light = hex(0x7f9be0) * (0.04 + 0.34 * moon) + above * n.y + self.glow(p, n);
        // Some crystals happen to face the viewer.
        let (cx, cz) = (floor(p.x * 46.0), floor(p.z * 46.0));
        let spark = unit(cell(cx as i32, cz as i32, 5));
        if spark > 0.992 && t < 14.0 {
            let (dx, dz) = (fract(p.x * 46.0) - 0.5, fract(p.z * 46.0) - 0.5);
            light = light * (1.0 + 4.0 * smoothstep(0.4, 0.1, (dx * dx + dz * dz).sqrt()));
        }
        // The lantern's foot keeps light to itself.
        let foot =
            exp(-((p.x - LANTERN.x) * (p.x - LANTERN.x) + (p.z - LANTERN.z) * (p.z - LANTERN.z)) * 3.0);
        fog(light * hex(0xe8ecf6) * (1.0 - 0.35 * foot), t)
    }

    fn fir(&self, fir: &Fir, p: Vec3, t: f32, behind: Vec3) -> Vec3 {
        let (x, y) = ((p.x - fir.foot.x) / fir.wide, (p.y - fir.foot.y) / fir.high);
        if !(0.0..1.02).contains(&y) || x.abs() > 1.15 {
            return behind;
        }
        // Nine tiers of branches, each wide at its hem; noise frays them.
        let tier = fract(y * 9.0 + x.abs() * 0.55 + fir.own);
        let fray = fbm2(x * 7.0 + fir.own, y * 34.0, 4);
        let half = (1.0 - y) * mix(1.0, 0.6, tier) * mix(0.7, 1.2, fray) - 0.02;
        let trunk = if y < 0.08 { 0.07 } else { 0.0 };
        let cover = smoothstep(0.05, -0.02, x.abs() - half.max(trunk));
        if cover <= 0.0 {
            return behind;
        }
        let n = vec3(x * 0.8, 0.45, -0.5).normalized();
        let laden = smoothstep(0.3, 0.8, tier + (fray - 0.5) * 0.9) * smoothstep(0.02, 0.15, y);
        let paint = hex(0x0d1c1c).mixed(hex(0xc8d4ea), laden * 0.8);
        let light = hex(0x7f9be0) * (0.08 + 0.28 * (n.dot(self.moon) + 0.3).max(0.0))
            + hex(0x2f9a86) * 0.1
            + self.glow(p, n) * 1.3;
        behind.mixed(fog(paint * light, t), cover)
    }

    fn sky(&self, d: Vec3) -> Vec3 {
        let up = d.y.max(0.0);
        let mut sky = hex(0x1c3a5c).mixed(hex(0x0a1430), smoothstep(0.0, 0.4, up));
        sky = sky + hex(0x2a6a72) * (0.35 * exp(-up * 9.0));
        for (scale, least) in [(90.0, 0.962), (170.0, 0.97)] {
            let (u, v) = (d.x / d.z * scale, d.y / d.z * scale);
            let own = cell(floor(u) as i32, floor(v) as i32, 11);
            let bright = unit(own);
            if bright > least {
                let (cx, cy) = (0.3 + 0.4 * unit(own.rotate_left(9)), 0.3 + 0.4 * unit(own.rotate_left(19)));
                let (dx, dy) = (fract(u) - cx, fract(v) - cy);
                let star = smoothstep(0.24, 0.0, (dx * dx + dy * dy).sqrt());
                let tint = hex(0xffd8b0).mixed(hex(0xb8d0ff), unit(own.rotate_left(5)));
                sky = sky + tint * (star * (bright - least) / (1.0 - least) * 1.6 * smoothstep(0.0, 0.2, up));
            }
        }
        let lights = aurora(d);
        sky = sky + lights;
        let off = (d - self.moon).length();
        let face = fbm2((d.x - self.moon.x) * 60.0 + 5.0, (d.y - self.moon.y) * 60.0, 4);
        let disc = smoothstep(0.031, 0.029, off);
        sky = sky + hex(0xa8c0ff) * (0.22 * exp(-off * 11.0) + 0.12 * exp(-off * 3.0));
        sky = sky.mixed(hex(0xf6f0e0) * mix(0.75, 1.5, smoothstep(0.35, 0.62, face)), disc);
        // Hills far away, with woods on them.
        let line =
            0.035 + 0.075 * fbm2(d.x / d.z * 2.6 + 9.0, 2.0, 4) + 0.012 * fbm2(d.x / d.z * 60.0, 5.0, 3);
        let hill = hex(0x16304a).mixed(hex(0x0b1a2a), smoothstep(0.0, line, d.y));
        sky.mixed(hill, smoothstep(0.002, -0.002, d.y - line))
    }
}

/// Curtains of light: a folded band, seen through many heights above the ground, green below and violet above.
fn aurora(d: Vec3) -> Vec3 {
    let mut sum = Vec3::default();
    if d.y < 0.03 {
        return sum;
    }
    const LAYERS: u32 = 36;
    for i in 0..LAYERS {
        let h = i as f32 / LAYERS as f32;
        let k = (0.75 + 0.62 * h) / (d.y + 0.14);
        let (x, z) = (d.x * k, d.z * k);
        let fold = fbm2(x * 0.55 + 3.0, z * 0.5 + 8.0, 3) * 3.1 + 0.34 * fbm2(x * 2.6, z * 1.4, 2);
        let off = (fract(z * 0.42 + fold * 0.85 + 0.1) - 0.5).abs();
        let rays = mix(0.35, 1.0, fbm2(x * 5.5 + fold * 2.0, z * 0.9, 2));
        let sheet = exp(-off * off * 210.0) * rays;
        let colour = hex(0x2dff9c)
            .mixed(hex(0x38c8e8), smoothstep(0.1, 0.4, h))
            .mixed(hex(0xb858f0), smoothstep(0.3, 0.85, h));
        sum = sum + colour * (sheet * exp(-2.0 * h) * smoothstep(0.0, 0.06, h + 0.02));
    }
    sum * (4.2 / LAYERS as f32 * smoothstep(0.03, 0.22, d.y))
}

fn fog(light: Vec3, way: f32) -> Vec3 {
    light.mixed(hex(0x234a68), 1.0 - exp(-way * 0.016))
}

/// The height of the snow: drifts, and a hollow that leads to the lantern.
fn snow(x: f32, z: f32) -> f32 {
    let drifts = fbm2(x * 0.16 + 3.0, z * 0.13, 3) * 1.5 + 0.16 * fbm2(x * 0.9, z * 0.8, 3);
    let rise = 0.05 * (z - 9.0).max(0.0) * smoothstep(60.0, 20.0, z) + 0.03 * (x * x).min(60.0) * 0.5;
    drifts - 1.0 + rise - 0.35 * exp(-(x - 0.12 * z) * (x - 0.12 * z) * 0.5)
}

fn ground(from: Vec3, d: Vec3) -> Option<f32> {
    let mut t = 1.0;
    for _ in 0..200 {
        let p = from + d * t;
        let gap = p.y - snow(p.x, p.z);
        if gap < 0.0008 * t {
            return Some(t);
        }
        t += gap * 0.6 + 0.001 * t;
        if t > 90.0 {
            break;
        }
    }
    None
}

/// Flakes near the lens, large and soft, and small ones farther off.
fn snowfall(canvas: &mut Canvas) {
    let mut rng = Rng::new(77);
    let unit = canvas.height as f32 / 720.0;
    for i in 0..340 {
        let near = i < 26;
        let radius = unit * if near { rng.between(4.0, 13.0) } else { rng.between(0.8, 2.4) };
        let (cx, cy) = (rng.unit() * canvas.width as f32, rng.unit() * canvas.height as f32);
        let strength = if near { 0.035 } else { rng.between(0.12, 0.5) };
        // The nearer to the lantern, the warmer the flake.
        let (dx, dy) = (cx / canvas.width as f32 - 0.61, cy / canvas.height as f32 - 0.5);
        let warm = exp(-(dx * dx + dy * dy) * 14.0);
        let tint = hex(0xa8bce8).mixed(hex(0xffb468) * 1.4, warm) * strength;
        let reach = radius as isize + 2;
        for y in cy as isize - reach..=cy as isize + reach {
            for x in cx as isize - reach..=cx as isize + reach {
                if x < 0 || y < 0 || x >= canvas.width as isize || y >= canvas.height as isize {
                    continue;
                }
                let (ox, oy) = (x as f32 + 0.5 - cx, y as f32 + 0.5 - cy);
                let cover = smoothstep(radius + 0.7, radius * 0.55, (ox * ox + oy * oy).sqrt());
                let pixel = &mut canvas.pixels[y as usize * canvas.width + x as usize];
                *pixel = *pixel + tint * cover;
            }
        }
    }
}
