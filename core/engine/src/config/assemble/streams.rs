//! The streams of a file: their inputs, their transforms, and who feeds whom.

use crate::config::assemble::vocabulary::OF_SOURCE;
use crate::config::assemble::{
    assembler::Assembler,
    vocabulary::{TOP, stream_keys},
};
use crate::config::diagnostics::merge;
use crate::config::diagnostics::problem::{Problem, Target};
use crate::config::keys::KeyPath;
use crate::config::model::{IDLE_TIMEOUT, Input, OnFailure, PluginKind, Stage, Stream, StreamIndex};
use crate::config::parse::node::{Map, Node, Value, shortened};
use crate::names::{listed, nearest};
use std::time::Duration;

/// Streams that a file may name: each is a thread and more.
const MOST_STREAMS: usize = 4096;

/// A stream whose `from` is not looked up yet.
pub(crate) struct Draft {
    stream: Stream,
    from: Option<String>,
    /// Settings of a source, in a stream that has none.
    misplaced: Vec<&'static str>,
}

impl Stream {
    /// A stream for which an error says why it has no input: with an error, nothing becomes of it.
    fn unfed(name: &str, origin: KeyPath) -> Stream {
        let input = Input::From(StreamIndex(usize::MAX));
        Stream {
            name: name.to_owned(),
            input,
            transforms: Vec::new(),
            max_fps: None,
            timeout: None,
            idle_timeout: IDLE_TIMEOUT,
            warm_up: Duration::ZERO,
            always_on: false,
            on_failure: OnFailure::Restart,
            origin,
        }
    }
}

impl Assembler<'_> {
    pub fn streams(&mut self, node: &Node) -> Vec<Draft> {
        let path = KeyPath::default().key("streams");
        let map = match &node.value {
            Value::Map(map) if !map.0.is_empty() => map,
            Value::Broken => return Vec::new(),
            _ => {
                let message = match &node.value {
                    Value::Map(_) | Value::Null => "`streams` names no stream".to_owned(),
                    _ => format!("`streams` is a map of names and streams, not {}", node.found()),
                };
                self.stages.error(
                    Target::Value(path),
                    message,
                    "for example `streams: { porch: { source: { plugin: simulated } } }`",
                );
                return Vec::new();
            }
        };
        if map.0.len() > MOST_STREAMS {
            let (first, _) = &map.0[MOST_STREAMS];
            let message = format!("{} streams are too many", map.0.len());
            self.stages.error(
                Target::Key(path.key(first)),
                message,
                "one program has room for 4,096 of them",
            );
            return Vec::new();
        }
        let mut drafts = Vec::new();
        for (name, node) in &map.0 {
            let path = path.key(name);
            if name == merge::KEY {
                self.stages.problems.push(merge::problem(&KeyPath::default().key("streams"), map, None));
                continue;
            }
            if !is_stream_name(name) {
                let problem = Problem::error(
                    Target::Key(path.clone()),
                    format!("`{}` cannot be the name of a stream", shortened(name)),
                );
                let problem = problem.label("it becomes a part of an address");
                self.stages.problems.push(
                    problem.help(format!("small letters, digits, `-` and `_`: `{}`", as_stream_name(name))),
                );
            }
            match &node.value {
                Value::Map(map) => {
                    drafts.push(self.stream(name, map, &path, true));
                    continue;
                }
                Value::Broken => {}
                _ => {
                    let help = format!("for example `{name}: {{ source: {{ plugin: simulated }} }}`");
                    let message = format!("stream `{}` is a map, not {}", shortened(name), node.found());
                    self.stages.error(Target::Value(path.clone()), message, help);
                }
            }
            // Its name is known all the same: who names it makes no mistake.
            drafts.push(Draft { stream: Stream::unfed(name, path), from: None, misplaced: Vec::new() });
        }
        drafts
    }

    pub fn stream(&mut self, name: &str, map: &Map, path: &KeyPath, long: bool) -> Draft {
        let mut meant = Vec::new();
        if long {
            let known: Vec<&str> = stream_keys().chain(["from"]).collect();
            meant = self.unknown_keys(map, path, &known, "a stream", |key| {
                TOP.contains(&key).then(|| format!("`{key}` stands at the top of the file, beside `streams`"))
            });
        }
        let mut source = None;
        let mut from = None;
        match (map.get("source"), map.get("from").filter(|_| long)) {
            (Some(_), Some(_)) => {
                let problem = Problem::error(
                    Target::Key(path.key("from")),
                    format!("stream `{name}` has a `source` and a `from`"),
                );
                self.stages.problems.push(
                    problem
                        .also(Target::Key(path.key("source")), "its source")
                        .help("keep one: `from` takes the frames of another stream"),
                );
            }
            (Some(node), None) => source = self.stages.stage(node, path.key("source"), PluginKind::Source),
            (None, Some(node)) => match node.as_text() {
                Some(text) => from = Some(text.to_owned()),
                None if node.is_broken() => {}
                None => self.stages.error(
                    Target::Value(path.key("from")),
                    format!("`from` is the name of a stream, not {}", node.found()),
                    "for example `from: porch`",
                ),
            },
            (None, None) if meant.iter().any(|key| ["source", "from"].contains(&key.as_str())) => {}
            (None, None) if long => {
                let problem = Problem::error(
                    Target::Key(path.clone()),
                    format!("stream `{}` has no `source`", shortened(name)),
                );
                self.stages.problems.push(problem.help(
                    "add `source: { plugin: NAME }`, or `from: STREAM` to take another stream's frames",
                ));
            }
            (None, None) if self.is_meant(&["source", "streams"]) => {}
            (None, None) => {
                let problem = Problem::error(Target::Value(path.clone()), "this pipeline has no `source`");
                self.stages.problems.push(
                    problem.help(
                        "add `source: { plugin: simulated }`, or name several cameras under `streams:`",
                    ),
                );
            }
        }
        let transforms = map
            .get("transforms")
            .map(|node| self.transforms(node, &path.key("transforms")))
            .unwrap_or_default();
        let misplaced = OF_SOURCE.into_iter().filter(|key| from.is_some() && map.get(key).is_some());
        let misplaced = misplaced.collect();
        let unfed = Stream::unfed(name, path.clone());
        let input = source.map_or(unfed.input.clone(), Input::Source);
        let stream = self.settings(map, Stream { input, transforms, ..unfed }, from.is_none());
        Draft { stream, from, misplaced }
    }

    fn transforms(&mut self, node: &Node, path: &KeyPath) -> Vec<Stage> {
        match &node.value {
            Value::List(items) => {
                let stages = items
                    .iter()
                    .enumerate()
                    .map(|(i, item)| self.stages.stage(item, path.index(i), PluginKind::Transform));
                stages.collect::<Vec<_>>().into_iter().flatten().collect()
            }
            // All of them commented out.
            Value::Null | Value::Broken => Vec::new(),
            _ => {
                let help = "each on a line of its own, even if there is one: `- { plugin: NAME }`";
                self.stages.error(
                    Target::Value(path.clone()),
                    format!("`transforms` is a list, not {}", node.found()),
                    help,
                );
                Vec::new()
            }
        }
    }

    /// Looks up who feeds whom. Streams without any input are left as they are: an error was reported.
    pub fn connected(&mut self, drafts: Vec<Draft>) -> Vec<Stream> {
        let names: Vec<String> = drafts.iter().map(|draft| draft.stream.name.clone()).collect();
        let feeders: Vec<Option<usize>> = drafts
            .iter()
            .map(|draft| names.iter().position(|name| Some(name) == draft.from.as_ref()))
            .collect();
        let mut streams = Vec::new();
        let mut misplaced: Vec<(usize, &'static str)> = Vec::new();
        for (i, Draft { mut stream, from, misplaced: keys }) in drafts.into_iter().enumerate() {
            misplaced.extend(keys.into_iter().map(|key| (i, key)));
            let at = Target::Value(stream.origin.key("from"));
            match (from, feeders[i]) {
                (None, _) => {}
                // What is only counted needs no suggestion, which takes a look at all names.
                (Some(_), None) if self.stages.problems.is_full() => self.stages.problems.count_errors(1),
                (Some(from), None) => {
                    let problem = Problem::error(at, format!("there is no stream `{}`", shortened(&from)));
                    let others = || names.iter().map(String::as_str).filter(|name| *name != stream.name);
                    self.stages.problems.push(match nearest(&from, others()) {
                        Some(near) => problem.label(format!("did you mean `{near}`?")),
                        None if others().next().is_none() => {
                            problem.help("there is no other stream; it needs a `source`")
                        }
                        None => problem.help(format!("the other streams: {}", listed(others(), "and"))),
                    });
                }
                (Some(_), Some(feeder)) => {
                    stream.input = Input::From(StreamIndex(feeder));
                    if let Some(circle) = circle(i, &feeders) {
                        let way: Vec<&str> = circle.iter().map(|i| names[*i].as_str()).collect();
                        let message = match way.as_slice() {
                            [_, _] => format!("stream `{}` takes its frames from itself", stream.name),
                            _ => format!("streams take their frames from each other: {}", shown_way(&way)),
                        };
                        // Once for the whole circle.
                        if circle.iter().min() == Some(&i) {
                            let who = if way.len() == 2 { "it" } else { "one of them" };
                            self.stages.error(at, message, format!("{who} needs a `source`"));
                        }
                    }
                }
            }
            streams.push(stream);
        }
        self.misplaced(&misplaced, &streams);
        streams
    }
}

/// The names of a circle, at most a dozen of them.
fn shown_way(way: &[&str]) -> String {
    const MOST: usize = 12;
    match way {
        [first @ .., last] if way.len() > MOST => {
            let more = format!("… ({} more)", first.len() - (MOST - 1));
            [&first[..MOST - 1], &[more.as_str(), last]].concat().join(" from ")
        }
        _ => way.join(" from "),
    }
}

fn is_stream_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-')
}

/// A name that could be meant.
fn as_stream_name(name: &str) -> String {
    let plain: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' })
        .collect();
    let trimmed = plain.trim_matches(['-', '_']);
    if is_stream_name(trimmed) { shortened(trimmed) } else { "porch".to_owned() }
}

/// The streams of the circle that a stream is in, itself first and last.
fn circle(start: usize, feeders: &[Option<usize>]) -> Option<Vec<usize>> {
    let mut way = vec![start];
    let mut at = start;
    // As many steps as there are streams lead back to the start, or never will.
    for _ in feeders {
        at = feeders[at]?;
        way.push(at);
        if at == start {
            return Some(way);
        }
    }
    None
}
