//! Chroma from one subsampling to another, for a JPEG that shall have another than its input.
//!
//! JPEG's chroma samples stand in the middle of the pixels that share them (JFIF 1.02, page 5): halving is a mean,
//! doubling a repetition.

use mutoscope_plugin::{Kind, Plane};

/// What a colour that is none has for chroma.
const NEUTRAL: u8 = 128;

/// One chroma plane of a picture of kind `from`, written as one of kind `to` into `out`: `width` by `height` samples,
/// lines `stride` bytes apart. A grey picture's plane is neutral, and `plane` is not looked at.
pub(crate) fn resample(
    plane: &Plane<'_>,
    (from, to): (Kind, Kind),
    out: &mut [u8],
    stride: usize,
    (width, height): (usize, usize),
) {
    let (from_across, from_down) = from.chroma_subsampling();
    let (to_across, to_down) = to.chroma_subsampling();
    for (y, line) in out.chunks_mut(stride).take(height).enumerate() {
        let line = &mut line[..width];
        if from == Kind::GREY {
            line.fill(NEUTRAL);
            continue;
        }
        let last = plane.height - 1;
        let (upper, lower) = match (from_down, to_down) {
            (1, 2) => ((2 * y).min(last), (2 * y + 1).min(last)),
            (2, 1) => ((y / 2).min(last), (y / 2).min(last)),
            _ => (y.min(last), y.min(last)),
        };
        let (upper, lower) = (plane.row(upper), plane.row(lower));
        match (from_across, to_across) {
            (1, 2) => halve(upper, lower, line),
            (2, 1) => {
                for (x, out) in line.iter_mut().enumerate() {
                    let x = (x / 2).min(upper.len() - 1);
                    *out = mean(&[upper[x], lower[x]]);
                }
            }
            _ => {
                for (x, out) in line.iter_mut().enumerate() {
                    let x = x.min(upper.len() - 1);
                    *out = mean(&[upper[x], lower[x]]);
                }
            }
        }
    }
}

/// The mean of each 2 by 2 samples, in one rounding.
fn halve(upper: &[u8], lower: &[u8], out: &mut [u8]) {
    let pairs = upper.chunks_exact(2).zip(lower.chunks_exact(2));
    for ((upper, lower), out) in pairs.zip(out.iter_mut()) {
        *out = mean(&[upper[0], upper[1], lower[0], lower[1]]);
    }
    // The last of an odd number stands alone, and what is padding after it is like it.
    let whole = upper.len() / 2;
    if let (Some(upper), Some(lower), Some(rest)) = (upper.last(), lower.last(), out.get_mut(whole..)) {
        rest.fill(mean(&[*upper, *lower]));
    }
}

/// The mean, rounded.
fn mean<const N: usize>(samples: &[u8; N]) -> u8 {
    let sum: u32 = samples.iter().map(|sample| u32::from(*sample)).sum();
    ((sum + N as u32 / 2) / N as u32) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resampled(plane: &Plane<'_>, kinds: (Kind, Kind), shape: (usize, usize)) -> Vec<u8> {
        let mut out = vec![0; shape.0 * shape.1];
        resample(plane, kinds, &mut out, shape.0, shape);
        out
    }

    #[test]
    fn means_and_repetitions_are_exact_at_odd_sizes() {
        let data = [10, 20, 30, 40, 50, 60, 70, 80, 91];
        let plane = Plane { data: &data, stride: 3, width: 3, height: 3 };
        assert_eq!(resampled(&plane, (Kind::I444, Kind::I420), (2, 2)), [30, 45, 75, 91]);
        assert_eq!(resampled(&plane, (Kind::I444, Kind::I422), (2, 3)), [15, 30, 45, 60, 75, 91]);
        assert_eq!(resampled(&plane, (Kind::I422, Kind::I420), (3, 2)), [25, 35, 45, 70, 80, 91]);
        assert_eq!(
            resampled(&plane, (Kind::I420, Kind::I444), (5, 2)),
            [10, 10, 20, 20, 30, 10, 10, 20, 20, 30]
        );
        assert_eq!(resampled(&plane, (Kind::I440, Kind::I422), (2, 2)), [15, 30, 15, 30]);
        assert_eq!(resampled(&plane, (Kind::GREY, Kind::I420), (1, 2)), [128, 128]);
    }
}
