//! A JPEG file as viewers can be given it: as it is wherever browsers show it so, otherwise turned, or encoded again without
//! loss.

use image::metadata::Orientation as Exif;
use mutoscope_codec::turn::{Orientation, Turner};
use mutoscope_codec::with_missing_end;
use mutoscope_plugin::{
    Buffer, Error, Format, Frame, JpegHeader, JpegSegment, JpegSegments, Result, Services, Times,
};
use std::cell::RefCell;

thread_local! {
    /// Turns this source's pictures. A source runs on one thread of its own, and its pictures share this.
    static TURNER: RefCell<Option<Turner>> = const { RefCell::new(None) };
}

/// The format in which a JPEG will be shown, from its header.
///
/// # Errors
/// It cannot be shown. In words that follow the file's path.
pub(crate) fn format(jpeg: &[u8]) -> Result<Format> {
    let header = JpegHeader::read(jpeg).map_err(not_good)?;
    if JpegSegments::picture_len(jpeg).is_none() {
        with_missing_end(jpeg).ok_or_else(cut_off)?;
    }
    Ok(match orientation(jpeg, &header) {
        None => header.format(),
        Some(orientation) => Turner::format(&header, orientation),
    })
}

/// A JPEG as it is shown: itself, or turned as its metadata (EXIF) asks for, which not every viewer heeds.
///
/// # Errors
/// It cannot be shown. In words that follow the file's path.
pub(crate) fn shown(mut jpeg: Buffer, services: &Services) -> Result<(Format, Buffer)> {
    let header = JpegHeader::read(jpeg.as_slice()).map_err(not_good)?;
    if JpegSegments::picture_len(jpeg.as_slice()).is_none() {
        jpeg = Buffer::from_vec(with_missing_end(jpeg.as_slice()).ok_or_else(cut_off)?);
    }
    let Some(orientation) = orientation(jpeg.as_slice(), &header) else { return Ok((header.format(), jpeg)) };
    let frame = Frame::from_buffer(header.format(), jpeg, Times::default())?;
    let turned = TURNER.with_borrow_mut(|turner| {
        let turner = match turner {
            Some(turner) => turner,
            None => turner.insert(Turner::new()?),
        };
        turner.turn(&frame, orientation, services)
    });
    let turned = turned.map_err(not_good)?;
    if turned.jpeg().is_some() {
        return Ok((turned.format(), turned.buffer().clone()));
    }
    // Line after line without gaps, as a file's picture is kept.
    let planes =
        turned.planes().flat_map(|plane| plane.rows().flatten().copied().collect::<Vec<_>>()).collect();
    Ok((turned.format(), Buffer::from_vec(planes)))
}

/// The turn that a JPEG needs. `None`: it passes as it is. Arithmetic coding, which no browser shows, is turned by nothing,
/// and comes out Huffman-coded.
fn orientation(jpeg: &[u8], header: &JpegHeader) -> Option<Orientation> {
    let exif = JpegSegments::new(jpeg)
        .take_while(|segment| segment.marker != JpegSegment::SCAN)
        .find_map(|segment| segment.content.strip_prefix(b"Exif\0\0").filter(|_| segment.marker == 0xe1));
    // Metadata that cannot be read is no reason to show nothing.
    let exif = exif.and_then(Exif::from_exif_chunk).unwrap_or(Exif::NoTransforms);
    let (transpose, hflip, vflip) = match exif {
        Exif::NoTransforms => (false, false, false),
        Exif::FlipHorizontal => (false, true, false),
        Exif::Rotate180 => (false, true, true),
        Exif::FlipVertical => (false, false, true),
        Exif::Rotate90FlipH => (true, false, false),
        Exif::Rotate90 => (true, true, false),
        Exif::Rotate270FlipH => (true, true, true),
        Exif::Rotate270 => (true, false, true),
    };
    let orientation = Orientation { transpose, hflip, vflip };
    (orientation != Orientation::UPRIGHT || header.arithmetic).then_some(orientation)
}

fn cut_off() -> Error {
    Error::new("is a JPEG that is cut off: it has no end marker")
}

fn not_good(error: Error) -> Error {
    error.context("is not good")
}
