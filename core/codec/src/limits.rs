//! The limits for a picture's cost, checked before anything is decoded or allocated for it.
//!
//! A few hundred bytes can say that they are a hundred megapixels, or go over the whole picture again and again, and
//! libjpeg would believe them. So its header is asked for the size, the memory that libjpeg needs beside the planes, and the
//! number of scans; and whether there are bytes enough for such a picture at all.

use mutoscope_plugin::{Error, Result, Size};
use mutoscope_plugin::{JpegSegment, JpegSegments};
use turbojpeg::DecompressHeader;

/// Bytes that a picture may need beside its planes. What has several scans is gathered as coefficients, of 2 bytes: 33
/// megapixels of 4:2:0; what goes by way of RGB takes 4 bytes a pixel: 25 megapixels.
pub(crate) const MAX_MEMORY: u64 = 100_000_000;

/// Scans times pixels that a picture may have: each scan is a pass over the whole picture, and a few bytes are enough for
/// one. 100 scans of 8 megapixels; encoders make 10.
const MAX_SCANNED_PIXELS: u64 = 800_000_000;

/// The most scans of a picture however small, and the fewest that are allowed to one however large.
const MAX_SCANS: u64 = 100;
const MIN_SCANS: u64 = 16;

/// The number of scans that a picture of this size may have.
pub(crate) fn scans(size: Size) -> u64 {
    (MAX_SCANNED_PIXELS / size.pixels().max(1)).clamp(MIN_SCANS, MAX_SCANS)
}

/// Checks that `jpeg`, whose header libjpeg has read as `header`, is worth decoding as a picture of `size`, with
/// `conversion` bytes of memory for a conversion.
///
/// # Errors
/// The limit that it breaks, in a sentence.
pub(crate) fn check(jpeg: &[u8], header: &DecompressHeader, size: Size, conversion: u64) -> Result<()> {
    if header.is_lossless {
        return Err(Error::new("a lossless JPEG, which cannot be decoded here"));
    }
    check_size((header.width, header.height), size)?;
    let shape = Shape::read(jpeg).ok_or_else(|| Error::new("a JPEG whose header is damaged"))?;
    if shape.precision != 8 {
        let bits = shape.precision;
        return Err(Error::new(format!("a JPEG of {bits} bits a sample: only those of 8 can be decoded")));
    }
    let blocks = shape.blocks(size);
    let buffered = header.is_progressive || shape.in_first_scan < shape.factors.len();
    // Arithmetic coding knows no such bound, and a progressive picture's blocks may have no code for their end (T.81, G.1.2).
    if !header.is_arithmetic {
        check_length(jpeg, if header.is_progressive { blocks / 2 } else { blocks }, size)?;
    }
    let memory = conversion + if buffered { 2 * 64 * blocks } else { 0 };
    if memory > MAX_MEMORY {
        let kind = if header.is_progressive { "a progressive JPEG" } else { "a JPEG of this kind" };
        return Err(Error::new(format!(
            "{kind} of {size} takes {} MB to decode, and {} are allowed: have it made smaller, or as a baseline JPEG \
             with 4:2:0 or 4:2:2",
            memory / 1_000_000,
            MAX_MEMORY / 1_000_000
        )));
    }
    let allowed = scans(size);
    if buffered && JpegSegments::new(jpeg).filter(is_scan).nth(allowed as usize).is_some() {
        return Err(Error::new(format!(
            "a JPEG of {size} with more than {allowed} scans: have it made as a baseline JPEG, which has one"
        )));
    }
    Ok(())
}

/// Checks that a JPEG of `is` pixels has the size that its frame says.
///
/// # Errors
/// It has not.
pub(crate) fn check_size(is: (usize, usize), said: Size) -> Result<()> {
    if is != (said.width as usize, said.height as usize) {
        return Err(Error::new(format!("a JPEG of {}x{} in a frame that says {said}", is.0, is.1)));
    }
    Ok(())
}

/// Checks that there are bytes enough for so many blocks: each has a code of a bit or more for its mean and one for its end
/// (T.81, F.1.2).
///
/// # Errors
/// There are not.
pub(crate) fn check_length(jpeg: &[u8], blocks: u64, size: Size) -> Result<()> {
    if (jpeg.len() as u64) < 2 * blocks / 8 {
        let length = jpeg.len();
        return Err(Error::new(format!("{length} bytes that say they are a JPEG of {size}: it is cut off")));
    }
    Ok(())
}

fn is_scan(segment: &JpegSegment<'_>) -> bool {
    segment.marker == JpegSegment::SCAN
}

/// The fields of a frame header and of the scan header behind it (T.81, B.2.2 and B.2.3).
struct Shape {
    precision: u8,
    /// The sampling factors of each component, across and down.
    factors: Vec<(u64, u64)>,
    in_first_scan: usize,
}

impl Shape {
    fn read(jpeg: &[u8]) -> Option<Shape> {
        let mut shape = None;
        for JpegSegment { marker, content, .. } in JpegSegments::new(jpeg) {
            match marker {
                0xc0..=0xc2 | 0xc9 | 0xca => {
                    let components = content.get(6..)?.chunks_exact(3).take(usize::from(content[5]));
                    let factors = components.map(|component| (component[1] >> 4, component[1] & 15));
                    let factors: Vec<_> = factors.map(|(h, v)| (u64::from(h), u64::from(v))).collect();
                    shape = Some((content[0], factors));
                }
                JpegSegment::SCAN => {
                    let (precision, factors) = shape?;
                    return Some(Shape { precision, factors, in_first_scan: usize::from(*content.first()?) });
                }
                _ => {}
            }
        }
        None
    }

    /// Blocks of 8 by 8 samples in all components (A.1.1, A.2.4).
    fn blocks(&self, size: Size) -> u64 {
        let most = |of: fn(&(u64, u64)) -> u64| self.factors.iter().map(of).max().unwrap_or(1).max(1);
        let (across, down) = (most(|factors| factors.0), most(|factors| factors.1));
        let blocks = |side: u32, factor: u64, most: u64| (u64::from(side) * factor).div_ceil(8 * most);
        let factors = self.factors.iter();
        factors.map(|(h, v)| blocks(size.width, *h, across) * blocks(size.height, *v, down)).sum()
    }
}
