//! The common part of the three scenes: the camera, and rays that are marched along a distance field.

use crate::canvas::Canvas;
use crate::math::{Vec3, vec3};

/// A pinhole camera.
#[derive(Clone, Copy, Debug)]
pub(super) struct Camera {
    pub(super) eye: Vec3,
    right: Vec3,
    up: Vec3,
    forward: Vec3,
}

impl Camera {
    /// A camera at `eye` that looks at `target`; `focal` is the distance of the picture plane in half picture heights.
    pub(super) fn new(eye: Vec3, target: Vec3, focal: f32) -> Self {
        let forward = (target - eye).normalized();
        let right = vec3(0.0, 1.0, 0.0).cross(forward).normalized();
        Self { eye, right, up: forward.cross(right), forward: forward * focal }
    }

    fn ray(&self, x: f32, y: f32) -> Vec3 {
        (self.right * x + self.up * y + self.forward).normalized()
    }
}

/// The positions of a pixel's rays: rooks on a board of 4 or 8 that do not threaten each other.
const FEW: [(f32, f32); 4] = [(0.125, 0.625), (0.375, 0.125), (0.625, 0.875), (0.875, 0.375)];
const MANY: [(f32, f32); 8] = [
    (0.0625, 0.5625),
    (0.1875, 0.1875),
    (0.3125, 0.8125),
    (0.4375, 0.4375),
    (0.5625, 0.9375),
    (0.6875, 0.0625),
    (0.8125, 0.6875),
    (0.9375, 0.3125),
];

/// Renders a scene: one ray a pixel first, then more where neighbours differ, which is where edges are.
/// `light(direction)` gives the light that arrives at the camera from a direction.
pub(super) fn render(
    width: usize,
    height: usize,
    camera: Camera,
    light: impl Fn(Vec3) -> Vec3 + Sync,
) -> Canvas {
    let half = height as f32 / 2.0;
    let through = |x: f32, y: f32| {
        // No single ray may outshine the picture: it would sparkle.
        let l = light(camera.ray((x - width as f32 / 2.0) / half, (half - y) / half));
        vec3(l.x.min(12.0), l.y.min(12.0), l.z.min(12.0))
    };
    let rough = Canvas::painted(width, height, |x, y| through(x as f32 + 0.5, y as f32 + 0.5));
    let tone = |x: usize, y: usize| rough.pixels[y * width + x].luminance().sqrt();
    Canvas::painted(width, height, |x, y| {
        let here = tone(x, y);
        let edge = [
            (x.saturating_sub(1), y),
            ((x + 1).min(width - 1), y),
            (x, y.saturating_sub(1)),
            (x, (y + 1).min(height - 1)),
        ]
        .into_iter()
        .fold(0.0_f32, |edge, (nx, ny)| edge.max((tone(nx, ny) - here).abs()));
        let rays: &[(f32, f32)] = match edge {
            e if e < 0.03 => return rough.pixels[y * width + x],
            e if e < 0.1 => &FEW,
            _ => &MANY,
        };
        let sum =
            rays.iter().fold(Vec3::default(), |sum, (dx, dy)| sum + through(x as f32 + dx, y as f32 + dy));
        sum * (1.0 / rays.len() as f32)
    })
}

/// The first meeting of a ray with a distance field, as the way along it, if it is before `far`. `caution` is the share of
/// each
/// distance that is walked: below 1 for fields that promise too much.
pub(super) fn march(
    from: Vec3,
    direction: Vec3,
    near: f32,
    far: f32,
    caution: f32,
    distance: impl Fn(Vec3) -> f32,
) -> Option<f32> {
    let mut t = near;
    for _ in 0..220 {
        let d = distance(from + direction * t);
        if d < 0.0004 * t {
            return Some(t);
        }
        t += d * caution;
        if t > far {
            break;
        }
    }
    None
}

/// The direction in which a distance field grows: the normal of its surface. Four probes on a tetrahedron.
pub(super) fn normal(p: Vec3, step: f32, distance: impl Fn(Vec3) -> f32) -> Vec3 {
    [(1.0, -1.0, -1.0), (-1.0, -1.0, 1.0), (-1.0, 1.0, -1.0), (1.0, 1.0, 1.0)]
        .into_iter()
        .fold(Vec3::default(), |sum, (x, y, z)| {
            let k = vec3(x, y, z);
            sum + k * distance(p + k * step)
        })
        .normalized()
}

/// The share of a wide light that gets past the distance field: 1 all, 0 none. The larger `hardness`, the sharper the
/// shadow's edge (Quilez' method: the narrowest gap on the way, against the way).
pub(super) fn shadow(
    from: Vec3,
    to_light: Vec3,
    far: f32,
    hardness: f32,
    distance: impl Fn(Vec3) -> f32,
) -> f32 {
    let (mut open, mut t) = (1.0_f32, 0.02);
    for _ in 0..70 {
        let d = distance(from + to_light * t);
        open = open.min(hardness * d / t);
        if open < 0.003 {
            return 0.0;
        }
        t += d.clamp(0.012, 0.35);
        if t > far {
            break;
        }
    }
    let open = open.clamp(0.0, 1.0);
    open * open * (3.0 - 2.0 * open)
}

/// The openness of a surface point to the light from all round: 1 on a plain, towards 0 in a corner.
pub(super) fn openness(p: Vec3, normal: Vec3, reach: f32, distance: impl Fn(Vec3) -> f32) -> f32 {
    let (mut closed, mut weight) = (0.0, 1.0);
    for i in 1..=5 {
        let h = reach * i as f32 / 5.0;
        closed += (h - distance(p + normal * h)).max(0.0) * weight / reach;
        weight *= 0.75;
    }
    (1.0 - 0.9 * closed).clamp(0.0, 1.0)
}

/// The points at which a ray enters and leaves a box, if it meets it: nothing outside has to be marched through.
pub(super) fn crossing(from: Vec3, direction: Vec3, (low, high): (Vec3, Vec3)) -> Option<(f32, f32)> {
    let (mut near, mut far) = (0.0_f32, f32::MAX);
    for (f, d, l, h) in [
        (from.x, direction.x, low.x, high.x),
        (from.y, direction.y, low.y, high.y),
        (from.z, direction.z, low.z, high.z),
    ] {
        let d = if d.abs() < 1e-9 { 1e-9 } else { d };
        let (a, b) = ((l - f) / d, (h - f) / d);
        near = near.max(a.min(b));
        far = far.min(a.max(b));
    }
    (near < far).then_some((near, far))
}
