//! The marker segments of a JPEG, one after another, without decoding anything (ITU-T T.81, annex B).

/// A marker and what belongs to it.
#[derive(Clone, Copy)]
pub(crate) struct Segment<'a> {
    pub(crate) marker: u8,
    pub(crate) content: &'a [u8],
    /// Where the content starts in the JPEG.
    pub(crate) at: usize,
}

/// The segments from the start to the end marker or the first one that is cut off. What stands between them, a scan's data
/// above all, is passed over as libjpeg does it, so that both see the same: up to an FF that is followed by neither 0 nor
/// a restart marker.
pub(crate) struct Segments<'a> {
    jpeg: &'a [u8],
    at: usize,
}

impl<'a> Segments<'a> {
    pub(crate) fn new(jpeg: &'a [u8]) -> Segments<'a> {
        Segments { jpeg, at: 2 }
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        loop {
            let rest = self.jpeg.get(self.at..)?;
            self.at += rest.iter().position(|byte| *byte == 0xff)? + 1;
            match *self.jpeg.get(self.at)? {
                // A fill byte: the next one may start the marker (B.1.1.2).
                0xff => {}
                0x00 | 0x01 | 0xd0..=0xd8 => self.at += 1,
                0xd9 => return None,
                marker => {
                    let (length, at) = (self.jpeg.get(self.at + 1..self.at + 3)?, self.at + 3);
                    // A length counts itself.
                    let end = self.at + 1 + usize::from(u16::from_be_bytes([length[0], length[1]])).max(2);
                    let content = self.jpeg.get(at..end)?;
                    self.at = end;
                    return Some(Segment { marker, content, at });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_fill_bytes_and_restarts_are_passed_over() {
        let comment = [0xff, 0xfe, 0, 6, 0xff, 0xd8, 0xff, 0xd9];
        let scan = [0xff, 0xff, 0xda, 0, 3, 1, 2, 0xff, 0, 3, 0xff, 0xd0, 4];
        let jpeg = [&[0xff, 0xd8][..], &comment, &scan, &[9, 9], &scan, &[0xff, 0xd9], &scan].concat();
        let found: Vec<_> = Segments::new(&jpeg).map(|s| (s.marker, s.content.len(), s.at)).collect();
        assert_eq!(found, [(0xfe, 4, 6), (0xda, 1, 15), (0xda, 1, 30)]);
        for length in 0..jpeg.len() {
            assert!(Segments::new(&jpeg[..length]).count() <= 3, "{length} bytes");
        }
        assert_eq!(Segments::new(&jpeg[..9]).count(), 0, "a segment that is cut off is none");
    }
}
