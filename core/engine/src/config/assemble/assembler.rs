//! From the tree to the model: what the host owns in a file (streams, sinks, who feeds whom), in either form.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::config::assemble::options::{after_the_comma, decimal_comma};
use crate::config::assemble::stage::Stages;
use crate::config::assemble::vocabulary::{FROM_ELSEWHERE, SETTINGS, TOP, is_stream_key, stream_keys};
use crate::config::diagnostics::merge;
use crate::config::diagnostics::problem::{Problem, Target};
use crate::config::diagnostics::suggestions::right_but_for_its_unit;
use crate::config::diagnostics::text::glued;
use crate::config::keys::KeyPath;
use crate::config::model::{Sink, Stream};
use crate::config::parse::node::{Map, Node, Value, shortened};
use crate::names::{listed, nearest, plain};

/// What the single stream of the short form is called.
const SHORT_FORM_STREAM: &str = "camera";
/// The parts of a [`Pipeline`](crate::config::Pipeline) that come from the tree.
pub(crate) struct Parts {
    pub streams: Vec<Stream>,
    pub sinks: Vec<Sink>,
    pub threads: Option<NonZeroUsize>,
    pub plugin_path: Vec<PathBuf>,
}

/// Makes the model, part by part: streams in `streams`, sinks in `sinks`.
pub(crate) struct Assembler<'a> {
    pub stages: Stages<'a>,
    /// Keys that misspelt ones at the top were probably meant to be: that they are missing needs no second error.
    pub meant: Vec<String>,
}

impl Assembler<'_> {
    pub fn pipeline(&mut self, map: &Map) -> Option<Parts> {
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

    pub fn plugin_path(&mut self, map: &Map) -> Vec<PathBuf> {
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
        Value::Filled(text) => match crate::config::parse::yaml::scalar(text) {
            Value::Number(number) => Some(number),
            _ => None,
        },
        _ => None,
    }
}
