//! Bayer mosaics: one colour a pixel, the two others interpolated from the neighbours.
//!
//! Bilinear, that is: plain means of the nearest pixels that have the colour. No white balance and no gamma: what the
//! sensor says is taken for RGB.

use crate::rgb::{self, Order};
use mutoscope_plugin::Plane;

/// Memory for the lines that a line is interpolated from, and for its three colours.
#[derive(Default)]
pub(crate) struct Scratch {
    lines: [Vec<u8>; 3],
    colours: [Vec<u8>; 3],
}

/// Line `y` as RGB, three bytes a pixel.
pub(crate) fn interpolate(
    plane: &Plane<'_>,
    y: usize,
    (red_line, red_column): (usize, usize),
    scratch: &mut Scratch,
    out: &mut [u8],
) {
    // Beyond an edge the picture is its own mirror image, which keeps the colours in their places.
    for (line, y) in scratch.lines.iter_mut().zip([y as isize - 1, y as isize, y as isize + 1]) {
        let row = plane.row(mirror(y, plane.height));
        line.clear();
        line.push(row[mirror(-1, row.len())]);
        line.extend_from_slice(row);
        line.push(row[mirror(row.len() as isize, row.len())]);
    }
    scratch.colours.iter_mut().for_each(|colour| colour.resize(plane.width, 0));
    // A line has green and one colour of its own, red or blue; the other one stands above and below.
    let own_is_red = y % 2 == red_line;
    let own_column = if own_is_red { red_column } else { 1 - red_column };
    let [own, green, other] = &mut scratch.colours;
    colours(scratch.lines.each_ref().map(Vec::as_slice), own_column, [own, green, other]);
    let (red, blue) = if own_is_red { (own, other) } else { (other, own) };
    rgb::interleave([red, green, blue], Order::RGB, out);
}

/// The line's own colour, green, and the other colour, of the middle one of three lines with a pixel more on each side.
///
/// Every pixel is computed both as one of the own colour and as a green one, and then chosen: without a branch, the
/// compiler makes many pixels at a time.
fn colours(lines: [&[u8]; 3], own_column: usize, [own, green, other]: [&mut Vec<u8>; 3]) {
    let len = own.len();
    let [above, here, below] = lines.map(|line| [&line[..len], &line[1..=len], &line[2..len + 2]]);
    let (own, green, other) = (&mut own[..], &mut green[..len], &mut other[..len]);
    for x in 0..len {
        let (beside, over) = ([here[0][x], here[2][x]], [above[1][x], below[1][x]]);
        let corners = mean4([above[0][x], above[2][x]], [below[0][x], below[2][x]]);
        // All bits set where the pixel has the line's own colour.
        let mask = (((x ^ own_column) & 1) as u8).wrapping_sub(1);
        let choose = |if_own: u8, if_green: u8| (if_own & mask) | (if_green & !mask);
        own[x] = choose(here[1][x], mean2(beside));
        green[x] = choose(mean4(beside, over), here[1][x]);
        other[x] = choose(corners, mean2(over));
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
