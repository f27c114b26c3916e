//! Bayer mosaics: one colour a pixel, the two others interpolated from the neighbours.
//!
//! Bilinear, that is: plain means of the nearest pixels that have the colour. No white balance and no gamma: what the
//! sensor says is taken for RGB.

use mutoscope_plugin::Plane;

/// One line as RGB, three bytes a pixel. `memory` is scratch.
pub(crate) fn interpolate(
    plane: &Plane<'_>,
    y: usize,
    (red_line, red_column): (usize, usize),
    memory: &mut [Vec<u8>; 3],
    rgb: &mut [u8],
) {
    // Beyond an edge the picture is its own mirror image, which keeps the colours in their places.
    let mirrored = |y: isize| mirror(y, plane.height);
    for (line, y) in memory.iter_mut().zip([y as isize - 1, y as isize, y as isize + 1]) {
        let row = plane.row(mirrored(y));
        line.clear();
        line.push(row[mirror(-1, row.len())]);
        line.extend_from_slice(row);
        line.push(row[mirror(row.len() as isize, row.len())]);
    }
    let [above, here, below] = memory.each_ref().map(Vec::as_slice);
    // A line has green and one colour of its own, red or blue; the other one stands above and below.
    let own_is_red = y % 2 == red_line % 2;
    let own_column = if own_is_red { red_column } else { 1 - red_column };
    let (own, other) = if own_is_red { (0, 2) } else { (2, 0) };
    for (x, pixel) in rgb.chunks_exact_mut(3).enumerate() {
        let (above, here, below) = (&above[x..x + 3], &here[x..x + 3], &below[x..x + 3]);
        let beside = [here[0], here[2]];
        let over = [above[1], below[1]];
        if x % 2 == own_column {
            pixel[own] = here[1];
            pixel[1] = mean4(beside, over);
            pixel[other] = mean4([above[0], above[2]], [below[0], below[2]]);
        } else {
            pixel[own] = mean2(beside);
            pixel[1] = here[1];
            pixel[other] = mean2(over);
        }
    }
}

/// One line of a mosaic out of a line of RGB, three bytes a pixel.
pub(crate) fn mosaic(rgb: &[u8], y: usize, (red_line, red_column): (usize, usize), out: &mut [u8]) {
    let own_is_red = y % 2 == red_line;
    let (own, own_column) = if own_is_red { (0, red_column) } else { (2, 1 - red_column) };
    for (x, (out, pixel)) in out.iter_mut().zip(rgb.chunks_exact(3)).enumerate() {
        *out = pixel[if x % 2 == own_column { own } else { 1 }];
    }
}

/// Position `at` of a line of `len` that goes on as its own mirror image on both sides.
fn mirror(at: isize, len: usize) -> usize {
    let last = len as isize - 1;
    let at = if at > last { 2 * last - at } else { at.abs() };
    at.clamp(0, last) as usize
}

fn mean2([a, b]: [u8; 2]) -> u8 {
    ((u16::from(a) + u16::from(b) + 1) >> 1) as u8
}

fn mean4([a, b]: [u8; 2], [c, d]: [u8; 2]) -> u8 {
    ((u16::from(a) + u16::from(b) + u16::from(c) + u16::from(d) + 2) >> 2) as u8
}
