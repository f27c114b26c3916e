//! A camera's JPEG made tidy. A camera sends a JPEG of ITU-T T.81 with padding behind it, or without the standard
//! tables, or cut off where a transfer was.

use mutoscope_codec::huffman::TABLES;
use mutoscope_codec::with_missing_end;
use mutoscope_plugin::{JpegSegment, JpegSegments};
use std::borrow::Cow;

/// A whole JPEG inside of what a camera sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Tidy<'a> {
    /// The picture without what stands behind its end.
    picture: Cow<'a, [u8]>,
    /// The offset at which the tables belong, if they are missing.
    tables_at: Option<usize>,
}

/// The reason for which there is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Untidy {
    /// It starts, and does not end.
    CutOff,
    /// It does not even start as one.
    NoJpeg,
}

impl<'a> Tidy<'a> {
    /// Looks through what a camera sent up to the end of the first picture. One without an end marker is whole if all of its blocks
    /// are there.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Tidy<'a>, Untidy> {
        if !bytes.starts_with(&[0xff, 0xd8]) {
            return Err(Untidy::NoJpeg);
        }
        let picture = match JpegSegments::picture_len(bytes) {
            Some(len) => Cow::Borrowed(&bytes[..len]),
            None => Cow::Owned(with_missing_end(bytes).ok_or(Untidy::CutOff)?),
        };
        let (mut tables, mut tables_at) = (false, None);
        for segment in JpegSegments::new(&picture) {
            match segment.marker {
                // Arithmetic coding (SOF9 to SOF15 but for DAC) knows no such tables.
                0xc4 | 0xc9..=0xcb | 0xcd..=0xcf => tables = true,
                JpegSegment::SCAN => {
                    // Before the marker and the length, which every scan has.
                    tables_at = (!tables).then_some(segment.at - 4);
                    break;
                }
                _ => {}
            }
        }
        Ok(Tidy { picture, tables_at })
    }

    /// Bytes of the tidy picture.
    pub(crate) fn len(&self) -> usize {
        self.picture.len() + if self.tables_at.is_some() { TABLES.len() } else { 0 }
    }

    /// Returns whether the standard tables are put in.
    pub(crate) fn lacks_tables(&self) -> bool {
        self.tables_at.is_some()
    }

    /// Writes the tidy picture into `to`, which is as long as [`len`](Tidy::len) says: the one copy that it takes.
    pub(crate) fn write(&self, to: &mut [u8]) {
        match self.tables_at {
            None => to.copy_from_slice(&self.picture),
            Some(at) => {
                let (head, rest) = to.split_at_mut(at);
                let (tables, tail) = rest.split_at_mut(TABLES.len());
                head.copy_from_slice(&self.picture[..at]);
                tables.copy_from_slice(&TABLES);
                tail.copy_from_slice(&self.picture[at..]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mutoscope_frames::Sampling;
    use mutoscope_frames::malformed::{picture, without_huffman_tables};
    use mutoscope_plugin::JpegHeader;

    fn tidied(bytes: &[u8]) -> Vec<u8> {
        let tidy = Tidy::read(bytes).unwrap();
        let mut out = vec![0; tidy.len()];
        tidy.write(&mut out);
        out
    }

    /// The picture's pixels.
    fn decoded(jpeg: &[u8]) -> Vec<u8> {
        turbojpeg::decompress(jpeg, turbojpeg::PixelFormat::RGB).unwrap().pixels
    }

    #[test]
    fn what_is_tidy_stays_byte_for_byte() {
        let jpeg = picture(64, 48, Sampling::Yuv422);
        assert_eq!(tidied(&jpeg), jpeg);
    }

    #[test]
    fn padding_and_the_rest_of_an_older_picture_are_left_out() {
        let jpeg = picture(64, 48, Sampling::Yuv420);
        for behind in [&[0; 4096][..], &[0xff; 3], &[0xff, 0xd9], &jpeg[jpeg.len() / 2..]] {
            assert_eq!(tidied(&[&jpeg, behind].concat()), jpeg);
        }
    }

    #[test]
    fn missing_tables_are_the_standard_ones() {
        let jpeg = picture(64, 48, Sampling::Yuv420);
        let bare = without_huffman_tables(&jpeg);
        assert!(!JpegHeader::read(&bare).unwrap().huffman_tables, "the test needs a picture without");
        assert!(Tidy::read(&bare).unwrap().lacks_tables());
        let whole = tidied(&[&bare[..], &[0; 100]].concat());
        assert!(JpegHeader::read(&whole).unwrap().huffman_tables);
        assert_eq!(whole.len(), bare.len() + TABLES.len());
        // Encoded with those tables, so that any other would show other pixels, or none.
        assert_eq!(decoded(&whole), decoded(&jpeg));
    }

    #[test]
    fn what_is_cut_off_anywhere_is_found_out() {
        let jpeg = picture(64, 48, Sampling::Yuv420);
        for len in 2..jpeg.len() - 2 {
            // As it came, and with the rest of the buffer filled up.
            for behind in [&[][..], &[0; 512], &[0xff; 7]] {
                // Zeros in place of zeros are the picture's own bytes.
                if behind.starts_with(&[0]) && jpeg[len..jpeg.len() - 2].iter().all(|byte| *byte == 0) {
                    continue;
                }
                let cut = [&jpeg[..len], behind].concat();
                assert_eq!(
                    Tidy::read(&cut),
                    Err(Untidy::CutOff),
                    "{len} of {} bytes, {behind:?}",
                    jpeg.len()
                );
            }
        }
    }

    #[test]
    fn an_end_marker_may_be_missing_where_nothing_else_is() {
        let jpeg = picture(64, 48, Sampling::Yuv420);
        let endless = &jpeg[..jpeg.len() - 2];
        for behind in [&[][..], &[0; 512], &[0xff]] {
            let tidy = tidied(&[endless, behind].concat());
            assert_eq!(
                (decoded(&tidy), &tidy[tidy.len() - 2..]),
                (decoded(&jpeg), &[0xff, 0xd9][..]),
                "{behind:?}"
            );
        }
    }

    #[test]
    fn a_thumbnails_end_is_not_the_pictures() {
        let jpeg = picture(64, 48, Sampling::Yuv420);
        let small = picture(16, 16, Sampling::Yuv420);
        let length = (small.len() as u16 + 2).to_be_bytes();
        let with = [&jpeg[..2], &[0xff, 0xe1], &length, &small, &jpeg[2..]].concat();
        assert_eq!(tidied(&with), with);
    }

    #[test]
    fn what_is_none_is_none() {
        for bytes in [&[][..], &[0xff], &[0; 64], b"hello", &[0xd8, 0xff]] {
            assert_eq!(Tidy::read(bytes), Err(Untidy::NoJpeg));
        }
        assert_eq!(Tidy::read(&[0xff, 0xd8, 0xff, 0xd9]), Err(Untidy::CutOff), "an end without a picture");
    }
}
