//! Planes to JPEG, through TurboJPEG, into a pooled buffer of the host's.

use crate::layout::{Layout, pad, subsamp};
use crate::resample::resample;
use mutoscope_plugin::{Buffer, Error, PixelFormat, Plane, Result, Services};
use turbojpeg::{Compressor, Image, YuvPlanesImage, compressed_buf_len};

/// Steps of the memory that is lent for a JPEG.
const STEP: usize = 64 * 1024;

/// A picture to be encoded, its planes anywhere and of any stride, in BT.601 and full range.
pub struct Picture<'a> {
    /// The kind of the planes.
    pub kind: PixelFormat,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// One for a grey picture, three for others; the luma plane may have the padding that libjpeg-turbo wants.
    pub planes: [Plane<'a>; 3],
}

/// Encodes one picture after the other.
pub struct Encoder {
    turbo: Compressor,
    /// Luma with padding, for pictures with an odd side.
    luma: Vec<u8>,
    /// Chroma, for pictures whose subsampling is changed.
    chroma: Vec<u8>,
    /// Bytes that the next JPEG is expected to need, for pictures of so many pixels: the newest one's and a quarter more, or those of
    /// a larger one that came not long before.
    expected: (u64, usize),
}

impl Encoder {
    /// An encoder without memory yet.
    ///
    /// # Errors
    /// libjpeg-turbo has no memory.
    pub fn new() -> Result<Encoder> {
        Ok(Encoder { turbo: Compressor::new()?, luma: Vec::new(), chroma: Vec::new(), expected: (0, 0) })
    }

    /// A JPEG of `picture` with the sampling of `kind`, at the start of the buffer, and its length.
    ///
    /// # Errors
    /// There is no memory for it within the host's limit, or a plane's stride is absurd.
    pub fn encode(
        &mut self,
        picture: &Picture<'_>,
        kind: PixelFormat,
        quality: u32,
        services: &Services,
    ) -> Result<(Buffer, usize)> {
        let Encoder { turbo, luma, chroma, expected } = self;
        let (width, height) = (picture.width, picture.height);
        let layout = Layout::new(kind, width, height);
        let y = padded(&picture.planes[0], picture, &layout, luma);
        let [cb, cr] = if kind == PixelFormat::GREY || kind == picture.kind {
            [picture.planes[1], picture.planes[2]]
        } else {
            resampled(picture, kind, &layout, chroma)
        };
        for plane in [&y, &cb, &cr] {
            if i32::try_from(line_distance(plane)).is_err() {
                return Err(Error::new(format!("a plane whose lines are {} bytes apart", plane.stride)));
            }
        }
        turbo.set_quality(quality as i32)?;
        turbo.set_subsamp(subsamp(kind)?)?;
        let (width, height) = (width as usize, height as usize);
        let worst = compressed_buf_len(width, height, subsamp(kind)?)?;
        let pixels = (width * height) as u64;
        if expected.0 != pixels {
            // A quarter of a byte for a pixel is a fair quality; the first pictures tell better.
            *expected = (pixels, 16 * 1024 + width * height / 4);
        }
        // In steps, so that the pool sees few sizes.
        for room in [expected.1.next_multiple_of(STEP).min(worst), worst] {
            let mut buffer = services.buffer(room)?;
            let memory = buffer.get_mut().ok_or_else(|| Error::new("a pooled buffer that is shared"))?;
            let result = if kind == PixelFormat::GREY {
                let pitch = line_distance(&y);
                let image =
                    Image { pixels: y.data, width, pitch, height, format: turbojpeg::PixelFormat::GRAY };
                turbo.compress_to_slice(image, memory)
            } else {
                let image = YuvPlanesImage {
                    y_plane: y.data,
                    u_plane: cb.data,
                    v_plane: cr.data,
                    width,
                    height,
                    y_stride: line_distance(&y),
                    u_stride: line_distance(&cb),
                    v_stride: line_distance(&cr),
                    subsamp: subsamp(kind)?,
                };
                turbo.compress_yuv_planes_to_slice(&image, memory)
            };
            match result {
                Ok(len) => {
                    // What is lent and not used is memory that other frames cannot have. It shrinks slowly, since a picture that
                    // does not fit is encoded twice.
                    expected.1 = (len + len / 4).max(expected.1 - expected.1 / 16);
                    return Ok((buffer, len));
                }
                Err(error) if room == worst => return Err(error.into()),
                // It did not fit: once more, with room for whatever comes.
                Err(_) => {}
            }
        }
        Err(Error::new("a JPEG that is larger than any can be"))
    }
}

/// The luma plane as libjpeg-turbo wants it: itself, or a copy with padding where a side is odd and chroma is halved.
fn padded<'a>(
    plane: &Plane<'a>,
    picture: &Picture<'_>,
    layout: &Layout,
    memory: &'a mut Vec<u8>,
) -> Plane<'a> {
    let (width, height) = layout.shapes[0];
    if plane.width >= width && plane.height >= height {
        return *plane;
    }
    let stride = layout.planes[0].stride;
    memory.resize(stride * height, 0);
    let shape = (picture.width as usize, picture.height as usize);
    for (to, from) in memory.chunks_exact_mut(stride).zip(plane.rows().take(shape.1)) {
        to[..shape.0].copy_from_slice(&from[..shape.0]);
    }
    pad(memory, stride, shape, (width, height));
    Plane { data: memory, stride, width, height }
}

/// The chroma planes in another subsampling.
fn resampled<'a>(
    picture: &Picture<'_>,
    kind: PixelFormat,
    layout: &Layout,
    memory: &'a mut Vec<u8>,
) -> [Plane<'a>; 2] {
    let stride = layout.planes[1].stride;
    let (width, height) = layout.shapes[1];
    memory.resize(2 * stride * height, 0);
    let (cb, cr) = memory.split_at_mut(stride * height);
    for (plane, out) in picture.planes[1..].iter().zip([&mut *cb, &mut *cr]) {
        resample(plane, (picture.kind, kind), out, stride, (width, height));
    }
    [&*cb, &*cr].map(|data| Plane { data, stride, width, height })
}

/// Bytes between lines; a single line has none after it, whatever it says.
fn line_distance(plane: &Plane<'_>) -> usize {
    if plane.height <= 1 { plane.width } else { plane.stride }
}
