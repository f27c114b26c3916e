//! The clock in the middle of the bars: a face that stands still, and a hand.

use mutoscope_plugin::PlaneMut;
use std::f32::consts::TAU;

/// Frames in which the hand goes round once.
const FRAMES_ROUND: u32 = 60;

const FACE: f32 = 24.0;
const RIM: f32 = 160.0;
const HAND: f32 = 255.0;

/// Centre and radius in pixels.
#[derive(Clone, Copy)]
struct Dial {
    x: f32,
    y: f32,
    radius: f32,
}

impl Dial {
    fn of(width: usize, height: usize) -> Dial {
        let (width, height) = (width as f32, height as f32);
        Dial { x: width / 2.0, y: height * 0.31, radius: height.min(width) * 0.26 }
    }

    /// The point at `turn` (0 up, 0.25 right) and `share` of the radius.
    fn point(&self, turn: f32, share: f32) -> (f32, f32) {
        let (sin, cos) = (turn * TAU).sin_cos();
        (self.x + sin * share * self.radius, self.y - cos * share * self.radius)
    }
}

/// Draws the face on the luma plane.
pub(super) fn draw_face(luma: &mut PlaneMut<'_>) {
    let dial = Dial::of(luma.width, luma.height);
    let line = (dial.radius * 0.02).max(0.5);
    let everything = (dial.x, dial.y, dial.radius + 1.0);
    let from_centre = move |x: f32, y: f32| (x - dial.x).hypot(y - dial.y);
    shade(luma, everything, FACE, |x, y| dial.radius - from_centre(x, y));
    shade(luma, everything, RIM, |x, y| line - (dial.radius - line - from_centre(x, y)).abs());
    for hour in 0..12u8 {
        let turn = f32::from(hour) / 12.0;
        let inner = if hour % 3 == 0 { 0.78 } else { 0.86 };
        stroke(luma, dial.point(turn, inner), dial.point(turn, 0.93), line, RIM);
    }
}

/// Makes the face grey, on a chroma plane of a picture of `width` by `height` pixels, halved both ways.
pub(super) fn take_colour(chroma: &mut PlaneMut<'_>, width: usize, height: usize) {
    let Dial { x, y, radius } = Dial::of(width, height);
    let (x, y, radius) = (x / 2.0, y / 2.0, radius / 2.0);
    shade(chroma, (x, y, radius + 1.0), 128.0, |px, py| radius - (px - x).hypot(py - y));
}

/// Draws the hand as it stands at frame `number`, on the luma plane.
pub(super) fn draw_hand(luma: &mut PlaneMut<'_>, number: u32) {
    let dial = Dial::of(luma.width, luma.height);
    let turn = (number % FRAMES_ROUND) as f32 / FRAMES_ROUND as f32;
    stroke(luma, dial.point(turn, -0.15), dial.point(turn, 0.74), (dial.radius * 0.035).max(0.5), HAND);
}

/// A line with round ends, `half` its width.
fn stroke(luma: &mut PlaneMut<'_>, from: (f32, f32), to: (f32, f32), half: f32, shade_of: f32) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx * dx + dy * dy;
    let middle = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0, length.sqrt() / 2.0 + half + 1.0);
    shade(luma, middle, shade_of, |x, y| {
        let along = ((x - from.0) * dx + (y - from.1) * dy) / length.max(1e-6);
        let along = along.clamp(0.0, 1.0);
        half - (x - from.0 - along * dx).hypot(y - from.1 - along * dy)
    });
}

/// Blends `value` in wherever `depth` (pixels inside the shape's edge) is positive, within a square of centre `(x, y)`
/// and half side `reach`. The edge is one pixel wide, which is what makes it smooth.
fn shade(
    plane: &mut PlaneMut<'_>,
    (x, y, reach): (f32, f32, f32),
    value: f32,
    depth: impl Fn(f32, f32) -> f32,
) {
    let range = |centre: f32, side: usize| {
        // `as` stops at 0.
        ((centre - reach) as usize).min(side)..((centre + reach).ceil() as usize).min(side)
    };
    let columns = range(x, plane.width);
    for row in range(y, plane.height) {
        let line = plane.row_mut(row);
        for column in columns.clone() {
            let cover = (depth(column as f32 + 0.5, row as f32 + 0.5) + 0.5).clamp(0.0, 1.0);
            if cover > 0.0 {
                let old = f32::from(line[column]);
                line[column] = (old + (value - old) * cover).round() as u8;
            }
        }
    }
}
