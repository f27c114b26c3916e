//! Lookups into Huffman tables by the next bits: one takes as many symbols as have their codes and values within the index.
//!
//! An entry holds, from its lowest bit on:
//!
//! | bits | |
//! |---|---|
//! | 0–5 | bits that it takes |
//! | 8–15 | coefficients that it passes over or gives; [`END`] more where the block ends |
//! | 20–25 | the place of the first coefficient that it gives |
//! | 26–29 | the size of a value whose bits are not looked at |
//! | 31 | the next lookup is into another table: a block's DC value or its last coefficient has been taken |

use crate::huffman::{Codes, extend};

/// Bits of the index into lookups that give coefficients.
pub(crate) const BITS: u32 = 11;
/// Bits of the index into lookups that pass over AC coefficients.
pub(crate) const SKIP_BITS: u32 = 12;

/// The end of a block, added to the coefficients that an entry passes over.
pub(crate) const END: u32 = 128;

/// An advance for what an entry cannot tell. No other is past 62, so that a sum of a coefficient's index and an advance has this
/// bit where something rare happens.
pub(crate) const RARE: u32 = 64;

/// An entry that tells nothing.
pub(crate) const LOOK: u32 = RARE << 8;

/// Four DC tables, then four AC tables.
pub(crate) const SLOTS: usize = 8;

/// Tables, and the lookups that have been made of them.
pub(crate) struct Tables {
    pub(crate) codes: [Codes; SLOTS],
    pub(crate) entries: Box<[[u32; 1 << BITS]; SLOTS]>,
    /// Eight coefficients for each entry, in zigzag order.
    pub(crate) coefficients: Box<[[u64; 1 << BITS]; SLOTS]>,
    pub(crate) skips: Box<[[u32; 1 << SKIP_BITS]; SLOTS]>,
    kept: [Kept; SLOTS],
    single: Box<[(u8, u8); 1 << SKIP_BITS]>,
}

/// A slot's content.
#[derive(Clone, Default)]
struct Kept {
    /// Counts and symbols.
    table: Vec<u8>,
    has_entries: bool,
    has_skips: bool,
}

/// The lookups that a decoder needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    Entries,
    Skips,
    Both,
}

impl Tables {
    pub(crate) fn new() -> Tables {
        Tables {
            codes: [Codes::NONE; SLOTS],
            entries: boxed([LOOK; 1 << BITS]),
            coefficients: boxed([0; 1 << BITS]),
            skips: boxed([LOOK; 1 << SKIP_BITS]),
            kept: Default::default(),
            single: Box::new([(0, 0); 1 << SKIP_BITS]),
        }
    }

    /// Puts a table into a slot, and makes the lookups that are needed. Those of the same table are kept. `None`: it is no table.
    pub(crate) fn set(&mut self, slot: usize, table: &[u8], needs: Needs) -> Option<()> {
        let (kept, is_dc) = (&mut self.kept[slot], slot < 4);
        if kept.table != table {
            self.codes[slot] = Codes::read(table, is_dc)?;
            kept.table.clear();
            kept.table.extend_from_slice(table);
            (kept.has_entries, kept.has_skips) = (false, false);
        }
        let codes = &self.codes[slot];
        if needs != Needs::Skips && !kept.has_entries {
            let (entries, coefficients) = (&mut self.entries[slot], &mut self.coefficients[slot]);
            match is_dc {
                true => fill_dc(codes, BITS, entries),
                false => fill_ac(codes, &mut self.single[..], entries, coefficients),
            }
            kept.has_entries = true;
        }
        if needs != Needs::Entries && !kept.has_skips {
            let skips = &mut self.skips[slot];
            match is_dc {
                true => fill_dc(codes, SKIP_BITS, skips),
                false => fill_skips(codes, &mut self.single[..], skips),
            }
            kept.has_skips = true;
        }
        Some(())
    }
}

fn boxed<T: Copy, const N: usize>(table: [T; N]) -> Box<[[T; N]; SLOTS]> {
    match vec![table; SLOTS].into_boxed_slice().try_into() {
        Ok(tables) => tables,
        Err(_) => unreachable!("the vector has as many elements"),
    }
}

fn entry(bits: u32, advance: u32, is_last: bool, place: u32, size: u32) -> u32 {
    bits | advance << 8 | place << 20 | size << 26 | u32::from(is_last) << 31
}

/// Fills a DC table. The value's bits may lie past the index; sizes over 11 are none of an 8-bit picture.
fn fill_dc(codes: &Codes, bits: u32, entries: &mut [u32]) {
    entries.fill(LOOK);
    codes.each(bits, |indices, length, size| {
        if size <= 11 {
            entries[indices].fill(entry(length + u32::from(size), 1, true, 0, u32::from(size)));
        }
    });
}

/// Length and symbol of the first code of each index; length 0 where it is longer or none.
fn fill_single(codes: &Codes, bits: u32, single: &mut [(u8, u8)]) {
    single.fill((0, 0));
    codes.each(bits, |indices, length, symbol| single[indices].fill((length as u8, symbol)));
}

/// Fills an AC table: as many symbols as lie within the index with their values.
fn fill_ac(codes: &Codes, single: &mut [(u8, u8)], entries: &mut [u32], coefficients: &mut [u64]) {
    let single = &mut single[..1 << BITS];
    fill_single(codes, BITS, single);
    for (index, (entry_, values)) in entries.iter_mut().zip(coefficients).enumerate() {
        let (mut used, mut advance, mut is_last) = (0, 0, false);
        let mut first = None;
        *values = 0;
        loop {
            let (length, symbol) = single[(index << used) & ((1 << BITS) - 1)];
            let (length, run, size) = (u32::from(length), u32::from(symbol >> 4), u32::from(symbol & 15));
            if length == 0 || used + length + size > BITS {
                break;
            }
            if size == 0 {
                if run != 15 {
                    (used, advance, is_last) = (used + length, advance + END, true);
                    break;
                }
                if advance + 16 > 63 {
                    break;
                }
                (used, advance) = (used + length, advance + 16);
            } else {
                let at = advance + run;
                let place = *first.get_or_insert(at);
                if size > 7 || at > 62 || at - place > 7 {
                    if place == at {
                        first = None;
                    }
                    break;
                }
                let bits = (index as u32) >> (BITS - used - length - size) & ((1 << size) - 1);
                *values |= u64::from(extend(bits, size) as i8 as u8) << (8 * (at - place));
                (used, advance) = (used + length + size, at + 1);
            }
            if used == BITS {
                break;
            }
        }
        *entry_ = if used > 0 {
            entry(used, advance, is_last, first.unwrap_or(0), 0)
        } else {
            match single[index] {
                // A value whose bits lie past the index.
                (1.., symbol) if matches!(symbol & 15, 1..=10) => {
                    let (length, size) = (u32::from(single[index].0), u32::from(symbol & 15));
                    LOOK | entry(length + size, 0, false, u32::from(symbol >> 4), size)
                }
                _ => LOOK,
            }
        };
    }
}

/// Fills an AC table that gives no coefficients: the last value's bits may lie past the index.
fn fill_skips(codes: &Codes, single: &mut [(u8, u8)], entries: &mut [u32]) {
    fill_single(codes, SKIP_BITS, single);
    for (index, entry_) in entries.iter_mut().enumerate() {
        let (mut used, mut advance, mut is_last) = (0, 0, false);
        while used < SKIP_BITS {
            let (length, symbol) = single[(index << used) & ((1 << SKIP_BITS) - 1)];
            let (length, run, size) = (u32::from(length), u32::from(symbol >> 4), u32::from(symbol & 15));
            if length == 0 || used + length > SKIP_BITS {
                break;
            }
            if size == 0 && run != 15 {
                (used, advance, is_last) = (used + length, advance + END, true);
                break;
            }
            if advance + run + 1 > 63 || used + length + size > MOST_SKIPPED {
                break;
            }
            (used, advance) = (used + length + size, advance + run + 1);
        }
        *entry_ = if used == 0 { LOOK } else { entry(used, advance, is_last, 0, 0) };
    }
}

/// The most bits that one entry passes over: two of them lie within what a refill gives.
const MOST_SKIPPED: u32 = 27;
