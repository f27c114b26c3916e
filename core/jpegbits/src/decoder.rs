//! The decoder: header, data and blocks in turn.

use crate::bits::{BATCH, Batch, Bits, ReadBatch, States};
use crate::data::ScanData;
use crate::error::{Damage, Error};
use crate::header::{Header, Scale};
use crate::huffman::standard;
use crate::idct::{Kernel, Portable};
use crate::lookup::{Needs, Tables};
use crate::plane::{Plane, Target};
use pulp::NullaryFnOnce;
use std::ops::Range;

/// Decodes one picture after another. It keeps its memory, and the tables as long as pictures have the same ones.
pub struct Decoder {
    tables: Tables,
    batch: Box<Batch>,
    data: ScanData,
    simd: Simd,
}

/// The instructions that transforms use.
#[derive(Clone, Copy)]
enum Simd {
    None,
    #[cfg(target_arch = "x86_64")]
    V3(pulp::x86::V3),
}

impl Simd {
    fn best() -> Simd {
        #[cfg(target_arch = "x86_64")]
        let simd = pulp::x86::V3::try_new().map_or(Simd::None, Simd::V3);
        #[cfg(not(target_arch = "x86_64"))]
        let simd = Simd::None;
        simd
    }
}

/// Returns true where transforms use vector instructions (AVX2). Without them only [`Scale::Eighth`] is quicker than
/// libjpeg-turbo, which has them for more processors.
pub fn has_simd() -> bool {
    !matches!(Simd::best(), Simd::None)
}

impl Default for Decoder {
    fn default() -> Decoder {
        Decoder::new()
    }
}

impl Decoder {
    /// A decoder that uses what the processor has.
    pub fn new() -> Decoder {
        Decoder { simd: Simd::best(), ..Decoder::portable() }
    }

    /// A decoder that uses no vector instructions. Its samples are the same.
    pub fn portable() -> Decoder {
        Decoder {
            tables: Tables::new(),
            batch: Box::new(Batch::new()),
            data: ScanData::default(),
            simd: Simd::None,
        }
    }

    /// Decodes a picture into a plane for each component, or into one for luma alone. Each plane has the size that
    /// [`Header::plane_size`] tells, or more.
    ///
    /// Samples are those of libjpeg-turbo with its accurate transform (`JDCT_ISLOW`), at each scale. The only others are scaled samples
    /// that reach past the picture's edge: they are the mean of the samples that are inside.
    ///
    /// # Errors
    /// The picture is damaged, cut off, or of a kind that is not decoded here, or a plane is too small. The planes' content is
    /// undefined then.
    pub fn decode(&mut self, jpeg: &[u8], scale: Scale, planes: &mut [Plane<'_>]) -> Result<Header, Error> {
        let header = Header::read(jpeg)?;
        header.check_decodable()?;
        if planes.len() != 1 && planes.len() != header.components().len() {
            return Err(Error::Planes);
        }
        let mut planes = planes.iter_mut();
        let mut target = |index| Target::new(&header, index, scale, planes.next());
        match header.components().len() {
            1 => self.read(jpeg, &header, scale, &mut [target(0)?])?,
            _ => self.read(jpeg, &header, scale, &mut [target(0)?, target(1)?, target(2)?])?,
        }
        Ok(header)
    }

    /// Reads a picture's data to its end without decoding it. Colour model and sampling do not matter.
    ///
    /// # Errors
    /// The picture is damaged, cut off, or of a kind that is not read here.
    pub fn check(&mut self, jpeg: &[u8]) -> Result<Header, Error> {
        let header = Header::read(jpeg)?;
        let target = |index| Target::new(&header, index, Scale::Eighth, None);
        let scale = Scale::Eighth;
        match header.components().len() {
            1 => self.read(jpeg, &header, scale, &mut [target(0)?])?,
            2 => self.read(jpeg, &header, scale, &mut [target(0)?, target(1)?])?,
            3 => self.read(jpeg, &header, scale, &mut [target(0)?, target(1)?, target(2)?])?,
            _ => self.read(jpeg, &header, scale, &mut [target(0)?, target(1)?, target(2)?, target(3)?])?,
        }
        Ok(header)
    }

    fn read(
        &mut self,
        jpeg: &[u8],
        header: &Header,
        scale: Scale,
        targets: &mut [Target<'_>],
    ) -> Result<(), Error> {
        let (mcus, has_border) = (
            header.mcus(),
            targets.iter().fold((false, false), |(right, below), target| {
                let border = target.has_border();
                (right | border.0, below | border.1)
            }),
        );
        let needs = match scale {
            Scale::Eighth if has_border == (false, false) => Needs::Skips,
            Scale::Eighth => Needs::Both,
            _ => Needs::Entries,
        };
        for component in header.components() {
            for slot in [component.dc, 4 + component.ac] {
                let table = header.huffman(jpeg, slot).or_else(|| standard(slot));
                table
                    .and_then(|table| self.tables.set(slot, table, needs))
                    .ok_or(Error::Header("a Huffman table is missing or damaged"))?;
            }
        }
        let interval = match header.restart_interval {
            0 => usize::MAX,
            interval => interval,
        };
        self.data.read(jpeg, header.scan, (mcus.0 * mcus.1).div_ceil(interval))?;
        let mut scan = Scan {
            data: &self.data,
            tables: &self.tables,
            batch: &mut self.batch,
            states: states(header),
            interval,
            mcus,
            has_border,
        };
        let read = match self.simd {
            Simd::None => scan.read(Portable, scale, targets)?,
            #[cfg(target_arch = "x86_64")]
            Simd::V3(simd) => scan.read(simd, scale, targets)?,
        };
        self.data.check_end(jpeg, read)
    }
}

/// The tables of each block's DC and AC coefficients, for as many MCUs as fit.
fn states(header: &Header) -> States {
    let mut states = [0; 256];
    let tables = header.components().iter().flat_map(|component| {
        let tables = [component.dc as u8, 4 + component.ac as u8];
        std::iter::repeat_n(tables, component.horizontal * component.vertical)
    });
    for (state, tables) in states.as_chunks_mut().0.iter_mut().zip(tables.cycle()) {
        *state = tables;
    }
    states
}

/// The blocks of a scan.
struct Scan<'a> {
    data: &'a ScanData,
    tables: &'a Tables,
    batch: &'a mut Batch,
    states: States,
    /// MCUs of a restart interval.
    interval: usize,
    /// MCUs across and down.
    mcus: (usize, usize),
    /// True if samples at the right and at the lower edge need whole blocks at 1/8, too.
    has_border: (bool, bool),
}

impl Scan<'_> {
    /// Reads all blocks. Returns the place of the bit behind the last one.
    fn read<K: Kernel>(
        &mut self,
        kernel: K,
        scale: Scale,
        targets: &mut [Target<'_>],
    ) -> Result<usize, Error> {
        match scale {
            Scale::Full => self.mcus::<K, 8>(kernel, targets),
            Scale::Half => self.mcus::<K, 4>(kernel, targets),
            Scale::Quarter => self.mcus::<K, 2>(kernel, targets),
            Scale::Eighth => self.mcus::<K, 1>(kernel, targets),
        }
    }

    fn mcus<K: Kernel, const N: usize>(
        &mut self,
        kernel: K,
        targets: &mut [Target<'_>],
    ) -> Result<usize, Error> {
        let (data, ends) = (&self.data.bytes[..], &self.data.ends[..]);
        let (across, down) = self.mcus;
        let mut blocks = 0;
        for target in targets.iter() {
            blocks += target.blocks.0 * target.blocks.1;
        }
        let most = BATCH / blocks;
        let mut reader = Bits::new(data, 0);
        let (mut left, mut current) = (self.interval, 0);
        for y in 0..down {
            let mut x = 0;
            while x < across {
                if left == 0 {
                    is_within(&reader, ends, current)?;
                    reader = Bits::new(data, ends[current]);
                    (left, current) = (self.interval, current + 1);
                    for target in targets.iter_mut() {
                        target.dc = 0;
                    }
                }
                let mut count = most.min(across - x).min(left);
                let mut needs_blocks = true;
                if N == 1 {
                    let (is_last, below) = (x + 1 == across, self.has_border.1 && y + 1 == down);
                    if self.has_border.0 && !is_last {
                        // The last MCU of the line is a batch of its own.
                        count = count.min(across - 1 - x);
                    }
                    needs_blocks = below || (self.has_border.0 && is_last);
                }
                let (reader, batch) = (&mut reader, &mut *self.batch);
                let (tables, states, blocks) = (self.tables, &self.states, count * blocks);
                if needs_blocks {
                    kernel.run(ReadBatch::<false> { reader, tables, states, count: blocks, batch })?;
                } else {
                    kernel.run(ReadBatch::<true> { reader, tables, states, count: blocks, batch })?;
                }
                left -= count;
                let mcus = (x..x + count, y);
                kernel.run(StoreBatch::<K, N> { kernel, batch: self.batch, targets: &mut *targets, mcus });
                x += count;
            }
            is_within(&reader, ends, current)?;
        }
        Ok(reader.position())
    }
}

/// The writing of a batch's samples: those of some MCUs of a line.
struct StoreBatch<'a, 'b, K, const N: usize> {
    kernel: K,
    batch: &'a Batch,
    targets: &'a mut [Target<'b>],
    mcus: (Range<usize>, usize),
}

impl<K: Kernel, const N: usize> NullaryFnOnce for StoreBatch<'_, '_, K, N> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (columns, y) = self.mcus;
        let mut block = 0;
        for x in columns {
            for target in self.targets.iter_mut() {
                let (h, v) = target.blocks;
                for line in 0..v {
                    for column in 0..h {
                        let place = (x * h + column, y * v + line);
                        target.store::<K, N>(self.kernel, self.batch, block, place);
                        block += 1;
                    }
                }
            }
        }
    }
}

/// Returns an error where a reader has read past the end of a restart interval.
fn is_within(reader: &Bits<'_>, ends: &[usize], interval: usize) -> Result<(), Error> {
    match ends.get(interval) {
        Some(end) if reader.position() <= 8 * end => Ok(()),
        _ => Err(Damage::Truncated.into()),
    }
}
