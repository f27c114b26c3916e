//! A stage's options against its plugin's schema: every fault made into words with a way out.

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::config::assemble::values::{Settling, bare_variable};
use crate::config::assemble::violations::{self, Fault, What};
use crate::config::assemble::vocabulary::SETTINGS;
use crate::config::contract::{Contract, takes};
use crate::config::diagnostics::describe::{choices, example, meaning, wanted, written};
use crate::config::diagnostics::merge;
use crate::config::diagnostics::problem::MOST_SHOWN;
use crate::config::diagnostics::problem::{Problem, Target};
use crate::config::diagnostics::secret::names_a_secret;
use crate::config::diagnostics::suggestions::ways_out;
use crate::config::diagnostics::text::glued;
use crate::config::keys::{KeyPath, Step};
use crate::config::parse::node::{Map, Node, Order, Value, shortened};
use crate::config::parse::yaml;
use crate::names::{listed, nearest, plain};

/// Words that the host owns, and where they stand.
const HOST_WORDS: &[(&str, &str)] = &[
    ("threads", "it is for the whole pipeline: write it at the top of the file"),
    ("plugin_path", "it is for the whole pipeline: write it at the top of the file"),
    ("from", "it is the stream's, in place of its `source`"),
    ("streams", "only a sink chooses streams"),
];

/// Settles the options and checks them. What is wrong goes to the settling's problems. `beside` are the host's own keys that
/// stand among them.
pub(crate) fn check(settling: &mut Settling<'_>, plugin: &str, map: &Map, beside: &[&str]) -> Json {
    let options = settling.options(map);
    let subject = Subject {
        contract: settling.contract,
        plugin,
        map,
        stage: settling.stage,
        options: &options,
        beside,
    };
    let mut faults = Vec::new();
    let mut missing: HashMap<KeyPath, Vec<String>> = HashMap::new();
    let split = split_values(map);
    for fault in violations::find(settling.contract, &options) {
        if fault.path.prefixes().any(|prefix| settling.broken.contains(&prefix)) {
            continue;
        }
        match &fault.what {
            What::Unknown(key) if fault.path.0.is_empty() && split.contains_key(key.as_str()) => {
                if let Some(problem) = cut_value(settling, key, split[key.as_str()]) {
                    settling.problems.push(problem);
                }
            }
            // What a merge key was to bring is not missing.
            What::Missing(_) if subject.merges(&fault.path) => {}
            What::Missing(key) => {
                let keys = missing.entry(fault.path.clone()).or_default();
                keys.push(key.clone());
                // All that is missing in one map is said at once.
                if keys.len() == 1 {
                    faults.push(fault);
                }
            }
            _ => faults.push(fault),
        }
    }
    if faults.len() > MOST_SHOWN {
        let root = Node { text: 0, value: Value::Map(map.clone()) };
        let mut order = Order::default();
        faults.sort_by_cached_key(|fault| order.of(&root, &fault.place().0).1);
        let more = faults.split_off(MOST_SHOWN);
        settling.problems.count_errors(more.len());
    }
    for fault in faults {
        let problem = match &fault.what {
            What::Missing(_) => subject.missing(&fault.path, &missing[&fault.path]),
            What::Unknown(key) => subject.unknown(&fault.path, key),
            _ => subject.wrong(&fault),
        };
        settling.problems.push(problem);
    }
    options
}

/// A value among some of its neighbours, and its path there: there may be tens of thousands of them, and each is checked
/// again for each mend that is tried.
fn around(options: &Json, path: &KeyPath) -> (Json, KeyPath) {
    const NEIGHBOURS: usize = 64;
    let Some((first, rest)) = path.0.split_first() else { return (options.clone(), KeyPath::default()) };
    let (options, step, below) = match (options, first) {
        (Json::Object(map), Step::Key(key)) => {
            let some = map.iter().enumerate().filter(|(at, (other, _))| *at < NEIGHBOURS || *other == key);
            let some = some.map(|(_, (key, value))| (key.clone(), value.clone()));
            (Json::Object(some.collect()), first.clone(), map.get(key))
        }
        (Json::Array(items), Step::Index(index)) => {
            let mut some: Vec<Json> = items.iter().take(NEIGHBOURS).cloned().collect();
            let at = (*index).min(some.len().saturating_sub(1));
            if let (Some(place), Some(item)) = (some.get_mut(at), items.get(*index)) {
                *place = item.clone();
            }
            (Json::Array(some), Step::Index(at), items.get(*index))
        }
        _ => return (options.clone(), path.clone()),
    };
    let mut options = options;
    let mut there = KeyPath(vec![step]);
    if let Some(below) = below {
        let (inner, inner_path) = around(below, &KeyPath(rest.to_vec()));
        if let Some(place) = options.pointer_mut(&there.pointer()) {
            *place = inner;
        }
        there = there.join(&inner_path);
    }
    (options, there)
}

/// A key that is a piece of the value of its `owner`: the value ended at a comma.
fn cut_value(settling: &mut Settling<'_>, key: &str, (owner, first): (&str, bool)) -> Option<Problem> {
    // What is left of a secret is a secret.
    let path = settling.stage.key(key);
    if settling.contract.has_format(&KeyPath::default().key(owner), "secret") {
        settling.problems.secrets.push(path.clone());
    }
    let problem = Problem::error(Target::Key(path), format!("the value of `{owner}` ended at the comma"));
    let help = format!("inside `{{ }}` a value with a comma in it needs quotes: `{owner}: \"…\"`");
    first.then(|| problem.label("this is taken for an option").help(help))
}

/// The key before a key that is what followed the comma of its number (`fps: 12,5` in brackets), and that number as it should be.
pub(crate) fn decimal_comma<'a>(map: &'a Map, key: &str) -> Option<(&'a str, String)> {
    let is_rest = (1..=3).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_digit());
    let at = map.0.iter().position(|(own, node)| is_rest && own == key && node.value == Value::Null)?;
    let (owner, node) = &map.0[at.checked_sub(1)?];
    let Value::Number(number) = &node.value else { return None };
    // Three digits are thousands more often than a fraction.
    let point = if key.len() == 3 { "" } else { "." };
    (!number.is_f64()).then(|| (owner.as_str(), format!("{number}{point}{key}")))
}

/// Says of the key of [`decimal_comma`] what it was meant to be.
pub(crate) fn after_the_comma(problem: Problem, owner: &str, written: &str) -> Problem {
    Problem { message: format!("the number of `{}` ended at the comma", shortened(owner)), ..problem }
        .label("this is taken for an option")
        .help(format!("a fraction has a point, and thousands have nothing: `{owner}: {written}`"))
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
    /// As the plugin would get them.
    options: &'a Json,
    /// Keys of the host that stand among them.
    beside: &'a [&'a str],
}

impl Subject<'_> {
    /// The map at a path.
    fn map_at(&self, path: &KeyPath) -> Option<&Map> {
        if path.0.is_empty() { Some(self.map) } else { self.node(path)?.as_map() }
    }

    /// The map at a path has a merge key.
    fn merges(&self, path: &KeyPath) -> bool {
        self.map_at(path).is_some_and(|map| map.get(merge::KEY).is_some())
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
        if let Some((owner, written)) = self.map_at(path).and_then(|map| decimal_comma(map, key)) {
            return after_the_comma(problem, owner, &written);
        }
        if key == merge::KEY
            && let Some(map) = self.map_at(path)
        {
            return merge::problem(&self.stage.join(path), map, None);
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
        let beside = if path.0.is_empty() { self.beside } else { &[] };
        let names = known.iter().chain(beside).copied().filter(|name| self.is_free(path, name));
        let problem = match nearest(key, names) {
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
        let secret = self.contract.has_format(&fault.path, "secret")
            || fault.path.last_key().is_some_and(names_a_secret);
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
            _ if let Some(variable) = node.and_then(Node::as_text).and_then(bare_variable) => {
                Some(format!("a variable has braces: `\"${{{variable}}}\"`"))
            }
            _ => node.and_then(|node| self.way_out(&fault.path, &schemas, node)),
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

    /// The first way out that leads out: with it the value is right.
    fn way_out(&self, path: &KeyPath, schemas: &[&Json], node: &Node) -> Option<String> {
        let name = match path.0.last()? {
            Step::Key(key) => format!("{key}: "),
            Step::Index(_) => String::new(),
        };
        let (options, path_there) = around(self.options, path);
        let works = |value: &String| {
            let Ok(parsed) = yaml::parse(value, 0, &yaml::Usage::default()) else { return false };
            let mut options = options.clone();
            let Some(place) = options.pointer_mut(&path_there.pointer()) else { return false };
            *place = parsed.root.json();
            !violations::find(self.contract, &options).iter().any(|fault| fault.path.starts_with(&path_there))
        };
        let modes = ways_out(path, schemas, node);
        Some(modes.into_iter().find(|mend| mend.values.iter().all(works))?.sentence(&name))
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

/// "a whole number from 1 to 100" → "a whole number".
fn article(wanted: &str) -> &str {
    let end = [" from ", " of at ", " (", " like ", " greater ", " less "]
        .iter()
        .filter_map(|word| wanted.find(word))
        .min();
    &wanted[..end.unwrap_or(wanted.len())]
}
