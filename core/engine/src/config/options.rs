//! A stage's options against its plugin's schema: every fault made into words with a way out.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::contract::{Contract, takes};
use super::describe::{choices, example, meaning, wanted, written};
use super::faults::{self, Fault, What};
use super::node::{Map, Node, Value, shortened};
use super::path::{KeyPath, Step};
use super::problem::{Problem, Target};
use super::settings::SETTINGS;
use super::traps::glued;
use super::values::Settling;
use super::way_out::way_out;
use crate::names::{listed, nearest, plain};

/// Words that the host owns, and where they stand.
const HOST_WORDS: &[(&str, &str)] = &[
    ("threads", "it is for the whole pipeline: write it at the top of the file"),
    ("plugin_path", "it is for the whole pipeline: write it at the top of the file"),
    ("from", "it is the stream's, in place of its `source`"),
    ("streams", "only a sink chooses streams"),
];

/// Settles the options and checks them. What is wrong goes to the settling's problems.
pub(super) fn check(settling: &mut Settling<'_>, plugin: &str, map: &Map) -> Json {
    let options = settling.options(map);
    let mut missing: Vec<(KeyPath, Vec<String>)> = Vec::new();
    let mut problems = Vec::new();
    let split = split_values(map);
    for fault in faults::find(settling.contract, &options) {
        if settling.broken.iter().any(|broken| fault.path.starts_with(broken)) {
            continue;
        }
        if let What::Unknown(key) = &fault.what
            && fault.path.0.is_empty()
            && let Some((owner, first)) = split.get(key.as_str())
        {
            // What is left of a secret is a secret.
            let path = settling.stage.key(key);
            if settling.problems.secrets.contains(&settling.stage.key(owner)) {
                settling.problems.secrets.push(path.clone());
            }
            if *first {
                let problem =
                    Problem::error(Target::Key(path), format!("the value of `{owner}` ended at the comma"));
                let help =
                    format!("inside `{{ }}` a value with a comma in it needs quotes: `{owner}: \"…\"`");
                problems.push(problem.label("this is taken for an option").help(help));
            }
            continue;
        }
        if let What::Missing(key) = &fault.what {
            match missing.iter_mut().find(|(path, _)| *path == fault.path) {
                Some((_, keys)) => keys.push(key.clone()),
                None => missing.push((fault.path.clone(), vec![key.clone()])),
            }
            continue;
        }
        let subject = Subject { contract: settling.contract, plugin, map, stage: settling.stage };
        problems.push(subject.problem(&fault));
    }
    let subject = Subject { contract: settling.contract, plugin, map, stage: settling.stage };
    problems.extend(missing.into_iter().map(|(path, keys)| subject.missing(&path, &keys)));
    problems.into_iter().for_each(|problem| settling.problems.push(problem));
    options
}

/// Keys without a value that stand behind an unquoted text: the rest of it, cut at its commas. Each with the key
/// that the text belongs to, and whether it is the first of its pieces.
fn split_values(map: &Map) -> HashMap<&str, (&str, bool)> {
    let mut pieces = HashMap::new();
    let mut owner = None;
    let mut first = true;
    for (key, node) in &map.0 {
        let looks_cut =
            node.value == Value::Null && glued(key).is_none() && key.contains(['=', '$', '%', ' ', '/', '.']);
        match (&node.value, owner) {
            (Value::Null, Some(owner)) if looks_cut => {
                pieces.insert(key.as_str(), (owner, first));
                first = false;
            }
            (Value::Text(_), _) => (owner, first) = (Some(key.as_str()), true),
            _ => owner = None,
        }
    }
    pieces
}

/// Options that are spoken about.
struct Subject<'a> {
    contract: &'a Contract,
    plugin: &'a str,
    map: &'a Map,
    stage: &'a KeyPath,
}

impl Subject<'_> {
    fn problem(&self, fault: &Fault) -> Problem {
        match &fault.what {
            What::Unknown(key) => self.unknown(&fault.path, key),
            What::Missing(key) => self.missing(&fault.path, std::slice::from_ref(key)),
            _ => self.wrong(fault),
        }
    }

    /// The plugin, or the option that has options of its own.
    fn owner(&self, path: &KeyPath) -> String {
        if path.0.is_empty() { self.plugin.to_owned() } else { path.to_string() }
    }

    fn unknown(&self, path: &KeyPath, key: &str) -> Problem {
        let at = self.stage.join(&path.key(key));
        let known = self.contract.keys(path);
        let problem = Problem::error(
            Target::Key(at),
            format!("`{}` has no option `{}`", self.owner(path), shortened(key)),
        );
        let nothing = self.node(&path.key(key)).is_some_and(|node| node.value == Value::Null);
        if let Some((key, value)) = glued(key).filter(|_| nothing) {
            return problem
                .label("a space is missing after the colon")
                .help(format!("write `{key}: {value}`"));
        }
        if key == "<<" {
            return merge_key(problem);
        }
        if known.contains(&key) {
            return problem
                .label("not in this form of it")
                .help(format!("another form of `{}` has `{key}`", self.owner(path)));
        }
        let elsewhere = HOST_WORDS.iter().find(|(word, _)| *word == key).map(|(_, place)| *place);
        let beside = SETTINGS.contains(&key).then_some("it is the stream's: write it beside `source`");
        if let Some(place) = elsewhere.or(beside) {
            return problem.label("not an option of a plugin").help(place);
        }
        let options = listed(known.iter().copied(), "and");
        let problem = match nearest(key, known.iter().copied().filter(|name| self.is_free(path, name))) {
            Some(near) => problem.label(format!("did you mean `{near}`?")),
            None => problem.label("not an option"),
        };
        match known.is_empty() {
            true => problem.help(format!("`{}` has no options at all", self.owner(path))),
            false => problem.help(format!("its options: {options}")),
        }
    }

    /// A key that is written already is not what another key was meant to be.
    fn is_free(&self, path: &KeyPath, key: &str) -> bool {
        self.node(&path.key(key)).is_none()
    }

    fn missing(&self, path: &KeyPath, keys: &[String]) -> Problem {
        let at = match path.0.is_empty() {
            true => Target::Value(self.stage.key("plugin")),
            false => Target::Value(self.stage.join(path)),
        };
        let names = listed(keys.iter().map(String::as_str), "and");
        let label = if keys.len() == 1 { "it is missing" } else { "they are missing" };
        let problem = Problem::error(at, format!("`{}` needs {names}", self.owner(path))).label(label);
        keys.iter().fold(problem, |problem, key| {
            let schemas = self.contract.at(&path.key(key));
            let about = meaning(&schemas).map(|words| format!(" ({words})")).unwrap_or_default();
            problem.help(match example(&schemas) {
                Some(example) => format!("add `{key}: {}`{about}", written(example)),
                None => format!("add `{key}`: {}{about}", wanted(self.contract, &schemas)),
            })
        })
    }

    fn wrong(&self, fault: &Fault) -> Problem {
        let schemas = self.contract.at(&fault.path);
        let name = fault.path.to_string();
        let node = self.node(&fault.path);
        let secret =
            schemas.iter().any(|schema| schema.get("format").is_some_and(|format| format == "secret"));
        let found = match node {
            Some(_) if secret => "something else".to_owned(),
            Some(node) => node.found(),
            None => "nothing".to_owned(),
        };
        let at = Target::Value(self.stage.join(&fault.path));
        let error = |message: String| Problem::error(at.clone(), message);
        let wanted = wanted(self.contract, &schemas);
        let problem = match &fault.what {
            What::Choice(values) if found == "nothing" => error(format!("`{name}` has no value"))
                .label("what is it?")
                .help(format!("`{name}` is {}", choices(values))),
            What::Choice(values) => {
                let written = node.and_then(Node::as_text).map(plain);
                let names: Vec<&str> = values.iter().filter_map(Json::as_str).collect();
                let problem = error(format!("`{name}` cannot be {found}"));
                let near = written.as_deref().and_then(|text| nearest(text, names.iter().copied()));
                let problem = match near {
                    Some(near) => problem.label(format!("did you mean `{near}`?")),
                    None => problem.label("none of the values it can be"),
                };
                // A map may be the other choice.
                let all = match schemas.iter().any(|schema| takes(schema, "object")) {
                    true => wanted,
                    false => choices(values),
                };
                problem.help(format!("`{name}` is {all}"))
            }
            What::Type if found == "nothing" => {
                error(format!("`{name}` has no value")).label(format!("{wanted} is wanted"))
            }
            What::Type => error(format!("`{name}` must be {wanted}, not {found}"))
                .label(format!("not {}", article(&wanted))),
            What::Bound(words) if wanted.contains("number") => {
                error(format!("`{name}` must be {wanted}, not {}", found.trim_start_matches("the number ")))
                    .label(words.clone())
            }
            What::Bound(words) => error(format!("`{name}` must be {words}")),
            What::Format(format) if format == "socket-address" => {
                error(format!("`{name}` must be {wanted}, not {found}")).label("an address is HOST:PORT")
            }
            What::Format(format) => {
                error(format!("`{name}` has not the form `{format}`")).label(format!("not a {format}"))
            }
            What::Pattern(pattern) => error(format!("`{name}` cannot be {found}"))
                .label("not of the right form")
                .note(format!("the form, as a regular expression: {pattern}")),
            What::Other(words) => error(format!("`{name}`: {words}")),
            What::Unknown(_) | What::Missing(_) => error(format!("`{name}` is wrong")),
        };
        let problem = match (node.map(|node| &node.value), secret) {
            (Some(Value::Filled(text)), false) => {
                problem.note(format!("an environment variable gave `{}`", shortened(text)))
            }
            _ => problem,
        };
        let way_out = match &fault.what {
            // The choices are named, and all that there is to say.
            What::Choice(_) => None,
            // The guess would repeat it.
            _ if secret => Some("a secret is text in quotes, or `{ file: PATH }`".to_owned()),
            _ => node.and_then(|node| way_out(&fault.path, &schemas, node)),
        };
        let problem = match way_out {
            Some(help) => problem.help(help),
            None => problem,
        };
        match meaning(&schemas) {
            Some(words) => problem.note(format!("`{name}`: {words}")),
            None => problem,
        }
    }

    fn node(&self, path: &KeyPath) -> Option<&Node> {
        let (first, rest) = path.0.split_first()?;
        let Step::Key(first) = first else { return None };
        rest.iter().try_fold(self.map.get(first)?, |node, step| match (&node.value, step) {
            (Value::Map(map), Step::Key(key)) => map.get(key),
            (Value::List(items), Step::Index(index)) => items.get(*index),
            _ => None,
        })
    }
}

/// What is said of a merge key (`<<`), wherever it stands.
pub(super) fn merge_key(problem: Problem) -> Problem {
    problem
        .label("merge keys are no part of YAML 1.2")
        .help("write the keys out; `&name` and `*name` repeat a whole value")
}

/// "a whole number from 1 to 100" → "a whole number".
fn article(wanted: &str) -> &str {
    let end = [" from ", " of at ", " (", " like ", " greater ", " less "]
        .iter()
        .filter_map(|word| wanted.find(word))
        .min();
    &wanted[..end.unwrap_or(wanted.len())]
}
