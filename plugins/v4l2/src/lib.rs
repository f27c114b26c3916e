//! Cameras of Linux (V4L2): USB webcams, capture cards, whatever has a `/dev/video…`.
//!
//! # Layout
//!
//! What the pipeline file says is [`Options`] (`config`). `find` makes a file of the device's name; `camera` opens it as a
//! `node`, asks what it can do (`modes` of `pixel` formats, `controls`), has `choose` decide, and sets it up. `capture` takes
//! pictures out of the driver's `ring` of buffers, JPEG made tidy by `jpeg` (with the standard Huffman tables where it has none), raw ones converted
//! to planes; from here the frame goes to the host. `list` is for `mutoscope devices`, `trouble` has the words for what goes
//! wrong.
//!
//! `kernel` is the driver's side: its structures and requests. `unsafe` stands there, in `node` and in `ring` alone.

mod camera;
mod capture;
mod choose;
mod config;
mod controls;
mod find;
mod jpeg;
mod kernel;
mod list;
mod modes;
mod node;
mod pixel;
mod ring;
mod trouble;

pub use config::{Choice, Options};

use camera::Camera;
use capture::Capture;
use controls::Setting;
use find::Places;
use mutoscope_plugin::{
    Context, Device, Format, Frame, PixelFormat, Result, Size, Source, SourceCaps, Update,
};

/// The source: a camera at work, and what it was asked for.
pub struct V4l2 {
    options: Options,
    capture: Capture,
    controls: Vec<Setting>,
}

impl Source for V4l2 {
    type Options = Options;

    fn caps(options: &Options) -> Result<SourceCaps> {
        options.check()?;
        let size = options.size().unwrap_or(Size::new(0, 0));
        let offer = |kind| Format::new(kind, size.width, size.height);
        let formats = match pixel::gives(options.format) {
            Some(kind) => vec![offer(kind)],
            // What most cameras have; the device is not asked here.
            None => vec![offer(PixelFormat::JPEG), offer(PixelFormat::I422)],
        };
        let device = Places::default().resolve(&options.device);
        // A camera that is not there is held by its name.
        let held = device.map_or(options.device.clone(), |path| path.display().to_string());
        let caps = SourceCaps::formats(formats).exclusive([held]);
        Ok(match options.fps {
            Some(fps) => caps.at(fps),
            None => caps,
        })
    }

    fn devices() -> Result<Vec<Device>> {
        Ok(list::devices())
    }

    fn open(options: Options, ctx: &Context) -> Result<Self> {
        options.check()?;
        let camera = Camera::open(&options, ctx.format_hint())?;
        let controls = camera.controls.clone();
        let capture = Capture::start(camera, options.buffers)?;
        Ok(V4l2 { options, capture, controls })
    }

    fn next_frame(&mut self, ctx: &Context) -> Result<Option<Frame>> {
        self.capture.next(ctx)
    }

    fn update(&mut self, options: Options, _: &Context) -> Result<Update> {
        options.check()?;
        if (Options { controls: self.options.controls.clone(), ..options.clone() }) != self.options {
            return Ok(Update::Restart);
        }
        let described = controls::of(self.capture.node());
        let settings = controls::settings(&options.controls, &described)?;
        let change = controls::change(&self.controls, &settings, &described);
        camera::set(self.capture.node(), self.capture.name(), &change)?;
        (self.options, self.controls) = (options, settings);
        Ok(Update::Applied)
    }
}

mutoscope_plugin::export!(source: V4l2);

#[cfg(test)]
mod tests {
    use super::*;
    use mutoscope_plugin::serde_json::from_str;
    use mutoscope_plugin::testing::{Conformance, TestHost};

    fn caps(json: &str) -> SourceCaps {
        V4l2::caps(&from_str(json).unwrap()).unwrap()
    }

    #[test]
    fn it_keeps_what_every_plugin_must_keep() {
        Conformance::of(plugin()).needs("a camera at /dev/video0").check();
    }

    #[test]
    fn offers_are_told_without_the_device() {
        let auto = caps(r#"{"device":"/dev/video77","width":640,"height":480,"fps":15}"#);
        let formats: Vec<_> = auto.formats.iter().map(|offer| offer.format.to_string()).collect();
        assert_eq!(formats, ["JPEG 640x480", "YUV 4:2:2 640x480"]);
        assert_eq!(
            (auto.fps, auto.exclusive_devices, auto.may_end),
            (Some(15.0), Some(vec!["/dev/video77".into()]), false)
        );
        let raw = caps(r#"{"format":"nv12"}"#);
        assert_eq!(
            (raw.formats.len(), raw.formats[0].format.kind, raw.formats[0].has_size()),
            (1, PixelFormat::I420, false)
        );
    }

    #[test]
    fn a_camera_that_is_not_there_may_come_later_and_a_wrong_option_never_becomes_right() {
        let open = |json: &str| {
            let Err(error) = V4l2::open(from_str(json).unwrap(), &TestHost::new().context()) else {
                panic!("it opened")
            };
            error
        };
        let gone = open(r#"{"device":"/dev/v4l/by-id/usb-no-such-camera"}"#);
        assert!(gone.option_path().is_empty() && gone.message().contains("not plugged in"), "{gone}");
        let file = open(r#"{"device":"/dev/null"}"#);
        assert!(file.message().contains("is no camera"), "{file}");
        assert_eq!(open(r#"{"fps":-1}"#).option_path(), "fps");
        assert_eq!(open(r#"{"device":" "}"#).option_path(), "device");
    }
}
