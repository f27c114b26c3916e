//! The tree that a pipeline file is read into: YAML's values and nothing else.
//!
//! A node knows which text it was written in (the file, or one `--set`), not where in it: places are looked up
//! only for what is reported, see [`super::sources`].

use serde_json::Number;

/// One value of the tree.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// Index of the text that this value was written in: 0 is the file, 1 and up are the `--set`s.
    pub text: usize,
    pub value: Value,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
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
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Map(pub Vec<(String, Node)>);

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

    pub fn is_broken(&self) -> bool {
        self.value == Value::Broken
    }

    /// What was found, in the words of an error message: "the number 5", "a list".
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

/// The start of a text, for a message: one line, 40 characters at most.
pub(super) fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None if line.len() < text.trim_end().len() => format!("{line}…"),
        None => line.to_owned(),
    }
}
