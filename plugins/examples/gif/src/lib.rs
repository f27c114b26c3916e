//! A source that plays an animated GIF, picture by picture: none is decoded before its turn, so that the length of the
//! animation costs no memory.

#![forbid(unsafe_code)]

use image::codecs::gif::GifDecoder;
use image::{AnimationDecoder, ImageDecoder, Limits};
use mutoscope_plugin::{Context, Error, Format, Frame, PixelFormat, SourceCaps, Result, Source, Times, options};
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// An animated GIF as a camera.
#[options]
pub struct Options {
    /// The GIF. It is opened again for each round, so a new one may take its place.
    #[schemars(extend("format" = "path"))]
    file: PathBuf,
    /// How fast it plays: 2 is twice as fast.
    #[serde(default = "one")]
    #[schemars(range(min = 0.1, max = 10.0))]
    speed: f64,
    /// Begin again after the last picture. `false`: the stream ends there.
    #[serde(default = "yes")]
    repeat: bool,
}

fn one() -> f64 {
    1.0
}

fn yes() -> bool {
    true
}

/// The time for which a picture without a delay of its own is shown.
const USUAL: Duration = Duration::from_millis(100);
/// Shorter delays are not meant: that is how browsers see it, and what GIFs are made for.
const SHORTEST: Duration = Duration::from_millis(20);

/// The animation, and where in it we are.
struct Gif {
    options: Options,
    pictures: image::Frames<'static>,
    /// Pictures of this round so far.
    shown: u64,
    /// The time at which the next one is due; `None` before the first.
    due: Option<u64>,
}

/// Opens the file as far as its header.
fn decoder(path: &Path) -> Result<GifDecoder<BufReader<File>>> {
    let open = || -> Result<_> {
        let mut decoder = GifDecoder::new(BufReader::new(File::open(path)?))?;
        let mut limits = Limits::default();
        limits.max_image_width = Some(Format::MAX_SIDE);
        limits.max_image_height = Some(Format::MAX_SIDE);
        // The picture, and the one before it.
        limits.max_alloc = Some(2 * 4 * Format::MAX_PIXELS);
        decoder.set_limits(limits)?;
        Ok(decoder)
    };
    open().map_err(|error| error.context(path.display()))
}

impl Source for Gif {
    type Options = Options;

    fn caps(options: &Options) -> Result<SourceCaps> {
        // The host has looked at the range already; a test has not.
        if !(0.1..=10.0).contains(&options.speed) {
            return Err(Error::option("speed", format!("{} is not within 0.1 and 10", options.speed)));
        }
        let refused = |error: Error| Error::option("file", error.message());
        let (width, height) = decoder(&options.file).map_err(refused)?.dimensions();
        let caps = SourceCaps::format(Format::new(PixelFormat::RGBA32, width, height)).shareable();
        Ok(if options.repeat { caps } else { caps.may_end() })
    }

    fn open(options: Options, _: &Context) -> Result<Self> {
        Gif::caps(&options)?;
        let pictures = decoder(&options.file)?.into_frames();
        Ok(Gif { options, pictures, shown: 0, due: None })
    }

    fn next_frame(&mut self, ctx: &Context) -> Result<Option<Frame>> {
        let Some(picture) = self.picture()? else { return Ok(None) };
        let now = ctx.now().monotonic_ns;
        let due = *self.due.get_or_insert(now);
        if !ctx.sleep(Duration::from_nanos(due.saturating_sub(now))) {
            return Ok(None);
        }
        let delay = Duration::from(picture.delay());
        let delay = if delay < SHORTEST { USUAL } else { delay }.div_f64(self.options.speed);
        let now = ctx.now();
        // What is late by more than a picture is not made up for.
        let since = if now.monotonic_ns.saturating_sub(due) > delay.as_nanos() as u64 { now.monotonic_ns } else { due };
        self.due = Some(since + delay.as_nanos() as u64);
        frame(picture, now).map(Some)
    }
}

impl Gif {
    /// The next picture; `None` after the last.
    fn picture(&mut self) -> Result<Option<image::Frame>> {
        let refused = |error: image::ImageError| Error::from(error).context(self.options.file.display());
        if let Some(picture) = self.pictures.next() {
            self.shown += 1;
            return picture.map(Some).map_err(refused);
        }
        if !self.options.repeat {
            return Ok(None);
        }
        if std::mem::take(&mut self.shown) == 0 {
            return Err(Error::new(format!("{}: no picture is in it", self.options.file.display())));
        }
        self.pictures = decoder(&self.options.file)?.into_frames();
        self.picture()
    }
}

fn frame(picture: image::Frame, times: Times) -> Result<Frame> {
    let pixels = picture.into_buffer();
    let (width, height) = pixels.dimensions();
    Frame::from_vec(Format::new(PixelFormat::RGBA32, width, height), pixels.into_raw(), times)
}

mutoscope_plugin::export!(source: Gif);

#[cfg(test)]
mod tests {
    use super::*;
    use image::codecs::gif::GifEncoder;
    use image::{Delay, Rgba, RgbaImage};
    use mutoscope_plugin::serde_json::json;
    use mutoscope_plugin::testing::{Conformance, TestHost};

    /// A GIF of one colour after another, removed at the end.
    struct Sample(PathBuf);

    impl Sample {
        fn new(name: &str, colours: &[[u8; 3]], delay_ms: u32) -> Sample {
            let path = std::env::temp_dir().join(format!("mutoscope-gif-{name}-{}.gif", std::process::id()));
            let mut encoder = GifEncoder::new(File::create(&path).unwrap());
            for [r, g, b] in colours {
                let picture = RgbaImage::from_pixel(5, 3, Rgba([*r, *g, *b, 255]));
                let delay = Delay::from_numer_denom_ms(delay_ms, 1);
                encoder.encode_frame(image::Frame::from_parts(picture, 0, 0, delay)).unwrap();
            }
            Sample(path)
        }
    }

    impl Drop for Sample {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    const RED: [u8; 3] = [255, 0, 0];
    const BLUE: [u8; 3] = [0, 0, 255];

    #[test]
    fn keeps_what_every_plugin_must_keep() {
        let sample = Sample::new("kit", &[RED, BLUE], 20);
        Conformance::of(crate::plugin()).options(json!({ "file": sample.0, "speed": 10 })).check();
    }

    #[test]
    fn pictures_come_in_turn_and_begin_again() {
        let sample = Sample::new("turn", &[RED, BLUE], 20);
        let stand = TestHost::new();
        let ctx = &stand.context();
        let options = Options { file: sample.0.clone(), speed: 10.0, repeat: true };
        assert_eq!(Gif::caps(&options).unwrap().formats[0].format, Format::new(PixelFormat::RGBA32, 5, 3));
        let mut gif = Gif::open(options, ctx).unwrap();
        for colour in [RED, BLUE, RED, BLUE, RED] {
            let frame = gif.next_frame(ctx).unwrap().unwrap();
            assert_eq!(frame.plane(0).row(2)[16..19], colour);
        }
        stand.stop();
        assert!(gif.next_frame(ctx).unwrap().is_none());
    }

    #[test]
    fn once_is_once() {
        let sample = Sample::new("once", &[RED, BLUE], 20);
        let stand = TestHost::new();
        let ctx = &stand.context();
        let options = Options { file: sample.0.clone(), speed: 10.0, repeat: false };
        assert!(Gif::caps(&options).unwrap().may_end);
        let mut gif = Gif::open(options, ctx).unwrap();
        assert!(gif.next_frame(ctx).unwrap().is_some() && gif.next_frame(ctx).unwrap().is_some());
        assert!(gif.next_frame(ctx).unwrap().is_none());
    }

    #[test]
    fn what_is_no_gif_is_refused_at_its_option() {
        let options = |file: &str, speed| Options { file: file.into(), speed, repeat: true };
        for (options, option) in [
            (options("/nowhere.gif", 1.0), "file"),
            (options(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), 1.0), "file"),
            (options("/nowhere.gif", 0.0), "speed"),
            (options("/nowhere.gif", f64::NAN), "speed"),
        ] {
            assert_eq!(Gif::caps(&options).unwrap_err().option_path(), option);
        }
    }

    #[test]
    fn a_gif_that_breaks_off_is_an_error_and_no_end() {
        let sample = Sample::new("broken", &[RED, BLUE], 20);
        let bytes = std::fs::read(&sample.0).unwrap();
        std::fs::write(&sample.0, &bytes[..bytes.len() - 12]).unwrap();
        let stand = TestHost::new();
        let ctx = &stand.context();
        let options = Options { file: sample.0.clone(), speed: 10.0, repeat: true };
        let mut gif = Gif::open(options, ctx).unwrap();
        let failed = (0..3).find_map(|_| gif.next_frame(ctx).err());
        assert!(failed.is_some_and(|error| error.message().contains("mutoscope-gif-broken")));
    }
}
