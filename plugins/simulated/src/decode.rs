//! Pictures that are no JPEGs: decoded to RGB or grey, in sRGB, turned upright.

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits};
use mutoscope_codec::Profiles;
use mutoscope_plugin::{Error, Format, PixelFormat, Result};
use std::cell::RefCell;
use std::io::{BufRead, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    /// Tables for colours. A source runs on one thread of its own, and its pictures share them.
    static PROFILES: RefCell<Profiles> = RefCell::default();
}

/// The most bytes that a picture may take while it is decoded, as the decoder gives it.
const MAX_DECODED: u64 = 256 << 20;

/// A decoded picture.
pub(crate) struct Decoded {
    /// `RGB24` or `GREY`.
    pub(crate) format: Format,
    /// Line after line, without gaps.
    pub(crate) bytes: Vec<u8>,
}

/// The format of a picture, from its header alone.
///
/// # Errors
/// The fault of the file, in words that follow its path.
pub(crate) fn header(reader: impl BufRead + Seek) -> Result<Format> {
    guarded(|| {
        let mut decoder = checked_decoder(reader)?;
        let (width, height) = decoder.dimensions();
        let (width, height) = match upright(&mut decoder) {
            Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH => (height, width),
            _ => (width, height),
        };
        Ok(Format::new(kind(decoder.color_type()), width, height))
    })
}

/// Decodes a picture, turns it as its metadata says, and converts its colours to sRGB. Transparent parts become black.
///
/// # Errors
/// As [`header`], and the picture itself is damaged.
pub(crate) fn decode(reader: impl BufRead + Seek) -> Result<Decoded> {
    guarded(|| {
        let mut decoder = checked_decoder(reader)?;
        let orientation = upright(&mut decoder);
        // One that cannot be read is no reason to show nothing.
        let profile = decoder.icc_profile().ok().flatten();
        let mut image = DynamicImage::from_decoder(decoder).map_err(damaged)?;
        image.apply_orientation(orientation);
        let kind = kind(image.color());
        if image.color().has_alpha() {
            image = on_black(image);
        }
        let format = Format::new(kind, image.width(), image.height());
        let mut bytes = match kind {
            PixelFormat::GREY => image.into_luma8().into_raw(),
            _ => image.into_rgb8().into_raw(),
        };
        if let Some(profile) = profile {
            PROFILES.with_borrow_mut(|profiles| match kind {
                PixelFormat::GREY => profiles.grey(&profile, &mut bytes),
                _ => profiles.rgb(&profile, &mut bytes),
            });
        }
        Ok(Decoded { format, bytes })
    })
}

/// A decoder for a picture whose header says that it can be had within the limits.
fn checked_decoder<'a>(reader: impl BufRead + Seek + 'a) -> Result<impl ImageDecoder + 'a> {
    let mut reader = ImageReader::new(reader).with_guessed_format()?;
    if reader.format().is_none() {
        return Err(Error::new("is not a picture of a known format, whatever its name says"));
    }
    let mut limits = Limits::default();
    // For the decoder's own tables beside the picture.
    limits.max_alloc = Some(2 * MAX_DECODED);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 || width.max(height) > Format::MAX_SIDE || pixels > Format::MAX_PIXELS {
        return Err(Error::new(format!(
            "has {width}x{height} pixels; a frame has sides of 1 to {} and at most {} megapixels",
            Format::MAX_SIDE,
            Format::MAX_PIXELS / 1_000_000
        )));
    }
    if decoder.total_bytes() > MAX_DECODED {
        return Err(Error::new(format!(
            "takes {} MiB decoded, more than the {} that a picture may",
            decoder.total_bytes() >> 20,
            MAX_DECODED >> 20
        )));
    }
    Ok(decoder)
}

fn upright(decoder: &mut impl ImageDecoder) -> Orientation {
    // Metadata that cannot be read is no reason to show nothing.
    decoder.orientation().unwrap_or(Orientation::NoTransforms)
}

fn kind(colour: image::ColorType) -> PixelFormat {
    if colour.has_color() { PixelFormat::RGB24 } else { PixelFormat::GREY }
}

/// Without this, what a transparent pixel hides would show.
fn on_black(image: DynamicImage) -> DynamicImage {
    let mut image = image.into_rgba8();
    for pixel in image.pixels_mut() {
        let [colours @ .., alpha] = &mut pixel.0;
        for colour in colours {
            *colour = ((u16::from(*colour) * u16::from(*alpha) + 127) / 255) as u8;
        }
        *alpha = 255;
    }
    image.into()
}

fn damaged(error: image::ImageError) -> Error {
    Error::from(error).context("cannot be decoded")
}

/// A decoder that panics has met one bad picture; the stream goes on with the next.
fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        // Its own drop may panic.
        std::mem::forget(payload);
        Err(Error::new("cannot be decoded: it makes the decoder panic"))
    })
}
