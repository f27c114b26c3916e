//! Pictures without an end marker.

use crate::decode::Decoder;
use crate::mend::with_end;
use crate::whole::is_whole;
use mutoscope_plugin::{JpegHeader, PixelFormat};

/// Adds the end marker to a picture that lacks it. `None`: it has one, or not all of its blocks are there. Zeros that a driver
/// filled its buffer with are left out.
pub fn with_missing_end(jpeg: &[u8]) -> Option<Vec<u8>> {
    let ended = with_end(jpeg)?;
    match is_whole(&ended) {
        Some(is_whole) => is_whole.then_some(ended),
        None => {
            let header = JpegHeader::read(&ended).ok()?;
            let kind = header.planes.unwrap_or(PixelFormat::GREY);
            let mut decoder = Decoder::new().ok()?;
            let checked = decoder.check(&ended, header.size, kind, 8).ok()?;
            let mut planes = vec![0; checked.layout().len];
            decoder.decode(&checked, &mut planes).ok()?;
            Some(ended)
        }
    }
}
