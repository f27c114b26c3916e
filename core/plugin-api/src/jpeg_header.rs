//! The header of a JPEG, read without decoding anything.
//!
//! Markers and segments are those of ITU-T T.81 (JPEG), annex B; size and sampling stand in the frame header
//! (B.2.2). Bytes come from cameras, files and peers: every length is checked, and the whole picture is never
//! walked for the header's sake. Every header that libjpeg reads is read, stray bytes between its segments included.

use crate::jpeg_segments::{JpegSegment, JpegSegments};
use crate::{Error, Format, PixelFormat, Result, Size};

/// A JPEG's size, sampling and tables, from its header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JpegHeader {
    /// Width and height in pixels.
    pub size: Size,
    /// Number of components: 1 grey, 3 colour, 4 CMYK.
    pub components: u8,
    /// The planar kind that it decodes to without a change; `None` for a sampling that no kind has (4:1:1, CMYK).
    pub planes: Option<PixelFormat>,
    /// Several scans that refine each other (SOF2): decoding costs a pass over the picture for each.
    pub progressive: bool,
    /// Arithmetic coding (SOF9, SOF10), which no browser shows.
    pub arithmetic: bool,
    /// Bits a sample: 8.
    pub precision: u8,
    /// True if Huffman tables came before the frame header or the first scan. Webcams leave the standard ones out.
    pub huffman_tables: bool,
}

impl JpegHeader {
    /// Reads the header.
    ///
    /// # Errors
    /// The bytes are not a JPEG, are cut off in the header, or are of a process that no browser shows (lossless,
    /// hierarchical, more than 8 bits a sample); or the size is more than [`Format::MAX_SIDE`] or [`Format::MAX_PIXELS`] allow.
    pub fn read(bytes: &[u8]) -> Result<JpegHeader> {
        if !bytes.starts_with(&[0xff, 0xd8]) {
            return Err(Error::new("not a JPEG: it does not start with FF D8"));
        }
        let mut header = None;
        let mut huffman_tables = false;
        let mut segments = JpegSegments::new(bytes);
        loop {
            let Some(JpegSegment { marker, content, .. }) = segments.next() else {
                return Err(Error::new(match segments.end() {
                    Some(_) => "a JPEG that ends before its picture",
                    None => "a JPEG that is cut off in its header",
                }));
            };
            match marker {
                0xc4 => huffman_tables = true,
                // Start of frame: baseline, extended, progressive; Huffman or (0xc9, 0xca) arithmetic.
                0xc0 | 0xc1 | 0xc2 | 0xc9 | 0xca if header.is_some() => {
                    return Err(Error::new("a JPEG whose header is damaged: it has two frame headers"));
                }
                0xc0 | 0xc1 | 0xc2 | 0xc9 | 0xca => header = Some(frame_header(content, marker)?),
                0xc3 | 0xc5..=0xc7 | 0xcb | 0xcd..=0xcf => {
                    return Err(Error::new("a lossless or hierarchical JPEG, which nothing here can decode"));
                }
                JpegSegment::SCAN => break,
                JpegSegment::START => {
                    return Err(Error::new("a JPEG whose header is damaged: another one starts in it"));
                }
                // Tables, application data, comments. libjpeg, and browsers with it, refuse all other markers.
                0xcc | 0xdb..=0xdd | 0xe0..=0xef | 0xfe => {}
                _ => {
                    let reason = format!(
                        "a JPEG whose header is damaged: FF {marker:02X} is no marker that it can have"
                    );
                    return Err(Error::new(reason));
                }
            }
        }
        let header = header.ok_or_else(|| Error::new("a JPEG without a frame header"))?;
        Ok(JpegHeader { huffman_tables, ..header })
    }

    /// The format of a frame that holds this picture.
    pub fn format(&self) -> Format {
        Format {
            sampling: self.planes.unwrap_or(PixelFormat(0)),
            ..Format::jpeg(self.size.width, self.size.height)
        }
    }
}

fn frame_header(segment: &[u8], marker: u8) -> Result<JpegHeader> {
    let cut_off = || Error::new("a JPEG whose frame header is cut off");
    let &[precision, h1, h0, w1, w0, components] = segment.get(..6).ok_or_else(cut_off)? else {
        return Err(cut_off());
    };
    if precision != 8 {
        return Err(Error::new(format!(
            "a JPEG of {precision} bits a sample: browsers show those of 8, and nothing here decodes others"
        )));
    }
    let size = Size::new(u32::from(u16::from_be_bytes([w1, w0])), u32::from(u16::from_be_bytes([h1, h0])));
    if size.pixels() == 0 {
        return Err(Error::new(format!("a JPEG of {size} pixels")));
    }
    if size.width > Format::MAX_SIDE || size.height > Format::MAX_SIDE || size.pixels() > Format::MAX_PIXELS {
        return Err(Error::new(format!(
            "a JPEG of {size}: more than the {} megapixels that a frame may have",
            Format::MAX_PIXELS / 1_000_000
        )));
    }
    let factors: Vec<(u8, u8)> = segment[6..]
        .chunks_exact(3)
        .take(usize::from(components))
        .map(|component| (component[1] >> 4, component[1] & 15))
        .collect();
    if factors.len() != usize::from(components) || !matches!(components, 1..=4) {
        return Err(cut_off());
    }
    if factors.iter().any(|(h, v)| !matches!(h, 1..=4) || !matches!(v, 1..=4)) {
        return Err(Error::new("a JPEG with sampling factors that do not exist"));
    }
    let planes = match *factors {
        [_] => Some(PixelFormat::GREY),
        [luma, cb, cr] if cb == cr => match (luma.0, luma.1, cb.0, cb.1) {
            (h, v, ch, cv) if h % ch != 0 || v % cv != 0 => None,
            (h, v, ch, cv) => match (h / ch, v / cv) {
                (1, 1) => Some(PixelFormat::I444),
                (2, 1) => Some(PixelFormat::I422),
                (2, 2) => Some(PixelFormat::I420),
                (1, 2) => Some(PixelFormat::I440),
                _ => None,
            },
        },
        _ => None,
    };
    let (progressive, arithmetic) = (matches!(marker, 0xc2 | 0xca), matches!(marker, 0xc9 | 0xca));
    Ok(JpegHeader { size, components, planes, progressive, arithmetic, precision, huffman_tables: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header of a `width` by `height` picture with these sampling factors.
    fn jpeg(width: u16, height: u16, factors: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xff, 0xff, 0xc0];
        bytes.extend((8 + 3 * factors.len() as u16).to_be_bytes());
        bytes.push(8);
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes.push(factors.len() as u8);
        for (index, factor) in factors.iter().enumerate() {
            bytes.extend([index as u8 + 1, *factor, 0]);
        }
        bytes.extend([0xff, 0xda, 0, 2]);
        bytes
    }

    #[test]
    fn size_and_sampling_are_read() {
        for (factors, planes) in [
            (&[0x11][..], Some(PixelFormat::GREY)),
            (&[0x22, 0x11, 0x11], Some(PixelFormat::I420)),
            (&[0x21, 0x11, 0x11], Some(PixelFormat::I422)),
            (&[0x12, 0x11, 0x11], Some(PixelFormat::I440)),
            (&[0x11, 0x11, 0x11], Some(PixelFormat::I444)),
            (&[0x22, 0x22, 0x22], Some(PixelFormat::I444)),
            (&[0x22, 0x12, 0x12], Some(PixelFormat::I422)),
            (&[0x41, 0x11, 0x11], None),
            (&[0x11, 0x11, 0x11, 0x11], None),
        ] {
            let header = JpegHeader::read(&jpeg(1279, 721, factors)).unwrap();
            assert_eq!((header.size, header.planes), (Size::new(1279, 721), planes), "{factors:x?}");
        }
    }

    #[test]
    fn stray_and_fill_bytes_between_segments_are_passed_over() {
        let good = jpeg(640, 480, &[0x22, 0x11, 0x11]);
        let read = JpegHeader::read(&good).unwrap();
        // Behind the start, behind the first segment, before the scan.
        for at in [2, 8, good.len() - 4] {
            for stray in [&[0x12, 0, 0x34][..], &[0xff], &[0xff, 0], &[0, 0xff, 0xff], &[0xff, 0xd3, 0xff, 1]]
            {
                let bytes = [&good[..at], stray, &good[at..]].concat();
                assert_eq!(JpegHeader::read(&bytes).unwrap(), read, "{stray:x?} at {at}");
            }
        }
    }

    #[test]
    fn what_no_browser_shows_is_refused_or_known() {
        let good = jpeg(640, 480, &[0x22, 0x11, 0x11]);
        let sof = good.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        let with = |at: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[sof + at] = byte;
            JpegHeader::read(&bytes)
        };
        assert!(with(4, 12).unwrap_err().message().contains("12 bits"));
        assert!(with(1, 0xc3).unwrap_err().message().contains("lossless"));
        assert!(with(1, 0xc9).unwrap().arithmetic && !JpegHeader::read(&good).unwrap().arithmetic);
        for bad in [&[0xff, 0x42, 0, 2][..], &[0xff, 0xd8]] {
            let bytes = [&good[..8], bad, &good[8..]].concat();
            assert!(JpegHeader::read(&bytes).unwrap_err().message().contains("damaged"), "{bad:x?}");
        }
        let twice = [&good[..good.len() - 4], &good[sof..]].concat();
        assert!(JpegHeader::read(&twice).unwrap_err().message().contains("two frame headers"));
    }

    #[test]
    fn what_is_too_large_or_cut_off_or_strange_is_refused() {
        let good = jpeg(640, 480, &[0x22, 0x11, 0x11]);
        for length in 0..good.len() - 2 {
            assert!(JpegHeader::read(&good[..length]).is_err(), "{length} bytes");
        }
        let huge = JpegHeader::read(&jpeg(65_500, 65_500, &[0x11])).unwrap_err().to_string();
        assert!(huge.contains("65500x65500") && huge.contains("100 megapixels"), "{huge}");
        assert!(JpegHeader::read(&jpeg(0, 480, &[0x11])).is_err());
        assert!(JpegHeader::read(&jpeg(1, 1, &[0x01])).is_err());
        assert!(JpegHeader::read(b"hello").is_err());
        assert!(JpegHeader::read(&[0xff, 0xd8, 0xff, 0xd9]).is_err());
    }
}
