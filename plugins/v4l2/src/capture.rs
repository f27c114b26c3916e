//! Pictures out of a streaming device, each in memory of ours before the driver gets its own back: a JPEG by one copy, a
//! raw picture by one conversion.

use crate::camera::Camera;
use crate::jpeg::{Tidy, Untidy};
use crate::node::{Node, Ready};
use crate::pixel::{self, Pixel};
use crate::ring::{About, Filled, Ring};
use crate::trouble;
use mutoscope_codec::turn::Turner;
use mutoscope_pixels::{Converter, nearest_planes};
use mutoscope_plugin::{Buffer, Context, Format, Frame, PlaneLayout, Result, Times, tracing};
use std::io;

/// The greatest age of a picture that a driver's time stamp may claim.
const OLDEST_NS: u64 = 10_000_000_000;

/// A device at work.
pub(crate) struct Capture {
    ring: Ring,
    name: String,
    developer: Developer,
    last_sequence: Option<u32>,
}

impl Capture {
    pub(crate) fn start(camera: Camera, buffers: u32) -> Result<Capture> {
        let Camera { node, name, pixel, pix, .. } = camera;
        let path = node.path().to_owned();
        let ring = Ring::start(node, buffers)
            .map_err(|error| trouble::running(&name, &path, "starting its pictures", &error))?;
        let format = pixel::format(pixel, &pix);
        let developer = Developer {
            pixel,
            format,
            to: Format::new(nearest_planes(pixel.kind), format.width, format.height),
            layout: pixel::layout(pixel, &pix),
            converter: Converter::default(),
            turner: None,
            complained: false,
        };
        Ok(Capture { ring, name, developer, last_sequence: None })
    }

    pub(crate) fn node(&self) -> &Node {
        self.ring.node()
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The next whole picture; `None` if the instance shall stop.
    pub(crate) fn next(&mut self, ctx: &Context) -> Result<Option<Frame>> {
        let failed = |error: &io::Error| {
            trouble::running(&self.name, self.ring.node().path(), "waiting for a picture", error)
        };
        loop {
            let hung_up =
                match self.ring.node().wait(ctx.stop_descriptor()).map_err(|error| failed(&error))? {
                    Ready::Stop => return Ok(None),
                    Ready::Device { hung_up } => hung_up,
                };
            let developer = &mut self.developer;
            let taken =
                self.ring.next(|filled, about| (about.sequence, developer.develop(filled, about, ctx)));
            match taken.map_err(|error| failed(&error))? {
                Some((sequence, picture)) => {
                    if let Some(last) = self.last_sequence.replace(sequence) {
                        // A driver that starts its count again, or does not count, has lost none.
                        let gap = u64::from(sequence.wrapping_sub(last).saturating_sub(1));
                        if (1..10_000).contains(&gap) {
                            ctx.count("frames_lost_by_driver", gap);
                        }
                    }
                    if let Some(frame) = picture? {
                        return Ok(Some(frame));
                    }
                }
                // It has nothing, and never will.
                None if hung_up => return Err(failed(&io::Error::from_raw_os_error(libc::ENODEV))),
                None => {}
            }
        }
    }
}

/// Makes frames of what the driver filled.
struct Developer {
    pixel: Pixel,
    /// The format that the driver gives.
    format: Format,
    /// The planes that a raw picture becomes.
    to: Format,
    /// The layout of the driver's planes.
    layout: Vec<PlaneLayout>,
    converter: Converter,
    /// For arithmetic-coded pictures, which no browser shows.
    turner: Option<Turner>,
    /// The first bad picture is logged, the others are counted.
    complained: bool,
}

impl Developer {
    /// `None`: a picture that is not whole, and is counted.
    fn develop(&mut self, filled: Filled, about: About, ctx: &Context) -> Result<Option<Frame>> {
        if about.damaged {
            return Ok(self.left_out(ctx, "frames_damaged", "the driver calls it damaged"));
        }
        let times = taken_at(about.monotonic_ns, ctx.now());
        if self.pixel.is_jpeg() {
            self.jpeg(filled.as_ref(), times, ctx)
        } else {
            self.raw(filled, times, ctx)
        }
    }

    fn jpeg(&mut self, bytes: &[u8], times: Times, ctx: &Context) -> Result<Option<Frame>> {
        let tidy = match Tidy::read(bytes) {
            Ok(tidy) => tidy,
            Err(Untidy::CutOff) => return Ok(self.left_out(ctx, "frames_cut_off", "it is cut off")),
            Err(Untidy::NoJpeg) => {
                return Ok(self.left_out(ctx, "frames_damaged", "it does not start as a JPEG"));
            }
        };
        let mut buffer: Buffer = ctx.buffer(tidy.len())?;
        let Some(to) = buffer.get_mut() else {
            return Err(mutoscope_plugin::Error::new("a new buffer that somebody else holds"));
        };
        tidy.write(to);
        ctx.count("bytes_copied", tidy.len() as u64);
        if tidy.lacks_tables() {
            ctx.count("tables_inserted", 1);
        }
        let frame = Frame::from_jpeg(buffer, times);
        match frame.and_then(|frame| Turner::for_viewers(&mut self.turner, frame, ctx)) {
            Ok(frame) => Ok(Some(frame)),
            Err(error) => Ok(self.left_out(ctx, "frames_damaged", error.message())),
        }
    }

    fn raw(&mut self, filled: Filled, times: Times, ctx: &Context) -> Result<Option<Frame>> {
        let buffer = Buffer::from_owner(filled);
        // The driver's own memory, for as long as this function runs.
        let frame = match Frame::with_layout(self.format, buffer, &self.layout, times) {
            Ok(frame) => frame,
            Err(error) => return Ok(self.left_out(ctx, "frames_cut_off", error.message())),
        };
        let planes = self.converter.convert(&frame, self.to, ctx)?;
        let bytes = frame.planes().map(|plane| (plane.width * plane.height) as u64).sum();
        ctx.count(if self.to == self.format { "bytes_copied" } else { "bytes_converted" }, bytes);
        Ok(Some(planes))
    }

    fn left_out(&mut self, ctx: &Context, counter: &str, why: &str) -> Option<Frame> {
        ctx.count(counter, 1);
        ctx.leave_out(why);
        if !std::mem::replace(&mut self.complained, true) {
            tracing::warn!("a picture is left out: {why} (others like it are counted)");
        }
        None
    }
}

/// The time of a picture's capture: the driver's time stamp, if that is plausible.
fn taken_at(monotonic_ns: Option<u64>, now: Times) -> Times {
    match monotonic_ns {
        Some(taken) if taken <= now.monotonic_ns && now.monotonic_ns - taken < OLDEST_NS => {
            Times { monotonic_ns: taken, wall_ns: now.wall_ns - (now.monotonic_ns - taken) as i64 }
        }
        // Another clock, or none.
        _ => now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mutoscope_frames::Sampling;
    use mutoscope_frames::malformed::{arithmetic, picture, with_precision, without_huffman_tables};
    use mutoscope_plugin::JpegHeader;
    use mutoscope_plugin::testing::TestHost;

    fn developer(code: &[u8; 4], width: u32, height: u32) -> Developer {
        let pixel = Pixel::of(u32::from_le_bytes(*code)).unwrap();
        let format = Format::new(pixel.kind, width, height);
        Developer {
            pixel,
            format,
            to: Format::new(nearest_planes(pixel.kind), width, height),
            layout: Vec::new(),
            converter: Converter::default(),
            turner: None,
            complained: false,
        }
    }

    #[test]
    fn a_jpeg_is_copied_once_and_untidy_ones_are_counted() {
        let stand = TestHost::new();
        let ctx = stand.context();
        let mut developer = developer(b"MJPG", 64, 48);
        let jpeg = picture(64, 48, Sampling::Yuv422);
        let padded = [&jpeg[..], &[0; 1000]].concat();
        let frame = developer.jpeg(&padded, ctx.now(), &ctx).unwrap().unwrap();
        assert_eq!(frame.jpeg().unwrap(), jpeg);
        assert_eq!(stand.counter("bytes_copied"), jpeg.len() as u64);
        assert!(developer.jpeg(&jpeg[..jpeg.len() / 2], ctx.now(), &ctx).unwrap().is_none());
        assert!(developer.jpeg(&[0; 64], ctx.now(), &ctx).unwrap().is_none());
        assert_eq!((stand.counter("frames_cut_off"), stand.counter("frames_damaged")), (1, 1));
        assert_eq!(stand.counter("left out: it is cut off"), 1);
        let bare = without_huffman_tables(&jpeg);
        assert!(developer.jpeg(&bare, ctx.now(), &ctx).unwrap().is_some());
        assert_eq!(stand.counter("tables_inserted"), 1);
        assert_eq!(
            stand.counter("bytes_copied"),
            (jpeg.len() + bare.len() + mutoscope_codec::huffman::TABLES.len()) as u64
        );
    }

    #[test]
    fn what_no_browser_shows_is_encoded_again_or_left_out_with_its_reason() {
        let stand = TestHost::new();
        let ctx = stand.context();
        let mut developer = developer(b"MJPG", 64, 48);
        let plain = picture(64, 48, Sampling::Yuv420);
        let arithmetic = arithmetic(&plain);
        let frame = developer.jpeg(&arithmetic, ctx.now(), &ctx).unwrap().unwrap();
        assert!(!JpegHeader::read(frame.jpeg().unwrap()).unwrap().arithmetic);
        let decoded = |jpeg: &[u8]| turbojpeg::decompress(jpeg, turbojpeg::PixelFormat::RGB).unwrap().pixels;
        assert_eq!(decoded(frame.jpeg().unwrap()), decoded(&plain), "nothing is lost");
        let twelve_bits = with_precision(&plain, 12);
        assert!(developer.jpeg(&twelve_bits, ctx.now(), &ctx).unwrap().is_none());
        assert_eq!(stand.counter("frames_damaged"), 1);
        let why = JpegHeader::read(&twelve_bits).unwrap_err();
        assert!(why.message().contains("12 bits"), "{why}");
        assert_eq!(stand.counter(&format!("left out: {}", why.message())), 1);
    }

    #[test]
    fn a_drivers_clock_is_believed_within_reason() {
        let now = Times { monotonic_ns: 60_000_000_000, wall_ns: 5_000_000_000 };
        let at = |ns| taken_at(Some(ns), now);
        assert_eq!(at(59_900_000_000), Times { monotonic_ns: 59_900_000_000, wall_ns: 4_900_000_000 });
        for strange in [0, 40_000_000_000, 60_000_000_001, u64::MAX] {
            assert_eq!(at(strange), now);
        }
        assert_eq!(taken_at(None, now), now);
    }
}
