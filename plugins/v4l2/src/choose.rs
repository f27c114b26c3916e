//! The choice among a device's formats, sizes and rates. A request of the file is met exactly, or refused with the available
//! ones, nearest first.

use crate::config::{Choice, Options};
use crate::modes::{CaptureMode, Modes, Rates, same_rate};
use crate::pixel::{self, Pixel};
use mutoscope_plugin::{Error, Result, Size};

/// The settings to ask of the device.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Chosen {
    pub(crate) pixel: Pixel,
    pub(crate) size: Size,
    /// Pictures per second; `None` leaves the device its own.
    pub(crate) fps: Option<f64>,
}

/// The facts about a device at the time of the choice.
pub(crate) struct Device<'a, R> {
    pub(crate) modes: &'a Modes,
    /// The size that it is set to.
    pub(crate) size: Size,
    /// The rates of a format at a size.
    pub(crate) rates: R,
}

/// The number of sizes that a refusal lists.
const LISTED: usize = 8;

/// One way to do it, and how far it is from what was asked.
struct Route {
    chosen: Chosen,
    size_off: f64,
    rate_off: f64,
    fastest: f64,
}

impl<R: Fn(u32, Size) -> Vec<Rates>> Device<'_, R> {
    /// The best way to do what the file asks for; `pixels` if the pipeline would rather have those than JPEG.
    ///
    /// # Errors
    /// The device has nothing of the kind.
    pub(crate) fn choose(&self, options: &Options, pixels: bool) -> Result<Chosen> {
        let mut modes: Vec<Route> = self.fitting(options).map(|mode| self.way(mode, options)).collect();
        if modes.is_empty() {
            return Err(self.no_format(options.format));
        }
        let jpeg_rate =
            modes.iter().filter(|way| way.chosen.pixel.is_jpeg()).map(|way| way.fastest).fold(0.0, f64::max);
        // The order of liking. Raw pictures that come at less than half the rate are no bargain.
        modes.sort_by_key(|way| {
            let jpeg = way.chosen.pixel.is_jpeg();
            let slow = pixels
                && !jpeg
                && options.fps.is_none()
                && way.fastest > 0.0
                && way.fastest < jpeg_rate / 2.0;
            (slow, jpeg == pixels, way.chosen.pixel.rank)
        });
        if let Some(way) = modes.iter().find(|way| way.size_off == 0.0 && way.rate_off == 0.0) {
            return Ok(way.chosen);
        }
        let nearest = modes
            .iter()
            .min_by(|a, b| a.size_off.total_cmp(&b.size_off).then(a.rate_off.total_cmp(&b.rate_off)));
        match nearest {
            Some(way) if options.accept_nearest => Ok(way.chosen),
            Some(way) if way.size_off == 0.0 => Err(self.no_rate(options, way.chosen.size)),
            _ => Err(self.no_size(options)),
        }
    }

    fn fitting<'b>(&'b self, options: &'b Options) -> impl Iterator<Item = &'b CaptureMode> {
        self.modes.formats.iter().filter(|mode| mode.pixel.is(options.format))
    }

    fn way(&self, mode: &CaptureMode, options: &Options) -> Route {
        let size = self.nearest_size(mode, options);
        let asked = Size::new(options.width.unwrap_or(size.width), options.height.unwrap_or(size.height));
        let rates = (self.rates)(mode.pixel.code, size);
        let nearest = options.fps.map(|fps| nearest_rate(&rates, fps));
        let rate_off = match (options.fps, nearest) {
            (Some(fps), Some(nearest)) if !same_rate(fps, nearest) => (fps - nearest).abs() / fps,
            _ => 0.0,
        };
        let fps = if rate_off == 0.0 { options.fps } else { nearest };
        let fastest = rates.iter().map(|rates| rates.fastest).fold(0.0, f64::max);
        Route {
            chosen: Chosen { pixel: mode.pixel, size, fps },
            size_off: off(asked, size),
            rate_off,
            fastest,
        }
    }

    /// The size of a format that comes nearest to what is asked for; without a wish, to what the device is set to.
    fn nearest_size(&self, mode: &CaptureMode, options: &Options) -> Size {
        let shape = f64::from(self.size.height) / f64::from(self.size.width.max(1));
        let wish = match (options.width, options.height) {
            (Some(width), Some(height)) => Size::new(width, height),
            // The other side keeps the shape of the picture.
            (Some(width), None) => Size::new(width, (f64::from(width) * shape).round() as u32),
            (None, Some(height)) => Size::new((f64::from(height) / shape).round() as u32, height),
            (None, None) => self.size,
        };
        let asked = |size: Size| {
            Size::new(options.width.unwrap_or(size.width), options.height.unwrap_or(size.height))
        };
        let sizes = mode.sizes.iter().map(|sizes| sizes.nearest(wish));
        let far = |size: &Size| (off(asked(*size), *size), off(wish, *size));
        // A device that lists no sizes is asked for the wish, and shows what it makes of it.
        sizes.min_by(|a, b| far(a).partial_cmp(&far(b)).unwrap_or(std::cmp::Ordering::Equal)).unwrap_or(wish)
    }

    fn no_format(&self, choice: Choice) -> Error {
        let mut names: Vec<_> = self.modes.formats.iter().map(|mode| mode.pixel.name).collect();
        names.dedup();
        let foreign = &self.modes.foreign;
        let rest = match foreign.len() {
            0 => String::new(),
            _ => format!(" (and {}, which cannot be taken here)", foreign.join(", ")),
        };
        let has = if names.is_empty() { "none that can be taken".to_owned() } else { names.join(", ") };
        let said = match choice {
            Choice::Auto => "no format that can be taken".to_owned(),
            choice => format!("no {}", pixel::name(choice)),
        };
        Error::option("format", format!("the camera has {said}; it has: {has}{rest}"))
    }

    fn no_rate(&self, options: &Options, size: Size) -> Error {
        let fps = options.fps.unwrap_or_default();
        let mut lines = Vec::new();
        for mode in self.fitting(options).filter(|mode| mode.sizes.iter().any(|sizes| sizes.has(size))) {
            let rates = (self.rates)(mode.pixel.code, size);
            lines.push(format!("{} at {}", mode.pixel.name, listed(&rates, Some(fps))));
        }
        Error::option(
            "fps",
            format!(
                "the camera has no {fps} pictures per second at {size}; it has: {}. `accept_nearest: true` takes the nearest",
                lines.join("; ")
            ),
        )
    }

    fn no_size(&self, options: &Options) -> Error {
        let wish = |size: Size| {
            Size::new(options.width.unwrap_or(size.width), options.height.unwrap_or(size.height))
        };
        let mut sizes: Vec<Size> = Vec::new();
        for mode in self.fitting(options) {
            for span in &mode.sizes {
                for size in [span.least, span.nearest(wish(span.most)), span.most] {
                    if !sizes.contains(&size) {
                        sizes.push(size);
                    }
                }
            }
        }
        sizes.sort_by(|a, b| off(wish(*a), *a).total_cmp(&off(wish(*b), *b)));
        let more = sizes.len().saturating_sub(LISTED);
        let lines: Vec<_> = sizes.iter().take(LISTED).map(|size| self.line(options, *size)).collect();
        let asked = match (options.width, options.height) {
            (Some(width), Some(height)) => Size::new(width, height).to_string(),
            (Some(width), None) => format!("width of {width}"),
            (None, height) => format!("height of {}", height.unwrap_or_default()),
        };
        let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
        Error::option(
            if options.width.is_some() { "width" } else { "height" },
            format!(
                "the camera has no {asked}; it has, nearest first: {}{rest}. `accept_nearest: true` takes the nearest",
                lines.join("; ")
            ),
        )
    }

    /// `1280x720 (mjpg at 30, 15; yuyv at 5)`
    fn line(&self, options: &Options, size: Size) -> String {
        let mut formats = Vec::new();
        for mode in self.fitting(options).filter(|mode| mode.sizes.iter().any(|sizes| sizes.has(size))) {
            let rates = (self.rates)(mode.pixel.code, size);
            match rates.is_empty() {
                true => formats.push(mode.pixel.name.to_owned()),
                false => formats.push(format!("{} at {}", mode.pixel.name, listed(&rates, options.fps))),
            }
        }
        // A device with dozens of formats does the same in all of them.
        let more = formats.len().saturating_sub(3);
        formats.truncate(3);
        if more > 0 {
            formats.push(format!("{more} more formats"));
        }
        format!("{size} ({})", formats.join(", "))
    }
}

/// The distance of a size from the one that was asked for, in parts of it.
fn off(asked: Size, size: Size) -> f64 {
    let side = |a: u32, b: u32| (f64::from(a) - f64::from(b)).abs() / f64::from(a.max(1));
    side(asked.width, size.width) + side(asked.height, size.height)
}

/// The rate that comes nearest; the wish itself where the device does not tell its rates.
fn nearest_rate(rates: &[Rates], fps: f64) -> f64 {
    let near = rates.iter().map(|rates| rates.nearest(fps));
    near.min_by(|a, b| (a - fps).abs().total_cmp(&(b - fps).abs())).unwrap_or(fps)
}

/// Rates, nearest first where there is a wish, else fastest first.
fn listed(rates: &[Rates], fps: Option<f64>) -> String {
    let mut rates = rates.to_vec();
    let far = |rates: &Rates| fps.map_or(-rates.fastest, |fps| (rates.nearest(fps) - fps).abs());
    rates.sort_by(|a, b| far(a).total_cmp(&far(b)));
    let words: Vec<_> = rates.iter().take(LISTED).map(ToString::to_string).collect();
    let rest = if rates.len() > LISTED { ", …" } else { "" };
    if words.is_empty() {
        "a rate that it does not tell".into()
    } else {
        format!("{}{rest}", words.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modes::Sizes;

    fn pixel(code: &[u8; 4]) -> Pixel {
        Pixel::of(u32::from_le_bytes(*code)).unwrap()
    }

    /// A webcam as most are: JPEG at full rate, raw pictures that USB has little room for.
    fn webcam() -> Modes {
        let sizes = [(640, 480), (1280, 720), (1920, 1080)].map(|(w, h)| Sizes::one(Size::new(w, h)));
        Modes {
            formats: vec![
                CaptureMode { pixel: pixel(b"YUYV"), sizes: sizes.to_vec() },
                CaptureMode { pixel: pixel(b"MJPG"), sizes: sizes.to_vec() },
            ],
            foreign: vec!["H264".into()],
        }
    }

    fn choose(json: &str, pixels: bool) -> Result<Chosen> {
        let modes = webcam();
        let rates = |code, size: Size| match code == pixel(b"MJPG").code || size.width == 640 {
            true => vec![Rates::one(30.0), Rates::one(15.0)],
            false => vec![Rates::one(5.0)],
        };
        let options = mutoscope_plugin::serde_json::from_str(json).unwrap();
        Device { modes: &modes, size: Size::new(640, 480), rates }.choose(&options, pixels)
    }

    fn chosen(json: &str, pixels: bool) -> (&'static str, (u32, u32), Option<f64>) {
        let chosen = choose(json, pixels).unwrap();
        (chosen.pixel.name, (chosen.size.width, chosen.size.height), chosen.fps)
    }

    #[test]
    fn auto_is_jpeg_where_jpeg_is_passed_on_and_raw_where_pixels_are_wanted() {
        assert_eq!(chosen("{}", false), ("mjpg", (640, 480), None));
        assert_eq!(chosen("{}", true), ("yuyv", (640, 480), None));
    }

    #[test]
    fn raw_pictures_that_come_too_slowly_are_not_taken_for_their_cheapness() {
        assert_eq!(chosen(r#"{"width":1920,"height":1080}"#, true), ("mjpg", (1920, 1080), None));
        assert_eq!(
            chosen(r#"{"width":1920,"height":1080,"fps":15}"#, true),
            ("mjpg", (1920, 1080), Some(15.0))
        );
        assert_eq!(
            chosen(r#"{"width":1920,"height":1080,"fps":5}"#, true),
            ("yuyv", (1920, 1080), Some(5.0))
        );
        assert_eq!(
            chosen(r#"{"width":1920,"height":1080,"format":"yuyv"}"#, false),
            ("yuyv", (1920, 1080), None)
        );
    }

    #[test]
    fn one_side_is_enough() {
        assert_eq!(chosen(r#"{"width":1280}"#, false), ("mjpg", (1280, 720), None));
        assert_eq!(chosen(r#"{"height":1080}"#, false), ("mjpg", (1920, 1080), None));
    }

    #[test]
    fn a_size_that_is_not_there_is_refused_with_those_that_are_nearest_first() {
        let error = choose(r#"{"width":1300,"height":700}"#, false).unwrap_err();
        assert_eq!(error.option_path(), "width");
        assert_eq!(
            error.message(),
            "the camera has no 1300x700; it has, nearest first: 1280x720 (yuyv at 5, mjpg at 30/15); 640x480 (yuyv at 30/15, mjpg \
             at 30/15); 1920x1080 (yuyv at 5, mjpg at 30/15). `accept_nearest: true` takes the nearest"
        );
        assert_eq!(
            chosen(r#"{"width":1300,"height":700,"accept_nearest":true}"#, false),
            ("mjpg", (1280, 720), None)
        );
    }

    #[test]
    fn a_rate_that_is_not_there_is_refused_with_those_that_are() {
        let error = choose(r#"{"width":1280,"height":720,"fps":60,"format":"mjpg"}"#, false).unwrap_err();
        assert_eq!(error.option_path(), "fps");
        assert!(error.message().contains("it has: mjpg at 30/15."), "{error}");
        assert_eq!(
            chosen(r#"{"width":1280,"height":720,"fps":60,"accept_nearest":true}"#, false),
            ("mjpg", (1280, 720), Some(30.0))
        );
        // The rate of NTSC is meant by 30.
        assert_eq!(chosen(r#"{"fps":29.97}"#, false).2, Some(29.97));
    }

    #[test]
    fn a_format_that_is_not_there_is_refused_with_those_that_are() {
        let error = choose(r#"{"format":"nv12"}"#, false).unwrap_err();
        assert_eq!(error.option_path(), "format");
        assert_eq!(
            error.message(),
            "the camera has no nv12; it has: yuyv, mjpg (and H264, which cannot be taken here)"
        );
    }
}
