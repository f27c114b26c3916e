//! The digits 1, 2 and 3 as solids, in the style of a brush or a signwriter: strokes that swell and taper.
//!
//! A stroke is a spline of discs. Its signed distance is tabulated once over a grid, since a ray marcher asks for it
//! millions of times.

use crate::math::mix;

/// A disc of a stroke: its centre (digit space: x to the right, y up, the digit is about 2 high round the origin) and
/// its radius.
type Disc = (f32, f32, f32);

const ONE: [&[Disc]; 3] = [
    &[(-0.40, 0.46, 0.05), (-0.24, 0.55, 0.07), (-0.08, 0.68, 0.09), (0.04, 0.84, 0.10)],
    &[(0.06, 0.80, 0.17), (0.06, 0.40, 0.165), (0.06, -0.40, 0.165), (0.06, -0.86, 0.17)],
    &[
        (-0.36, -0.93, 0.06),
        (-0.14, -0.92, 0.08),
        (0.06, -0.90, 0.12),
        (0.26, -0.92, 0.08),
        (0.48, -0.93, 0.06),
    ],
];
const TWO: [&[Disc]; 2] = [
    &[
        (-0.42, 0.46, 0.14),
        (-0.36, 0.70, 0.09),
        (-0.10, 0.90, 0.09),
        (0.22, 0.84, 0.14),
        (0.38, 0.54, 0.18),
        (0.26, 0.18, 0.15),
        (-0.02, -0.20, 0.10),
        (-0.30, -0.54, 0.08),
        (-0.48, -0.82, 0.08),
    ],
    &[
        (-0.48, -0.84, 0.08),
        (-0.28, -0.80, 0.11),
        (-0.04, -0.84, 0.15),
        (0.22, -0.87, 0.14),
        (0.42, -0.80, 0.10),
        (0.52, -0.58, 0.06),
    ],
];
const THREE: [&[Disc]; 2] = [
    &[
        (-0.42, 0.52, 0.13),
        (-0.36, 0.74, 0.09),
        (-0.10, 0.90, 0.09),
        (0.20, 0.84, 0.13),
        (0.34, 0.56, 0.17),
        (0.22, 0.24, 0.12),
        (-0.06, 0.08, 0.07),
    ],
    &[
        (-0.06, 0.08, 0.07),
        (0.22, 0.00, 0.12),
        (0.42, -0.30, 0.18),
        (0.32, -0.72, 0.15),
        (0.02, -0.92, 0.10),
        (-0.32, -0.84, 0.09),
        (-0.50, -0.56, 0.14),
    ],
];

/// The distance field of a digit.
#[derive(Clone, Debug)]
pub struct Digit {
    grid: Vec<f32>,
    spine: Vec<Disc>,
}

impl Digit {
    const COLUMNS: usize = 160;
    const ROWS: usize = 240;
    const STEP: f32 = 0.01;
    /// Half the width and height that the grid covers.
    const HALF: (f32, f32) =
        (Self::STEP * (Self::COLUMNS - 1) as f32 / 2.0, Self::STEP * (Self::ROWS - 1) as f32 / 2.0);

    /// Tabulates the digit 1, 2 or 3.
    ///
    /// # Panics
    /// For any other number.
    pub fn new(number: u8) -> Self {
        let strokes: &[&[Disc]] = match number {
            1 => &ONE,
            2 => &TWO,
            3 => &THREE,
            _ => panic!("there are digits 1, 2 and 3, not {number}"),
        };
        let spine: Vec<Disc> = strokes.iter().flat_map(|stroke| spline(stroke)).collect();
        let mut grid = Vec::with_capacity(Self::COLUMNS * Self::ROWS);
        for row in 0..Self::ROWS {
            for column in 0..Self::COLUMNS {
                let x = column as f32 * Self::STEP - Self::HALF.0;
                let y = row as f32 * Self::STEP - Self::HALF.1;
                grid.push(spine.iter().fold(f32::MAX, |d, &(cx, cy, r)| {
                    d.min(((x - cx) * (x - cx) + (y - cy) * (y - cy)).sqrt() - r)
                }));
            }
        }
        Self { grid, spine }
    }

    /// The discs along the strokes: where a lamp of this shape would have its bulbs.
    pub fn spine(&self) -> &[(f32, f32, f32)] {
        &self.spine
    }

    /// The distance from a point of the plane to the outline, negative inside, never more than the true one outside.
    pub fn distance(&self, x: f32, y: f32) -> f32 {
        let (cx, cy) = (x.clamp(-Self::HALF.0, Self::HALF.0), y.clamp(-Self::HALF.1, Self::HALF.1));
        let u = ((cx + Self::HALF.0) / Self::STEP).min(Self::COLUMNS as f32 - 1.001);
        let v = ((cy + Self::HALF.1) / Self::STEP).min(Self::ROWS as f32 - 1.001);
        let (column, row) = (u as usize, v as usize);
        let (fu, fv) = (u - column as f32, v - row as f32);
        let at = |c: usize, r: usize| self.grid[r * Self::COLUMNS + c];
        let inside = mix(
            mix(at(column, row), at(column + 1, row), fu),
            mix(at(column, row + 1), at(column + 1, row + 1), fu),
            fv,
        );
        let beyond = ((x - cx) * (x - cx) + (y - cy) * (y - cy)).sqrt();
        if beyond == 0.0 {
            inside
        } else {
            // Two lower bounds; the outline is inside the grid, so both hold.
            beyond.max(inside - beyond)
        }
    }

    /// The distance from a point of the room to the digit as a solid: `half` thick to either side of z = 0, its edges
    /// rounded by `round`.
    pub fn solid(&self, x: f32, y: f32, z: f32, half: f32, round: f32) -> f32 {
        let a = self.distance(x, y) + round;
        let b = z.abs() - half + round;
        let (pa, pb) = (a.max(0.0), b.max(0.0));
        a.max(b).min(0.0) + (pa * pa + pb * pb).sqrt() - round
    }
}

/// Discs along a Catmull-Rom spline through the given ones, close enough to look like one stroke.
fn spline(stroke: &[Disc]) -> Vec<Disc> {
    const STEPS: usize = 24;
    let last = stroke.len() - 1;
    let mut discs = Vec::new();
    for i in 0..last {
        let (a, b, c, d) = (stroke[i.saturating_sub(1)], stroke[i], stroke[i + 1], stroke[(i + 2).min(last)]);
        for step in 0..=STEPS {
            let t = step as f32 / STEPS as f32;
            let along = |a: f32, b: f32, c: f32, d: f32| {
                0.5 * (2.0 * b
                    + t * ((c - a)
                        + t * ((2.0 * a - 5.0 * b + 4.0 * c - d) + t * (3.0 * b - a - 3.0 * c + d))))
            };
            discs.push((along(a.0, b.0, c.0, d.0), along(a.1, b.1, c.1, d.1), along(a.2, b.2, c.2, d.2)));
        }
    }
    discs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inside_and_outside() {
        let one = Digit::new(1);
        assert!(one.distance(0.06, 0.0) < -0.1, "the stem");
        assert!(one.distance(-0.4, 0.0) > 0.2, "beside the stem");
        assert!((one.distance(5.06, 0.0) - 4.8).abs() < 0.8, "far away");
        assert!(one.solid(0.06, 0.0, 0.5, 0.2, 0.02) > 0.25);
        let three = Digit::new(3);
        assert!(three.distance(-0.1, 0.5) > 0.1, "the upper bay is open");
        assert!(three.distance(-0.1, -0.4) > 0.1, "and the lower one");
    }

    #[test]
    fn never_more_than_the_true_distance() {
        let two = Digit::new(2);
        for (x, y) in [(-3.0, 0.5), (2.0, 2.0), (0.0, -1.6), (0.9, 0.0)] {
            let truth = two.spine().iter().fold(f32::MAX, |d, &(cx, cy, r)| {
                d.min(((x - cx) * (x - cx) + (y - cy) * (y - cy)).sqrt() - r)
            });
            assert!(two.distance(x, y) <= truth + 0.01, "{x} {y}");
        }
    }
}
