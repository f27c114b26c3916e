//! Entropy-coded bits, read without a branch that data decides.
//!
//! The state of the reader is a place in the list of tables of a batch's blocks: a DC difference or AC coefficients, of which component.
//! An entry of a lookup says how many bits it takes, which coefficients it gives, and whether the state moves on. The end of a block is
//! thus no branch, which a processor would guess wrong once a block. The branches left are for what is rare.

use crate::error::Damage;
use crate::huffman::extend;
use crate::lookup::{BITS, END, RARE, SKIP_BITS, Tables};
use pulp::NullaryFnOnce;
use std::hint::select_unpredictable;

/// Blocks of a batch. There is one place more, for what is written past the last one.
pub(crate) const BATCH: usize = 63;

/// The tables of a batch's states: those for DC and AC of each block by turns. It is longer than a batch, so that a byte is
/// always an index.
pub(crate) type States = [u8; 256];

const COEFFICIENTS: usize = (BATCH + 1) * 64;

/// The blocks of a batch.
#[repr(align(64))]
pub(crate) struct Batch {
    /// AC coefficients in zigzag order, as far as a byte holds them.
    coefficients: [u8; COEFFICIENTS + 64],
    /// Coefficients that a byte does not hold: block, index, value.
    pub(crate) wide: Vec<(u8, u8, i16)>,
    /// A bit for each block that has such.
    has_wide: u64,
    /// The bits at the last step of each state, which begin with a DC difference.
    at_state: [u64; 256],
    differences: [i16; BATCH + 1],
    /// The fault that ended the batch.
    damage: Option<Damage>,
}

impl Batch {
    pub(crate) fn new() -> Batch {
        Batch {
            coefficients: [0; COEFFICIENTS + 64],
            // As many as a batch can hold: the list never grows.
            wide: Vec::with_capacity(BATCH * 63),
            has_wide: 0,
            at_state: [0; 256],
            differences: [0; BATCH + 1],
            damage: None,
        }
    }

    /// The DC difference of a block.
    #[inline(always)]
    pub(crate) fn difference(&self, block: usize) -> i16 {
        self.differences[block & BATCH]
    }

    /// The AC coefficients of a block in zigzag order, but for those in `wide`.
    #[inline(always)]
    pub(crate) fn zigzag(&self, block: usize) -> &[u8; 64] {
        match self.coefficients[(block & BATCH) * 64..].first_chunk() {
            Some(coefficients) => coefficients,
            None => &[0; 64],
        }
    }

    #[inline(always)]
    pub(crate) fn has_wide(&self, block: usize) -> bool {
        self.has_wide >> (block & BATCH) & 1 != 0
    }

    /// Sets a DC difference from the bits that it stands at and its entry. One that the rare path has taken stays.
    #[inline(always)]
    fn set_difference(&mut self, block: usize, bits: u64, entry: u32) {
        let at = block & BATCH;
        let is_known = entry & RARE << 8 == 0;
        let value = value(bits, entry & 63, entry >> 26 & 15);
        self.differences[at] = select_unpredictable(is_known, value, self.differences[at]);
    }
}

/// A reader of bits. `buffer` has the next ones from its highest bit on, at least `count` of them; `next` has the bytes at
/// `at`, read one refill ahead, so that the load is off the chain of dependent steps.
#[derive(Clone, Copy)]
pub(crate) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    next: u64,
    buffer: u64,
    /// Only the low 6 bits count.
    count: u32,
}

/// A reader within a batch, as the rare path gets it and gives it back.
#[derive(Clone, Copy)]
struct Step<'a> {
    reader: Bits<'a>,
    state: usize,
    /// The index of the next coefficient.
    index: u32,
}

impl<'a> Bits<'a> {
    #[inline(always)]
    pub(crate) fn new(data: &'a [u8], at: usize) -> Bits<'a> {
        let mut reader = Bits { data, at, next: 0, buffer: 0, count: 0 };
        reader.next = reader.load();
        reader
    }

    /// Eight bytes; zeros past the end.
    #[inline(always)]
    fn load(&self) -> u64 {
        // No closure: one that is not inlined would be compiled without the processor's features.
        match self.data.get(self.at..) {
            Some(rest) => match rest.first_chunk() {
                Some(bytes) => u64::from_be_bytes(*bytes),
                None => past_the_end(),
            },
            None => past_the_end(),
        }
    }

    /// Takes bytes in until there are at least 56 bits.
    #[inline(always)]
    fn refill(&mut self) {
        self.buffer |= self.next >> (self.count & 63);
        self.at += ((63 - (self.count & 63)) >> 3) as usize;
        self.count |= 56;
        self.next = self.load();
    }

    #[inline(always)]
    fn take(&mut self, count: u32) {
        self.buffer <<= count & 63;
        self.count = self.count.wrapping_sub(count);
    }

    /// The place of the next bit.
    #[inline(always)]
    pub(crate) fn position(&self) -> usize {
        (self.at * 8).saturating_sub((self.count & 63) as usize)
    }

    /// Reads `count` blocks.
    #[inline(always)]
    fn blocks(
        &mut self,
        tables: &Tables,
        states: &States,
        count: usize,
        batch: &mut Batch,
    ) -> Result<(), Damage> {
        let count = count.min(BATCH);
        batch.coefficients[..count * 64].fill(0);
        batch.wide.clear();
        batch.has_wide = 0;
        batch.damage = None;
        let end = 2 * count;
        let mut reader = *self;
        let (mut state, mut index) = (0_usize, 0_u32);
        let mut current = &tables.entries[states[0] as usize & 7];
        let mut following = &tables.entries[states[1] as usize & 7];
        macro_rules! step {
            () => {
                let top = (reader.buffer >> (64 - BITS)) as usize;
                let entry = current[top];
                batch.at_state[state & 255] = reader.buffer;
                let sum = index + (entry >> 8 & 255);
                if sum & RARE != 0 {
                    let size = entry >> 26 & 15;
                    if size != 0 {
                        // A value whose bits lie past the index: common at high qualities, and taken here.
                        reader.refill();
                        let value = value(reader.buffer, entry & 63, size);
                        let at = index + (entry >> 20 & 63);
                        if at < 63 && value == i16::from(value as i8) {
                            let place = (state << 5 & !63) + at as usize;
                            batch.coefficients[place & (COEFFICIENTS - 1)] = value as u8;
                            reader.take(entry);
                            index = at + 1;
                            continue;
                        }
                    }
                    Step { reader, state, index } = rare(Step { reader, state, index }, tables, states, batch);
                    if state >= end {
                        break;
                    }
                    current = &tables.entries[states[state & 255] as usize & 7];
                    following = &tables.entries[states[(state + 1) & 255] as usize & 7];
                    continue;
                }
                // Only zeros of the eight may lie past the block, and the next block's coefficients come later.
                let place = (state << 5 & !63) + index as usize + (entry >> 20 & 63) as usize;
                let values = tables.coefficients[states[state & 255] as usize & 7][top].to_le_bytes();
                let place = place & (COEFFICIENTS - 1);
                batch.coefficients[place..place + 8].copy_from_slice(&values);
                reader.take(entry);
                state += (entry >> 31) as usize;
                current = select_unpredictable((entry as i32) < 0, following, current);
                following = &tables.entries[states[(state + 1) & 255] as usize & 7];
                index = select_unpredictable(sum >= END, 0, sum);
            };
        }
        while state < end {
            // 22 bits of a DC value, 11 of AC coefficients, 22 of a DC value.
            reader.refill();
            step!();
            if state >= end {
                break;
            }
            step!();
            if state >= end {
                break;
            }
            step!();
        }
        *self = reader;
        for block in 0..count {
            let bits = batch.at_state[(2 * block) & 255];
            let entry =
                tables.entries[states[(2 * block) & 255] as usize & 7][(bits >> (64 - BITS)) as usize];
            batch.set_difference(block, bits, entry);
        }
        batch.damage.map_or(Ok(()), Err)
    }

    /// Reads the DC differences of `count` blocks, and passes over the other coefficients.
    #[inline(always)]
    fn differences(
        &mut self,
        tables: &Tables,
        states: &States,
        count: usize,
        batch: &mut Batch,
    ) -> Result<(), Damage> {
        let count = count.min(BATCH);
        batch.wide.clear();
        batch.damage = None;
        let end = 2 * count;
        let mut reader = *self;
        let (mut state, mut index) = (0_usize, 0_u32);
        let mut current = &tables.skips[states[0] as usize & 7];
        let mut following = &tables.skips[states[1] as usize & 7];
        macro_rules! step {
            () => {
                let entry = current[(reader.buffer >> (64 - SKIP_BITS)) as usize];
                batch.at_state[state & 255] = reader.buffer;
                let sum = index + (entry >> 8 & 255);
                if sum & RARE != 0 {
                    Step { reader, state, index } =
                        rare(Step { reader, state, index }, tables, states, batch);
                    if state >= end {
                        break;
                    }
                    current = &tables.skips[states[state & 255] as usize & 7];
                    following = &tables.skips[states[(state + 1) & 255] as usize & 7];
                    continue;
                }
                reader.take(entry);
                state += (entry >> 31) as usize;
                current = select_unpredictable((entry as i32) < 0, following, current);
                following = &tables.skips[states[(state + 1) & 255] as usize & 7];
                index = select_unpredictable(sum >= END, 0, sum);
            };
        }
        while state < end {
            // Each takes at most 27 bits.
            reader.refill();
            step!();
            if state >= end {
                break;
            }
            step!();
        }
        *self = reader;
        for block in 0..count {
            let bits = batch.at_state[(2 * block) & 255];
            let entry =
                tables.skips[states[(2 * block) & 255] as usize & 7][(bits >> (64 - SKIP_BITS)) as usize];
            batch.set_difference(block, bits, entry);
        }
        batch.damage.map_or(Ok(()), Err)
    }
}

/// The reading of a batch's blocks, or only of their DC differences.
pub(crate) struct ReadBatch<'a, 'b, const DIFFERENCES: bool> {
    pub(crate) reader: &'b mut Bits<'a>,
    pub(crate) tables: &'b Tables,
    pub(crate) states: &'b States,
    pub(crate) count: usize,
    pub(crate) batch: &'b mut Batch,
}

impl<const DIFFERENCES: bool> NullaryFnOnce for ReadBatch<'_, '_, DIFFERENCES> {
    type Output = Result<(), Damage>;

    #[inline(always)]
    fn call(self) -> Self::Output {
        if DIFFERENCES {
            self.reader.differences(self.tables, self.states, self.count, self.batch)
        } else {
            self.reader.blocks(self.tables, self.states, self.count, self.batch)
        }
    }
}

#[cold]
#[inline(never)]
fn past_the_end() -> u64 {
    0
}

/// Returns the number that the last `size` of the first `length` bits stand for.
#[inline(always)]
fn value(bits: u64, length: u32, size: u32) -> i16 {
    let bits = bits << (length.wrapping_sub(size) & 63);
    let value = ((bits >> 1) >> (63 - (size & 63))) as i32;
    let is_negative = !((bits as i64) >> 63) as i32;
    value.wrapping_add(is_negative & 1_i32.wrapping_sub(1 << (size & 31))) as i16
}

/// Reads one symbol by its code's length.
#[cold]
#[inline(never)]
fn rare<'a>(step: Step<'a>, tables: &Tables, states: &States, batch: &mut Batch) -> Step<'a> {
    let Step { mut reader, mut state, mut index } = step;
    reader.refill();
    let block = (state >> 1) & BATCH;
    let codes = &tables.codes[states[state & 255] as usize & 7];
    let Some((length, symbol)) = codes.find((reader.buffer >> 48) as u32) else {
        return damaged(step, Damage::Code, batch);
    };
    reader.take(length);
    if state & 1 == 0 {
        // At most 15: `Codes::read` has seen to it.
        let size = u32::from(symbol);
        batch.differences[block] = number(&mut reader, size);
        return Step { reader, state: state + 1, index: 1 };
    }
    let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
    if size == 0 && run != 15 {
        return Step { reader, state: state + 1, index: 0 };
    }
    index += run;
    if index > 63 {
        return damaged(step, Damage::Index, batch);
    }
    if size != 0 {
        let value = number(&mut reader, size);
        match i8::try_from(value) {
            Ok(value) => batch.coefficients[block * 64 + index as usize] = value as u8,
            Err(_) => {
                batch.wide.push((block as u8, index as u8, value));
                batch.has_wide |= 1 << block;
            }
        }
    }
    index += 1;
    if index > 63 {
        (state, index) = (state + 1, 0);
    }
    Step { reader, state, index }
}

/// Reads a value of `size` bits, 15 at most.
fn number(reader: &mut Bits<'_>, size: u32) -> i16 {
    let bits = (reader.buffer >> 1 >> (63 - size)) as u32;
    reader.take(size);
    extend(bits, size) as i16
}

/// A step past the end of any batch.
fn damaged<'a>(step: Step<'a>, damage: Damage, batch: &mut Batch) -> Step<'a> {
    batch.damage = Some(damage);
    Step { state: 255, ..step }
}
