//! Four lines as one of pixels with four channels.
//!
//! fast_image_resize shortens a line of single bytes tap by tap, and a line of four-channel pixels with SIMD, sixteen lines
//! at once. So lines are put together by four for that pass, and taken apart again.

/// Lines of `width` bytes, put together by four into `fours`, which has 4 x `width` bytes for each four. The last of a number
/// that is no multiple of four stands for those that are missing.
pub(crate) fn join<'a>(lines: impl Iterator<Item = &'a [u8]>, width: usize, fours: &mut [u8]) {
    let mut lines = lines.map(|line| &line[..width]);
    for joined in fours.chunks_exact_mut(4 * width) {
        let Some(first) = lines.next() else { return };
        let [second, third, fourth] = {
            let second = lines.next().unwrap_or(first);
            let third = lines.next().unwrap_or(second);
            [second, third, lines.next().unwrap_or(third)]
        };
        let (pixels, _) = joined.as_chunks_mut::<4>();
        for ((((pixel, a), b), c), d) in pixels.iter_mut().zip(first).zip(second).zip(third).zip(fourth) {
            // As one number: many at a time.
            let (a, b, c, d) = (u32::from(*a), u32::from(*b), u32::from(*c), u32::from(*d));
            *pixel = (a | b << 8 | c << 16 | d << 24).to_le_bytes();
        }
    }
}

/// Takes lines apart that [`join`] put together, until there are no more in `lines`, each `width` bytes long.
pub(crate) fn split<'a>(fours: &[u8], width: usize, mut lines: impl Iterator<Item = &'a mut [u8]>) {
    for joined in fours.chunks_exact(4 * width) {
        let (pixels, _) = joined.as_chunks::<4>();
        for (shift, line) in [0, 8, 16, 24].into_iter().zip(&mut lines) {
            for (byte, pixel) in line.iter_mut().zip(pixels) {
                *byte = (u32::from_le_bytes(*pixel) >> shift) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_together_comes_apart_again() {
        for count in 1..10_usize {
            for width in [1, 3, 16, 37] {
                let bytes: Vec<u8> = (0..count * width).map(|index| (index * 7) as u8).collect();
                let mut fours = vec![1; 4 * width * count.div_ceil(4)];
                join(bytes.chunks(width), width, &mut fours);
                let mut again = vec![0; bytes.len()];
                split(&fours, width, again.chunks_mut(width));
                assert_eq!(again, bytes, "{count} lines of {width}");
            }
        }
    }
}
