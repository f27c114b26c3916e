//! From the tree to the model: what the host owns in a file (streams, sinks, who feeds whom), in either form.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use super::model::{Sink, Stream};
use super::node::{Map, Node, Value, shortened};
use super::options::{after_the_comma, decimal_comma};
use super::path::KeyPath;
use super::problem::{Problem, Problems, Target};
use super::settings::SETTINGS;
use super::sources::Sources;
use super::stage::Stages;
use super::traps::glued;
use super::units::right_but_for_its_unit;
use super::values::{Surroundings, Swallowed};
use super::{Catalogue, merge};
use crate::names::{listed, nearest, plain};

/// What the single stream of the short form is called.
const SHORT_FORM_STREAM: &str = "camera";
/// Keys that stand at the top of both forms.
pub(super) const TOP: [&str; 4] = ["sink", "sinks", "threads", "plugin_path"];
/// Words for parts of a pipeline elsewhere, and what they are here.
const FROM_ELSEWHERE: [(&str, &str); 14] = [
    ("input", "source"),
    ("camera", "source"),
    ("src", "source"),
    ("filters", "transforms"),
    ("filter", "transforms"),
    ("transform", "transforms"),
    ("pipeline", "transforms"),
    ("processors", "transforms"),
    ("output", "sink"),
    ("server", "sink"),
    ("outputs", "sinks"),
    ("cameras", "streams"),
    ("stream", "streams"),
    ("sources", "streams"),
];

/// Keys of a stream; in the short form they stand at the top.
pub(super) fn stream_keys() -> impl Iterator<Item = &'static str> {
    ["source", "transforms"].into_iter().chain(SETTINGS)
}

pub(super) fn is_stream_key(key: &str) -> bool {
    stream_keys().any(|known| known == key)
}

/// The parts of a [`super::Pipeline`] that come from the tree.
pub(super) struct Parts {
    pub streams: Vec<Stream>,
    pub sinks: Vec<Sink>,
    pub threads: Option<NonZeroUsize>,
    pub plugin_path: Vec<PathBuf>,
}

/// Makes the parts; `None` only where there are errors among the problems.
pub(super) fn assemble(
    sources: &Sources,
    surroundings: &Surroundings<'_>,
    catalogue: &dyn Catalogue,
    problems: &mut Problems,
) -> Option<Parts> {
    let top = KeyPath::default();
    let map = match &sources.root.value {
        Value::Map(map) => map,
        Value::Null => {
            let problem = Problem::error(Target::Span(0, 0..0), "this file is empty");
            problems.push(problem.help(
                "the least there is: `source: { plugin: simulated }` and below it `sink: { plugin: mjpeg }`",
            ));
            return None;
        }
        _ => {
            let found = sources.root.found();
            let problem = Problem::error(
                Target::Value(top),
                format!("a pipeline file is a map of `source`, `transforms` and `sink`, not {found}"),
            );
            let space = sources.root.as_text().and_then(glued);
            problems.push(problem.help(match space {
                Some((key, value)) => format!("a space is missing after the colon: `{key}: {value}`"),
                None => "begin with `source: { plugin: NAME }`, with nothing before it".to_owned(),
            }));
            return None;
        }
    };
    let stages = Stages {
        surroundings,
        catalogue,
        problems,
        search: Vec::new(),
        contracts: HashMap::new(),
        swallowed: Swallowed::find(&sources.texts[0].content),
    };
    let mut assembler = Assembler { stages, meant: Vec::new() };
    assembler.stages.search = assembler.plugin_path(map);
    assembler.pipeline(map)
}

/// Makes the model, part by part: streams in `streams`, sinks in `sinks`.
pub(super) struct Assembler<'a> {
    pub stages: Stages<'a>,
    /// Keys that misspelt ones at the top were probably meant to be: that they are missing needs no second error.
    meant: Vec<String>,
}

impl Assembler<'_> {
    fn pipeline(&mut self, map: &Map) -> Option<Parts> {
        let top = KeyPath::default();
        let long = map.get("streams").is_some();
        let known: Vec<&str> = match long {
            true => TOP.into_iter().chain(["streams"]).collect(),
            false => TOP.into_iter().chain(stream_keys()).chain(["streams"]).collect(),
        };
        self.meant = self.unknown_keys(map, &top, &known, "a pipeline file", |key| {
            (long && is_stream_key(key)).then(|| match key {
                "source" | "transforms" => format!("a file has either `source` (one camera) or `streams` (several): move `{key}` into a stream"),
                _ => format!("`{key}` is a stream's own: write it beside the stream's `source`"),
            })
        });
        let threads = self.threads(map);
        let drafts = match map.get("streams") {
            Some(node) => self.streams(node),
            None => vec![self.stream(SHORT_FORM_STREAM, map, &top, false)],
        };
        let streams = self.connected(drafts);
        let sinks = self.sinks(map, &streams);
        self.unserved(&streams, &sinks);
        Some(Parts { streams, sinks, threads, plugin_path: std::mem::take(&mut self.stages.search) })
    }

    /// Reports every key that is not known; `elsewhere` may say where one belongs.
    /// Gives the keys that were probably meant.
    pub fn unknown_keys(
        &mut self,
        map: &Map,
        path: &KeyPath,
        known: &[&str],
        owner: &str,
        elsewhere: impl Fn(&str) -> Option<String>,
    ) -> Vec<String> {
        let mut meant = Vec::new();
        for (key, node) in &map.0 {
            if known.contains(&key.as_str()) {
                continue;
            }
            if self.stages.problems.is_full() {
                self.stages.problems.count_errors(1);
                continue;
            }
            if key == merge::KEY {
                self.stages.problems.push(merge::problem(path, map, None));
                // What it brings is not missing.
                meant.extend(merge::merged(map).keys().map(str::to_owned));
                continue;
            }
            let at = Target::Key(path.key(key));
            if let Some(help) = elsewhere(key) {
                self.stages.error(at, format!("`{key}` does not stand here"), help);
                continue;
            }
            let problem = Problem::error(at, format!("unknown key `{}`", shortened(key)));
            let other =
                FROM_ELSEWHERE.iter().find(|(word, right)| *word == plain(key) && known.contains(right));
            let other = other.map(|(_, right)| *right);
            let unit = right_but_for_its_unit(key, node, known).filter(|_| other.is_none());
            let near = other.or_else(|| nearest(key, known.iter().copied()));
            let glued = glued(key).filter(|_| node.value == Value::Null);
            if let Some((owner, written)) = decimal_comma(map, key) {
                self.stages.problems.push(after_the_comma(problem, owner, &written));
                continue;
            }
            if let (Some((near, help)), None) = (unit, glued) {
                self.stages.problems.push(problem.label(format!("did you mean `{near}`?")).help(help));
                continue;
            }
            self.stages.problems.push(match (glued, near) {
                (Some((key, value)), _) => problem
                    .label("a space is missing after the colon")
                    .help(format!("write `{key}: {value}`")),
                (None, _) if key == "plugin" => {
                    problem.help("a plugin is named in a stage: `source: { plugin: NAME }`")
                }
                (None, Some(near)) => {
                    meant.push(near.to_owned());
                    problem.label(format!("did you mean `{near}`?"))
                }
                (None, None) => {
                    let (settings, parts): (Vec<&str>, Vec<&str>) =
                        known.iter().copied().partition(|key| SETTINGS.contains(key));
                    let problem = problem.help(format!("{owner} has {}", listed(parts, "and")));
                    match settings.is_empty() {
                        true => problem,
                        false => problem.help(format!("a stream's settings are {}", listed(settings, "and"))),
                    }
                }
            });
        }
        meant
    }

    pub fn is_meant(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.meant.iter().any(|meant| meant == key))
    }

    fn plugin_path(&mut self, map: &Map) -> Vec<PathBuf> {
        let path = KeyPath::default().key("plugin_path");
        let Some(node) = map.get("plugin_path") else { return Vec::new() };
        let folders = match &node.value {
            Value::List(folders) => {
                folders.iter().enumerate().map(|(i, node)| (path.index(i), node)).collect()
            }
            _ => vec![(path, node)],
        };
        let mut absolute = Vec::new();
        for (path, folder) in folders {
            match folder.as_text() {
                Some(text) if !text.is_empty() => match self.stages.surroundings.absolute(text) {
                    Ok(folder) => {
                        if !folder.is_dir() {
                            let message = format!("there is no folder {}", folder.display());
                            let problem = Problem::warning(Target::Value(path), message);
                            let help = "a relative path starts at the pipeline file's folder";
                            self.stages.problems.push(problem.label("no plugin is found in it").help(help));
                        }
                        absolute.push(folder);
                    }
                    Err(fault) => {
                        let problem = self.stages.surroundings.problem(fault, Target::Value(path), text);
                        problem.into_iter().for_each(|problem| self.stages.problems.push(problem));
                    }
                },
                _ if folder.is_broken() => {}
                _ => self.stages.error(
                    Target::Value(path),
                    format!("`plugin_path` is a folder or a list of folders, not {}", folder.found()),
                    "for example `plugin_path: [./target/release]`",
                ),
            }
        }
        absolute
    }

    fn threads(&mut self, map: &Map) -> Option<NonZeroUsize> {
        let node = map.get("threads").filter(|node| !node.is_broken())?;
        let threads = number(node).and_then(|number| NonZeroUsize::new(number.as_u64()?.try_into().ok()?));
        if threads.is_none() {
            let message = format!("`threads` is a whole number of at least 1, not {}", node.found());
            self.stages.error(
                Target::Value(KeyPath::default().key("threads")),
                message,
                "leave it out to use what the machine has",
            );
        }
        threads
    }
}

/// A number, also one that an environment variable gave.
fn number(node: &Node) -> Option<serde_json::Number> {
    match &node.value {
        Value::Number(number) => Some(number.clone()),
        Value::Filled(text) => match super::yaml::scalar(text) {
            Value::Number(number) => Some(number),
            _ => None,
        },
        _ => None,
    }
}
