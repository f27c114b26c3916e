//! A scan's entropy-coded data, without stuffed zeros and markers, and what stands behind it.

use crate::error::{Damage, Error};
use crate::segments::Segments;
use memchr::memchr;

/// Bytes behind the data that a reader may look at: zeros.
pub(crate) const PADDING: usize = 16;

/// The most bytes that may belong to nothing before the end marker of a picture that has others behind it: a few are a
/// camera's habit, many are other data in place of the picture's end.
const MOST_STRAY: usize = 16;

/// The data of a scan. Its memory is kept for the next one.
#[derive(Default)]
pub(crate) struct ScanData {
    /// All restart intervals' bytes, one after another, and [`PADDING`].
    pub(crate) bytes: Vec<u8>,
    /// The end of each restart interval in `bytes`.
    pub(crate) ends: Vec<usize>,
    /// The place in the JPEG of the marker that ends the scan.
    marker: usize,
}

impl ScanData {
    /// Reads the data at `from`, which is to have so many restart intervals.
    ///
    /// # Errors
    /// It has fewer.
    pub(crate) fn read(&mut self, jpeg: &[u8], from: usize, intervals: usize) -> Result<(), Error> {
        let ScanData { bytes, ends, marker } = self;
        bytes.clear();
        ends.clear();
        // Room for any interval and for the padding: nothing grows while the data is read.
        bytes.reserve(jpeg.len() - from.min(jpeg.len()) + PADDING);
        let mut rest = jpeg.get(from..).unwrap_or_default();
        let mut has_marker = false;
        while let Some(found) = memchr(0xff, rest) {
            match rest.get(found + 1) {
                Some(0) => {
                    bytes.extend_from_slice(&rest[..=found]);
                    rest = &rest[found + 2..];
                }
                Some(code) if *code == 0xd0 | (ends.len() & 7) as u8 && ends.len() + 1 < intervals => {
                    bytes.extend_from_slice(&rest[..found]);
                    ends.push(bytes.len());
                    rest = &rest[found + 2..];
                }
                // A fill byte, or the last byte of a transfer that was cut off.
                Some(0xff) | None => {
                    bytes.extend_from_slice(&rest[..found]);
                    rest = &rest[found + 1..];
                }
                Some(_) => {
                    bytes.extend_from_slice(&rest[..found]);
                    rest = &rest[found..];
                    has_marker = true;
                    break;
                }
            }
        }
        *marker = jpeg.len();
        if has_marker {
            *marker -= rest.len();
        } else {
            bytes.extend_from_slice(rest);
            // A driver fills its buffer with zeros. One of them may be the picture's own.
            let start = ends.last().copied().unwrap_or(0);
            let zeros = bytes[start..].iter().rev().take_while(|byte| **byte == 0).count();
            bytes.truncate(bytes.len() - zeros.saturating_sub(1));
        }
        ends.push(bytes.len());
        bytes.extend_from_slice(&[0; PADDING]);
        if ends.len() < intervals { Err(Damage::Restart.into()) } else { Ok(()) }
    }

    /// Judges what stands behind a scan of which all blocks have been read, up to the bit `read` of the data.
    ///
    /// # Errors
    /// It is no picture's end.
    pub(crate) fn check_end(&self, jpeg: &[u8], read: usize) -> Result<(), Error> {
        let end = self.ends.last().copied().unwrap_or(0);
        // Zeros at the very end are what a driver filled its buffer with.
        let zeros = jpeg[self.marker..].iter().rev().take_while(|byte| **byte == 0).count();
        let jpeg = &jpeg[..jpeg.len() - zeros];
        let mut segments = Segments::new(jpeg, self.marker);
        segments.stray = end.saturating_sub(read.div_ceil(8));
        let behind = loop {
            match segments.next() {
                Some(segment) => match segment.marker {
                    0xd9 => break &jpeg[segments.at..],
                    // Tables, application data, comments; DNL, of which the frame header has no need.
                    0xc4 | 0xcc | 0xdb..=0xdd | 0xe0..=0xef | 0xfe => {}
                    _ => return Err(Damage::End.into()),
                },
                // No end marker: what else is there must not be much.
                None => {
                    segments.stray += jpeg.len() - segments.at;
                    break &[0xff][..];
                }
            }
        };
        let is_end = segments.stray <= MOST_STRAY || behind.iter().all(|byte| *byte == 0);
        if is_end { Ok(()) } else { Err(Damage::End.into()) }
    }
}
