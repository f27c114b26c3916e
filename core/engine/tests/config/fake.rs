//! Plugins that are only schemas, and a way to load a text with them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::mends;
use mutoscope_engine::config::{
    Catalogue, Documented, Origin, Pipeline, PluginKind, PluginRef, Refusal, Report, Schema, Set, load,
};
use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};

/// The shapes that authors' options have: this is what is loaded after the check, too.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Simulated {
    /// Pictures, or a folder of them. A test pattern is drawn where it is left out.
    #[schemars(extend("format" = "path"))]
    pub frames: Option<String>,
    /// Pictures per second.
    #[schemars(range(min = 0.01, max = 1000.0))]
    pub fps: Option<f64>,
    /// Width in pixels.
    #[schemars(range(min = 1, max = 16384))]
    pub width: Option<u32>,
    /// Height in pixels.
    #[schemars(range(min = 1, max = 16384))]
    pub height: Option<u32>,
    /// Whether it begins again at the end.
    #[serde(rename = "loop")]
    pub looped: Option<bool>,
    /// More folders.
    #[schemars(extend("items" = {"type": "string", "format": "path"}))]
    pub more: Vec<String>,
}

/// A device that must be named.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct V4l2 {
    /// The device, for example `/dev/video0`.
    #[schemars(extend("format" = "path", "examples" = ["/dev/video0"]))]
    pub device: String,
    /// Pictures per second.
    #[serde(default)]
    pub fps: Option<u32>,
    /// What the driver calls its controls, and their values.
    #[serde(default)]
    pub controls: HashMap<String, i32>,
}

/// How a picture is fitted into its new size.
#[derive(Debug, Default, Clone, Copy, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// All of it is seen.
    #[default]
    Contain,
    /// It is cut.
    Cover,
    /// It is bent.
    Stretch,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Resize {
    /// Width in pixels.
    #[schemars(range(min = 1))]
    pub width: Option<u16>,
    /// Height in pixels.
    #[schemars(range(min = 1))]
    pub height: Option<u16>,
    /// How the picture is fitted.
    pub fit: Fit,
    /// How pixels are computed.
    pub filter: Option<Fit>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Rotate {
    /// Degrees, clockwise.
    #[schemars(extend("enum" = [90, 180, 270]))]
    pub angle: Option<u16>,
    /// Whether left and right change places.
    pub hflip: bool,
    /// Whether top and bottom change places.
    pub vflip: bool,
}

/// A corner by its name, or a place in pixels.
#[allow(dead_code, reason = "only its schema is wanted")]
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Place {
    Corner(Corner),
    Pixels { x: u32, y: u32 },
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Corner {
    TopLeft,
    BottomRight,
}

/// Something that is drawn.
#[allow(dead_code, reason = "only its schema is wanted")]
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Shape {
    Circle { radius: f64 },
    Box { width: u32, height: u32 },
}

#[allow(dead_code, reason = "only its schema is wanted")]
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Zone {
    /// Its name.
    #[schemars(length(min = 1, max = 8))]
    pub name: String,
    #[serde(default)]
    pub shape: Option<Shape>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Timestamp {
    /// The text, as strftime has it.
    #[schemars(extend("examples" = ["%Y-%m-%d %H:%M:%S"]))]
    pub format: Option<String>,
    /// Where it stands.
    pub position: Option<Place>,
    /// Its colour.
    #[schemars(regex(pattern = "^#[0-9a-f]{6}$"), extend("examples" = ["#ffffff"]))]
    pub color: Option<String>,
    /// What is left free.
    #[schemars(length(max = 2))]
    pub zones: Vec<Zone>,
    /// How long the text stays.
    #[schemars(range(min = 1))]
    pub hold_ms: Option<u64>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-mutoscope-reserved-streams" = ["stream", "snapshot"]))]
pub struct Mjpeg {
    /// Address and port.
    #[schemars(extend("format" = "socket-address"))]
    pub listen: String,
    /// Whether other machines may watch.
    pub public: bool,
    /// What viewers must know.
    #[schemars(extend("format" = "secret"))]
    pub password: Option<String>,
    /// Pages that may embed pictures.
    pub allow_origin: Vec<String>,
}

impl Default for Mjpeg {
    fn default() -> Self {
        Mjpeg { listen: "127.0.0.1:8080".into(), public: false, password: None, allow_origin: Vec::new() }
    }
}

/// Options are anything.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Anything(#[allow(dead_code, reason = "only its schema is wanted")] pub serde_json::Value);

pub struct Fakes;

fn plugins(kind: PluginKind) -> Vec<(&'static str, schemars::Schema)> {
    match kind {
        PluginKind::Source => vec![
            ("simulated", schema_for!(Simulated)),
            ("v4l2", schema_for!(V4l2)),
            ("my-camera", schema_for!(Anything)),
        ],
        PluginKind::Transform => vec![
            ("resize", schema_for!(Resize)),
            ("rotate", schema_for!(Rotate)),
            ("timestamp", schema_for!(Timestamp)),
        ],
        PluginKind::Sink => vec![("mjpeg", schema_for!(Mjpeg))],
    }
}

impl Catalogue for Fakes {
    fn resolve(&self, plugin: &PluginRef, kind: PluginKind, search: &[PathBuf]) -> Result<Schema, Refusal> {
        let wanted = match plugin {
            PluginRef::Name(name) => name.replace('-', "_"),
            PluginRef::File(path) => {
                path.file_stem().unwrap().to_string_lossy().replacen("libmutoscope_plugin_", "", 1)
            }
        };
        match plugins(kind).into_iter().find(|(name, _)| name.replace('-', "_") == wanted) {
            Some((_, schema)) => Ok(Arc::new(schema.to_value())),
            None => Err(Refusal {
                message: format!("no {kind} plugin `{plugin}` was found"),
                notes: search.iter().map(|folder| format!("tried: {}", folder.display())).collect(),
                helps: Vec::new(),
            }),
        }
    }

    fn names(&self, kind: PluginKind, _: &[PathBuf]) -> Vec<String> {
        plugins(kind).into_iter().map(|(name, _)| name.to_owned()).collect()
    }
}

/// Every fake plugin, for the schema of pipeline files.
pub fn documented() -> Vec<Documented> {
    let mut all: Vec<Documented> = Vec::new();
    for kind in PluginKind::ALL {
        for (name, schema) in plugins(kind) {
            all.push(Documented {
                name: name.into(),
                description: format!("The {kind} called {name}."),
                kinds: vec![(kind, Arc::new(schema.to_value()))],
            });
        }
    }
    all
}

/// The variables that texts here may use.
pub fn environment(name: &str) -> Option<String> {
    match name {
        "W" => Some("640".into()),
        "BAD" => Some("wide".into()),
        "DIGITS" => Some("0123456".into()),
        "HOME" => Some("/home/me".into()),
        _ => None,
    }
}

pub fn load_with(text: &str, sets: &[&str]) -> Result<Pipeline, Report> {
    let origin = Origin::BuiltIn { name: "porch.yaml".into(), text: text.into() };
    let sets: Vec<Set> = sets.iter().map(|set| Set::new(*set)).collect();
    load(&origin, &sets, &environment, &Fakes)
}

pub fn good(text: &str) -> Pipeline {
    load_with(text, &[]).unwrap_or_else(|report| panic!("{report}"))
}

/// Returns what a person sees.
pub fn shown(text: &str, sets: &[&str]) -> String {
    let shown = match load_with(text, sets) {
        Ok(pipeline) if pipeline.warnings.is_empty() => "good\n".into(),
        Ok(pipeline) => pipeline.warnings.render(false),
        Err(report) => report.render(false),
    };
    shown.replace(std::env::current_dir().unwrap().to_str().unwrap(), "/here")
}

/// Many messages below each other, each after the words that say what was done. What they say to do is done, and helps.
pub fn gallery(cases: &[(&str, &str)]) -> String {
    cases.iter().for_each(|(title, text)| {
        mends::check(title, text);
    });
    let shown = cases.iter().map(|(title, text)| format!("## {title}\n\n{}", shown(text, &[])));
    shown.collect::<Vec<_>>().join("\n")
}

/// Compares with the text that is kept in `snapshots/`.
#[track_caller]
pub fn reads(name: &str, text: &str) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, text);
    });
}
