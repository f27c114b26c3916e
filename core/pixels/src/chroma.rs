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
            let (pairs, rest) = out.as_chunks_mut::<2>();
            for ((out, upper), lower) in pairs.iter_mut().zip(upper).zip(lower) {
                *out = [mean(*upper, *lower); 2];
            }
            let at = pairs.len();
            if let ([last], Some(upper), Some(lower)) = (rest, upper.get(at), lower.get(at)) {
                *last = mean(*upper, *lower);
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

fn mean(a: u8, b: u8) -> u8 {
    ((u16::from(a) + u16::from(b) + 1) >> 1) as u8
}

/// Pairs taken apart.
pub(crate) fn split(pairs: &[u8], first: &mut [u8], second: &mut [u8]) {
    for ((first, second), pair) in first.iter_mut().zip(second).zip(pairs.as_chunks::<2>().0) {
        // As above: one 16-bit number is quicker than two bytes.
        let pair = u16::from_le_bytes(*pair);
        (*first, *second) = (pair as u8, (pair >> 8) as u8);
    }
}

/// Pairs put together.
pub(crate) fn join(first: &[u8], second: &[u8], pairs: &mut [u8]) {
    for ((pair, first), second) in pairs.as_chunks_mut::<2>().0.iter_mut().zip(first).zip(second) {
        *pair = [*first, *second];
    }
}

/// The second of each pair: the high bytes of little-endian 16-bit numbers.
pub(crate) fn high(pairs: &[u8], out: &mut [u8]) {
    for (out, pair) in out.iter_mut().zip(pairs.as_chunks::<2>().0) {
        *out = (u16::from_le_bytes(*pair) >> 8) as u8;
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
