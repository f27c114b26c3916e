//! Mistakes of cameras and editors that every decoder forgives, put right before libjpeg sees them: it keeps the first of a
//! picture's complaints alone, so that one that does not matter would hide one that does.

use crate::profile;
use crate::whole::is_whole;
use mutoscope_plugin::{JpegSegment, JpegSegments, tracing};
use std::borrow::Cow;
use std::sync::Once;

/// The coefficients in a scan of a sequential picture: all of them, in full (T.81, table B.3).
const ALL: [u8; 3] = [0, 63, 0];

/// The end marker.
const END: [u8; 2] = [0xff, 0xd9];

/// A header as libjpeg takes it without a complaint: without stray bytes between its segments, with a scan that holds
/// what a sequential picture's has to, with a version of JFIF and a colour transform of Adobe's that are known, without a colour
/// profile of which pieces are missing. A picture whose header is like that already is returned as it is.
pub(crate) fn with_tidy_header(jpeg: &[u8]) -> Cow<'_, [u8]> {
    let mut segments = JpegSegments::new(jpeg);
    // A profile with missing pieces is of no use.
    let drops_profile = !profile::is_whole(jpeg);
    let is_dropped = |segment: &JpegSegment<'_>| drops_profile && profile::is_piece(segment);
    let (mut components, mut sequential, mut is_tidy) = (0, true, true);
    let mut scan = None;
    for segment in segments.by_ref() {
        match segment.marker {
            0xc0 | 0xc1 | 0xc9 => components = segment.content.get(5).copied().unwrap_or(0),
            0xc2 | 0xca => (components, sequential) = (segment.content.get(5).copied().unwrap_or(0), false),
            _ => {}
        }
        is_tidy &= segment.stray == 0
            && !is_dropped(&segment)
            && corrected(&segment, components, sequential).is_none();
        if segment.marker == JpegSegment::SCAN {
            scan = Some(segment.at + segment.content.len());
            break;
        }
    }
    let Some(data) = scan else { return Cow::Borrowed(jpeg) };
    if is_tidy {
        return Cow::Borrowed(jpeg);
    }
    if drops_profile {
        static SAID: Once = Once::new();
        SAID.call_once(|| {
            tracing::warn!("a picture's colour profile is left out: its pieces are not all there")
        });
    }
    let mut tidy = Vec::with_capacity(jpeg.len());
    tidy.extend([0xff, JpegSegment::START]);
    let segments = JpegSegments::new(jpeg).take_while(|segment| segment.at <= data);
    for segment in segments.filter(|segment| !is_dropped(segment)) {
        tidy.extend([0xff, segment.marker]);
        tidy.extend((segment.content.len() as u16 + 2).to_be_bytes());
        let start = tidy.len();
        tidy.extend(segment.content);
        if let Some((at, bytes)) = corrected(&segment, components, sequential) {
            tidy[start + at..start + at + bytes.len()].copy_from_slice(bytes);
        }
    }
    tidy.extend(&jpeg[data..]);
    Cow::Owned(tidy)
}

/// The bytes that belong into the segment in place of wrong ones, and their place.
fn corrected(segment: &JpegSegment<'_>, components: u8, sequential: bool) -> Option<(usize, &'static [u8])> {
    let content = segment.content;
    match segment.marker {
        JpegSegment::SCAN if sequential => {
            let at = 1 + 2 * usize::from(*content.first()?);
            (*content.get(at..at + 3)? != ALL).then_some((at, &ALL))
        }
        // A version of JFIF from the future.
        0xe0 if content.starts_with(b"JFIF\0") => (!matches!(content.get(5)?, 1 | 2)).then_some((5, &[1])),
        // The colours that libjpeg takes a transform for that it does not know.
        0xee if content.starts_with(b"Adobe") => match (components, content.get(11)?) {
            (3, 2..) => Some((11, &[1])),
            (4, 1 | 3..) => Some((11, &[2])),
            _ => None,
        },
        _ => None,
    }
}

/// The picture with the end marker that it lacks, in place of what a driver filled its buffer with. `None`: it has one,
/// or a decoder could not tell whether the rest of it is there: of arithmetic coding any bytes are enough, and of several
/// scans the last ones may be missing.
pub(crate) fn with_end(jpeg: &[u8]) -> Option<Vec<u8>> {
    // For each component and coefficient, the lowest bit that came; 1 where none did.
    let mut missing: Vec<(u8, [u8; 64])> = Vec::new();
    let mut segments = JpegSegments::new(jpeg);
    for JpegSegment { marker, content, .. } in segments.by_ref() {
        match marker {
            0xc0..=0xc2 => {
                missing =
                    content.get(6..)?.chunks_exact(3).map(|component| (component[0], [1; 64])).collect();
            }
            0xc9 | 0xca => return None,
            JpegSegment::SCAN => {
                let count = usize::from(*content.first()?);
                let (components, [first, last, bits]) =
                    (content.get(1..1 + 2 * count)?, *content.get(1 + 2 * count..)?.first_chunk()?);
                for selector in components.chunks_exact(2) {
                    let component = missing.iter_mut().find(|(id, _)| *id == selector[0])?;
                    component.1.get_mut(usize::from(first)..=usize::from(last))?.fill(bits & 15);
                }
            }
            _ => {}
        }
    }
    if segments.end().is_some() || missing.is_empty() || missing.iter().any(|(_, bits)| *bits != [0; 64]) {
        return None;
    }
    let zeros = jpeg.iter().rev().take_while(|byte| **byte == 0).count();
    let bare = [&jpeg[..jpeg.len() - zeros], &END].concat();
    if zeros == 0 || is_whole(&bare) != Some(false) {
        return Some(bare);
    }
    // One may be the picture's own, or stuffed behind its FF; the next ones would be decoded as grey.
    Some([&jpeg[..jpeg.len() - zeros + 1], &END].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mutoscope_frames::Sampling;
    use mutoscope_frames::malformed::picture;

    #[test]
    fn a_tidy_header_is_left_where_it_is() {
        let jpeg = picture(64, 48, Sampling::Yuv420);
        assert!(matches!(with_tidy_header(&jpeg), Cow::Borrowed(_)));
        let filled = [&jpeg[..2], &[0xff, 0xff], &jpeg[2..]].concat();
        assert!(matches!(with_tidy_header(&filled), Cow::Borrowed(_)), "fill bytes are no mistake");
    }

    #[test]
    fn an_untidy_header_becomes_the_tidy_one() {
        let jpeg = picture(64, 48, Sampling::Yuv420);
        let mut malformed = jpeg.clone();
        let scan = jpeg.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
        malformed[scan + 11..scan + 14].copy_from_slice(&[0, 0, 7]);
        assert_eq!(&jpeg[6..11], b"JFIF\0");
        malformed[11] = 9;
        malformed.splice(scan..scan, [1, 0xff, 0, 2]);
        malformed.splice(2..2, [3, 0xff, 0xff]);
        assert_eq!(with_tidy_header(&malformed)[..], jpeg);
        for length in 0..malformed.len() {
            with_tidy_header(&malformed[..length]);
        }
    }

    #[test]
    fn an_end_is_added_only_where_there_is_none() {
        let jpeg = picture(64, 48, Sampling::Yuv420);
        let endless = &jpeg[..jpeg.len() - 2];
        assert_eq!(with_end(&jpeg), None);
        assert_eq!(with_end(&[&jpeg[..], &[1, 2, 3]].concat()), None);
        assert_eq!(with_end(&jpeg[..jpeg.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap()]), None);
        for tail in [&[][..], &[0; 600], &[0xff]] {
            let ended = with_end(&[endless, tail].concat()).unwrap();
            assert!(ended.starts_with(endless) && ended.ends_with(&END) && ended.len() <= jpeg.len() + 1);
        }
    }
}
