//! Pictures as they come from the world: odd in size and sampling, turned by a note in their header, without tables,
//! cut off, lying about their size, or no pictures at all. For tests of whatever reads pictures.
//!
//! [`cases`] gives one of each with what a reader should make of it; the functions below it make more.

use crate::jpeg::{Sampling, encode};

/// The sRGB colours of the quarters of every picture made here: top left, top right, bottom left, bottom right. A
/// reader that turns or mirrors a picture is found out by them.
pub const QUARTERS: [[u8; 3]; 4] = [[200, 40, 40], [40, 170, 60], [40, 70, 200], [225, 225, 210]];

/// The expected result of reading a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// A picture of this width and height (in pixels, as stored, before any turn).
    Picture(usize, usize),
    /// Either an error or a picture of which a part is grey; never a panic.
    Damaged,
    /// An error.
    NoPicture,
}

/// A file.
#[derive(Clone, Debug)]
pub struct Case {
    /// A file name that says what is wrong with it.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// The expected result of reading it.
    pub expect: Expect,
}

/// One file of each kind, about 43 of them, together under 200 kB.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |name: String, bytes: Vec<u8>, expect| cases.push(Case { name, bytes, expect });
    for sampling in Sampling::ALL {
        for (width, height) in [(1, 1), (17, 13), (3, 200), (201, 2), (64, 48)] {
            let name = format!("{width}x{height}-{sampling:?}.jpg").to_lowercase();
            add(name, picture(width, height, sampling), Expect::Picture(width, height));
        }
    }
    let plain = picture(64, 48, Sampling::Yuv420);
    for orientation in 1..=8 {
        let bytes = with_orientation(&plain, orientation);
        add(format!("orientation-{orientation}.jpg"), bytes, Expect::Picture(64, 48));
    }
    add("orientation-9-of-8.jpg".into(), with_orientation(&plain, 9), Expect::Picture(64, 48));
    add("without-huffman-tables.jpg".into(), without_huffman_tables(&plain), Expect::Picture(64, 48));
    for keep in [2, 20, 160, plain.len() / 2, plain.len() - 2] {
        let expect = if keep < 200 { Expect::NoPicture } else { Expect::Damaged };
        add(format!("first-{keep}-bytes.jpg"), plain[..keep].to_vec(), expect);
    }
    add("says-30000x30000.jpg".into(), with_size(&plain, 30_000, 30_000), Expect::Damaged);
    add("says-0x0.jpg".into(), with_size(&plain, 0, 0), Expect::NoPicture);
    add("empty.jpg".into(), Vec::new(), Expect::NoPicture);
    add("text.jpg".into(), TEXT.to_vec(), Expect::NoPicture);
    add("zeros.jpg".into(), vec![0; 4096], Expect::NoPicture);
    cases
}

/// A text with a name that ends in `.jpg`.
pub const TEXT: &[u8] = b"This is no picture.\n";

/// A picture with the four [`QUARTERS`], of any size from 1x1 up.
pub fn picture(width: usize, height: usize, sampling: Sampling) -> Vec<u8> {
    let rgb: Vec<u8> = (0..width * height)
        .flat_map(|i| {
            let (right, lower) = (i % width >= width.div_ceil(2), i / width >= height.div_ceil(2));
            QUARTERS[usize::from(right) + 2 * usize::from(lower)]
        })
        .collect();
    encode(&rgb, width, height, 92, sampling)
}

/// A JPEG with an Exif segment (Exif 2.3, section 4.5) after its first marker that holds one entry: how the picture is to be
/// turned for viewing (1 not at all … 8). Values beyond are written as they are.
///
/// # Panics
/// When `jpeg` does not begin as a JPEG does.
pub fn with_orientation(jpeg: &[u8], orientation: u16) -> Vec<u8> {
    assert!(jpeg.starts_with(&[0xff, 0xd8]), "a JPEG begins with SOI");
    let mut segment = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".to_vec();
    segment.extend(orientation.to_be_bytes());
    // The entry's value has four bytes; then comes the place of the next directory: none.
    segment.extend([0; 6]);
    let length = segment.len() as u16 + 2;
    [&[0xff, 0xd8, 0xff, 0xe1], &length.to_be_bytes()[..], &segment, &jpeg[2..]].concat()
}

/// A JPEG as webcams send it: without its DHT segments, since the reader knows the standard tables (ITU-T T.81, annex K.3).
///
/// # Panics
/// When `jpeg` is not a whole JPEG.
pub fn without_huffman_tables(jpeg: &[u8]) -> Vec<u8> {
    let mut rest = jpeg[..2].to_vec();
    let mut scan = jpeg.len();
    for (marker, range) in segments(jpeg) {
        if marker == SOS {
            scan = range.start;
            break;
        }
        if marker != DHT {
            rest.extend(&jpeg[range]);
        }
    }
    rest.extend(&jpeg[scan..]);
    rest
}

/// A JPEG with the same samples, coded arithmetically (ITU-T T.81, annex D), which no browser shows.
///
/// # Panics
/// When `jpeg` is not a whole JPEG.
pub fn arithmetic(jpeg: &[u8]) -> Vec<u8> {
    let mut coded = turbojpeg::Transform::default();
    coded.arithmetic = true;
    turbojpeg::transform(&coded, jpeg).expect("a whole JPEG").to_vec()
}

/// A JPEG whose header gives another number of bits for a sample than its data has.
///
/// # Panics
/// When `jpeg` has no frame header.
pub fn with_precision(jpeg: &[u8], bits: u8) -> Vec<u8> {
    let (_, range) =
        segments(jpeg).find(|(marker, _)| *marker == SOF0).expect("a baseline JPEG has an SOF0 segment");
    let mut bytes = jpeg.to_vec();
    bytes[range.start + 4] = bits;
    bytes
}

/// A JPEG whose header gives another size than its data has: at 30000x30000, a few hundred bytes ask for 2.7 GB.
///
/// # Panics
/// When `jpeg` has no frame header.
pub fn with_size(jpeg: &[u8], width: u16, height: u16) -> Vec<u8> {
    let (_, range) =
        segments(jpeg).find(|(marker, _)| *marker == SOF0).expect("a baseline JPEG has an SOF0 segment");
    let mut bytes = jpeg.to_vec();
    // Marker, length and precision come first.
    bytes[range.start + 5..range.start + 7].copy_from_slice(&height.to_be_bytes());
    bytes[range.start + 7..range.start + 9].copy_from_slice(&width.to_be_bytes());
    bytes
}

const SOF0: u8 = 0xc0;
const DHT: u8 = 0xc4;
const SOS: u8 = 0xda;

/// The marker segments of a header, up to the first scan's: each with its marker byte and where it is.
fn segments(jpeg: &[u8]) -> impl Iterator<Item = (u8, std::ops::Range<usize>)> {
    let mut start = 2;
    std::iter::from_fn(move || {
        let [0xff, marker, high, low] = *jpeg.get(start..start + 4)? else { return None };
        let end = start + 2 + usize::from(u16::from_be_bytes([high, low]));
        let range = start..end;
        start = if marker == SOS { jpeg.len() } else { end };
        Some((marker, range))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use turbojpeg::{PixelFormat, decompress, read_header};

    #[test]
    fn every_case_is_what_it_says() {
        let cases = cases();
        assert!(cases.iter().map(|c| c.bytes.len()).sum::<usize>() < 200_000);
        for Case { name, bytes, expect } in cases {
            match expect {
                Expect::Picture(width, height) => {
                    let image =
                        decompress(&bytes, PixelFormat::RGB).unwrap_or_else(|e| panic!("{name}: {e}"));
                    assert_eq!((image.width, image.height), (width, height), "{name}");
                }
                // Decoding this one would take the memory that it asks for.
                Expect::Damaged if name.starts_with("says-") => {
                    let header = read_header(&bytes).unwrap();
                    assert_eq!((header.width, header.height), (30_000, 30_000));
                }
                Expect::Damaged => assert!(decompress(&bytes, PixelFormat::RGB).is_err(), "{name}"),
                Expect::NoPicture => assert!(read_header(&bytes).is_err(), "{name}"),
            }
        }
    }

    #[test]
    fn the_standard_tables_give_the_same_picture() {
        let plain = picture(64, 48, Sampling::Yuv422);
        let stripped = without_huffman_tables(&plain);
        assert!(stripped.len() + 400 < plain.len());
        let pixels = |bytes: &[u8]| decompress(bytes, PixelFormat::RGB).unwrap().pixels;
        assert_eq!(pixels(&plain), pixels(&stripped));
    }

    #[test]
    fn another_reader_finds_the_orientation() {
        let plain = picture(17, 13, Sampling::Yuv444);
        for orientation in 1..=8 {
            let bytes = with_orientation(&plain, orientation);
            let exif = exif::Reader::new().read_from_container(&mut std::io::Cursor::new(&bytes)).unwrap();
            let field = exif.get_field(exif::Tag::Orientation, exif::In::PRIMARY).unwrap();
            assert_eq!(field.value.get_uint(0), Some(u32::from(orientation)));
        }
    }

    #[test]
    fn the_quarters_are_where_they_belong() {
        let image = decompress(&picture(64, 48, Sampling::Yuv420), PixelFormat::RGB).unwrap();
        for (i, quarter) in QUARTERS.iter().enumerate() {
            let (x, y) = (16 + 32 * (i % 2), 12 + 24 * (i / 2));
            let pixel = &image.pixels[y * image.pitch + x * 3..][..3];
            assert!(pixel.iter().zip(quarter).all(|(a, b)| a.abs_diff(*b) < 6), "{i}: {pixel:?}");
        }
    }
}
