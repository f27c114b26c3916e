//! The entropy-coded data of a sequential Huffman picture, read block by block: whether all of it is there, and single
//! blocks' coefficients, which a decoder at a small scale does not give.
//!
//! ITU-T T.81: the order of blocks is A.2, Huffman tables C and F.2.2, restarts F.2.2.5 (here: E.2.4).

use crate::huffman::TABLES;
use memchr::memchr;
use mutoscope_plugin::{JpegSegment, JpegSegments};

/// From the order in a scan to that in a block (T.81, figure 5).
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
    14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
    46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// A block of coefficients, dequantised, line after line.
pub(crate) type Coefficients = [i32; 64];

/// A block's place: its component, its column and its line among the component's blocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) component: usize,
    pub(crate) x: usize,
    pub(crate) y: usize,
}

/// A sequential Huffman picture of 8 bits whose components all stand in its first scan.
pub(crate) struct Scan<'a> {
    data: &'a [u8],
    components: Vec<Component>,
    tables: [[Option<Table>; 4]; 2],
    /// MCUs across and down.
    mcus: (usize, usize),
    /// MCUs between restart markers; 0: there are none.
    interval: usize,
}

/// A component of the frame header and of the scan header.
struct Component {
    /// Blocks of an MCU, across and down.
    blocks: (usize, usize),
    /// Numbers of the DC and the AC table.
    tables: (usize, usize),
    quantisation: [u16; 64],
}

impl<'a> Scan<'a> {
    /// Reads the header. `None`: it is of another process, has several scans, or is damaged.
    pub(crate) fn read(jpeg: &'a [u8]) -> Option<Scan<'a>> {
        let mut tables: [[Option<Table>; 4]; 2] = Default::default();
        // What stands in the picture's own tables comes later, and replaces these.
        read_tables(&TABLES[4..], &mut tables)?;
        let (mut quantisations, mut frame, mut interval) = ([[0; 64]; 4], None, 0);
        for segment in JpegSegments::new(jpeg) {
            let content = segment.content;
            match segment.marker {
                0xdb => read_quantisations(content, &mut quantisations)?,
                0xc4 => read_tables(content, &mut tables)?,
                0xdd => interval = usize::from(u16::from_be_bytes([*content.first()?, *content.get(1)?])),
                0xc0 | 0xc1 => frame = Some(content),
                JpegSegment::SCAN => {
                    let data = &jpeg[segment.at + content.len()..];
                    let (mcus, components) = read_scan(frame?, content, &quantisations)?;
                    return Some(Scan { data, components, tables, mcus, interval });
                }
                0xc2 | 0xc3 | 0xc5..=0xcf => return None,
                _ => {}
            }
        }
        None
    }

    /// Returns whether every block is there.
    pub(crate) fn is_whole(&self) -> bool {
        self.walk(|_| false, |_, _| {})
    }

    /// Returns whether every block is there, every code is one of the tables', and every restart marker in its place. Blocks
    /// that are `wanted` are `given`, as far as there are any.
    pub(crate) fn walk(
        &self,
        wanted: impl Fn(Place) -> bool,
        mut given: impl FnMut(Place, &Coefficients),
    ) -> bool {
        let mut bits = Bits { data: self.data, at: 0, bits: 0, count: 0 };
        let mut means = [0; 4];
        let (across, down) = self.mcus;
        for mcu in 0..across * down {
            if self.interval > 0 && mcu > 0 && mcu % self.interval == 0 {
                if !bits.restart((mcu / self.interval - 1) as u8 & 7) {
                    return false;
                }
                means = [0; 4];
            }
            for (index, component) in self.components.iter().enumerate() {
                let (Some(dc), Some(ac)) =
                    (&self.tables[0][component.tables.0], &self.tables[1][component.tables.1])
                else {
                    return false;
                };
                let (h, v) = component.blocks;
                for block in 0..h * v {
                    let (x, y) = (mcu % across * h + block % h, mcu / across * v + block / h);
                    let place = Place { component: index, x, y };
                    let mean = &mut means[index];
                    let read = if wanted(place) {
                        let mut coefficients = [0; 64];
                        let read = bits.block(dc, ac, mean, |at, value| {
                            let factor = i32::from(component.quantisation[at]);
                            coefficients[usize::from(ZIGZAG[at])] = value.saturating_mul(factor);
                        });
                        if read.is_some() {
                            given(place, &coefficients);
                        }
                        read
                    } else {
                        bits.block(dc, ac, mean, |_, _| {})
                    };
                    if read.is_none() {
                        return false;
                    }
                }
            }
        }
        true
    }
}

/// A DQT segment (B.2.4.1).
fn read_quantisations(mut segment: &[u8], tables: &mut [[u16; 64]; 4]) -> Option<()> {
    while let Some((&head, rest)) = segment.split_first() {
        let table = tables.get_mut(usize::from(head & 15))?;
        let bytes = if head >> 4 == 0 { 1 } else { 2 };
        let entries = rest.get(..64 * bytes)?.chunks_exact(bytes);
        for (entry, value) in table.iter_mut().zip(entries) {
            *entry = value.iter().fold(0, |sum, byte| sum << 8 | u16::from(*byte));
        }
        segment = &rest[64 * bytes..];
    }
    Some(())
}

/// A DHT segment (B.2.4.2).
fn read_tables(mut segment: &[u8], tables: &mut [[Option<Table>; 4]; 2]) -> Option<()> {
    while let Some((&head, rest)) = segment.split_first() {
        let lengths: &[u8; 16] = rest.get(..16)?.try_into().ok()?;
        let count = lengths.iter().map(|count| usize::from(*count)).sum::<usize>();
        let symbols = rest.get(16..16 + count)?;
        let table = tables.get_mut(usize::from(head >> 4))?.get_mut(usize::from(head & 15))?;
        *table = Some(Table::new(lengths, symbols)?);
        segment = &rest[16 + count..];
    }
    Some(())
}

/// A frame header and the header of the scan that holds all of its components (B.2.2, B.2.3): MCUs and components.
fn read_scan(
    frame: &[u8],
    scan: &[u8],
    quantisations: &[[u16; 64]; 4],
) -> Option<((usize, usize), Vec<Component>)> {
    let &[precision, h1, h0, w1, w0, count] = frame.get(..6)? else { return None };
    let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
    if precision != 8 || !matches!(count, 1..=4) || scan.first() != Some(&count) {
        return None;
    }
    let mut components = Vec::new();
    for (component, selector) in
        frame.get(6..)?.chunks_exact(3).zip(scan[1..].chunks_exact(2)).take(usize::from(count))
    {
        let (h, v) = (component[1] >> 4, component[1] & 15);
        if component[0] != selector[0] || !matches!(h, 1..=4) || !matches!(v, 1..=4) {
            return None;
        }
        components.push(Component {
            blocks: (usize::from(h), usize::from(v)),
            tables: (usize::from(selector[1] >> 4 & 3), usize::from(selector[1] & 3)),
            quantisation: *quantisations.get(usize::from(component[2]))?,
        });
    }
    if components.len() != usize::from(count) {
        return None;
    }
    // A single component's MCU is one block, whatever its factors are (A.2.2).
    if let [component] = &mut components[..] {
        component.blocks = (1, 1);
    }
    let most = |of: fn(&Component) -> usize| components.iter().map(of).max().unwrap_or(1);
    let (h, v) = (most(|component| component.blocks.0), most(|component| component.blocks.1));
    let mcus = (usize::from(width).div_ceil(8 * h), usize::from(height).div_ceil(8 * v));
    Some((mcus, components))
}

/// Bits that one look into a table's index takes.
const LOOK: u32 = 9;

/// A Huffman table (annex C): codes of up to [`LOOK`] bits by an index, longer ones by their length.
struct Table {
    /// Length and symbol of the code that these bits start with; length 0 where it is longer.
    short: Vec<(u8, u8)>,
    /// One more than the last code of each length, left-aligned in 16 bits; the distance from a code to its symbol's place.
    ends: [u32; 17],
    offsets: [i32; 17],
    symbols: Vec<u8>,
}

impl Table {
    fn new(lengths: &[u8; 16], symbols: &[u8]) -> Option<Table> {
        let mut table = Table {
            short: vec![(0, 0); 1 << LOOK],
            ends: [0; 17],
            offsets: [0; 17],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut place) = (0_u32, 0_usize);
        for (length, count) in (1_u32..).zip(lengths) {
            table.offsets[length as usize] = place as i32 - code as i32;
            for _ in 0..*count {
                if code >> length != 0 {
                    return None;
                }
                if length <= LOOK {
                    let (from, many) = ((code << (LOOK - length)) as usize, 1 << (LOOK - length));
                    table.short[from..from + many].fill((length as u8, symbols[place]));
                }
                (code, place) = (code + 1, place + 1);
            }
            table.ends[length as usize] = code << (16 - length);
            code <<= 1;
        }
        Some(table)
    }
}

/// Bits of entropy-coded data, without the zeros that are stuffed behind FF.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    /// The next bits, from the highest on.
    bits: u64,
    count: u32,
}

impl Bits<'_> {
    /// Takes bytes in until there are bits for a code and its value, or a marker comes.
    #[inline]
    fn refill(&mut self) {
        while self.count <= 56 {
            let Some(&byte) = self.data.get(self.at) else { return };
            if byte == 0xff {
                if self.data.get(self.at + 1) != Some(&0) {
                    return;
                }
                self.at += 1;
            }
            self.at += 1;
            self.bits |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    #[inline]
    fn skip(&mut self, count: u32) -> Option<()> {
        self.count = self.count.checked_sub(count)?;
        self.bits <<= count;
        Some(())
    }

    /// The next symbol. At most 16 bits; as many have to be there.
    #[inline]
    fn symbol(&mut self, table: &Table) -> Option<u8> {
        let (length, symbol) = table.short[(self.bits >> (64 - LOOK)) as usize];
        if length > 0 {
            self.skip(u32::from(length))?;
            return Some(symbol);
        }
        let code = (self.bits >> 48) as u32;
        let length = (LOOK as usize + 1..=16).find(|length| code < table.ends[*length])?;
        let place = (code >> (16 - length)) as i32 + table.offsets[length];
        let symbol = *table.symbols.get(usize::try_from(place).ok()?)?;
        self.skip(length as u32)?;
        Some(symbol)
    }

    /// A number of `size` bits (F.2.2.1: EXTEND).
    #[inline]
    fn number(&mut self, size: u32) -> Option<i32> {
        if size == 0 {
            return Some(0);
        }
        let value = (self.bits >> (64 - size)) as i32;
        self.skip(size)?;
        Some(if value < 1 << (size - 1) { value - (1 << size) + 1 } else { value })
    }

    /// Reads a block: each coefficient that is not 0 is `given` with its place in the scan's order. `None`: it is cut off.
    #[inline]
    fn block(
        &mut self,
        dc: &Table,
        ac: &Table,
        mean: &mut i32,
        mut given: impl FnMut(usize, i32),
    ) -> Option<()> {
        self.refill();
        let size = u32::from(self.symbol(dc)?);
        if size > 16 {
            return None;
        }
        *mean = mean.wrapping_add(self.number(size)?);
        given(0, *mean);
        let mut at = 1;
        while at < 64 {
            self.refill();
            let symbol = self.symbol(ac)?;
            let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 {
                if run < 15 {
                    break;
                }
                at += 16;
                continue;
            }
            at += run;
            let value = self.number(size)?;
            // libjpeg forgives a run beyond the block, too.
            if at < 64 {
                given(at, value);
            }
            at += 1;
        }
        Some(())
    }

    /// Passes over the restart marker of this number, and over whatever stands before it, as libjpeg does.
    fn restart(&mut self, number: u8) -> bool {
        (self.bits, self.count) = (0, 0);
        loop {
            let Some(found) = self.data.get(self.at..).and_then(|rest| memchr(0xff, rest)) else {
                return false;
            };
            self.at += found + 1;
            match self.data.get(self.at) {
                Some(0xff) => {}
                Some(0) => self.at += 1,
                Some(code) => {
                    self.at += 1;
                    return *code == 0xd0 | number;
                }
                None => return false,
            }
        }
    }
}
