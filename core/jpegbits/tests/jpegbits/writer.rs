//! JPEGs of any coefficients: samplings, sizes, tables and restart intervals that an encoder would not write.

use fastrand::Rng;

/// From the order in a scan to that in a block (T.81, figure 5).
#[rustfmt::skip]
const ZIGZAG: [usize; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// The Huffman tables of a picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tables {
    /// Those of T.81, annex K.
    Standard,
    /// Those, and not in the header.
    Omitted,
    /// Codes of other symbols.
    Shuffled,
}

/// A picture to be written.
#[derive(Clone, Debug)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    /// Luma's factors; chroma's are 1. `None`: there is no chroma.
    pub factors: Option<(usize, usize)>,
    /// MCUs of a restart interval; 0: no restart markers.
    pub interval: usize,
    pub tables: Tables,
    /// The largest entry of the quantisation tables.
    pub quantisation: u8,
    /// AC coefficients of a block that are not 0, at most.
    pub coefficients: usize,
    /// The largest sum of the AC coefficients of a block's column, dequantised.
    pub room: i32,
    /// The place of the entropy-coded data, once it is written.
    pub scan: usize,
}

impl Picture {
    pub fn random(rng: &mut Rng) -> Picture {
        const FACTORS: [Option<(usize, usize)>; 7] =
            [None, Some((1, 1)), Some((2, 1)), Some((1, 2)), Some((2, 2)), Some((4, 1)), Some((1, 4))];
        let side = |rng: &mut Rng| if rng.u8(..4) == 0 { rng.usize(1..9) } else { rng.usize(1..70) };
        Picture {
            width: side(rng),
            height: side(rng),
            factors: FACTORS[rng.usize(..FACTORS.len())],
            interval: if rng.bool() { 0 } else { rng.usize(1..12) },
            tables: [Tables::Standard, Tables::Omitted, Tables::Shuffled][rng.usize(..3)],
            quantisation: [1, 2, 16, 99][rng.usize(..4)],
            coefficients: [0, 1, 4, 12, 63][rng.usize(..5)],
            room: 1400,
            scan: 0,
        }
    }

    /// Writes the picture with random coefficients. No column of a block is larger than one of a picture can be, since libjpeg-turbo's
    /// sums wrap at 16 bits beyond that.
    pub fn write(&mut self, rng: &mut Rng) -> Vec<u8> {
        let quantisations: [[u8; 64]; 2] =
            std::array::from_fn(|_| std::array::from_fn(|_| rng.u8(1..=self.quantisation)));
        let tables = Huffman::all(self.tables, rng);
        let components: Vec<(usize, usize, usize)> = match self.factors {
            None => vec![(1, 1, 0)],
            Some((h, v)) => vec![(h, v, 0), (1, 1, 1), (1, 1, 1)],
        };
        let mut jpeg = vec![0xff, 0xd8];
        for (number, table) in (0..).zip(&quantisations) {
            jpeg.extend([0xff, 0xdb, 0, 67, number]);
            jpeg.extend(table);
        }
        if self.tables != Tables::Omitted {
            for (number, table) in [0, 1, 0x10, 0x11].into_iter().zip(&tables) {
                jpeg.extend([0xff, 0xc4]);
                jpeg.extend((19 + table.symbols.len() as u16).to_be_bytes());
                jpeg.push(number);
                jpeg.extend(table.counts);
                jpeg.extend(&table.symbols);
            }
        }
        jpeg.extend([0xff, 0xc0, 0, 8 + 3 * components.len() as u8, 8]);
        jpeg.extend((self.height as u16).to_be_bytes());
        jpeg.extend((self.width as u16).to_be_bytes());
        jpeg.push(components.len() as u8);
        for (id, (h, v, table)) in (1..).zip(&components) {
            jpeg.extend([id, (h << 4 | v) as u8, *table as u8]);
        }
        if self.interval > 0 {
            jpeg.extend([0xff, 0xdd, 0, 4]);
            jpeg.extend((self.interval as u16).to_be_bytes());
        }
        jpeg.extend([0xff, 0xda, 0, 6 + 2 * components.len() as u8, components.len() as u8]);
        for (id, (_, _, table)) in (1..).zip(&components) {
            jpeg.extend([id, (table * 0x11) as u8]);
        }
        jpeg.extend([0, 63, 0]);
        self.scan = jpeg.len();

        let (h, v, _) = components[0];
        let mcus = self.width.div_ceil(8 * h) * self.height.div_ceil(8 * v);
        let mut bits = Writer { jpeg, bits: 0, count: 0 };
        let mut means = [0; 3];
        for mcu in 0..mcus {
            if self.interval > 0 && mcu > 0 && mcu % self.interval == 0 {
                bits.fill_up();
                bits.jpeg.extend([0xff, 0xd0 | (mcu / self.interval - 1) as u8 & 7]);
                means = [0; 3];
            }
            for (mean, (h, v, table)) in means.iter_mut().zip(&components) {
                for _ in 0..h * v {
                    let block = self.block(&quantisations[*table], rng);
                    bits.write(&block, mean, &tables[*table], &tables[2 + table]);
                }
            }
        }
        bits.fill_up();
        bits.jpeg.extend([0xff, 0xd9]);
        bits.jpeg
    }

    /// Coefficients in zigzag order.
    fn block(&self, quantisation: &[u8; 64], rng: &mut Rng) -> [i32; 64] {
        let mut block = [0; 64];
        let mut room = [self.room; 8];
        block[0] = rng.i32(-1000..=1000) / i32::from(quantisation[0]);
        for _ in 0..rng.usize(..=self.coefficients) {
            let at = rng.usize(1..64);
            let room = &mut room[ZIGZAG[at] % 8];
            // Small ones are more frequent.
            let value = (*room / [1, 4, 40][rng.usize(..3)]).min(1020) / i32::from(quantisation[at]);
            if block[at] == 0 && value > 0 {
                block[at] = rng.i32(-value..=value);
                *room -= (block[at] * i32::from(quantisation[at])).abs();
            }
        }
        block
    }
}

struct Huffman {
    counts: [u8; 16],
    symbols: Vec<u8>,
    /// Code and length of each symbol.
    codes: [(u32, u32); 256],
}

impl Huffman {
    /// Two for DC, two for AC.
    fn all(tables: Tables, rng: &mut Rng) -> [Huffman; 4] {
        // A picture of libjpeg-turbo has them in its header.
        let image = turbojpeg::Image {
            pixels: &[0; 3][..],
            width: 1,
            pitch: 3,
            height: 1,
            format: turbojpeg::PixelFormat::RGB,
        };
        let jpeg = turbojpeg::compress(image, 80, turbojpeg::Subsamp::None).unwrap();
        let mut rest = &jpeg[2..];
        let mut found = Vec::new();
        while rest[1] != 0xda {
            let length = usize::from(u16::from_be_bytes([rest[2], rest[3]]));
            if rest[1] == 0xc4 {
                found.push((rest[4], rest[5..2 + length].to_vec()));
            }
            rest = &rest[2 + length..];
        }
        found.sort();
        let mut found = found.into_iter().map(|(_, table)| {
            let mut symbols = table[16..].to_vec();
            if tables == Tables::Shuffled {
                rng.shuffle(&mut symbols);
            }
            let counts: [u8; 16] = table[..16].try_into().unwrap();
            let mut codes = [(0, 0); 256];
            let (mut code, mut place) = (0, 0);
            for (length, count) in (1..).zip(counts) {
                for _ in 0..count {
                    codes[usize::from(symbols[place])] = (code, length);
                    (code, place) = (code + 1, place + 1);
                }
                code <<= 1;
            }
            Huffman { counts, symbols, codes }
        });
        std::array::from_fn(|_| found.next().unwrap())
    }
}

struct Writer {
    jpeg: Vec<u8>,
    bits: u64,
    count: u32,
}

impl Writer {
    fn put(&mut self, value: u32, count: u32) {
        self.bits = self.bits << count | u64::from(value);
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.bits >> self.count) as u8;
            self.jpeg.push(byte);
            if byte == 0xff {
                self.jpeg.push(0);
            }
        }
    }

    fn fill_up(&mut self) {
        let missing = (8 - self.count % 8) % 8;
        self.put((1 << missing) - 1, missing);
    }

    /// A symbol whose low half is the size of `value`, which follows.
    fn number(&mut self, table: &Huffman, run: u32, value: i32) {
        let size = 32 - value.unsigned_abs().leading_zeros();
        let (code, length) = table.codes[(run << 4 | size) as usize];
        assert!(length > 0, "symbol {run:x}{size:x}");
        self.put(code, length);
        let value = if value < 0 { value - 1 } else { value };
        self.put(value as u32 & ((1 << size) - 1), size);
    }

    fn write(&mut self, block: &[i32; 64], mean: &mut i32, dc: &Huffman, ac: &Huffman) {
        self.number(dc, 0, block[0] - *mean);
        *mean = block[0];
        let mut run = 0;
        for value in &block[1..] {
            if *value == 0 {
                run += 1;
                continue;
            }
            while run > 15 {
                self.number(ac, 15, 0);
                run -= 16;
            }
            self.number(ac, run, *value);
            run = 0;
        }
        if run > 0 {
            self.number(ac, 0, 0);
        }
    }
}
