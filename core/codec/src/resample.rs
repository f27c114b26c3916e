//! Chroma from one subsampling to another, for a JPEG that shall have another than its input.
//!
//! JPEG's chroma samples stand in the middle of the pixels that share them (JFIF 1.02, page 5): halving is a mean,
//! doubling a repetition.

use mutoscope_plugin::{PixelFormat, Plane};

/// The chroma of grey.
const NEUTRAL: u8 = 128;

/// One chroma plane of a picture of kind `from`, written as one of kind `to` into `out`: `width` by `height` samples,
/// lines `stride` bytes apart. A grey picture's plane is neutral, and `plane` is not looked at.
pub(crate) fn resample(
    plane: &Plane<'_>,
    (from, to): (PixelFormat, PixelFormat),
    out: &mut [u8],
    stride: usize,
    (width, height): (usize, usize),
) {
    let (from_across, from_down) = from.chroma_subsampling();
    let (to_across, to_down) = to.chroma_subsampling();
    for (y, line) in out.chunks_mut(stride).take(height).enumerate() {
        let line = &mut line[..width];
        if from == PixelFormat::GREY {
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
            (2, 1) => double(upper, lower, line),
            _ => {
                for ((out, upper), lower) in line.iter_mut().zip(upper).zip(lower) {
                    *out = mean(*upper, *lower);
                }
            }
        }
    }
}

/// The mean of each two by two samples, in one rounding; the last of an odd number stands alone.
fn halve(upper: &[u8], lower: &[u8], out: &mut [u8]) {
    let ((upper, upper_rest), (lower, lower_rest)) = (upper.as_chunks::<2>(), lower.as_chunks::<2>());
    for ((out, upper), lower) in out.iter_mut().zip(upper).zip(lower) {
        // Taken as 16-bit numbers, pairs are added many at a time.
        let (upper, lower) = (u16::from_le_bytes(*upper), u16::from_le_bytes(*lower));
        *out = (((upper & 255) + (upper >> 8) + (lower & 255) + (lower >> 8) + 2) >> 2) as u8;
    }
    if let (Some(out), [upper], [lower]) = (out.get_mut(upper.len()), upper_rest, lower_rest) {
        *out = mean(*upper, *lower);
    }
}

/// Each sample twice; the last one once where an odd number is wanted.
fn double(upper: &[u8], lower: &[u8], out: &mut [u8]) {
    let (pairs, rest) = out.as_chunks_mut::<2>();
    for ((out, upper), lower) in pairs.iter_mut().zip(upper).zip(lower) {
        *out = [mean(*upper, *lower); 2];
    }
    if let ([last], Some(upper), Some(lower)) = (rest, upper.get(pairs.len()), lower.get(pairs.len())) {
        *last = mean(*upper, *lower);
    }
}

fn mean(a: u8, b: u8) -> u8 {
    ((u16::from(a) + u16::from(b) + 1) >> 1) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resampled(plane: &Plane<'_>, kinds: (PixelFormat, PixelFormat), shape: (usize, usize)) -> Vec<u8> {
        let mut out = vec![0; shape.0 * shape.1];
        resample(plane, kinds, &mut out, shape.0, shape);
        out
    }

    #[test]
    fn means_and_repetitions_are_exact_at_odd_sizes() {
        let data = [10, 20, 30, 40, 50, 60, 70, 80, 91];
        let plane = Plane { data: &data, stride: 3, width: 3, height: 3 };
        assert_eq!(resampled(&plane, (PixelFormat::I444, PixelFormat::I420), (2, 2)), [30, 45, 75, 91]);
        assert_eq!(
            resampled(&plane, (PixelFormat::I444, PixelFormat::I422), (2, 3)),
            [15, 30, 45, 60, 75, 91]
        );
        assert_eq!(
            resampled(&plane, (PixelFormat::I422, PixelFormat::I420), (3, 2)),
            [25, 35, 45, 70, 80, 91]
        );
        assert_eq!(
            resampled(&plane, (PixelFormat::I420, PixelFormat::I444), (5, 2)),
            [10, 10, 20, 20, 30, 10, 10, 20, 20, 30]
        );
        assert_eq!(resampled(&plane, (PixelFormat::I440, PixelFormat::I422), (2, 2)), [15, 30, 15, 30]);
        assert_eq!(resampled(&plane, (PixelFormat::GREY, PixelFormat::I420), (1, 2)), [128, 128]);
    }
}
