//! The frame's number for programs: a row of black and white blocks.
//!
//! | cells | what |
//! |---|---|
//! | 0, 1 | white, black: the start; the other way round in a picture that was mirrored |
//! | 2 to 33 | the number, highest bit first, white is 1 |
//! | 34 to 41 | the four bytes of the number and A5 (hexadecimal), all combined by exclusive or |
//! | 42, 43 | white, black: the end |
//!
//! All [`CELLS`] are equally wide and together as wide as the picture; the row stands at fixed shares of the height. So
//! a picture that was resized, also out of shape, is read like the one that was drawn. Corners and edges are left to
//! those who write the time there.

use crate::geometry::part;
use mutoscope_plugin::{Plane, PlaneMut};
use std::ops::Range;

/// Blocks in the row.
const CELLS: usize = 44;

/// The place of the row, as shares of the height.
const ROW: Range<f64> = 0.64..0.75;

/// The cells before the number and after the check.
const GUARD: [bool; 2] = [true, false];

/// The narrowest picture in which the counter is drawn, in pixels: four for each block.
pub const MIN_WIDTH: u32 = 4 * CELLS as u32;

/// The lowest picture in which the counter is drawn, in pixels.
pub const MIN_HEIGHT: u32 = 72;

/// Draws `number` on the luma plane, if there is room.
pub(super) fn draw(luma: &mut PlaneMut<'_>, number: u32) {
    if luma.width < MIN_WIDTH as usize || luma.height < MIN_HEIGHT as usize {
        return;
    }
    let width = luma.width;
    for y in part(luma.height, ROW.start)..part(luma.height, ROW.end) {
        let line = luma.row_mut(y);
        for (index, bit) in cells(number).into_iter().enumerate() {
            line[edge(index, width)..edge(index + 1, width)].fill(if bit { 255 } else { 0 });
        }
    }
}

/// The number in the luma plane of a pattern that may have been compressed or resized since it was drawn. `None` if
/// there is none, or it cannot be read for certain.
///
/// A number survives JPEG at quality 50 and halving of any pattern from 640x360 on.
pub fn read_counter(luma: Plane<'_>) -> Option<u32> {
    // Two pixels of a block to be looked at, and two lines.
    if luma.width < 2 * CELLS || luma.height < MIN_HEIGHT as usize / 2 {
        return None;
    }
    let mut bits = [false; CELLS];
    for (index, bit) in bits.iter_mut().enumerate() {
        *bit = read_cell(luma, index)?;
    }
    let value = |bits: &[bool]| bits.iter().fold(0, |value, bit| value << 1 | u32::from(*bit));
    let number = value(&bits[2..34]);
    (bits == cells(number)).then_some(number)
}

/// Returns whether a cell is white; `None` if it is neither white nor black.
fn read_cell(luma: Plane<'_>, index: usize) -> Option<bool> {
    // The inner half both ways: edges are blurred.
    let inner = |start: usize, end: usize| {
        let quarter = (end - start) / 4;
        start + quarter..end - quarter
    };
    let columns = inner(edge(index, luma.width), edge(index + 1, luma.width));
    let rows = inner(part(luma.height, ROW.start), part(luma.height, ROW.end));
    let count = (columns.len() * rows.len()) as u64;
    let sum: u64 = rows.flat_map(|y| &luma.row(y)[columns.clone()]).map(|byte| u64::from(*byte)).sum();
    match sum.checked_div(count)? {
        0..=89 => Some(false),
        166.. => Some(true),
        _ => None,
    }
}

/// All cells for a number.
fn cells(number: u32) -> [bool; CELLS] {
    let check = number.to_be_bytes().iter().fold(0xa5, |check, byte| check ^ byte);
    let mut cells = [false; CELLS];
    cells[..2].copy_from_slice(&GUARD);
    for (index, cell) in cells[2..34].iter_mut().enumerate() {
        *cell = number >> (31 - index) & 1 == 1;
    }
    for (index, cell) in cells[34..42].iter_mut().enumerate() {
        *cell = check >> (7 - index) & 1 == 1;
    }
    cells[42..].copy_from_slice(&GUARD);
    cells
}

fn edge(index: usize, width: usize) -> usize {
    index * width / CELLS
}
