//! The tree that a pipeline file is read into: YAML's values and nothing else.
//!
//! A node knows which text it was written in (the file, or one `--set`), not where in it: places are looked up
//! only for what is reported, see [`crate::config::diagnostics::sources`].

use std::collections::HashMap;

use mutoscope_plugin::host::without_passwords;
use serde_json::Number;

use crate::config::keys::Step;

/// One value of the tree. Its texts may be secrets: there is no `Debug` of it.
#[derive(Clone, PartialEq)]
pub(crate) struct Node {
    /// Index of the text that this value was written in: 0 is the file, 1 and up are the `--set`s.
    pub text: usize,
    pub value: Value,
}

/// What a node holds.
#[derive(Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    /// Text as it was written.
    Text(String),
    /// Text that an environment variable gave a part of: it becomes whatever the option wants.
    Filled(String),
    List(Vec<Node>),
    Map(Map),
    /// A value that an error was already reported for: nothing more is said about it.
    Broken,
}

/// A map in the order of the file. Keys are unique.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Map(pub Vec<(String, Node)>);

impl Map {
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, node)| node)
    }

    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.0.iter_mut().find(|(k, _)| k == key).map(|(_, node)| node)
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.as_str())
    }
}

impl Node {
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) | Value::Filled(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The value as JSON, as it is written.
    pub fn json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null | Value::Broken => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(number) => number.clone().into(),
            Value::Text(text) | Value::Filled(text) => text.as_str().into(),
            Value::List(items) => items.iter().map(Node::json).collect(),
            Value::Map(map) => map.0.iter().map(|(key, node)| (key.clone(), node.json())).collect(),
        }
    }

    /// Some characters stand in a key, or with `in_text` where a text begins, ends or has a colon.
    pub fn holds(&self, characters: &str, in_text: bool) -> bool {
        match &self.value {
            Value::Text(text) if in_text => {
                text.starts_with(characters)
                    || text.ends_with(characters)
                    || text.contains(&format!(":{characters}"))
                    || text.starts_with(&format!("-{characters}"))
            }
            Value::List(items) => items.iter().any(|item| item.holds(characters, in_text)),
            Value::Map(map) => {
                let holds = |(key, node): &(String, Node)| {
                    key.contains(characters) || node.holds(characters, in_text)
                };
                map.0.iter().any(holds)
            }
            _ => false,
        }
    }

    pub fn is_broken(&self) -> bool {
        self.value == Value::Broken
    }

    /// Returns what was found, in the words of an error message: "the number 5", "a list".
    pub fn found(&self) -> String {
        match &self.value {
            Value::Null => "nothing".into(),
            Value::Bool(b) => format!("`{b}`"),
            Value::Number(n) if n.is_f64() && n.as_f64().is_some_and(|n| n.abs() >= 1e16) => {
                "a number that large".into()
            }
            Value::Number(n) => format!("the number {n}"),
            Value::Text(text) | Value::Filled(text) if text.is_empty() => "empty text".into(),
            Value::Text(text) | Value::Filled(text) => format!("the text `{}`", shortened(text)),
            Value::List(_) => "a list".into(),
            Value::Map(_) => "a map".into(),
            Value::Broken => "something that could not be read".into(),
        }
    }
}

/// The positions of values among their neighbours, from the top down: paths in the order of the file. The keys of a map
/// are counted once, since there may be tens of thousands, each with something wrong.
#[derive(Default)]
pub(crate) struct Order<'a>(HashMap<*const Map, HashMap<&'a str, usize>>);

impl<'a> Order<'a> {
    /// The last node on a path that is there, and the positions on the way to it.
    pub fn of(&mut self, root: &'a Node, path: &[Step]) -> (&'a Node, Vec<usize>) {
        let mut node = root;
        let mut positions = Vec::with_capacity(path.len());
        for step in path {
            let found = match (&node.value, step) {
                (Value::Map(map), Step::Key(key)) => {
                    self.position(map, key).map(|position| (position, &map.0[position].1))
                }
                (Value::List(items), Step::Index(index)) => items.get(*index).map(|item| (*index, item)),
                _ => None,
            };
            let Some((position, below)) = found else { break };
            positions.push(position);
            node = below;
        }
        (node, positions)
    }

    /// The position of a key in its map.
    pub fn position(&mut self, map: &'a Map, key: &str) -> Option<usize> {
        let positions = self
            .0
            .entry(std::ptr::from_ref(map))
            .or_insert_with(|| map.keys().enumerate().map(|(position, key)| (key, position)).collect());
        positions.get(key).copied()
    }
}

/// The start of a text, for a message: one line, 40 characters at most, without the password of an address.
pub(crate) fn shortened(text: &str) -> String {
    let line = without_passwords(text.lines().next().unwrap_or_default());
    let line = line.as_ref();
    match line.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None if text.trim_end().contains(['\n', '\r']) => format!("{line}…"),
        None => line.to_owned(),
    }
}
