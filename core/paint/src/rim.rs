//! The dark rim round light text: the glyph's coverage, dilated by a disc.
//!
//! Dilation keeps what is covered and adds a band of even width round it, on the outside and in every counter, so
//! that no text pixel ever touches the picture: that is what makes it legible on anything.

/// The reach of the rim of a text of this height, in pixels: about half a stem, and at small heights enough for one
/// whole dark pixel on each side.
pub(crate) fn radius(height: u32) -> f32 {
    (0.8 + height as f32 / 20.0).min(8.0)
}

/// The whole pixels that a rim needs on each side.
pub(crate) fn reach(radius: f32) -> usize {
    radius.ceil() as usize
}

/// The coverage mask (`width` wide, row after row) dilated by a disc with a soft edge.
///
/// The caller leaves [`reach`] empty pixels at each side of the mask; nothing is added beyond it.
pub(crate) fn dilate(coverage: &[u8], width: usize, radius: f32) -> Vec<u8> {
    let mut rim = coverage.to_vec();
    if width == 0 {
        return rim;
    }
    let reach = reach(radius) as isize;
    let height = coverage.len() / width;
    for dy in -reach..=reach {
        for dx in -reach..=reach {
            let distance = ((dx * dx + dy * dy) as f32).sqrt();
            // The disc's own coverage of the pixel at this distance: 1 inside, falling to 0 over one pixel.
            let weight = ((radius + 0.5 - distance).clamp(0.0, 1.0) * 256.0) as u16;
            if weight == 0 {
                continue;
            }
            for y in 0..height {
                let Some(source) = y.checked_add_signed(dy).filter(|&source| source < height) else {
                    continue;
                };
                let from = &coverage[source * width..][..width];
                let to = &mut rim[y * width..][..width];
                let shift = dx.unsigned_abs().min(width);
                let (to, from) = if dx < 0 {
                    (&mut to[shift..], &from[..width - shift])
                } else {
                    (&mut to[..width - shift], &from[shift..])
                };
                let pixels = to.iter_mut().zip(from);
                // Most of a large disc weighs all: a plain maximum takes sixteen pixels at a time.
                if weight == 256 {
                    pixels.for_each(|(to, &from)| *to = (*to).max(from));
                } else {
                    pixels.for_each(|(to, &from)| *to = (*to).max(((u16::from(from) * weight) >> 8) as u8));
                }
            }
        }
    }
    rim
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_becomes_a_disc() {
        let mut point = vec![0; 49];
        point[24] = 255;
        let rim = dilate(&point, 7, 2.0);
        assert_eq!(rim[24], 255);
        assert_eq!(rim[24 - 2], 127, "the edge runs through the middle of the pixel at the radius");
        assert_eq!(rim[24 + 1], 255);
        assert_eq!(rim[24 + 2 * 7 + 2], 0, "the corner lies outside the disc");
        let mut turned = rim.clone();
        turned.reverse();
        assert_eq!(rim, turned, "the same to every side");
    }
}
