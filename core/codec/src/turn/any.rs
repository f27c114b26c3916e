//! Turning any JPEG: without loss where that can be done, otherwise on planes.

use super::{Lossless, Orientation, turn};
use crate::Decoder;
use mutoscope_plugin::{Error, Format, Frame, JpegHeader, PixelFormat, Result, Services};

/// Turns JPEGs of every size and sampling.
pub struct Turner {
    lossless: Lossless,
    decoder: Decoder,
}

impl Turner {
    /// # Errors
    /// libjpeg-turbo has no memory.
    pub fn new() -> Result<Turner> {
        Ok(Turner { lossless: Lossless::new()?, decoder: Decoder::new()? })
    }

    /// `frame` as browsers show it: an arithmetic-coded JPEG is Huffman-coded again, everything else stays as it is. The
    /// turner is made when the first one comes.
    ///
    /// # Errors
    /// It is damaged, or there is no memory within the host's limit.
    pub fn for_viewers(turner: &mut Option<Turner>, frame: Frame, services: &Services) -> Result<Frame> {
        if !frame.jpeg().is_some_and(|jpeg| JpegHeader::read(jpeg).is_ok_and(|header| header.arithmetic)) {
            return Ok(frame);
        }
        let turner = match turner {
            Some(turner) => turner,
            None => turner.insert(Turner::new()?),
        };
        turner.turn(&frame, Orientation::UPRIGHT, services)
    }

    /// The format that a picture with this header is turned to, if it is not damaged.
    pub fn format(header: &JpegHeader, orientation: Orientation) -> Format {
        if Lossless::can_turn(header, orientation) {
            orientation.format(header.format())
        } else {
            orientation.format(planes(header))
        }
    }

    /// The turned picture: a Huffman-coded JPEG with its colour profile, or planes in sRGB.
    ///
    /// # Errors
    /// It is damaged, or there is no memory within the host's limit.
    pub fn turn(&mut self, frame: &Frame, orientation: Orientation, services: &Services) -> Result<Frame> {
        if let Some(turned) = self.lossless.turn(frame, orientation, services)? {
            return Ok(turned);
        }
        let jpeg = frame.jpeg().ok_or_else(|| Error::new(format!("not a JPEG but {}", frame.format())))?;
        let format = planes(&JpegHeader::read(jpeg)?);
        let checked = self.decoder.check(jpeg, format.size(), format.kind, 1)?;
        let layout = checked.layout();
        let mut buffer = services.buffer(layout.len)?;
        let memory = buffer.get_mut().ok_or_else(|| Error::new("a pooled buffer that is shared"))?;
        self.decoder.decode(&checked, memory)?;
        let upright = Frame::with_layout(format, buffer, &layout.planes, frame.times())?.stamped_as(frame);
        if orientation == Orientation::UPRIGHT { Ok(upright) } else { turn(&upright, orientation, services) }
    }
}

/// The planes that a picture is decoded to: 4:2:0 where no planar kind has its sampling.
fn planes(header: &JpegHeader) -> Format {
    Format::new(header.planes.unwrap_or(PixelFormat::I420), header.size.width, header.size.height)
}
