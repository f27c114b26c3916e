//! Merge keys (`<<: *name`), which YAML 1.2 does not have: reported with the keys that they were to bring.

use crate::config::contract::Contract;
use crate::config::diagnostics::describe::in_yaml;
use crate::config::diagnostics::problem::{Problem, Target};
use crate::config::diagnostics::secret::names_a_secret;
use crate::config::keys::{KeyPath, Step};
use crate::config::parse::node::{Map, Node, Value, shortened};
use crate::names::listed;

/// The key of a merge.
pub(crate) const KEY: &str = "<<";
/// Characters of a line that is shown to be copied.
const MOST_SHOWN: usize = 200;

/// The problem of a merge key in the map at `path`. `contract` is the plugin's, where the map is a stage.
pub(crate) fn problem(path: &KeyPath, map: &Map, contract: Option<&Contract>) -> Problem {
    let problem = Problem::error(Target::Key(path.key(KEY)), "`<<` merges nothing here")
        .label("merge keys are no part of YAML 1.2");
    let all = merged(map);
    // Nothing that could be merged: a name, a number.
    match map.get(KEY).map(|node| &node.value) {
        Some(Value::Map(_) | Value::List(_)) => {}
        Some(Value::Text(text)) if names_a_stage(path) && map.get("plugin").is_none() => {
            return problem
                .help(format!("a plugin is named by its key: `plugin: {}`", in_yaml(&shortened(text))));
        }
        _ => return problem.help("leave it out: it brings nothing"),
    }
    let written = Node { text: 0, value: Value::Map(all.clone()) };
    let shown = flow(&written, &mut KeyPath::default(), contract).filter(|text| text.len() <= MOST_SHOWN);
    match (shown, path.0.last()) {
        (Some(shown), Some(Step::Key(key))) => {
            problem.help(format!("write it out: `{}: {shown}`", in_yaml(key)))
        }
        (Some(shown), Some(Step::Index(_))) => problem.help(format!("write it out: `{shown}`")),
        _ => {
            let brought: Vec<&str> = all.keys().filter(|key| map.get(key).is_none()).collect();
            let help = match brought.is_empty() {
                true => "leave it out: it brings nothing".to_owned(),
                false => format!("write out what it brings: {}", listed(brought, "and")),
            };
            problem.help(help)
        }
    }
}

/// A stage stands at a path.
fn names_a_stage(path: &KeyPath) -> bool {
    match path.0.as_slice() {
        [.., Step::Key(key)] => key == "source" || key == "sink",
        [.., Step::Key(key), Step::Index(_)] => key == "transforms" || key == "sinks",
        _ => false,
    }
}

/// Entries of a map that are read: more are never shown.
const MOST_ENTRIES: usize = 100;

/// A map with what its merge keys bring; its own keys win.
pub(crate) fn merged(map: &Map) -> Map {
    let own = map.0.iter().filter(|(key, _)| key != KEY).take(MOST_ENTRIES);
    let mut all = Map(own.cloned().collect());
    let brought = match map.get(KEY).map(|node| &node.value) {
        Some(Value::Map(map)) => vec![map],
        Some(Value::List(items)) => items.iter().filter_map(Node::as_map).take(MOST_ENTRIES).collect(),
        _ => Vec::new(),
    };
    for (key, node) in brought.into_iter().flat_map(|map| merged(map).0) {
        if all.get(&key).is_none() && all.0.len() <= MOST_ENTRIES {
            all.0.push((key, node));
        }
    }
    all
}

/// A value on one line; `None` where there is a secret in it, what a variable gave, or too much.
fn flow(node: &Node, path: &mut KeyPath, contract: Option<&Contract>) -> Option<String> {
    let is_secret = path.last_key().is_some_and(names_a_secret)
        || contract.is_some_and(|contract| contract.has_format(path, "secret"));
    if is_secret {
        return None;
    }
    let mut pieces = Vec::new();
    match &node.value {
        Value::Null => return Some("null".into()),
        Value::Bool(value) => return Some(value.to_string()),
        Value::Number(number) => return Some(number.to_string()),
        Value::Text(text) => return (text.len() <= MOST_SHOWN).then(|| in_yaml(text)),
        Value::Filled(_) | Value::Broken => return None,
        Value::List(items) => {
            for (index, item) in items.iter().enumerate().take(MOST_SHOWN) {
                path.0.push(Step::Index(index));
                pieces.push(flow(item, path, contract)?);
                path.0.pop();
            }
            return Some(format!("[{}]", pieces.join(", ")));
        }
        Value::Map(map) => {
            for (key, value) in map.0.iter().take(MOST_SHOWN) {
                path.0.push(Step::Key(key.clone()));
                pieces.push(format!("{}: {}", in_yaml(key), flow(value, path, contract)?));
                path.0.pop();
            }
        }
    }
    Some(format!("{{ {} }}", pieces.join(", ")))
}
