//! The options as the program's command line.

use crate::config::{LensPosition, Options, Shutter};
use mutoscope_plugin::{Error, Result};
use std::ffi::OsString;

/// The arguments that the source itself gives the program, with the program's short form.
const OWN: [(&str, &str); 6] = [
    ("codec", ""),
    ("output", "-o"),
    ("timeout", "-t"),
    ("nopreview", "-n"),
    ("flush", ""),
    ("list-cameras", ""),
];

/// The arguments that have options: the program's word, and the option's where it is another. The program refuses to be
/// told anything twice.
const OPTIONS: [(&str, &str); 25] = [
    ("camera", "camera"),
    ("width", "width"),
    ("height", "height"),
    ("framerate", "fps"),
    ("quality", "quality"),
    ("rotation", "rotation"),
    ("hflip", "hflip"),
    ("vflip", "vflip"),
    ("shutter", "shutter"),
    ("gain", "gain"),
    ("analoggain", "gain"),
    ("ev", "ev"),
    ("awb", "awb"),
    ("metering", "metering"),
    ("exposure", "exposure"),
    ("denoise", "denoise"),
    ("hdr", "hdr"),
    ("mode", "mode"),
    ("brightness", "brightness"),
    ("contrast", "contrast"),
    ("saturation", "saturation"),
    ("sharpness", "sharpness"),
    ("autofocus-mode", "autofocus_mode"),
    ("lens-position", "lens_position"),
    ("roi", "roi"),
];

/// The option that stands for the program's `--word`, if there is one.
pub(crate) fn option_of(word: &str) -> Option<&'static str> {
    if word == "tuning-file" {
        return Some("tuning_file");
    }
    OPTIONS.iter().find(|(theirs, _)| *theirs == word).map(|(_, ours)| *ours)
}

/// Refuses further arguments that would contradict the source's own.
pub(crate) fn check_extra(arguments: &[String]) -> Result<()> {
    for (at, argument) in arguments.iter().enumerate() {
        let place = format!("extra_args[{at}]");
        let word = argument.strip_prefix("--").map(|word| word.split('=').next().unwrap_or(word));
        if OWN.iter().any(|(long, short)| word == Some(*long) || argument == short) {
            return Err(Error::option(
                place,
                format!("{argument} is the source's own business: leave it out"),
            ));
        }
        if let Some(option) = word.and_then(option_of) {
            return Err(Error::option(place, format!("{argument} is the option `{option}`: give it there")));
        }
        if argument.contains('\0') {
            return Err(Error::option(place, "an argument cannot have a NUL byte in it"));
        }
    }
    Ok(())
}

/// The whole command line, without the program.
pub(crate) fn arguments(options: &Options, raw: bool) -> Vec<OsString> {
    let mut line = Line(Vec::new());
    line.value("codec", if raw { "yuv420" } else { "mjpeg" });
    line.value("output", "-");
    line.value("timeout", "0");
    line.flag("nopreview", true);
    // Otherwise the end of a picture waits in the program for the next one.
    line.flag("flush", true);
    // Old programs do not know `--camera`.
    line.maybe("camera", (options.camera > 0).then_some(options.camera));
    line.maybe("width", options.width);
    line.maybe("height", options.height);
    line.maybe("framerate", options.fps);
    line.maybe("quality", options.quality);
    line.maybe("rotation", options.rotation);
    line.flag("hflip", options.hflip);
    line.flag("vflip", options.vflip);
    line.maybe(
        "shutter",
        options.shutter.as_ref().map(|shutter| match shutter {
            Shutter::Microseconds(time) => time.to_string(),
            Shutter::Text(text) => text.clone(),
        }),
    );
    line.maybe("gain", options.gain);
    line.maybe("ev", options.ev);
    line.maybe("awb", options.awb.map(|it| it.word()));
    line.maybe("metering", options.metering.map(|it| it.word()));
    line.maybe("exposure", options.exposure.map(|it| it.word()));
    line.maybe("denoise", options.denoise.map(|it| it.word()));
    line.maybe("hdr", options.hdr.map(|it| it.word()));
    line.maybe("mode", options.mode.as_ref());
    line.maybe("brightness", options.brightness);
    line.maybe("contrast", options.contrast);
    line.maybe("saturation", options.saturation);
    line.maybe("sharpness", options.sharpness);
    line.maybe("autofocus-mode", options.autofocus_mode.map(|it| it.word()));
    line.maybe(
        "lens-position",
        options.lens_position.as_ref().map(|position| match position {
            LensPosition::Dioptres(value) => value.to_string(),
            LensPosition::Named(_) => "default".to_owned(),
        }),
    );
    line.maybe("roi", options.roi.as_ref());
    if let Some(path) = &options.tuning_file {
        line.0.extend(["--tuning-file".into(), path.into()]);
    }
    line.0.extend(options.extra_args.iter().map(OsString::from));
    line.0
}

struct Line(Vec<OsString>);

impl Line {
    fn value(&mut self, word: &str, value: impl ToString) {
        // One word, so that a value that starts with `-` is not taken for an option.
        self.0.push(format!("--{word}={}", value.to_string()).into());
    }

    fn maybe(&mut self, word: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.value(word, value);
        }
    }

    fn flag(&mut self, word: &str, on: bool) {
        if on {
            self.0.push(format!("--{word}").into());
        }
    }
}
