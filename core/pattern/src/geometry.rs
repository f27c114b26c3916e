//! Lengths as shares of a picture.

/// `share` of a side of `pixels`, to the nearest pixel.
pub(crate) fn part(pixels: usize, share: f64) -> usize {
    (pixels as f64 * share).round() as usize
}
