//! The sinks of a file, and the streams that each of them serves.

use crate::config::assemble::assembler::Assembler;
use crate::config::diagnostics::problem::{Problem, Target};
use crate::config::keys::KeyPath;
use crate::config::model::{Input, PluginKind, Sink, Stream, StreamIndex};
use crate::config::parse::node::{Map, Node, Value, shortened};
use crate::names::{listed, nearest};

/// Where a sink's schema names streams that it cannot serve.
const RESERVED: &str = "x-mutoscope-reserved-streams";

/// Sinks that a file may name: each serves all streams if it does not say which.
const MOST_SINKS: usize = 256;

impl Assembler<'_> {
    pub fn sinks(&mut self, map: &Map, streams: &[Stream]) -> Vec<Sink> {
        let top = KeyPath::default();
        let sinks: Vec<(KeyPath, &Node)> = match (map.get("sink"), map.get("sinks")) {
            (Some(_), Some(_)) => {
                let problem =
                    Problem::error(Target::Key(top.key("sinks")), "`sink` and `sinks` stand in one file");
                self.stages.problems.push(
                    problem
                        .also(Target::Key(top.key("sink")), "the other")
                        .help("move them into one list under `sinks:`"),
                );
                return Vec::new();
            }
            (None, None) if self.is_meant(&["sink", "sinks"]) => return Vec::new(),
            (None, None) => {
                self.stages.error(
                    Target::Value(top),
                    "this pipeline has no `sink`",
                    "add `sink: { plugin: mjpeg }` to show it in a browser",
                );
                return Vec::new();
            }
            (Some(node), None) if matches!(node.value, Value::List(_)) => {
                self.stages.error(
                    Target::Key(top.key("sink")),
                    "`sink` is one sink, not a list",
                    "call the list `sinks:`",
                );
                return Vec::new();
            }
            (Some(node), None) => vec![(top.key("sink"), node)],
            (None, Some(node)) => match &node.value {
                Value::List(items) if items.len() > MOST_SINKS => {
                    self.stages.error(
                        Target::Value(top.key("sinks").index(MOST_SINKS)),
                        format!("{} sinks are too many", items.len()),
                        "one program has room for 256 of them",
                    );
                    return Vec::new();
                }
                Value::List(items) if !items.is_empty() => {
                    items.iter().enumerate().map(|(i, item)| (top.key("sinks").index(i), item)).collect()
                }
                Value::Map(_) => {
                    self.stages.error(
                        Target::Key(top.key("sinks")),
                        "`sinks` is a list, not a map",
                        "put `- ` before each sink, or call a single one `sink:`",
                    );
                    return Vec::new();
                }
                Value::Broken => return Vec::new(),
                _ => {
                    let message = match &node.value {
                        Value::List(_) | Value::Null => "`sinks` names no sink".to_owned(),
                        _ => format!("`sinks` is a list, not {}", node.found()),
                    };
                    self.stages.error(
                        Target::Value(top.key("sinks")),
                        message,
                        "add a sink to it: `- { plugin: mjpeg }`",
                    );
                    return Vec::new();
                }
            },
        };
        let made = sinks.into_iter().map(|(path, node)| self.sink(node, path, streams));
        made.collect::<Vec<_>>().into_iter().flatten().collect()
    }

    fn sink(&mut self, node: &Node, path: KeyPath, streams: &[Stream]) -> Option<Sink> {
        let chosen = node.as_map().and_then(|map| map.get("streams"));
        let served = match chosen {
            Some(chosen) => self.served(chosen, &path.key("streams"), streams),
            None => (0..streams.len()).map(StreamIndex).collect(),
        };
        let stage = self.stages.stage(node, path, PluginKind::Sink)?;
        let contract = self.stages.contracts.get(&(stage.plugin.clone(), PluginKind::Sink)).cloned();
        let reserved = contract.as_ref().and_then(|contract| contract.schema.get(RESERVED)?.as_array());
        for StreamIndex(i) in &served {
            let stream = &streams[*i];
            if reserved.is_some_and(|names| names.iter().any(|name| *name == stream.name.as_str()))
                && !stream.origin.0.is_empty()
            {
                let problem = Problem::error(
                    Target::Key(stream.origin.clone()),
                    format!("a stream cannot be called `{}`", stream.name),
                );
                let problem = problem.label(format!("a path of `{}` itself", stage.plugin));
                self.stages.problems.push(
                    problem.help(format!(
                        "call it `{}-1`, or leave it out of the sink's `streams`",
                        stream.name
                    )),
                );
            }
        }
        Some(Sink { stage, streams: served })
    }

    fn served(&mut self, chosen: &Node, path: &KeyPath, streams: &[Stream]) -> Vec<StreamIndex> {
        let items = match &chosen.value {
            Value::List(items) if !items.is_empty() => items,
            Value::Broken => return Vec::new(),
            _ => {
                let help = match chosen.as_text() {
                    Some(name) => format!("a list, also of one: `streams: [{name}]`"),
                    None => "leave `streams` out to serve all of them".to_owned(),
                };
                let message = match &chosen.value {
                    Value::List(_) | Value::Null => "this sink serves no stream".to_owned(),
                    _ => format!("`streams` is a list of names, not {}", chosen.found()),
                };
                self.stages.error(Target::Value(path.clone()), message, help);
                return Vec::new();
            }
        };
        let mut served: Vec<StreamIndex> = Vec::new();
        for (i, item) in items.iter().enumerate().filter(|(_, item)| !item.is_broken()) {
            let at = Target::Value(path.index(i));
            // `1` is a name too.
            let name = match &item.value {
                Value::Number(number) => Some(number.to_string()),
                _ => item.as_text().map(str::to_owned),
            };
            let position = streams.iter().position(|stream| Some(&stream.name) == name.as_ref());
            match (name, position.map(StreamIndex)) {
                (_, Some(index)) if served.contains(&index) => {
                    self.stages.error(at, "this stream is in the list already", "name each stream once")
                }
                (_, Some(index)) => served.push(index),
                (None, _) => self.stages.error(
                    at,
                    format!("the name of a stream is wanted, not {}", item.found()),
                    "for example `streams: [porch]`",
                ),
                // What is only counted needs no suggestion, which takes a look at all names.
                (Some(_), None) if self.stages.problems.is_full() => self.stages.problems.count_errors(1),
                (Some(name), None) => {
                    let problem = Problem::error(at, format!("there is no stream `{}`", shortened(&name)));
                    let names = || streams.iter().map(|stream| stream.name.as_str());
                    self.stages.problems.push(match nearest(&name, names()) {
                        Some(near) => problem.label(format!("did you mean `{near}`?")),
                        None => problem.help(format!("the streams: {}", listed(names(), "and"))),
                    });
                }
            }
        }
        served
    }

    /// Warns of streams that nothing shows and no other stream takes.
    pub fn unserved(&mut self, streams: &[Stream], sinks: &[Sink]) {
        if self.stages.problems.has_errors() {
            return;
        }
        for (i, stream) in streams.iter().enumerate() {
            let index = StreamIndex(i);
            let taken = streams.iter().any(|other| other.input == Input::From(index));
            if !taken && !sinks.iter().any(|sink| sink.streams.contains(&index)) {
                let problem = Problem::warning(
                    Target::Key(stream.origin.clone()),
                    format!("no sink serves stream `{}`", stream.name),
                );
                self.stages
                    .problems
                    .push(problem.help("add it to a sink's `streams`, or leave `streams` out to serve all"));
            }
        }
    }
}
