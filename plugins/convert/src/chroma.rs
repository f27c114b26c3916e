//! Chroma from one subsampling to another, line by line.
//!
//! A sample stands in the middle of the pixels that share it, as in JPEG (JFIF 1.02): halving is a mean, doubling a
//! repetition. (MPEG's sits a quarter of a pixel to the left; the difference is not worth a filter.)

/// A line of chroma out of the two lines `upper` and `lower` (the same one twice where nothing is halved vertically),
/// each sample of which stands for `from` pixels across, with samples for `to` pixels. 1 or 2 each.
pub(crate) fn resample(upper: &[u8], lower: &[u8], (from, to): (usize, usize), out: &mut [u8]) {
    match (from, to) {
        (1, 2) => halve(upper, lower, out),
        (2, 1) => {
            for ((out, upper), lower) in out.chunks_mut(2).zip(upper).zip(lower) {
                out.fill(mean(*upper, *lower));
            }
        }
        _ => {
            for ((out, upper), lower) in out.iter_mut().zip(upper).zip(lower) {
                *out = mean(*upper, *lower);
            }
        }
    }
}

/// The mean of each two by two samples, in one rounding; the last of an odd number stands alone.
fn halve(upper: &[u8], lower: &[u8], out: &mut [u8]) {
    for ((out, upper), lower) in out.iter_mut().zip(upper.chunks(2)).zip(lower.chunks(2)) {
        let (first, last) = (0, upper.len() - 1);
        let sum = u16::from(upper[first])
            + u16::from(upper[last])
            + u16::from(lower[first])
            + u16::from(lower[last]);
        *out = ((sum + 2) >> 2) as u8;
    }
}

fn mean(a: u8, b: u8) -> u8 {
    ((u16::from(a) + u16::from(b) + 1) >> 1) as u8
}

/// Pairs taken apart.
pub(crate) fn split(pairs: &[u8], first: &mut [u8], second: &mut [u8]) {
    for ((first, second), pair) in first.iter_mut().zip(second).zip(pairs.chunks_exact(2)) {
        (*first, *second) = (pair[0], pair[1]);
    }
}

/// Pairs put together.
pub(crate) fn join(first: &[u8], second: &[u8], pairs: &mut [u8]) {
    for ((pair, first), second) in pairs.chunks_exact_mut(2).zip(first).zip(second) {
        pair.copy_from_slice(&[*first, *second]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_and_repetitions_are_exact_at_odd_lengths() {
        let mut out = [0; 5];
        resample(&[10, 20, 31], &[20, 30, 40], (1, 2), &mut out[..2]);
        assert_eq!(out[..2], [20, 36]);
        resample(&[10, 20, 31], &[10, 20, 31], (2, 1), &mut out);
        assert_eq!(out, [10, 10, 20, 20, 31]);
        resample(&[10, 20], &[11, 30], (1, 1), &mut out[..2]);
        assert_eq!(out[..2], [11, 25]);
    }
}
