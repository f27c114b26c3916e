//! The options of this source.

use crate::modes::same_rate;
use mutoscope_plugin::schemars::{Schema, SchemaGenerator, json_schema};
use mutoscope_plugin::serde_json::{Map, Value};
use mutoscope_plugin::{Error, Format, Result, Size, options};

/// A camera of Linux: a USB webcam, a capture card, whatever has a `/dev/video…`.
#[options]
#[derive(PartialEq)]
#[serde(default)]
pub struct Options {
    /// Which camera: its device file (`/dev/video0`, or `/dev/v4l/by-id/…`, which stays the same when others are plugged
    /// in), or its name or a part of it (`C920`). `mutoscope devices` lists them.
    pub device: String,

    /// Width in pixels; with `height` left out, a size of this width. Both left out: the size that the camera is set to.
    #[schemars(schema_with = "side")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,

    /// Height in pixels.
    #[schemars(schema_with = "side")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,

    /// Pictures per second. Left out: the rate that the camera is set to.
    #[schemars(schema_with = "rate")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fps: Option<f64>,

    /// What the camera shall send. `auto`: JPEG where the pipeline passes JPEG on, else the raw format that is cheapest to
    /// convert.
    pub format: Choice,

    /// How many pictures the driver has room for; it may take more, or fewer. More of them bridge longer pauses of this
    /// machine.
    #[schemars(range(min = 2, max = 32))]
    pub buffers: u32,

    /// Brightness, exposure and whatever else the camera lets itself be told, by the names that `v4l2-ctl -L` prints. They
    /// are set in this order, when the camera is opened and whenever they change here. A menu's entry goes by its number or its
    /// text.
    #[schemars(schema_with = "controls")]
    pub controls: Map<String, Value>,

    /// Which input of a card with several: its number, or its name.
    #[schemars(schema_with = "input")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,

    /// Take the nearest size and rate that the camera has, where it has none of those that are asked for here.
    pub accept_nearest: bool,
}

/// What the camera shall send.
#[options]
#[derive(Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// JPEG where the pipeline passes JPEG on, else the raw format that is cheapest to convert.
    Auto,
    /// JPEG pictures, whichever of its two names the camera has for them.
    Mjpg,
    /// JPEG pictures, whichever of its two names the camera has for them.
    Jpeg,
    /// Packed 4:2:2: Y Cb Y Cr.
    Yuyv,
    /// Packed 4:2:2: Cb Y Cr Y.
    Uyvy,
    /// Packed 4:2:2: Y Cr Y Cb.
    Yvyu,
    /// Packed 4:2:2: Cr Y Cb Y.
    Vyuy,
    /// Luma, and Cb and Cr in turn, 4:2:0.
    Nv12,
    /// Luma, and Cr and Cb in turn, 4:2:0.
    Nv21,
    /// Luma, and Cb and Cr in turn, 4:2:2.
    Nv16,
    /// Luma, and Cb and Cr in turn, 4:4:4.
    Nv24,
    /// Planar 4:2:0.
    Yu12,
    /// Planar 4:2:0, Cr before Cb.
    Yv12,
    /// Planar 4:2:2.
    #[serde(rename = "422p")]
    Planar422,
    /// Luma alone.
    Grey,
    /// Luma alone, 16 bits.
    Y16,
    /// Three bytes a pixel, red first.
    Rgb24,
    /// Three bytes a pixel, blue first.
    Bgr24,
    /// Four bytes a pixel, red first.
    Rgba32,
    /// Four bytes a pixel, blue first.
    Bgra32,
    /// Bayer mosaic that starts B G.
    Bggr,
    /// Bayer mosaic that starts G B.
    Gbrg,
    /// Bayer mosaic that starts G R.
    Grbg,
    /// Bayer mosaic that starts R G.
    Rggb,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            device: "/dev/video0".into(),
            width: None,
            height: None,
            fps: None,
            format: Choice::Auto,
            buffers: 4,
            controls: Map::new(),
            input: None,
            accept_nearest: false,
        }
    }
}

impl Options {
    /// Refuses what the schema cannot.
    pub(crate) fn check(&self) -> Result<()> {
        if self.device.trim().is_empty() {
            return Err(Error::option("device", "an empty name: `mutoscope devices` lists the cameras here"));
        }
        if self.fps.is_some_and(|fps| !(fps > 0.0 && fps <= 1000.0)) {
            return Err(Error::option("fps", "not a number above 0, up to 1000"));
        }
        if let Some(input) = self.input.as_ref().filter(|input| !input.is_string() && !input.is_i64()) {
            return Err(Error::option(
                "input",
                format!("{input} is neither the number of an input nor its name"),
            ));
        }
        if let Some(size) = self.size().filter(|size| size.pixels() > Format::MAX_PIXELS) {
            let most = Format::MAX_PIXELS / 1_000_000;
            return Err(Error::option("width", format!("{size}: a picture has at most {most} megapixels")));
        }
        Ok(())
    }

    /// The requests that are not met, which `accept_nearest` allows, in words.
    pub(crate) fn missed(&self, given: Size, fps: Option<f64>) -> Option<String> {
        let other = |name: &str, asked: Option<u32>, given| {
            asked.filter(|asked| *asked != given).map(|asked| format!("`{name}: {asked}`"))
        };
        let rate = match (self.fps, fps) {
            (Some(asked), Some(given)) if !same_rate(asked, given) => Some(format!("`fps: {asked}`")),
            // It does not let itself be told.
            (Some(asked), None) => Some(format!("`fps: {asked}`")),
            _ => None,
        };
        let missed =
            [other("width", self.width, given.width), other("height", self.height, given.height), rate];
        let missed: Vec<String> = missed.into_iter().flatten().collect();
        (!missed.is_empty()).then(|| missed.join(", "))
    }

    /// The size, if both sides are given.
    pub(crate) fn size(&self) -> Option<Size> {
        Some(Size::new(self.width?, self.height?))
    }
}

fn side(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer", "minimum": 1, "maximum": Format::MAX_SIDE })
}

fn rate(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "number", "exclusiveMinimum": 0, "maximum": 1000 })
}

fn controls(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object", "additionalProperties": { "type": ["integer", "boolean", "string"] } })
}

fn input(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["integer", "string"] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_given_as_it_was_asked_for_is_told() {
        let asked =
            Options { width: Some(1300), fps: Some(60.0), accept_nearest: true, ..Options::default() };
        let missed = |width, fps| asked.missed(Size::new(width, 720), fps);
        assert_eq!(missed(1280, Some(30.0)).unwrap(), "`width: 1300`, `fps: 60`");
        assert_eq!(missed(1300, None).unwrap(), "`fps: 60`");
        // The rate of NTSC is meant by 60.
        assert_eq!(missed(1300, Some(59.94)), None);
        assert_eq!(Options::default().missed(Size::new(1, 1), Some(5.0)), None);
    }
}
