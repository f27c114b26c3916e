//! Marker segments (ITU-T T.81, annex B), passed over as libjpeg does it.

use memchr::memchr;

/// A marker with the segment that belongs to it.
pub(crate) struct Segment<'a> {
    pub(crate) marker: u8,
    /// The content without its length; empty for EOI and for a second SOI.
    pub(crate) content: &'a [u8],
    /// The content's place in the JPEG.
    pub(crate) at: usize,
}

/// Reads one segment after another.
pub(crate) struct Segments<'a> {
    jpeg: &'a [u8],
    /// The place behind the last segment.
    pub(crate) at: usize,
    /// Bytes so far that belong to no segment. Fill bytes (B.1.1.2) are none of them.
    pub(crate) stray: usize,
}

impl<'a> Segments<'a> {
    pub(crate) fn new(jpeg: &'a [u8], at: usize) -> Segments<'a> {
        Segments { jpeg, at, stray: 0 }
    }

    /// Returns the next segment. `None`: it is cut off, or there is none.
    pub(crate) fn next(&mut self) -> Option<Segment<'a>> {
        loop {
            let rest = self.jpeg.get(self.at..)?;
            let Some(found) = memchr(0xff, rest) else {
                self.stray += rest.len();
                self.at = self.jpeg.len();
                return None;
            };
            self.stray += found;
            self.at += found;
            let marker = *rest.get(found + 1)?;
            let at = self.at + 2;
            match marker {
                0xff => self.at += 1,
                0x00 | 0x01 | 0xd0..=0xd7 => {
                    self.stray += 2;
                    self.at = at;
                }
                0xd8 | 0xd9 => {
                    self.at = at;
                    return Some(Segment { marker, content: &[], at });
                }
                _ => {
                    let length = rest.get(found + 2..found + 4)?;
                    // A length counts itself.
                    let end = at + usize::from(u16::from_be_bytes([length[0], length[1]])).max(2);
                    let content = self.jpeg.get(at + 2..end)?;
                    self.at = end;
                    return Some(Segment { marker, content, at: at + 2 });
                }
            }
        }
    }
}
