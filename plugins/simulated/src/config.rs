//! The options of this source.

use mutoscope_plugin::schemars::{Schema, SchemaGenerator, json_schema};
use mutoscope_plugin::{Error, Format, Result, Size, options};
use std::path::PathBuf;

/// Plays pictures from files as a camera would, or draws a test pattern.
#[options]
#[derive(PartialEq)]
#[serde(default)]
pub struct Options {
    /// The pictures: a folder, a picture, or a list of both. A folder's pictures come in natural order (`2.jpg` before
    /// `10.jpg`); other files, hidden files and folders inside it are left out. JPEG files pass undecoded; PNG, GIF
    /// (the first picture), WebP, BMP, TIFF, PNM and QOI are decoded. Sizes and formats may differ. Without `frames`,
    /// a test pattern is drawn.
    #[schemars(schema_with = "paths")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames: Option<Frames>,

    /// Which of the pictures comes next. Only with `frames`.
    pub order: Order,

    /// Pictures per second; more than 0, at most 1000. Fractions are fine: 0.5 is a picture every two seconds.
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1000))]
    pub fps: f64,

    /// After the last picture, start again with the first. `false`: the stream ends there. Only with `frames` and
    /// `order: sequence`.
    #[serde(rename = "loop")]
    pub repeat: bool,

    /// Width of the test pattern in pixels; 1280 if left out. Not with `frames`, whose pictures keep their size.
    #[schemars(schema_with = "side")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,

    /// Height of the test pattern in pixels; 720 if left out. Not with `frames`, whose pictures keep their size.
    #[schemars(schema_with = "side")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
}

/// One path or several.
#[options]
#[derive(PartialEq)]
#[serde(untagged)]
pub enum Frames {
    /// A folder or a picture.
    One(PathBuf),
    /// Folders and pictures, in the order of the list.
    Several(Vec<PathBuf>),
}

/// Which of the pictures comes next.
#[options]
#[derive(Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// One after another; none is left out, also when the machine is too slow for `fps`.
    Sequence,
    /// By the wall clock: picture number `floor(time × fps) mod n`, `time` in seconds since 1970. At `fps: 1` the
    /// picture changes at whole seconds, and two programs with the same pictures show the same one.
    WallClock,
}

impl Default for Options {
    fn default() -> Self {
        Options { frames: None, order: Order::Sequence, fps: 10.0, repeat: true, width: None, height: None }
    }
}

impl Options {
    /// Refuses what the schema cannot: options that exclude each other.
    pub(crate) fn check(&self) -> Result<()> {
        if !(self.fps > 0.0 && self.fps <= 1000.0) {
            return Err(Error::option("fps", format!("{} is not a number above 0, up to 1000", self.fps)));
        }
        let size = self.pattern_size();
        match &self.frames {
            Some(_) => self.check_film(),
            None if self.order != Order::Sequence => Err(Error::option(
                "order",
                "the test pattern has no pictures to choose from: name them with `frames`, or leave `order` out",
            )),
            None if !self.repeat => Err(Error::option(
                "loop",
                "the test pattern has no last picture: name pictures with `frames`, or leave `loop` out",
            )),
            None if !within_limits(size) => {
                let option = if size.height > Format::MAX_SIDE { "height" } else { "width" };
                Err(Error::option(
                    option,
                    format!(
                        "a test pattern of {size}: sides may have 1 to {} pixels, the picture {} megapixels",
                        Format::MAX_SIDE,
                        Format::MAX_PIXELS / 1_000_000
                    ),
                ))
            }
            None => Ok(()),
        }
    }

    fn check_film(&self) -> Result<()> {
        for (name, value) in [("width", self.width), ("height", self.height)] {
            if let Some(value) = value {
                return Err(Error::option(
                    name,
                    format!(
                        "the pictures of `frames` keep their size; `{name}` is the test pattern's. To change the size, \
                         add `{{ plugin: resize, {name}: {value} }}` to `transforms`"
                    ),
                ));
            }
        }
        if self.order == Order::WallClock && !self.repeat {
            return Err(Error::option(
                "loop",
                "`order: wall_clock` has no last picture: leave `loop` out, or use `order: sequence`",
            ));
        }
        Ok(())
    }

    pub(crate) fn pattern_size(&self) -> Size {
        Size::new(self.width.unwrap_or(1280), self.height.unwrap_or(720))
    }
}

impl Frames {
    /// Each path, with the name of the option that it stands in.
    pub(crate) fn paths(&self) -> Vec<(String, &PathBuf)> {
        match self {
            Frames::One(path) => vec![("frames".into(), path)],
            Frames::Several(paths) => {
                paths.iter().enumerate().map(|(i, path)| (format!("frames[{i}]"), path)).collect()
            }
        }
    }
}

fn within_limits(size: Size) -> bool {
    let sides = 1..=Format::MAX_SIDE;
    sides.contains(&size.width) && sides.contains(&size.height) && size.pixels() <= Format::MAX_PIXELS
}

// Written by hand: a flat schema, where the derived one would hide the path's format behind two levels of `anyOf`.
fn paths(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": ["string", "array"],
        "format": "path",
        "items": { "type": "string", "format": "path" },
        "minItems": 1,
    })
}

fn side(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer", "minimum": 1, "maximum": Format::MAX_SIDE })
}
