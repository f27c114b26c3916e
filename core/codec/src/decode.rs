//! JPEG to planes, through `mutoscope_jpegbits` where it can, otherwise through TurboJPEG.
//!
//! Pictures come from cameras, files and peers. A picture is first looked at ([`Decoder::check`]), which costs next to
//! nothing, and then decoded into memory that is got for it in between.

use crate::damage::{damaged, judged, not_decoded};
use crate::edges::Edges;
use crate::layout::{ALIGN, Layout, pad, subsamp};
use crate::limits;
use crate::mend::with_tidy_header;
use crate::profile::{self, Profiles};
use crate::ycc::Planes;
use mutoscope_jpegbits as jpegbits;
use mutoscope_plugin::{PixelFormat, Result, Size};
use std::borrow::Cow;
use turbojpeg::{Colorspace, Decompressor, Image, ScalingFactor, YuvImage};

/// Decodes one picture after the other.
pub struct Decoder {
    bits: jpegbits::Decoder,
    turbo: Decompressor,
    profiles: Profiles,
}

/// A picture that is worth decoding.
pub struct Checked<'a> {
    jpeg: Cow<'a, [u8]>,
    size: Size,
    downscale: usize,
    kind: PixelFormat,
    way: Way,
    is_cmyk: bool,
}

/// The way from a picture to planes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It has them inside, or luma where nothing else is wanted, and `mutoscope_jpegbits` decodes it.
    Bits(jpegbits::Scale),
    /// It has them inside.
    Planes,
    /// It has luma, and nothing else is wanted.
    Luma,
    /// By way of RGB, which is rare: another sampling than is wanted, or one that no planar kind has (4:1:1), RGB or CMYK inside.
    Rgb,
}

impl Checked<'_> {
    /// The layout of the planes that come out.
    pub fn layout(&self) -> Layout {
        self.scaled_layout(self.downscale)
    }

    fn scaled_layout(&self, downscale: usize) -> Layout {
        let (width, height) = self.shape(downscale);
        Layout::new(self.kind, width as u32, height as u32)
    }

    /// Width and height in pixels. `TJSCALED` rounds up.
    fn shape(&self, downscale: usize) -> (usize, usize) {
        let Size { width, height } = self.size;
        ((width as usize).div_ceil(downscale), (height as usize).div_ceil(downscale))
    }
}

impl Decoder {
    /// A decoder.
    ///
    /// # Errors
    /// libjpeg-turbo has no memory.
    pub fn new() -> Result<Decoder> {
        Ok(Decoder {
            bits: jpegbits::Decoder::new(),
            turbo: Decompressor::new()?,
            profiles: Profiles::default(),
        })
    }

    /// Checks that `jpeg`, which is said to have `size`, can be decoded to planes of `kind` at 1/`downscale`. Nothing is
    /// decoded yet, and no more memory needed than for the header.
    ///
    /// # Errors
    /// Its header is damaged, it lies about its size, is of a kind that cannot be decoded, or would cost too much.
    pub fn check<'a>(
        &mut self,
        jpeg: &'a [u8],
        size: Size,
        kind: PixelFormat,
        downscale: u32,
    ) -> Result<Checked<'a>> {
        let jpeg = with_tidy_header(jpeg);
        let downscale = downscale as usize;
        if let Some(way) = way_by_bits(&jpeg, size, kind, downscale)? {
            return Ok(Checked { jpeg, size, downscale, kind, way, is_cmyk: false });
        }
        let header = self.turbo.read_header(&jpeg).map_err(|error| damaged(&error))?;
        let planar = matches!(header.colorspace, Colorspace::YCbCr | Colorspace::Gray);
        // The header's own sampling decides: TurboJPEG writes planes of that one, whatever it is told.
        let way = match planar {
            true if header.subsamp == subsamp(kind)? => Way::Planes,
            true if kind == PixelFormat::GREY => Way::Luma,
            _ => Way::Rgb,
        };
        let is_cmyk = matches!(header.colorspace, Colorspace::CMYK | Colorspace::YCCK);
        let checked = Checked { jpeg, size, downscale, kind, way, is_cmyk };
        let (width, height) = checked.shape(downscale);
        let conversion = if way == Way::Rgb { 4 * width as u64 * height as u64 } else { 0 };
        limits::check(&checked.jpeg, &header, size, conversion)?;
        Ok(checked)
    }

    /// Decodes a picture into `out`, with the layout of [`Checked::layout`]. Colours are converted to sRGB where the picture
    /// has a profile.
    ///
    /// # Errors
    /// It is damaged or cut off.
    pub fn decode(&mut self, picture: &Checked<'_>, out: &mut [u8]) -> Result<()> {
        let (layout, downscale) = (picture.layout(), picture.downscale);
        let profile = profile::embedded(&picture.jpeg);
        self.planes(picture, downscale, profile.as_deref(), out)?;
        if downscale > 1
            && !matches!(picture.way, Way::Bits(_))
            && let Some(edges) = Edges::of(picture.kind, picture.size, downscale)
        {
            self.set_edges(&edges, picture, profile.as_deref(), &layout, out)?;
        }
        if let Some(profile) = profile
            && !picture.is_cmyk
        {
            self.profiles.planes(&profile, picture.kind, picture.shape(downscale), &layout, out);
        }
        Ok(())
    }

    fn by_bits(&mut self, picture: &Checked<'_>, scale: jpegbits::Scale, mut out: &mut [u8]) -> Result<()> {
        let layout = picture.layout();
        let mut memory = [&mut [][..], &mut [], &mut []];
        for (index, plane) in memory.iter_mut().enumerate().take(layout.count) {
            (*plane, out) = out.split_at_mut(layout.planes[index].stride * layout.shapes[index].1);
        }
        let mut index = 0;
        let mut planes = memory.map(|samples| {
            let stride = layout.planes[index].stride;
            index += 1;
            jpegbits::Plane { samples, stride }
        });
        let planes = &mut planes[..layout.count];
        let header = self.bits.decode(&picture.jpeg, scale, planes).map_err(not_decoded)?;
        for (index, plane) in planes.iter_mut().enumerate() {
            pad(plane.samples, plane.stride, header.plane_size(index, scale), layout.shapes[index]);
        }
        Ok(())
    }

    /// Samples at the border that reach past the edge are made from those inside.
    fn set_edges(
        &mut self,
        edges: &Edges,
        picture: &Checked<'_>,
        profile: Option<&[u8]>,
        layout: &Layout,
        out: &mut [u8],
    ) -> Result<()> {
        // Such pictures, progressive ones above all, are rare: each is decoded once more, unless that would take too much.
        let full = picture.scaled_layout(1);
        let conversion = if picture.way == Way::Rgb { 4 * picture.size.pixels() } else { 0 };
        if full.len as u64 + conversion > limits::MAX_MEMORY {
            return Ok(());
        }
        let mut memory = vec![0; full.len];
        self.planes(picture, 1, profile, &mut memory)?;
        edges.set(&full, &memory, layout, out);
        Ok(())
    }

    /// Decodes to planes at 1/`downscale`, in the picture's own colours but for CMYK.
    fn planes(
        &mut self,
        picture: &Checked<'_>,
        downscale: usize,
        profile: Option<&[u8]>,
        out: &mut [u8],
    ) -> Result<()> {
        // Counted before, and once more by who reads them: nothing rests on the two seeing the same.
        self.turbo.set_scan_limit(limits::scans(picture.size) as u32)?;
        self.turbo.set_scaling_factor(ScalingFactor::new(1, downscale))?;
        let (width, height) = picture.shape(downscale);
        let turbo = &mut self.turbo;
        match picture.way {
            Way::Bits(scale) => self.by_bits(picture, scale, out),
            Way::Planes => judged(&picture.jpeg, |jpeg| {
                let subsamp = subsamp(picture.kind).unwrap_or(turbojpeg::Subsamp::Unknown);
                let planes = YuvImage { pixels: &mut *out, width, align: ALIGN, height, subsamp };
                turbo.decompress_to_yuv(jpeg, planes)
            }),
            Way::Luma => judged(&picture.jpeg, |jpeg| {
                let pitch = width.next_multiple_of(ALIGN);
                let luma =
                    Image { pixels: &mut *out, width, pitch, height, format: turbojpeg::PixelFormat::GRAY };
                turbo.decompress(jpeg, luma)
            }),
            Way::Rgb => self.by_way_of_rgb(picture, downscale, profile, out),
        }
    }

    /// The pixels in between are not kept for the next picture.
    fn by_way_of_rgb(
        &mut self,
        picture: &Checked<'_>,
        downscale: usize,
        profile: Option<&[u8]>,
        out: &mut [u8],
    ) -> Result<()> {
        let (width, height) = picture.shape(downscale);
        let format =
            if picture.is_cmyk { turbojpeg::PixelFormat::CMYK } else { turbojpeg::PixelFormat::RGBA };
        let mut pixels = vec![0; 4 * width * height];
        let turbo = &mut self.turbo;
        judged(&picture.jpeg, |jpeg| {
            let image = Image { pixels: &mut pixels[..], width, pitch: 4 * width, height, format };
            turbo.decompress(jpeg, image)
        })?;
        if picture.is_cmyk {
            // Adobe's CMYK, which is all that there is: 255 means no ink (Adobe technical note 5116).
            pixels.iter_mut().for_each(|ink| *ink = 255 - *ink);
            if !profile.is_some_and(|profile| self.profiles.cmyk(profile, &mut pixels)) {
                for pixel in pixels.chunks_exact_mut(4) {
                    let light = 255 - u16::from(pixel[3]);
                    for ink in &mut pixel[..3] {
                        *ink = (((255 - u16::from(*ink)) * light + 127) / 255) as u8;
                    }
                }
            }
        }
        let layout = picture.scaled_layout(downscale);
        Planes::new(picture.kind, (width, height), &layout, out).store(&pixels, 4);
        Ok(())
    }
}

/// The way through `mutoscope_jpegbits`. `None`: it does not read such a picture, the picture has not those planes, or TurboJPEG
/// is quicker.
///
/// # Errors
/// As [`Decoder::check`].
fn way_by_bits(jpeg: &[u8], size: Size, kind: PixelFormat, downscale: usize) -> Result<Option<Way>> {
    let Some(scale) = jpegbits::Scale::from_denominator(downscale) else { return Ok(None) };
    let header = match jpegbits::Header::read(jpeg) {
        Ok(header) => header,
        Err(jpegbits::Error::Unsupported(_)) => return Ok(None),
        Err(error) => return Err(not_decoded(error)),
    };
    if header.check_decodable().is_err() || (kind != PixelFormat::GREY && kind_of(&header) != Some(kind)) {
        return Ok(None);
    }
    if !bits_are_quicker(kind, size, downscale) {
        return Ok(None);
    }
    limits::check_size((header.width, header.height), size)?;
    limits::check_length(jpeg, header.blocks(), size)?;
    Ok(Some(Way::Bits(scale)))
}

/// Returns whether `mutoscope_jpegbits` is quicker than libjpeg-turbo at this: with vector instructions; at 1/8, which needs none; and
/// where libjpeg-turbo needs a second decode for the border.
fn bits_are_quicker(kind: PixelFormat, size: Size, downscale: usize) -> bool {
    jpegbits::has_simd() || downscale == 8 || Edges::of(kind, size, downscale).is_some()
}

/// The library that decodes a sequential Huffman picture with the sampling of `kind`, which is what cameras send.
pub fn usual_decoder(kind: PixelFormat, size: Size, downscale: u32) -> &'static str {
    if bits_are_quicker(kind, size, downscale as usize) { "jpegbits" } else { "libjpeg-turbo" }
}

/// The planar kind that a picture decodes to without a change.
fn kind_of(header: &jpegbits::Header) -> Option<PixelFormat> {
    match header.components() {
        [_] => Some(PixelFormat::GREY),
        [luma, ..] => match (luma.horizontal, luma.vertical) {
            (1, 1) => Some(PixelFormat::I444),
            (2, 1) => Some(PixelFormat::I422),
            (1, 2) => Some(PixelFormat::I440),
            (2, 2) => Some(PixelFormat::I420),
            _ => None,
        },
        [] => None,
    }
}
