//! All that one plugin says about itself. Its code must be loaded for that.

use super::library::Loaded;
use super::options::{self, OptionDescription};
use mutoscope_plugin::host::{Failure, Plugin, SinkKind, SourceKind, TransformKind};
use mutoscope_plugin::{Format, FormatCaps, PixelFormat};
use serde::Serialize;
use serde_json::Value;
use std::path::PathBuf;

/// Options as somebody writes them who writes none.
const NO_OPTIONS: &str = "{}";
/// The size at which a transform is asked what it can do; any other would do.
const ASKED: (u32, u32) = (640, 480);

/// All that one plugin says about itself.
#[derive(Clone, Debug, Serialize)]
pub struct Description {
    /// Its name.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// What it is, in one line.
    pub about: String,
    /// Its library.
    pub path: PathBuf,
    /// The number of the boundary that it was built for.
    pub abi: u32,
    /// Version of the SDK that it was built with.
    pub sdk: String,
    /// The compiler that built it.
    pub rustc: String,
    /// Whether a panic in it ends the program.
    pub panic_abort: bool,
    /// What it offers.
    pub kinds: Vec<KindDescription>,
}

/// What it says as a source, a transform or a sink.
#[derive(Clone, Debug, Serialize)]
pub struct KindDescription {
    /// `source`, `transform` or `sink`.
    pub kind: &'static str,
    /// Its options.
    pub options: Vec<OptionDescription>,
    /// With no options given: what a source gives, a sink takes, a transform makes of what.
    pub formats: Vec<String>,
    /// Why that cannot be told: it depends on options that must be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formats_unknown: Option<String>,
    /// The options' JSON Schema.
    pub schema: Value,
}

impl Description {
    /// Asks a plugin. **This runs its code**; no device and no port is opened.
    pub fn of(loaded: &Loaded) -> Description {
        let Loaded { plugin, path, .. } = loaded;
        let header = plugin.header();
        Description {
            name: header.name(),
            version: header.version(),
            about: header.about(),
            path: path.clone(),
            abi: header.abi,
            sdk: header.sdk(),
            rustc: header.rustc(),
            panic_abort: header.panic_abort != 0,
            kinds: kinds(plugin),
        }
    }
}

fn kinds(plugin: &Plugin) -> Vec<KindDescription> {
    let source = plugin.source().map(|kind| describe("source", &kind.schema(), given(kind)));
    let transform = plugin.transform().map(|kind| describe("transform", &kind.schema(), made(kind)));
    let sink = plugin.sink().map(|kind| describe("sink", &kind.schema(), taken(kind)));
    [source, transform, sink].into_iter().flatten().collect()
}

fn describe(kind: &'static str, schema: &str, formats: Result<Vec<String>, Failure>) -> KindDescription {
    let schema = serde_json::from_str(schema).unwrap_or(Value::Null);
    let (formats, formats_unknown) = match formats {
        Ok(formats) => (formats, None),
        Err(failure) => (Vec::new(), Some(failure.to_string())),
    };
    KindDescription { kind, options: options::describe(&schema), formats, formats_unknown, schema }
}

fn given(source: SourceKind) -> Result<Vec<String>, Failure> {
    let caps = source.caps(NO_OPTIONS)?;
    let rate = caps.fps.map(|fps| format!(" at {fps} fps")).unwrap_or_default();
    let one = |offer: &FormatCaps| match offer.has_size() {
        true => format!("{}{rate}", offer.format),
        false => format!("{}{rate}", offer.format.kind),
    };
    let formats: Vec<_> = caps.formats.iter().map(one).collect();
    Ok(if formats.is_empty() { vec![format!("unknown until the first frame{rate}")] } else { formats })
}

fn made(transform: TransformKind) -> Result<Vec<String>, Failure> {
    let mut formats = Vec::new();
    for kind in PixelFormat::ALL {
        let input = Format::new(*kind, ASKED.0, ASKED.1);
        for way in transform.modes(NO_OPTIONS, &input)? {
            let name = if way.name.is_empty() { String::new() } else { format!(" ({})", way.name) };
            formats.push(format!("{kind} to {}{name}", way.gives.kind));
        }
    }
    Ok(formats)
}

fn taken(sink: SinkKind) -> Result<Vec<String>, Failure> {
    let accepts = sink.accepts(NO_OPTIONS)?;
    let mut formats: Vec<_> = accepts.kinds.iter().map(ToString::to_string).collect();
    if formats.is_empty() {
        formats.push("anything".into());
    }
    Ok(formats)
}
