//! JPEG to planes, through TurboJPEG.
//!
//! Pictures come from cameras, files and peers. What bounds the work: the size is the frame's, which the host has
//! limited, and is compared before anything is allocated; the scans of a progressive picture are limited by its size.

use crate::layout::{ALIGN, Layout, pad, subsamp};
use crate::resample::resample;
use mutoscope_plugin::{Error, Kind, Plane, Result, Size, tracing};
use turbojpeg::{Colorspace, DecompressHeader, Decompressor, Image, PixelFormat, ScalingFactor, YuvImage};
use yuv::{
    BufferStoreMut, YuvConversionMode, YuvGrayImageMut, YuvPlanarImageMut, YuvRange, YuvStandardMatrix,
};

/// Scans times pixels that a progressive picture may have: each scan is a pass over the whole picture, and a few
/// bytes are enough for one. 100 scans of 8 megapixels; encoders make 10.
const MAX_SCANNED_PIXELS: u64 = 800_000_000;

/// The most scans of a picture however small, and the fewest that are allowed to one however large.
const MAX_SCANS: u64 = 100;
const MIN_SCANS: u64 = 16;

/// Words of the complaints that libjpeg makes of pictures that it has decoded in full all the same (`jerror.h`). Webcams
/// make some of them with every picture.
const HARMLESS: [&str; 2] = ["extraneous bytes before marker", "Invalid SOS parameters for sequential JPEG"];

/// Decodes one picture after the other.
pub(crate) struct Decoder {
    turbo: Decompressor,
}

impl Decoder {
    pub(crate) fn new() -> Result<Decoder> {
        Ok(Decoder { turbo: Decompressor::new()? })
    }

    /// Decodes `jpeg`, which is said to have `size`, at 1/`downscale` of it into `out`, laid out as
    /// `Layout::new(kind, …)` of the scaled size. A picture of another sampling than `kind` goes by way of RGB.
    ///
    /// # Errors
    /// It is damaged or cut off, lies about its size, or is of a kind that cannot be decoded.
    pub(crate) fn decode(
        &mut self,
        jpeg: &[u8],
        size: Size,
        kind: Kind,
        downscale: u32,
        out: &mut [u8],
    ) -> Result<()> {
        let header = self.turbo.read_header(jpeg).map_err(|error| damaged(&error))?;
        check(&header, size)?;
        let scans = (MAX_SCANNED_PIXELS / size.pixels().max(1)).clamp(MIN_SCANS, MAX_SCANS);
        self.turbo.set_scan_limit(scans as u32)?;
        let factor = ScalingFactor::new(1, downscale as usize);
        self.turbo.set_scaling_factor(factor)?;
        let scaled = header.scaled(factor);
        let planar = matches!(header.colorspace, Colorspace::YCbCr | Colorspace::Gray);
        // The header's own sampling decides: TurboJPEG writes planes of that one, whatever it is told.
        if planar && header.subsamp == subsamp(kind)? {
            let planes = YuvImage {
                pixels: out,
                width: scaled.width,
                align: ALIGN,
                height: scaled.height,
                subsamp: header.subsamp,
            };
            let result = self.turbo.decompress_to_yuv(jpeg, planes);
            return tolerate(result, jpeg);
        }
        if planar && kind == Kind::GREY {
            let (width, height) = (scaled.width, scaled.height);
            let pitch = width.next_multiple_of(ALIGN);
            let luma = Image { pixels: out, width, pitch, height, format: PixelFormat::GRAY };
            let result = self.turbo.decompress(jpeg, luma);
            return tolerate(result, jpeg);
        }
        self.by_way_of_rgb(jpeg, &scaled, kind, out)
    }

    /// What is rare: samplings that no planar kind has (4:1:1), RGB and CMYK inside. The pixels in between are not
    /// kept for the next picture.
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
        planes_of_rgba(&pixels, (width, height), kind, out)
    }
}

/// What can be told from the header alone.
fn check(header: &DecompressHeader, size: Size) -> Result<()> {
    if header.is_lossless {
        return Err(Error::new("a lossless JPEG, which cannot be decoded here"));
    }
    if (header.width, header.height) != (size.width as usize, size.height as usize) {
        let is = format!("{}x{}", header.width, header.height);
        return Err(Error::new(format!("a JPEG of {is} in a frame that says {size}")));
    }
    Ok(())
}

fn damaged(error: &turbojpeg::Error) -> Error {
    let text = error.to_string();
    Error::new(format!("cannot decode the JPEG: {}", text.trim_start_matches("TurboJPEG error: ")))
}

/// libjpeg goes on after most faults and makes grey of what is missing, which nobody wants to look at: an error.
/// Some complaints are of no consequence; a picture with one of them passes if it has an end at all.
fn tolerate(result: turbojpeg::Result<()>, jpeg: &[u8]) -> Result<()> {
    let Err(error) = result else { return Ok(()) };
    let turbojpeg::Error::TurboJpegError(text) = &error else { return Err(damaged(&error)) };
    let harmless = HARMLESS.iter().any(|words| text.contains(words));
    if harmless && has_end(jpeg) {
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
fn planes_of_rgba(pixels: &[u8], (width, height): (usize, usize), kind: Kind, out: &mut [u8]) -> Result<()> {
    let (range, matrix, mode) = (YuvRange::Full, YuvStandardMatrix::Bt601, YuvConversionMode::Balanced);
    let stride = 4 * width as u32;
    let layout = Layout::new(kind, width as u32, height as u32);
    let (luma, chroma) = out.split_at_mut(layout.planes[0].stride * layout.shapes[0].1);
    let (y_stride, y_plane) = (layout.planes[0].stride as u32, BufferStoreMut::Borrowed(&mut *luma));
    let (width_px, height_px) = (width as u32, height as u32);
    if kind == Kind::GREY {
        let mut grey = YuvGrayImageMut { y_plane, y_stride, width: width_px, height: height_px };
        return Ok(yuv::rgba_to_yuv400(&mut grey, pixels, stride, range, matrix)?);
    }
    let chroma_stride = layout.planes[1].stride;
    let (cb, cr) = chroma.split_at_mut(chroma_stride * layout.shapes[1].1);
    if kind == Kind::I440 {
        // No library function makes it: in full first, then each two lines made one.
        let full = Layout::new(Kind::I444, width_px, height_px);
        let mut memory = vec![0; full.len];
        planes_of_rgba(pixels, (width, height), Kind::I444, &mut memory)?;
        let [y, from_cb, from_cr] = full.planes(&memory);
        luma[..y.data.len()].copy_from_slice(y.data);
        let cut = |plane: Plane<'_>, out: &mut [u8]| {
            resample(&plane, (Kind::I444, Kind::I440), out, chroma_stride, layout.shapes[1]);
        };
        cut(from_cb, cb);
        cut(from_cr, cr);
    } else {
        let mut planes = YuvPlanarImageMut {
            y_plane,
            y_stride,
            u_plane: BufferStoreMut::Borrowed(cb),
            u_stride: chroma_stride as u32,
            v_plane: BufferStoreMut::Borrowed(cr),
            v_stride: chroma_stride as u32,
            width: width_px,
            height: height_px,
        };
        let convert = match kind {
            Kind::I420 => yuv::rgba_to_yuv420,
            Kind::I422 => yuv::rgba_to_yuv422,
            _ => yuv::rgba_to_yuv444,
        };
        convert(&mut planes, pixels, stride, range, matrix, mode)?;
    }
    pad(luma, layout.planes[0].stride, (width, height), layout.shapes[0]);
    Ok(())
}
