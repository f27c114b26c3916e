//! Turning a JPEG on its coefficients, through libjpeg-turbo: nothing is decoded to pixels, and nothing is lost.

use crate::orientation::Orientation;
use mutoscope_plugin::{Buffer, Format, Frame, JpegHeader, Kind, Result, Services, Size};
use turbojpeg::{OutputBuf, Subsamp, Transform, TransformOp, Transformer, compressed_buf_len};

/// Pixels of the largest picture that is turned in this way. libjpeg-turbo holds all coefficients before and after the
/// turn, up to 12 bytes a pixel: 200 MB. A larger one is turned on pixels.
pub(crate) const MAX_PIXELS: u64 = 16_777_216;

/// Scans of the most scattered picture that is turned in this way: each is a pass over all coefficients, and a
/// malicious file can hold thousands. Ordinary progressive pictures have about ten.
const MAX_SCANS: usize = 64;

/// Turns JPEGs, and keeps what memory that takes.
pub(crate) struct Lossless {
    transformer: Transformer,
    /// Where the turned picture is written, before it is copied into a buffer that is just long enough.
    output: Vec<u8>,
}

impl Lossless {
    /// # Errors
    /// libjpeg-turbo has no memory.
    pub(crate) fn new() -> Result<Lossless> {
        Ok(Lossless { transformer: Transformer::new()?, output: Vec::new() })
    }

    /// The turned picture. `None` if it cannot be turned in this way: blocks are cut by an edge, the sampling is a rare
    /// one, it is too large, or damaged so far that only a decoder can say how.
    ///
    /// # Errors
    /// It is no JPEG, or there is no memory within the host's limit.
    pub(crate) fn turn(
        &mut self,
        frame: &Frame,
        orientation: Orientation,
        services: &Services,
    ) -> Result<Option<Frame>> {
        let Some(jpeg) = frame.jpeg() else { return Ok(None) };
        let header = JpegHeader::read(jpeg)?;
        let turned = orientation.format(header.format());
        let Some(sampling) = header.planes else { return Ok(None) };
        let Some(subsampling) = subsampling(turned.sampling) else { return Ok(None) };
        if header.precision != 8
            || header.size.pixels() > MAX_PIXELS
            || !can_hold(jpeg, header.size)
            || !orientation.keeps_blocks_whole(sampling, header.size)
            || scans(jpeg) > MAX_SCANS
        {
            return Ok(None);
        }
        let Some(length) = self.transform(jpeg, orientation, turned, subsampling)? else { return Ok(None) };
        let mut buffer = services.buffer(length)?;
        match buffer.get_mut() {
            Some(bytes) => bytes.copy_from_slice(&self.output[..length]),
            None => buffer = Buffer::from_vec(self.output[..length].to_vec()),
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
    ) -> Result<Option<usize>> {
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
        let mut output = OutputBuf::borrowed(&mut self.output[..room]);
        let done = self.transformer.transform(&transform, jpeg, &mut output);
        let length = output.len();
        // libjpeg-turbo reports mere warnings as errors too: a webcam's stray bytes before a marker are one, and
        // commonplace. It sets the length only once the picture is complete.
        let complete = length < room && output.ends_with(&[0xff, 0xd9]);
        Ok((done.is_ok() || complete).then_some(length))
    }
}

/// Whether there are bytes enough for a picture of this size: a block of 64 samples has a code of a bit or more (T.81,
/// F.1.2). What is far too short for what it says would take its memory all the same.
fn can_hold(jpeg: &[u8], size: Size) -> bool {
    jpeg.len() as u64 * 8 >= size.pixels() / 64
}

/// How many scans a JPEG has at most. Inside a scan's data FF is always followed by 0 or a restart marker.
fn scans(jpeg: &[u8]) -> usize {
    jpeg.iter().zip(jpeg.iter().skip(1)).filter(|(a, b)| (**a == 0xff) & (**b == 0xda)).count()
}

/// libjpeg-turbo's word for a planar kind.
fn subsampling(kind: Kind) -> Option<Subsamp> {
    Some(match kind {
        Kind::I420 => Subsamp::Sub2x2,
        Kind::I422 => Subsamp::Sub2x1,
        Kind::I440 => Subsamp::Sub1x2,
        Kind::I444 => Subsamp::None,
        Kind::GREY => Subsamp::Gray,
        _ => return None,
    })
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
