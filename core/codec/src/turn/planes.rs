//! Turning on pixels, one plane after another.
//!
//! Each sample is moved and none is changed. Chroma of odd sizes moves with its own plane: the last column of 4:2:0
//! chroma, which has a single column of luma under it, comes first in the mirrored picture.

use super::Orientation;
use mutoscope_plugin::{Frame, Plane, PlaneMut, Result, Services};

/// The side of the squares that are transposed in registers, a line to a register.
const SQUARE: usize = 16;

/// Lines that are transposed together: one cache line of each line of the result, while it is at hand.
const BAND: usize = 64;

/// A new frame with the planes of `frame` in another orientation.
///
/// # Errors
/// There is no memory for it within the host's limit.
pub fn turn(frame: &Frame, orientation: Orientation, services: &Services) -> Result<Frame> {
    let mut turned = Frame::pooled(orientation.format(frame.format()), frame.times(), services)?;
    for (from, mut to) in frame.planes().zip(turned.planes_mut(services)?) {
        if orientation.transpose {
            transpose(from, &mut to, orientation);
        } else {
            mirror(from, &mut to, orientation);
        }
    }
    Ok(turned.stamped_as(frame))
}

fn mirror(from: Plane<'_>, to: &mut PlaneMut<'_>, Orientation { hflip, vflip, .. }: Orientation) {
    let last = from.height - 1;
    for (y, line) in to.rows_mut().enumerate() {
        let source = from.row(if vflip { last - y } else { y });
        if hflip {
            reverse(source, line);
        } else {
            line.copy_from_slice(source);
        }
    }
}

/// `to` becomes `from` backwards, a word at a time.
fn reverse(from: &[u8], to: &mut [u8]) {
    let (words, rest) = to.as_chunks_mut::<8>();
    let (start, source) = from.as_rchunks::<8>();
    for (word, source) in words.iter_mut().zip(source.iter().rev()) {
        *word = u64::from_le_bytes(*source).to_be_bytes();
    }
    for (byte, source) in rest.iter_mut().zip(start.iter().rev()) {
        *byte = *source;
    }
}

/// Line `y` of `from` becomes column `y` of `to`, or the one that the mirrors make of it.
fn transpose(from: Plane<'_>, to: &mut PlaneMut<'_>, Orientation { hflip, vflip, .. }: Orientation) {
    let (width, height) = (from.width, from.height);
    if width < SQUARE || height < SQUARE {
        for (y, line) in from.rows().enumerate() {
            let column = if hflip { height - 1 - y } else { y };
            for (x, byte) in line.iter().enumerate() {
                to.row_mut(if vflip { width - 1 - x } else { x })[column] = *byte;
            }
        }
        return;
    }
    // The last square of a line or a column overlaps the one before it where the side is no multiple.
    let places = |side: usize| (0..side).step_by(SQUARE).map(move |at| at.min(side - SQUARE));
    for band in (0..height).step_by(BAND) {
        for x in places(width) {
            for y in (band..height.min(band + BAND)).step_by(SQUARE).map(|y| y.min(height - SQUARE)) {
                let mut square = [[0; SQUARE]; SQUARE];
                for (line, bytes) in square.iter_mut().enumerate() {
                    bytes.copy_from_slice(&from.data[(y + line) * from.stride + x..][..SQUARE]);
                }
                // Lines reversed before are columns reversed after.
                if hflip {
                    square.reverse();
                }
                square = transposed(square);
                if vflip {
                    square.reverse();
                }
                let column = if hflip { height - SQUARE - y } else { y };
                let row = if vflip { width - SQUARE - x } else { x };
                for (line, bytes) in square.iter().enumerate() {
                    to.data[(row + line) * to.stride + column..][..SQUARE].copy_from_slice(bytes);
                }
            }
        }
    }
}

type Line = [u8; SQUARE];

/// Rows become columns: the lower half of the lines is shuffled into the upper half like cards, four times. Each time an
/// element's number (its line in the upper four bits, its column in the lower) is rotated by one bit. This and what it
/// calls is inlined by hand, as the compiler stops half way and then passes whole squares through memory.
#[inline(always)]
fn transposed(square: [Line; SQUARE]) -> [Line; SQUARE] {
    shuffled(&shuffled(&shuffled(&shuffled(&square))))
}

#[inline(always)]
fn shuffled(square: &[Line; SQUARE]) -> [Line; SQUARE] {
    let mut shuffled = [[0; SQUARE]; SQUARE];
    for line in 0..SQUARE / 2 {
        [shuffled[2 * line], shuffled[2 * line + 1]] = interleaved(&square[line], &square[line + SQUARE / 2]);
    }
    shuffled
}

/// Two lines shuffled into each other. In this form the compiler makes one instruction of each half, where
/// indices computed from the position cost ten times as much.
#[inline(always)]
fn interleaved(upper: &Line, lower: &Line) -> [Line; 2] {
    let (mut first, mut second) = ([0; SQUARE], [0; SQUARE]);
    for column in 0..SQUARE / 2 {
        (first[2 * column], first[2 * column + 1]) = (upper[column], lower[column]);
        let right = column + SQUARE / 2;
        (second[2 * column], second[2 * column + 1]) = (upper[right], lower[right]);
    }
    [first, second]
}
