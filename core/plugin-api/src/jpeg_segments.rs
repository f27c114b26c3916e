//! The marker segments of a JPEG, one after another, without decoding anything (ITU-T T.81, annex B).

use memchr::memchr;

/// A marker and the segment that belongs to it.
#[derive(Clone, Copy, Debug)]
pub struct JpegSegment<'a> {
    /// The marker's code.
    pub marker: u8,
    /// The segment's content, without its length.
    pub content: &'a [u8],
    /// The offset of the content in the JPEG, in bytes.
    pub at: usize,
    /// Bytes before the marker that belong to nothing. Behind a scan they are the scan's data.
    pub stray: usize,
}

/// The segments of a JPEG up to its end marker, or up to the first one that is cut off.
///
/// Bytes between segments are passed over as libjpeg does it, so that both see the same picture: up to an FF that is
/// followed by a marker's code. Any number of FF may fill the space before a marker (B.1.1.2); in a scan's data FF is
/// followed by 0 or a restart marker (B.1.1.5). A segment is stepped over by its length: a thumbnail's end is not the picture's.
#[derive(Clone, Debug)]
pub struct JpegSegments<'a> {
    jpeg: &'a [u8],
    at: usize,
    end: Option<usize>,
}

impl JpegSegment<'_> {
    /// The marker that starts a scan.
    pub const SCAN: u8 = 0xda;
    /// The marker that starts a JPEG. It stands in no JPEG again.
    pub const START: u8 = 0xd8;
}

impl<'a> JpegSegments<'a> {
    /// The segments of `jpeg`, whose first two bytes are the start marker.
    pub fn new(jpeg: &'a [u8]) -> JpegSegments<'a> {
        JpegSegments { jpeg, at: 2, end: None }
    }

    /// The place behind the end marker, once the iterator has come to it. `None` at the end of the iterator: the JPEG
    /// has no end marker.
    pub fn end(&self) -> Option<usize> {
        self.end
    }

    /// The length of the picture, end marker included, if it has one behind a scan.
    pub fn picture_len(jpeg: &[u8]) -> Option<usize> {
        let mut segments = JpegSegments::new(jpeg);
        segments.by_ref().any(|segment| segment.marker == JpegSegment::SCAN).then_some(())?;
        segments.by_ref().for_each(drop);
        segments.end
    }
}

impl<'a> Iterator for JpegSegments<'a> {
    type Item = JpegSegment<'a>;

    fn next(&mut self) -> Option<JpegSegment<'a>> {
        if self.end.is_some() {
            return None;
        }
        let mut stray = 0;
        loop {
            let rest = self.jpeg.get(self.at..)?;
            let found = memchr(0xff, rest)?;
            stray += found;
            self.at += found + 1;
            let code = *self.jpeg.get(self.at)?;
            let at = self.at + 1;
            match code {
                // A fill byte: the next one may start the marker.
                0xff => {}
                0x00 | 0x01 | 0xd0..=0xd7 => {
                    stray += 2;
                    self.at = at;
                }
                JpegSegment::START => {
                    self.at = at;
                    return Some(JpegSegment { marker: code, content: &[], at, stray });
                }
                0xd9 => {
                    self.at = at;
                    self.end = Some(at);
                    return None;
                }
                marker => {
                    let length = self.jpeg.get(at..at + 2)?;
                    // A length counts itself.
                    let end = at + usize::from(u16::from_be_bytes([length[0], length[1]])).max(2);
                    let content = self.jpeg.get(at + 2..end)?;
                    self.at = end;
                    return Some(JpegSegment { marker, content, at: at + 2, stray });
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
        let jpeg = [&[0xff, 0xd8][..], &comment, &[7], &scan, &[9, 9], &scan, &[0xff, 0xd9], &scan].concat();
        let found: Vec<_> =
            JpegSegments::new(&jpeg).map(|s| (s.marker, s.content.len(), s.at, s.stray)).collect();
        assert_eq!(found, [(0xfe, 4, 6, 0), (0xda, 1, 16, 1), (0xda, 1, 31, 9)]);
        assert_eq!(JpegSegments::picture_len(&jpeg), Some(jpeg.len() - scan.len()));
        for length in 0..jpeg.len() - scan.len() {
            let part = &jpeg[..length];
            assert!(JpegSegments::new(part).count() <= 3, "{length} bytes");
            assert_eq!(JpegSegments::picture_len(part), None, "{length} bytes");
        }
        assert_eq!(JpegSegments::new(&jpeg[..9]).count(), 0, "a segment that is cut off is none");
    }

    #[test]
    fn an_end_before_a_picture_ends_none() {
        assert_eq!(JpegSegments::picture_len(&[0xff, 0xd8, 0xff, 0xd9]), None);
    }
}
