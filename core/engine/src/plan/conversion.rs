//! The conversions that a planner may put between two stages.

use mutoscope_plugin::{Class, Format, PixelFormat};
use serde_json::{Map, Value, json};

/// A conversion: an ordinary plugin with options that the planner chose.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Conversion {
    /// JPEG → planes at 1/`downscale` (1, 2, 4 or 8).
    Decode {
        /// The denominator of the scale.
        downscale: u32,
    },
    /// Planes → JPEG.
    Encode,
    /// Whatever a source gave → planes as a JPEG holds them (BT.601, full range).
    Convert,
    /// Planes → a kind that a sink asks for.
    To(PixelFormat),
}

impl Conversion {
    /// The plugin that does it, by its name in pipeline files.
    pub fn plugin(&self) -> &'static str {
        match self {
            Conversion::Decode { .. } | Conversion::Encode => "jpeg",
            Conversion::Convert | Conversion::To(_) => "convert",
        }
    }

    /// Returns what it is for, in a few words.
    pub fn purpose(&self) -> String {
        match self {
            Conversion::Decode { downscale: 1 } => "decode".into(),
            Conversion::Decode { downscale } => format!("decode at 1/{downscale}"),
            Conversion::Encode => "encode".into(),
            Conversion::Convert => "to planes".into(),
            Conversion::To(kind) => format!("to {kind}"),
        }
    }

    /// The options that the plugin is given.
    pub fn options(&self) -> Map<String, Value> {
        let options = match self {
            Conversion::Decode { downscale } => json!({"to": "planes", "downscale": downscale}),
            Conversion::Encode | Conversion::Convert => json!({}),
            Conversion::To(kind) => json!({"to": name(*kind)}),
        };
        match options {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }

    /// The conversions worth trying on a frame of this format, for a goal that takes `wanted` (none: anything).
    /// A picture that was `scaled` down is on its way to a resize: nothing but pixels can come of it before that.
    pub(super) fn candidates(from: &Format, scaled: bool, wanted: &[PixelFormat]) -> Vec<Conversion> {
        let inner = match from.kind.class() {
            Some(Class::Jpeg) if !scaled => {
                return [1, 2, 4, 8].into_iter().map(|downscale| Conversion::Decode { downscale }).collect();
            }
            Some(Class::Planes) if !from.has_jpeg_colours() => vec![Conversion::Convert],
            Some(Class::Planes) if scaled => Vec::new(),
            Some(Class::Planes) => vec![Conversion::Encode],
            // The planes nearest to RGB are 4:2:0; those with more chroma are for what keeps it.
            Some(Class::Raw) if is_rgb(from.kind) => {
                let finer = [PixelFormat::I444, PixelFormat::I422, PixelFormat::I440].map(Conversion::To);
                [Conversion::Convert].into_iter().chain(finer).collect()
            }
            Some(Class::Raw) => vec![Conversion::Convert],
            _ => return Vec::new(),
        };
        // Only where it has to be; and colour is not given up because grey would be cheaper.
        let fits = scaled || wanted.contains(&from.kind);
        let grey = |kind: &PixelFormat| [PixelFormat::GREY, PixelFormat::Y16].contains(kind);
        let only_grey = wanted.iter().all(grey);
        let to =
            wanted.iter().filter(|kind| !fits && **kind != PixelFormat::JPEG && (only_grey || !grey(kind)));
        let to = to.map(|kind| Conversion::To(*kind)).filter(|to| !inner.contains(to));
        let outer: Vec<_> = to.collect();
        inner.into_iter().chain(outer).collect()
    }
}

fn is_rgb(kind: PixelFormat) -> bool {
    [PixelFormat::RGB24, PixelFormat::BGR24, PixelFormat::RGBA32, PixelFormat::BGRA32].contains(&kind)
}

/// A kind as `convert` calls it in its option `to`.
fn name(kind: PixelFormat) -> String {
    match kind {
        PixelFormat::I420 => "yuv420".into(),
        PixelFormat::I422 => "yuv422".into(),
        PixelFormat::I440 => "yuv440".into(),
        PixelFormat::I444 => "yuv444".into(),
        PixelFormat::RGB24 => "rgb24".into(),
        PixelFormat::BGR24 => "bgr24".into(),
        PixelFormat::RGBA32 => "rgba32".into(),
        PixelFormat::BGRA32 => "bgra32".into(),
        other => other.to_string().to_lowercase(),
    }
}
