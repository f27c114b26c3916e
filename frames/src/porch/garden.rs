//! What stands still: sky, trees far off, a shed, a fence, the lawn with its path; and the porch's own railing.

use crate::canvas::{Canvas, each_pixel, hex};
use crate::math::{Vec3, exp, floor, fract, mix, smoothstep};
use crate::noise::{cell, fbm2, unit};

use super::View;

/// A painted layer, and how much of each pixel it covers (0 to 1).
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) light: Canvas,
    pub(super) cover: Vec<f32>,
}

/// Where the top of the railing is.
pub(super) const RAIL: f32 = 0.735;

/// Where the middle of the path is at a height: it winds from the porch to the shed.
pub(super) fn path(y: f32) -> f32 {
    0.1 - 0.62 * smoothstep(1.0, 0.5, y) * (1.0 - 0.35 * smoothstep(0.7, 0.52, y))
}

/// The garden, a little out of focus.
pub(super) fn back(width: usize, height: usize) -> Canvas {
    let view = View::sized(width, height);
    let mut canvas = Canvas::painted(width, height, |column, row| {
        let (x, y) = (view.x(column as f32), view.y(row as f32));
        let mut light = if y > 0.5 { lawn(x, y) } else { distance(x, y) };
        light = shed(x, y, light);
        fence(x, y, light)
    });
    canvas.blur((height as f32 / 420.0 + 0.3) as usize);
    canvas
}

fn distance(x: f32, y: f32) -> Vec3 {
    let cloud = smoothstep(0.45, 0.72, fbm2(x * 2.2 + 4.0, y * 5.0, 6));
    let sky =
        hex(0x86b4e6).mixed(hex(0xdbe9f4), smoothstep(0.0, 0.4, y)).mixed(hex(0xffffff), cloud * 0.85) * 1.25;
    let mut light = sky;
    for (line, high, scale, near) in [(0.3, 0.12, 3.0, 0.0), (0.38, 0.14, 5.0, 1.0)] {
        let edge = line
            - high * (fbm2(x * scale + 7.0 * near, near, 5) - 0.4)
            - 0.02 * fbm2(x * 40.0, near + 3.0, 3);
        let leaf = fbm2(x * 34.0, y * 34.0 + near * 9.0, 5);
        let crown = fbm2(x * 9.0 + near * 3.0, y * 9.0, 3);
        let paint = hex(0x2c4a22).mixed(hex(0x86a04c), smoothstep(0.35, 0.7, 0.5 * leaf + 0.5 * crown));
        let wood = paint.mixed(hex(0x9fb8c4), mix(0.45, 0.12, near)) * mix(0.6, 1.05, leaf);
        light = light.mixed(wood, smoothstep(-0.004, 0.006, y - edge));
    }
    light
}

fn lawn(x: f32, y: f32) -> Vec3 {
    // The ground's own coordinates, by the rule of perspective with the horizon at 0.4.
    let depth = 1.0 / (y - 0.4);
    let (gx, gz) = (x * depth, depth * 2.2);
    let blades = fbm2(gx * 22.0, gz * 9.0, 5);
    let patches = fbm2(gx * 1.6 + 3.0, gz * 0.8, 4);
    let green = hex(0x3d5c22).mixed(hex(0x83a040), smoothstep(0.3, 0.75, 0.45 * blades + 0.55 * patches));
    let grass = green.mixed(hex(0xa49a58), smoothstep(0.58, 0.8, patches) * 0.5) * mix(0.7, 1.15, blades);
    let off = (x - path(y)).abs() * depth;
    let stone = fbm2(gx * 6.0, gz * 6.0, 5);
    let joint = (fract(gz * 1.15 + 0.12 * fbm2(gx * 3.0, gz, 2)) - 0.5).abs();
    let slab = smoothstep(0.47, 0.44, joint) * smoothstep(0.34, 0.3, off + 0.05 * (stone - 0.5));
    grass.mixed(hex(0xb0a493) * mix(0.55, 1.1, stone), slab)
}

fn shed(x: f32, y: f32, behind: Vec3) -> Vec3 {
    let (left, right, top, foot) = (-0.47, -0.14, 0.3, 0.515);
    if !(left - 0.04..right + 0.04).contains(&x) || !(0.18..foot + 0.01).contains(&y) {
        return behind;
    }
    let soft =
        |a: f32, b: f32, v: f32| smoothstep(a - 0.001, a + 0.001, v) * smoothstep(b + 0.001, b - 0.001, v);
    let mut light = behind;
    let board = fract(x * 46.0);
    let grain = fbm2(x * 60.0, y * 7.0, 4);
    let tone = unit(cell(floor(x * 46.0) as i32, 4, 4));
    let plank = hex(0x94402e).mixed(hex(0x6d2c22), grain)
        * mix(0.8, 1.1, tone)
        * mix(0.35, 1.0, smoothstep(0.0, 0.09, board));
    let eaves = mix(0.45, 1.0, smoothstep(top, top + 0.05, y));
    light = light.mixed(plank * eaves * 1.1, soft(left, right, x) * soft(top, foot, y));
    let window = |w: f32| soft(-0.4 - w, -0.31 + w, x) * soft(0.36 - w, 0.44 + w, y);
    light = light.mixed(hex(0xe8e2d4), window(0.009));
    let pane = hex(0x25333c).mixed(hex(0xa8c4d8), smoothstep(0.4, 0.6, fbm2(x * 14.0, y * 14.0, 3)));
    let bars = smoothstep(0.002, 0.004, (x + 0.355).abs()) * smoothstep(0.002, 0.004, (y - 0.4).abs());
    light = light.mixed(hex(0xe8e2d4).mixed(pane, bars), window(0.0));
    let door = soft(-0.255, -0.185, x) * soft(0.36, foot, y);
    light = light.mixed(hex(0x4d6a70) * mix(0.7, 1.1, fbm2(x * 50.0, y * 8.0, 3)), door);
    // The roof, shingle by shingle.
    let slope = ((y - 0.19) / 0.115).clamp(0.0, 1.0);
    let (a, b) = (mix(-0.4, left - 0.03, slope), mix(-0.21, right + 0.03, slope));
    let row = floor(y * 90.0);
    let shingle = unit(cell(floor(x * 70.0 + 0.5 * row) as i32, row as i32, 8));
    let roof = hex(0x57504c).mixed(hex(0x7d7268), shingle) * mix(0.55, 1.1, fract(y * 90.0)) * 1.15;
    light.mixed(roof, soft(a, b, x) * soft(0.19, 0.305, y))
}

fn fence(x: f32, y: f32, behind: Vec3) -> Vec3 {
    if (-0.47..-0.14).contains(&x) || !(0.41..0.54).contains(&y) {
        return behind;
    }
    let slat = fract(x * 26.0) - 0.5;
    let tip = 0.425 + 0.012 * (slat.abs() * 2.0) + 0.004 * unit(cell(floor(x * 26.0) as i32, 6, 6));
    let picket = smoothstep(0.36, 0.32, slat.abs())
        * smoothstep(tip - 0.002, tip + 0.002, y)
        * smoothstep(0.532, 0.528, y);
    let bar = |at: f32| smoothstep(0.008, 0.006, (y - at).abs());
    let worn = fbm2(x * 50.0, y * 22.0, 4);
    let white = hex(0xeeeae0).mixed(hex(0xa89a84), smoothstep(0.5, 0.75, worn)) * mix(0.85, 1.0, worn);
    let foot = mix(1.0, 0.62, smoothstep(0.49, 0.53, y));
    let light = behind.mixed(white * 0.72, bar(0.455).max(bar(0.505)));
    light.mixed(white * mix(0.8, 1.02, smoothstep(0.3, -0.3, slat)) * foot, picket)
}

/// The porch's railing and its post, close and sharp.
pub(super) fn railing(width: usize, height: usize) -> Layer {
    let view = View::sized(width, height);
    let soft = 0.8 / height as f32;
    let painted = |x: f32, y: f32| {
        let mut best = (0.0_f32, Vec3::default());
        if y < RAIL - 0.01 && (x + 0.565).abs() > 0.08 {
            return best;
        }
        let mut over = |cover: f32, light: Vec3| {
            if cover > 0.0 {
                best = (best.0.max(cover), best.1.mixed(light, cover.min(1.0)));
            }
        };
        let within =
            |a: f32, b: f32, v: f32| smoothstep(a - soft, a + soft, v) * smoothstep(b + soft, b - soft, v);
        // Old white paint that has come off here and there.
        let grain = fbm2(x * 16.0, y * 130.0, 4);
        let upright = fbm2(x * 150.0, y * 12.0, 4);
        let flakes = fbm2(x * 21.0 + 5.0, y * 21.0, 5);
        let coat = |grain: f32, bare: f32| {
            let wood = hex(0x7a6048).mixed(hex(0xa98c68), grain);
            let paint = hex(0xe2e0d8).mixed(hex(0xc0bcae), grain * 0.7);
            let rim = smoothstep(bare - 0.04, bare, flakes) * smoothstep(bare + 0.02, bare, flakes);
            paint.mixed(wood, smoothstep(bare, bare + 0.025, flakes)) * (1.0 - 0.25 * rim)
        };
        let baluster = fract((x + 0.02) / 0.092) - 0.5;
        let across = baluster * 0.092 / 0.0165;
        let belly = 1.0 + 0.35 * exp(-(y - 0.86) * (y - 0.86) * 700.0)
            - 0.25 * exp(-(y - 0.81) * (y - 0.81) * 6000.0);
        let round = across / belly;
        if round.abs() < 1.2 {
            let shade = (1.0 - (round + 0.35) * (round + 0.35) * 0.5).max(0.15);
            let under = mix(0.4, 1.0, smoothstep(RAIL + 0.04, RAIL + 0.1, y));
            over(within(-1.0, 1.0, round) * within(RAIL, 1.1, y), coat(upright, 0.66) * (shade * under));
        }
        // The hand rail: a bright upper face, a front with a moulding, a dark line below.
        let front = coat(grain, 0.63);
        let h = (y - RAIL) / 0.05;
        if (-0.1..=1.1).contains(&h) {
            let profile = if h < 0.3 {
                1.22
            } else if h < 0.38 {
                0.95
            } else {
                mix(0.78, 0.55, (h - 0.38) / 0.62)
            };
            over(within(RAIL, RAIL + 0.05, y), front * profile);
        }
        over(within(0.945, 1.1, y), coat(grain, 0.63) * if y < 0.957 { 1.15 } else { 0.66 });
        // The post, round, with a collar above the rail.
        let collar = 1.0 + 0.22 * (smoothstep(0.64, 0.65, y) * smoothstep(0.675, 0.665, y));
        let across = (x + 0.565) / (0.047 * collar);
        if across.abs() < 1.2 {
            let shade = (1.0 - (across + 0.4) * (across + 0.4) * 0.48).max(0.12);
            over(within(-1.0, 1.0, across), coat(upright, 0.655) * (shade * 1.12));
        }
        best
    };
    let layer = each_pixel(width, height, |column, row| painted(view.x(column as f32), view.y(row as f32)));
    let (cover, pixels) = layer.into_iter().unzip();
    Layer { light: Canvas { width, height, pixels }, cover }
}
