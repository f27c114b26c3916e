//! The frame's number for people: below the ramp, in the middle, in digits of 3 by 5 blocks.

use crate::geometry::part;
use mutoscope_plugin::PlaneMut;

const INK: u8 = 235;

/// Five lines of three blocks, from the top left; the left block is the highest of a line's bits.
const GLYPHS: [[u8; 5]; 10] = [
    [0b111, 0b101, 0b101, 0b101, 0b111],
    [0b010, 0b110, 0b010, 0b010, 0b111],
    [0b111, 0b001, 0b111, 0b100, 0b111],
    [0b111, 0b001, 0b111, 0b001, 0b111],
    [0b101, 0b101, 0b111, 0b001, 0b001],
    [0b111, 0b100, 0b111, 0b001, 0b111],
    [0b111, 0b100, 0b111, 0b101, 0b111],
    [0b111, 0b001, 0b010, 0b010, 0b010],
    [0b111, 0b101, 0b111, 0b101, 0b111],
    [0b111, 0b101, 0b111, 0b001, 0b111],
];

/// Draws `number`; nothing on a picture in which a block would be less than a pixel.
pub(super) fn draw(luma: &mut PlaneMut<'_>, number: u32) {
    let text = number.to_string();
    // A digit and its gap are four blocks wide; u32::MAX has ten.
    let block = part(luma.height, 0.08 / 5.0).min(luma.width / 42);
    let left = (luma.width - (text.len() * 4 * block).min(luma.width)) / 2;
    let top = part(luma.height, 0.895);
    if block == 0 || top + 5 * block > luma.height {
        return;
    }
    for (place, digit) in text.bytes().enumerate() {
        for (line, bits) in GLYPHS[usize::from(digit - b'0')].iter().enumerate() {
            for column in (0..3).filter(|column| bits >> (2 - column) & 1 == 1) {
                let x = left + (place * 4 + column) * block;
                for y in 0..block {
                    luma.row_mut(top + line * block + y)[x..x + block].fill(INK);
                }
            }
        }
    }
}
