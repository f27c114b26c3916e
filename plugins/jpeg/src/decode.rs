//! JPEG to planes, through TurboJPEG.
//!
//! Pictures come from cameras, files and peers. A picture is first looked at ([`Decoder::check`]), which costs next to
//! nothing, and then decoded into memory that is got for it in between.

use crate::layout::{ALIGN, Layout, pad, subsamp};
use crate::limits;
use crate::mend::mended;
use mutoscope_pixels::Converter;
use mutoscope_plugin::{Error, Format, Kind, Plane, PlaneMut, Result, Size, tracing};
use turbojpeg::{Colorspace, DecompressHeader, Decompressor, Image, PixelFormat, ScalingFactor, YuvImage};

/// Words of the complaint that libjpeg makes of pictures that it has decoded in full all the same (`jerror.h`). Webcams
/// make some of them with every picture.
const HARMLESS: &str = "extraneous bytes before marker";

/// Decodes one picture after the other.
pub(crate) struct Decoder {
    turbo: Decompressor,
    converter: Converter,
}

/// A picture that is worth decoding.
pub(crate) struct Checked<'a> {
    jpeg: &'a [u8],
    /// As the picture will be: scaled.
    header: DecompressHeader,
    factor: ScalingFactor,
    scans: u64,
    kind: Kind,
    way: Way,
}

/// How a picture becomes planes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It has them inside.
    Planes,
    /// It has luma, and nothing else is wanted.
    Luma,
    /// What is rare: another sampling than is wanted, or one that no planar kind has (4:1:1), RGB or CMYK inside.
    Rgb,
}

impl Decoder {
    pub(crate) fn new() -> Result<Decoder> {
        Ok(Decoder { turbo: Decompressor::new()?, converter: Converter::default() })
    }

    /// Whether `jpeg`, which is said to have `size`, can be decoded to planes of `kind` at 1/`downscale`. Nothing is
    /// decoded yet, and no more memory needed than for the header.
    ///
    /// # Errors
    /// Its header is damaged, it lies about its size, is of a kind that cannot be decoded, or would cost too much.
    pub(crate) fn check<'a>(
        &mut self,
        jpeg: &'a [u8],
        size: Size,
        kind: Kind,
        downscale: u32,
    ) -> Result<Checked<'a>> {
        let header = self.turbo.read_header(jpeg).map_err(|error| damaged(&error))?;
        let factor = ScalingFactor::new(1, downscale as usize);
        let scaled = header.scaled(factor);
        let planar = matches!(header.colorspace, Colorspace::YCbCr | Colorspace::Gray);
        // The header's own sampling decides: TurboJPEG writes planes of that one, whatever it is told.
        let way = match planar {
            true if header.subsamp == subsamp(kind)? => Way::Planes,
            true if kind == Kind::GREY => Way::Luma,
            _ => Way::Rgb,
        };
        let conversion = if way == Way::Rgb { 4 * scaled.width as u64 * scaled.height as u64 } else { 0 };
        limits::check(jpeg, &header, size, conversion)?;
        Ok(Checked { jpeg, header: scaled, factor, scans: limits::scans(size), kind, way })
    }

    /// Decodes a picture into `out`, laid out as `Layout::new(kind, …)` of its scaled size.
    ///
    /// # Errors
    /// It is damaged or cut off.
    pub(crate) fn decode(&mut self, picture: &Checked<'_>, out: &mut [u8]) -> Result<()> {
        let Checked { jpeg, ref header, factor, scans, kind, way } = *picture;
        // Counted before, and once more by who reads them: nothing rests on the two seeing the same.
        self.turbo.set_scan_limit(scans as u32)?;
        self.turbo.set_scaling_factor(factor)?;
        let jpeg = &mended(jpeg, header.is_progressive)[..];
        let (width, height) = (header.width, header.height);
        let result = match way {
            Way::Planes => {
                let planes = YuvImage { pixels: out, width, align: ALIGN, height, subsamp: header.subsamp };
                self.turbo.decompress_to_yuv(jpeg, planes)
            }
            Way::Luma => {
                let pitch = width.next_multiple_of(ALIGN);
                let luma = Image { pixels: out, width, pitch, height, format: PixelFormat::GRAY };
                self.turbo.decompress(jpeg, luma)
            }
            Way::Rgb => return self.by_way_of_rgb(jpeg, header, kind, out),
        };
        tolerate(result, jpeg)
    }

    /// The pixels in between are not kept for the next picture.
    fn by_way_of_rgb(
        &mut self,
        jpeg: &[u8],
        header: &DecompressHeader,
        kind: Kind,
        out: &mut [u8],
    ) -> Result<()> {
        let (width, height) = (header.width, header.height);
        let cmyk = matches!(header.colorspace, Colorspace::CMYK | Colorspace::YCCK);
        let format = if cmyk { PixelFormat::CMYK } else { PixelFormat::RGBA };
        let mut pixels = vec![0; 4 * width * height];
        let image = Image { pixels: &mut pixels[..], width, pitch: 4 * width, height, format };
        let result = self.turbo.decompress(jpeg, image);
        tolerate(result, jpeg)?;
        if cmyk {
            // Adobe's CMYK, which is all that there is: 255 means no ink (Adobe technical note 5116).
            for pixel in pixels.chunks_exact_mut(4) {
                let black = u16::from(pixel[3]);
                for ink in &mut pixel[..3] {
                    *ink = ((u16::from(*ink) * black + 127) / 255) as u8;
                }
            }
        }
        planes_of_rgba(&mut self.converter, &pixels, (width, height), kind, out)
    }
}

fn damaged(error: &turbojpeg::Error) -> Error {
    let text = error.to_string();
    Error::new(format!("cannot decode the JPEG: {}", text.trim_start_matches("TurboJPEG error: ")))
}

/// libjpeg goes on after most faults and makes grey of what is missing, which nobody wants to look at: an error.
/// One complaint is of no consequence; a picture with it passes if it has an end at all. libjpeg makes it of bytes before
/// the end marker last, so that it hides nothing; before a restart marker it may hide that a later part is damaged.
fn tolerate(result: turbojpeg::Result<()>, jpeg: &[u8]) -> Result<()> {
    let Err(error) = result else { return Ok(()) };
    let turbojpeg::Error::TurboJpegError(text) = &error else { return Err(damaged(&error)) };
    if text.contains(HARMLESS) && has_end(jpeg) {
        tracing::trace!("a JPEG of which libjpeg says: {text}");
        return Ok(());
    }
    Err(damaged(&error))
}

/// Whether the picture ends with the end-of-image marker, but for the zeros that some drivers fill their buffers with.
fn has_end(jpeg: &[u8]) -> bool {
    let zeros = jpeg.iter().rev().take_while(|byte| **byte == 0).count();
    jpeg[..jpeg.len() - zeros].ends_with(&[0xff, 0xd9])
}

/// RGBA to planes in BT.601 and full range, which is what JPEG has (JFIF 1.02, page 3).
fn planes_of_rgba(
    converter: &mut Converter,
    pixels: &[u8],
    (width, height): (usize, usize),
    kind: Kind,
    out: &mut [u8],
) -> Result<()> {
    let layout = Layout::new(kind, width as u32, height as u32);
    let to = Format::new(kind, width as u32, height as u32);
    let mut planes = Vec::with_capacity(layout.count);
    let mut rest = &mut *out;
    for (index, (place, shape)) in layout.planes.iter().zip(layout.shapes).take(layout.count).enumerate() {
        let (data, others) = rest.split_at_mut(place.stride * shape.1);
        // Luma as wide and high as the picture is: what pads it is added below.
        let (width, height) = if index == 0 { (width, height) } else { shape };
        planes.push(PlaneMut { data, stride: place.stride, width, height });
        rest = others;
    }
    let rgba = Plane { data: pixels, stride: 4 * width, width: 4 * width, height };
    converter.planes_of_rgb((&rgba, Kind::RGBA32), &to, &mut planes)?;
    pad(
        &mut out[..layout.planes[0].stride * layout.shapes[0].1],
        layout.planes[0].stride,
        (width, height),
        layout.shapes[0],
    );
    Ok(())
}
