//! `--set PATH=VALUE`: a value put over what the file says, before anything is checked.
//!
//! The path is the file's own: `sink.listen`, `transforms[0].width`, `streams.porch.source.fps`. Where a file says the
//! same thing in its other form (`sinks` with one sink in it, `streams` with one stream), the path finds it there too.

use std::fmt;
use std::iter::once;
use std::ops::Range;
use std::sync::Arc;

use crate::config::assemble::vocabulary::{LISTS, is_stream_key};
use crate::config::diagnostics::problem::{Problem, Problems, Target};
use crate::config::diagnostics::secret::{found_in, names_a_secret};
use crate::config::diagnostics::sources::{SetPlace, Sources, Text};
use crate::config::diagnostics::syntax_hints;
use crate::config::keys::{self, KeyPath, Step};
use crate::config::parse::node::{Map, Node, Value, shortened};
use crate::config::parse::yaml;

const OPTION: &str = "--set ";

/// Steps that a PATH may have, and bytes: what is inside each other is worked on by recursion, and each problem keeps its
/// path.
const MOST_STEPS: usize = 64;
const MOST_BYTES: usize = 2048;

/// One `--set PATH=VALUE` of a command line.
#[derive(Clone)]
pub struct Set(String);

// The value may be a secret.
impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.0.split_once('=').map_or("…", |(path, _)| path);
        f.debug_tuple("Set").field(&path).finish()
    }
}

impl Set {
    /// Takes the argument as it was given; [`load`](crate::config::load) says what is wrong with it.
    pub fn new(argument: impl Into<String>) -> Set {
        Set(argument.into())
    }

    /// Returns what is wrong with the argument's form, whatever the file is; nothing where it is `PATH=VALUE`.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let Unsplit { message, help } = split(&self.0).err()?;
        let mut shown = self.0.clone();
        for secret in found_in(&self.0).into_iter().rev() {
            shown.replace_range(secret, "***");
        }
        Some(format!("`--set {}`: {message}; {help}", shortened(&shown)))
    }
}

/// An argument that is no `PATH=VALUE`.
struct Unsplit {
    message: String,
    help: String,
}

/// The steps of PATH, PATH, and VALUE.
fn split(argument: &str) -> Result<(Vec<keys::Piece>, &str, &str), Unsplit> {
    let wrong = |message: &str| Unsplit {
        message: message.to_owned(),
        help: "write `--set PATH=VALUE`, for example `--set sink.listen=127.0.0.1:0`".into(),
    };
    let (path, value) = argument.split_once('=').ok_or_else(|| wrong("this has no `=`"))?;
    if path.is_empty() {
        return Err(wrong("this has no path before its `=`"));
    }
    let pieces = keys::split(path.trim_end()).ok_or_else(|| {
        let no_path = wrong(&format!("`{}` is not a path", shortened(path)));
        match keys::guessed(path) {
            Some(guess) => {
                Unsplit { help: format!("write `--set {}`", argument_for(&guess, value)), ..no_path }
            }
            None => no_path,
        }
    })?;
    if pieces.len() > MOST_STEPS || path.len() > MOST_BYTES {
        return Err(wrong("this path is too long: 64 steps and 2,048 bytes are the most"));
    }
    Ok((pieces, path, value))
}

/// Puts all values in, in their order: the last one wins.
pub(crate) fn apply(sources: &mut Sources, sets: &[Set], usage: &yaml::Usage, problems: &mut Problems) {
    for Set(argument) in sets {
        let index = sources.texts.len();
        sources.texts.push(Text {
            name: Arc::from("command line"),
            content: Arc::from(format!("{OPTION}{argument}")),
            set: None,
        });
        if let Err(problem) = apply_one(sources, index, argument, usage, problems) {
            problems.push(*problem);
        }
    }
}

fn apply_one(
    sources: &mut Sources,
    index: usize,
    argument: &str,
    usage: &yaml::Usage,
    problems: &mut Problems,
) -> Result<(), Box<Problem>> {
    let refused = |(span, message, help): Refusal| {
        Box::new(Problem::error(Target::Span(index, span), message).help(help))
    };
    let (pieces, path, value) = split(argument).map_err(|Unsplit { message, help }| {
        let span = OPTION.len()..OPTION.len() + argument.len();
        Box::new(Problem::error(Target::Span(index, span), message).help(help))
    })?;
    let (steps, spans) = pieces
        .into_iter()
        .map(|piece| (piece.step, OPTION.len() + piece.span.start..OPTION.len() + piece.span.end))
        .unzip();
    let place = in_the_files_form(&sources.root, KeyPath(steps), spans).map_err(refused)?;
    let value_at = OPTION.len() + argument.len() - value.len();
    let parsed = yaml::parse(value, index, usage).map_err(|fault| {
        let mut problem = syntax_hints::explain(value, &fault, index, value_at);
        if fault.is_about_syntax() {
            problem.helps = vec![format!("VALUE is YAML; as text: {}", as_text(path, value))];
        }
        Box::new(problem)
    })?;
    let place = SetPlace { value_at, ..place };
    put(&mut sources.root, &place, index, parsed.root, value).map_err(refused)?;
    for repeated in parsed.repeated {
        problems
            .push(syntax_hints::twice(yaml::Repeated { path: place.path.join(&repeated.path), ..repeated }));
    }
    problems.count_errors(parsed.more_repeated);
    sources.texts[index].set = Some(place);
    Ok(())
}

/// The option with a value that is text, as a shell takes it.
fn as_text(path: &str, value: &str) -> String {
    if names_a_secret(path) || value.len() > 200 {
        return format!("`--set '{path}=\"…\"'`");
    }
    let quoted = serde_json::Value::from(value).to_string();
    format!("`--set '{path}={}'`", quoted.replace('\'', r"'\''"))
}

/// PATH=VALUE, as far as it can be shown.
fn argument_for(path: &KeyPath, value: &str) -> String {
    let argument = format!("{path}={value}");
    match names_a_secret(&path.to_string()) || value.len() > 200 {
        true => format!("{path}=…"),
        false if argument.contains(|c: char| !c.is_ascii_alphanumeric() && !"._-=:/,".contains(c)) => {
            format!("'{}'", argument.replace('\'', r"'\''"))
        }
        false => argument,
    }
}

type Refusal = (Range<usize>, String, String);

/// Finds the first step in the form that the file has: `sink` is `sinks[0]`, and `source` is `streams.NAME.source`,
/// where there is only one.
fn in_the_files_form(root: &Node, path: KeyPath, spans: Vec<Range<usize>>) -> Result<SetPlace, Refusal> {
    let place = |path, pieces| SetPlace { path: KeyPath(path), pieces, value_at: 0 };
    let (Some(map), Some(Step::Key(first))) = (root.as_map(), path.0.first()) else {
        return Ok(place(path.0, spans));
    };
    let (mut steps, mut pieces) = (path.0.clone(), spans.clone());
    let other = |name: &str| map.get(name).map(|node| &node.value);
    match first.as_str() {
        "sink" if other("sink").is_none() => match other("sinks") {
            Some(Value::List(sinks)) if sinks.len() == 1 => {
                steps.splice(0..1, [Step::Key("sinks".into()), Step::Index(0)]);
                pieces.insert(0, spans[0].clone());
            }
            Some(Value::List(sinks)) if sinks.len() > 1 => {
                let help = format!("say which: {}", numbered(sinks));
                return Err((spans[0].clone(), format!("this file has {} sinks", sinks.len()), help));
            }
            _ => {}
        },
        "sinks"
            if other("sinks").is_none()
                && other("sink").is_some()
                && steps.get(1) == Some(&Step::Index(0)) =>
        {
            steps.splice(0..2, [Step::Key("sink".into())]);
            pieces.splice(0..2, once(spans[0].start..spans[1].end));
        }
        key if is_stream_key(key) && other(first).is_none() => match other("streams") {
            Some(Value::Map(streams)) if streams.0.len() == 1 => {
                steps.splice(0..0, [Step::Key("streams".into()), Step::Key(streams.0[0].0.clone())]);
                pieces.splice(0..0, [spans[0].clone(), spans[0].clone()]);
            }
            Some(Value::Map(streams)) if streams.0.len() > 1 => {
                let all: Vec<_> = streams.keys().map(|name| format!("streams.{name}.{path}")).collect();
                let help =
                    format!("say which: {}", crate::names::listed(all.iter().map(String::as_str), "or"));
                return Err((spans[0].clone(), format!("this file has {} streams", streams.0.len()), help));
            }
            _ => {}
        },
        "streams"
            if other("streams").is_none()
                && other("source").is_some()
                && steps.get(1) == Some(&Step::Key("camera".into()))
                && steps.len() > 2 =>
        {
            steps.drain(0..2);
            pieces.splice(0..3, once(spans[0].start..spans[2].end));
        }
        _ => {}
    }
    Ok(place(steps, pieces))
}

fn numbered(sinks: &[Node]) -> String {
    let names = sinks.iter().enumerate().take(12).map(|(i, sink)| {
        let plugin = sink.as_map().and_then(|map| map.get("plugin")).and_then(Node::as_text);
        format!("`sinks[{i}]` ({})", plugin.map_or("?".into(), shortened))
    });
    names.collect::<Vec<_>>().join(", ")
}

/// Puts a value into the tree; maps that are missing on the way are made, and a list may grow by one.
fn put(root: &mut Node, place: &SetPlace, text: usize, value: Node, written: &str) -> Result<(), Refusal> {
    let mut node = root;
    for (i, step) in place.path.0.iter().enumerate() {
        let span = place.pieces[i].clone();
        let is_list =
            i > 0 && matches!(&place.path.0[i - 1], Step::Key(key) if LISTS.contains(&key.as_str()));
        if node.value == Value::Null && is_list {
            *node = Node { text, value: Value::List(Vec::new()) };
        } else if node.value == Value::Null {
            let value = match step {
                Step::Key(_) => Value::Map(Map::default()),
                Step::Index(_) => Value::List(Vec::new()),
            };
            *node = Node { text, value };
        }
        let so_far = KeyPath(place.path.0[..i].to_vec());
        let found = node.found();
        let length = if let Value::List(items) = &node.value { items.len() } else { 0 };
        node = match (&mut node.value, step) {
            (Value::Map(map), Step::Key(key)) => {
                if map.get(key).is_none() {
                    map.0.push((key.clone(), Node { text, value: Value::Null }));
                }
                match map.get_mut(key) {
                    Some(node) => node,
                    None => return Ok(()),
                }
            }
            (Value::List(items), Step::Index(index)) if *index <= length => {
                if *index == length {
                    items.push(Node { text, value: Value::Null });
                }
                &mut items[*index]
            }
            (Value::List(_), Step::Index(index)) => {
                let help = format!("places are counted from 0: write `[{length}]` to add one");
                let items = if length == 1 { "1 item".to_owned() } else { format!("{length} items") };
                return Err((span, format!("`{so_far}` has {items}, and no [{index}]"), help));
            }
            (Value::List(_), Step::Key(key)) => {
                // `transforms.0.width` is how other programs write it.
                let index = key.parse::<usize>().ok();
                let rest = KeyPath(place.path.0[i + usize::from(index.is_some())..].to_vec());
                let path = so_far.index(index.unwrap_or(0)).join(&rest);
                let help = format!("say which item: `--set {}`", argument_for(&path, written));
                return Err((span, format!("`{so_far}` is a list"), help));
            }
            _ => {
                let help = format!("set all of it: `--set {so_far}=VALUE`");
                return Err((span, format!("`{so_far}` is {found}, and has nothing inside"), help));
            }
        };
    }
    *node = value;
    Ok(())
}
