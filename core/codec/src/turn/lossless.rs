//! Turning a JPEG on its coefficients, through libjpeg-turbo: nothing is decoded to pixels, and nothing is lost.

use super::Orientation;
use crate::damage::judged;
use crate::mend::with_tidy_header;
use crate::profile;
use mutoscope_plugin::{Buffer, Error, Format, Frame, JpegHeader, PixelFormat, Result, Services};
use turbojpeg::{OutputBuf, Subsamp, Transform, TransformOp, Transformer, compressed_buf_len};

/// Pixels of the largest picture that is turned in this way. libjpeg-turbo holds all coefficients before and after the
/// turn, up to 12 bytes a pixel: 200 MB. A larger one is turned on pixels.
pub const MAX_PIXELS: u64 = 16_777_216;

/// Scans of the most scattered picture that is turned in this way: each is a pass over all coefficients, and a
/// malicious file can hold thousands. Ordinary progressive pictures have about ten.
const MAX_SCANS: usize = 64;

/// Turns JPEGs, and keeps what memory that takes.
pub struct Lossless {
    transformer: Transformer,
    /// The turned picture, before it is copied into a buffer that is just long enough.
    output: Vec<u8>,
}

impl Lossless {
    /// # Errors
    /// libjpeg-turbo has no memory.
    pub fn new() -> Result<Lossless> {
        Ok(Lossless { transformer: Transformer::new()?, output: Vec::new() })
    }

    /// Returns whether a picture with this header can be turned in this way, as far as the header tells.
    pub fn can_turn(header: &JpegHeader, orientation: Orientation) -> bool {
        header.size.pixels() <= MAX_PIXELS
            && header.planes.is_some_and(|sampling| orientation.keeps_blocks_whole(sampling, header.size))
    }

    /// The turned picture, Huffman-coded and with its colour profile. `None` if it cannot be turned in this way: blocks are cut
    /// by an edge, the sampling is a rare one, it is too large, or damaged.
    ///
    /// # Errors
    /// It is no JPEG, or there is no memory within the host's limit.
    pub fn turn(
        &mut self,
        frame: &Frame,
        orientation: Orientation,
        services: &Services,
    ) -> Result<Option<Frame>> {
        let Some(jpeg) = frame.jpeg() else { return Ok(None) };
        let header = JpegHeader::read(jpeg)?;
        let turned = orientation.format(header.format());
        let Some(subsampling) = subsampling(turned.sampling) else { return Ok(None) };
        if !Lossless::can_turn(&header, orientation) || !can_hold(jpeg, &header) || scans(jpeg) > MAX_SCANS {
            return Ok(None);
        }
        let length = match self.transform(&with_tidy_header(jpeg), orientation, turned, subsampling) {
            Ok(length) => length,
            Err(error) => {
                mutoscope_plugin::tracing::debug!("a JPEG is not turned on its coefficients: {error}");
                return Ok(None);
            }
        };
        // Behind the start marker and JFIF's segment, which has to come first.
        let start = match self.output.get(2..6) {
            Some(&[0xff, 0xe0, high, low]) => 4 + usize::from(u16::from_be_bytes([high, low])),
            _ => 2,
        };
        let (head, rest) = self.output[..length].split_at(start.min(length));
        let mut pieces = vec![head];
        let markers: Vec<_> = profile::segments(jpeg)
            .map(|segment| (&jpeg[segment.at - 4..segment.at], segment.content))
            .collect();
        for (marker, content) in &markers {
            pieces.extend([marker, content]);
        }
        pieces.push(rest);
        let mut buffer = services.buffer(pieces.iter().map(|piece| piece.len()).sum())?;
        match buffer.get_mut() {
            Some(mut bytes) => {
                for piece in pieces {
                    let (to, behind) = bytes.split_at_mut(piece.len());
                    to.copy_from_slice(piece);
                    bytes = behind;
                }
            }
            None => buffer = Buffer::from_vec(pieces.concat()),
        }
        Ok(Some(Frame::from_buffer(turned, buffer, frame.times())?.stamped_as(frame)))
    }

    /// Writes the turned picture, which will be of format `turned`, into `self.output` and gives its length.
    fn transform(
        &mut self,
        jpeg: &[u8],
        orientation: Orientation,
        turned: Format,
        subsampling: Subsamp,
    ) -> Result<usize> {
        // Room for any picture of this size, so that libjpeg-turbo never has to ask for more. The system backs with memory
        // only what is written to.
        let room = compressed_buf_len(turned.width as usize, turned.height as usize, subsampling)?;
        if self.output.len() < room {
            self.output = vec![0; room];
        }
        let mut transform = Transform::op(operation(orientation));
        // A header whose factors are unusual multiples has larger blocks than its sampling says.
        transform.perfect = true;
        // As on pixels: no EXIF orientation that would turn it once more, no place where it was taken.
        transform.copy_none = true;
        let mut length = 0;
        judged(jpeg, |jpeg| {
            let mut output = OutputBuf::borrowed(&mut self.output[..room]);
            let done = self.transformer.transform(&transform, jpeg, &mut output);
            length = output.len();
            done
        })?;
        // Where libjpeg-turbo complained, it sets the length only once the picture is complete.
        if length < room && self.output[..length].ends_with(&[0xff, 0xd9]) {
            Ok(length)
        } else {
            Err(Error::new("the turned JPEG is not complete"))
        }
    }
}

/// Returns whether there are bytes enough for a picture of this size: a block of 64 samples has a code of a bit or more
/// (T.81, F.1.2), but where coding is arithmetic. Data far too short for its header would take the memory all the same.
fn can_hold(jpeg: &[u8], header: &JpegHeader) -> bool {
    header.arithmetic || jpeg.len() as u64 * 8 >= header.size.pixels() / 64
}

/// The highest number of scans in a JPEG. Inside a scan's data FF is always followed by 0 or a restart marker.
fn scans(jpeg: &[u8]) -> usize {
    jpeg.iter().zip(jpeg.iter().skip(1)).filter(|(a, b)| (**a == 0xff) & (**b == 0xda)).count()
}

/// libjpeg-turbo's word for a planar kind.
fn subsampling(kind: PixelFormat) -> Option<Subsamp> {
    crate::layout::subsamp(kind).ok()
}

fn operation(orientation: Orientation) -> TransformOp {
    let Orientation { transpose, hflip, vflip } = orientation;
    match (transpose, hflip, vflip) {
        (false, false, false) => TransformOp::None,
        (false, true, false) => TransformOp::Hflip,
        (false, false, true) => TransformOp::Vflip,
        (false, true, true) => TransformOp::Rot180,
        (true, false, false) => TransformOp::Transpose,
        (true, true, false) => TransformOp::Rot90,
        (true, false, true) => TransformOp::Rot270,
        (true, true, true) => TransformOp::Transverse,
    }
}
