//! The header of a picture: everything before its entropy-coded data.

use crate::error::{Error, Unsupported};
use crate::segments::Segments;

/// The size of the scaled picture in relation to the whole one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scale {
    /// The whole picture.
    Full,
    /// 1/2 of each side.
    Half,
    /// 1/4 of each side.
    Quarter,
    /// 1/8 of each side: the means of the blocks, which need no transform (the *DC image*).
    Eighth,
}

impl Scale {
    /// All scales.
    pub const ALL: [Scale; 4] = [Scale::Full, Scale::Half, Scale::Quarter, Scale::Eighth];

    /// Samples of the whole picture, on one side, that a scaled one stands for.
    pub fn denominator(self) -> usize {
        match self {
            Scale::Full => 1,
            Scale::Half => 2,
            Scale::Quarter => 4,
            Scale::Eighth => 8,
        }
    }

    /// The scale with this denominator.
    pub fn from_denominator(denominator: usize) -> Option<Scale> {
        Scale::ALL.into_iter().find(|scale| scale.denominator() == denominator)
    }
}

/// A component's line in the frame header and in the scan header.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Component {
    id: u8,
    /// Blocks of an MCU across.
    pub horizontal: usize,
    /// Blocks of an MCU down.
    pub vertical: usize,
    quantisation: usize,
    pub(crate) dc: usize,
    pub(crate) ac: usize,
}

/// A picture's header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    components: [Component; 4],
    count: usize,
    is_rgb: bool,
    /// MCUs between restart markers; 0: there are none.
    pub restart_interval: usize,
    /// The place of the entropy-coded data.
    pub(crate) scan: usize,
    quantisations: [Option<[u16; 64]>; 4],
    /// The place and the length of each Huffman table's counts and symbols: four for DC, four for AC.
    huffman: [Option<(usize, usize)>; 8],
}

const CUT_OFF: Error = Error::Header("it is cut off");
const LENGTH: Error = Error::Header("a segment has a wrong length");

impl Header {
    /// Reads the header of `jpeg`. Bytes between segments that belong to none are passed over.
    ///
    /// # Errors
    /// It is damaged, or of a kind whose data is not read here. Some pictures are read but not
    /// [decoded](Header::check_decodable).
    pub fn read(jpeg: &[u8]) -> Result<Header, Error> {
        if !jpeg.starts_with(&[0xff, 0xd8]) {
            return Err(Error::Header("it does not start with FF D8"));
        }
        let mut header = Header {
            width: 0,
            height: 0,
            components: [Component::default(); 4],
            count: 0,
            is_rgb: false,
            restart_interval: 0,
            scan: 0,
            quantisations: [None; 4],
            huffman: [None; 8],
        };
        let mut colours = Colours::default();
        let mut segments = Segments::new(jpeg, 2);
        loop {
            let segment = segments.next().ok_or(CUT_OFF)?;
            let content = segment.content;
            match segment.marker {
                0xdb => header.read_quantisations(content)?,
                0xc4 => header.read_huffman(content, segment.at)?,
                0xdd => {
                    let &[high, low] = content else { return Err(LENGTH) };
                    header.restart_interval = usize::from(u16::from_be_bytes([high, low]));
                }
                0xc0 | 0xc1 => header.read_frame(content)?,
                0xc2 => return Err(Unsupported::Progressive.into()),
                0xc3 | 0xc5..=0xc7 => return Err(Unsupported::Lossless.into()),
                0xc9..=0xcb | 0xcd..=0xcf => return Err(Unsupported::Arithmetic.into()),
                0xda => {
                    header.read_scan(content)?;
                    header.scan = segments.at;
                    break;
                }
                0xd8 => return Err(Error::Header("another picture starts in it")),
                0xd9 => return Err(Error::Header("it ends before its picture")),
                0xe0 => colours.jfif |= content.len() >= 14 && content.starts_with(b"JFIF\0"),
                0xee if content.len() >= 12 && content.starts_with(b"Adobe") => {
                    colours.adobe = Some(content[11]);
                }
                0xcc | 0xdc | 0xe1..=0xef | 0xfe => {}
                _ => return Err(Error::Header("it has a marker that no picture has")),
            }
        }
        header.is_rgb = header.count == 3 && colours.are_rgb(&header.components);
        if header.components().iter().any(|component| header.quantisations[component.quantisation].is_none())
        {
            return Err(Error::Header("a quantisation table is missing"));
        }
        Ok(header)
    }

    /// Checks that a picture whose data is read can be decoded as well: that it is grey, or luma and chroma in a usual sampling.
    ///
    /// # Errors
    /// The reason why it cannot.
    pub fn check_decodable(&self) -> Result<(), Unsupported> {
        if self.is_rgb {
            return Err(Unsupported::Rgb);
        }
        let factors = |component: &Component| (component.horizontal, component.vertical);
        match self.components() {
            [_] => Ok(()),
            [luma, cb, cr]
                if matches!(factors(luma), (1, 1) | (2, 1) | (1, 2) | (2, 2) | (4, 1) | (1, 4))
                    && [factors(cb), factors(cr)] == [(1, 1); 2] =>
            {
                Ok(())
            }
            [_, _, _] => Err(Unsupported::Sampling),
            other => Err(Unsupported::Components(other.len() as u8)),
        }
    }

    /// The components: one for a grey picture, three for luma and chroma.
    pub fn components(&self) -> &[Component] {
        &self.components[..self.count]
    }

    /// Width and height of a component's plane: its part of the picture, without what fills up the last blocks.
    ///
    /// # Panics
    /// There is no component of this index.
    pub fn plane_size(&self, index: usize, scale: Scale) -> (usize, usize) {
        let (most_h, most_v) = self.mcu();
        let component = self.components()[index];
        let side = |pixels: usize, factor: usize, most: usize| {
            (pixels * factor).div_ceil(most).div_ceil(scale.denominator())
        };
        (side(self.width, component.horizontal, most_h), side(self.height, component.vertical, most_v))
    }

    /// Blocks of the picture in all components, without what fills up the last MCUs.
    pub fn blocks(&self) -> u64 {
        let sizes = (0..self.count).map(|index| self.plane_size(index, Scale::Eighth));
        sizes.map(|(width, height)| width as u64 * height as u64).sum()
    }

    /// Blocks of an MCU across and down, of the component that has most.
    pub(crate) fn mcu(&self) -> (usize, usize) {
        let components = self.components().iter();
        components.fold((1, 1), |(h, v), component| (h.max(component.horizontal), v.max(component.vertical)))
    }

    /// MCUs across and down.
    pub(crate) fn mcus(&self) -> (usize, usize) {
        let (h, v) = self.mcu();
        (self.width.div_ceil(8 * h), self.height.div_ceil(8 * v))
    }

    /// A component's quantisation table, in zigzag order.
    pub(crate) fn quantisation(&self, component: &Component) -> [u16; 64] {
        self.quantisations[component.quantisation].unwrap_or([1; 64])
    }

    /// Counts and symbols of a Huffman table. `None`: the header does not have it.
    pub(crate) fn huffman<'a>(&self, jpeg: &'a [u8], slot: usize) -> Option<&'a [u8]> {
        let (at, length) = (*self.huffman.get(slot)?)?;
        jpeg.get(at..at + length)
    }

    /// A DQT segment (B.2.4.1).
    fn read_quantisations(&mut self, mut content: &[u8]) -> Result<(), Error> {
        while let Some((&head, rest)) = content.split_first() {
            let table = self.quantisations.get_mut(usize::from(head & 15)).ok_or(LENGTH)?;
            let bytes = if head >> 4 == 0 { 1 } else { 2 };
            let (values, rest) = rest.split_at_checked(64 * bytes).ok_or(LENGTH)?;
            let mut entries = [0; 64];
            for (entry, value) in entries.iter_mut().zip(values.chunks_exact(bytes)) {
                *entry = value.iter().fold(0, |sum, byte| sum << 8 | u16::from(*byte));
            }
            *table = Some(entries);
            content = rest;
        }
        Ok(())
    }

    /// A DHT segment (B.2.4.2), whose content stands at `at`.
    fn read_huffman(&mut self, content: &[u8], at: usize) -> Result<(), Error> {
        let mut from = 0;
        while let Some(&head) = content.get(from) {
            let counts = content.get(from + 1..from + 17).ok_or(LENGTH)?;
            let length = 16 + counts.iter().map(|count| usize::from(*count)).sum::<usize>();
            content.get(from + 1..from + 1 + length).ok_or(LENGTH)?;
            let (class, slot) = (usize::from(head >> 4), usize::from(head & 15));
            if class > 1 || slot > 3 {
                return Err(Error::Header("a Huffman table has a number that none can have"));
            }
            self.huffman[4 * class + slot] = Some((at + from + 1, length));
            from += 1 + length;
        }
        Ok(())
    }

    /// A frame header (B.2.2).
    fn read_frame(&mut self, content: &[u8]) -> Result<(), Error> {
        if self.count > 0 {
            return Err(Error::Header("it has two frame headers"));
        }
        let (&[precision, h1, h0, w1, w0, count], lines) = content.split_first_chunk().ok_or(LENGTH)?;
        if lines.len() != 3 * usize::from(count) {
            return Err(LENGTH);
        }
        if precision != 8 {
            return Err(Unsupported::Precision(precision).into());
        }
        (self.width, self.height) =
            (usize::from(u16::from_be_bytes([w1, w0])), usize::from(u16::from_be_bytes([h1, h0])));
        if self.width == 0 {
            return Err(Error::Header("its width is 0"));
        }
        if self.height == 0 {
            return Err(Unsupported::Lines.into());
        }
        if !matches!(count, 1..=4) {
            return Err(Unsupported::Components(count).into());
        }
        self.count = usize::from(count);
        for (component, line) in self.components.iter_mut().zip(lines.chunks_exact(3)) {
            *component = Component {
                id: line[0],
                horizontal: usize::from(line[1] >> 4),
                vertical: usize::from(line[1] & 15),
                quantisation: usize::from(line[2]),
                dc: 0,
                ac: 0,
            };
            if component.quantisation > 3 {
                return Err(Error::Header("a quantisation table is missing"));
            }
        }
        let components = &mut self.components[..self.count];
        if components.iter().any(|line| !matches!((line.horizontal, line.vertical), (1..=4, 1..=4))) {
            return Err(Error::Header("its sampling factors do not exist"));
        }
        match components {
            // A single component's MCU is one block, whatever its factors are (A.2.2).
            [grey] => (grey.horizontal, grey.vertical) = (1, 1),
            // B.2.3.
            several if several.iter().map(|line| line.horizontal * line.vertical).sum::<usize>() > 10 => {
                return Err(Unsupported::Sampling.into());
            }
            _ => {}
        }
        Ok(())
    }

    /// A scan header (B.2.3). Which coefficients a sequential scan has is not asked: it has all.
    fn read_scan(&mut self, content: &[u8]) -> Result<(), Error> {
        let count = usize::from(*content.first().ok_or(LENGTH)?);
        if self.count == 0 {
            return Err(Error::Header("it has no frame header"));
        }
        if content.len() != 4 + 2 * count {
            return Err(LENGTH);
        }
        if count != self.count {
            return Err(Unsupported::Scans.into());
        }
        for (component, line) in self.components[..count].iter_mut().zip(content[1..].chunks_exact(2)) {
            if component.id != line[0] {
                return Err(Unsupported::Scans.into());
            }
            (component.dc, component.ac) = (usize::from(line[1] >> 4), usize::from(line[1] & 15));
            if component.dc > 3 || component.ac > 3 {
                return Err(Error::Header("a Huffman table has a number that none can have"));
            }
        }
        Ok(())
    }
}

/// Signs of a picture's colour model, weighed as libjpeg does it.
#[derive(Default)]
struct Colours {
    jfif: bool,
    /// Adobe's colour transform.
    adobe: Option<u8>,
}

impl Colours {
    fn are_rgb(&self, components: &[Component; 4]) -> bool {
        match self.adobe {
            _ if self.jfif => false,
            Some(transform) => transform == 0,
            None => components[..3].iter().map(|component| component.id).eq(*b"RGB"),
        }
    }
}
