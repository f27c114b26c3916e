//! A schema in a person's words: "a whole number from 1 to 100", "one of `contain` and `cover`".

use std::cell::Cell;

use serde_json::Value;

use crate::config::contract::{Contract, referred, takes};
use crate::names::listed;

/// Returns what the value that these schemas speak about may be.
pub(crate) fn wanted(contract: &Contract, schemas: &[&Value]) -> String {
    // The first is the property itself, the others are what it is made of.
    let mut words = schemas
        .first()
        .map(|schema| Phrases { contract, left: Cell::new(MOST_SCHEMAS) }.phrase(schema))
        .unwrap_or_default();
    words.truncate(MOST_WORDS);
    match words.as_slice() {
        [] => "another value".into(),
        [one] => one.clone(),
        [first, last] if !first.contains(" or ") => format!("{first} or {last}"),
        [first, last] => format!("{} or {last}", first.replace(" or ", ", ")),
        [all @ .., last] => format!("{} or {last}", all.join(", ")),
    }
}

/// Values to choose from, as they are written in a file.
pub(crate) fn choices(values: &[Value]) -> String {
    let written: Vec<String> = values.iter().filter(|value| !value.is_null()).map(written).collect();
    listed(written.iter().map(String::as_str), "or")
}

/// A value as it is written in a file.
pub(crate) fn written(value: &Value) -> String {
    match value {
        Value::String(text) => in_yaml(text),
        Value::Number(_) => number(value),
        other => other.to_string(),
    }
}

/// Text as it stands in a file: in quotes where YAML would make something else of it.
pub(crate) fn in_yaml(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphanumeric() || "./~_".contains(c))
        && !text.contains(['#', ',', '[', ']', '{', '}', '"', '\'', '\\', '\n'])
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && matches!(crate::config::parse::yaml::scalar(text), crate::config::parse::node::Value::Text(_));
    if plain { text.to_owned() } else { Value::from(text).to_string() }
}

/// The first sentence of an option's description.
pub(crate) fn meaning<'a>(schemas: &[&'a Value]) -> Option<&'a str> {
    let text = schemas.first()?.get("description")?.as_str()?;
    let paragraph = text.split("\n\n").next().unwrap_or(text);
    let sentence = paragraph.split_inclusive(". ").next().unwrap_or(paragraph).trim();
    (!sentence.is_empty()).then(|| sentence.trim_end_matches('.'))
}

/// A value that is right, where the schema shows one.
pub(crate) fn example<'a>(schemas: &[&'a Value]) -> Option<&'a Value> {
    let shown = |schema: &&'a Value| {
        let examples = schema.get("examples").and_then(Value::as_array);
        examples
            .and_then(|examples| examples.first())
            .or_else(|| schema.get("default"))
            .filter(|value| !value.is_null())
    };
    schemas.iter().find_map(shown)
}

/// Schemas that are looked at for one phrase: they may refer to each other in any number of ways.
const MOST_SCHEMAS: usize = 200;
/// Alternatives that are named.
const MOST_WORDS: usize = 12;

struct Phrases<'a> {
    contract: &'a Contract,
    left: Cell<usize>,
}

impl Phrases<'_> {
    /// The alternatives, without "nothing": that an option may be left out goes without saying.
    fn phrase(&self, schema: &Value) -> Vec<String> {
        let Some(left) = self.left.get().checked_sub(1) else { return Vec::new() };
        self.left.set(left);
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return vec![choices(values)];
        }
        if let Some(value) = schema.get("const") {
            return vec![format!("`{}`", written(value))];
        }
        if let Some(target) = referred(schema, &self.contract.schema) {
            return self.phrase(target);
        }
        for union in ["anyOf", "oneOf"] {
            if let Some(branches) = schema.get(union).and_then(Value::as_array) {
                return self.alternatives(branches);
            }
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            let parts = parts.iter().map(|part| self.phrase(part));
            return parts.into_iter().find(|words| !words.is_empty()).unwrap_or_default();
        }
        ["integer", "number", "string", "boolean", "array", "object"]
            .into_iter()
            .filter(|kind| takes(schema, kind))
            .map(|kind| self.described(schema, kind))
            .collect()
    }

    fn alternatives(&self, branches: &[Value]) -> Vec<String> {
        let mut constants = Vec::new();
        let mut words = Vec::new();
        for branch in branches {
            match (branch.get("const"), branch.get("enum").and_then(Value::as_array)) {
                (Some(value), _) => constants.push(value.clone()),
                (None, Some(values)) => constants.extend(values.iter().cloned()),
                (None, None) => match form(branch) {
                    Some(form) => words.push(form),
                    None => words.extend(self.phrase(branch)),
                },
            }
        }
        if !constants.is_empty() {
            words.insert(0, choices(&constants));
        }
        words.dedup();
        words
    }

    fn described(&self, schema: &Value, kind: &str) -> String {
        let format = schema.get("format").and_then(Value::as_str);
        match (kind, format) {
            ("integer", _) => format!("a whole number{}", range(schema)),
            ("number", _) => format!("a number{}", range(schema)),
            ("string", Some("path")) => "a path".into(),
            ("string", Some("socket-address")) => "an address like `127.0.0.1:8080`".into(),
            ("string", Some("secret")) => "a secret (text, or `{ file: PATH }`)".into(),
            ("string", _) => "text".into(),
            ("boolean", _) => "`true` or `false`".into(),
            ("array", _) => list(&schema.get("items").map(|items| self.phrase(items)).unwrap_or_default()),
            _ => "a map".into(),
        }
    }
}

/// A list, by what its items are.
fn list(item: &[String]) -> String {
    let plain = item.first().map(|words| words.trim_start_matches("a ").trim_start_matches("an "));
    match plain {
        Some("map") => "a list of maps".into(),
        Some("path") => "a list of paths".into(),
        Some(words) if words.starts_with("whole number") => {
            words.replacen("whole number", "a list of whole numbers", 1)
        }
        Some(words) if words.starts_with("number") => words.replacen("number", "a list of numbers", 1),
        _ => "a list".into(),
    }
}

/// `{ x: …, y: … }`: beside other values, what a map has to hold says more than that it is a map.
fn form(schema: &Value) -> Option<String> {
    let keys = schema.get("required").filter(|_| takes(schema, "object"))?.as_array()?;
    let keys: Vec<String> = keys.iter().filter_map(Value::as_str).map(|key| format!("{key}: …")).collect();
    (1..=3).contains(&keys.len()).then(|| format!("`{{ {} }}`", keys.join(", ")))
}

/// " from 1 to 100"; the bounds that only come from a type's width are not worth a word.
fn range(schema: &Value) -> String {
    let bound = |inclusive: &str, exclusive: &str| {
        let including = schema.get(inclusive).filter(|value| value.as_f64().is_some_and(|v| v.abs() < 2e9));
        including.or_else(|| schema.get(exclusive))
    };
    let low_words = if schema.get("minimum").is_some() { "of at least" } else { "greater than" };
    let high_words = if schema.get("maximum").is_some() { "of at most" } else { "less than" };
    match (bound("minimum", "exclusiveMinimum"), bound("maximum", "exclusiveMaximum")) {
        (Some(low), Some(high)) if schema.get("minimum").is_some() && schema.get("maximum").is_some() => {
            format!(" from {} to {}", number(low), number(high))
        }
        (Some(low), Some(high)) => format!(" {low_words} {} and {high_words} {}", number(low), number(high)),
        (Some(low), None) => format!(" {low_words} {}", number(low)),
        (None, Some(high)) => format!(" {high_words} {}", number(high)),
        (None, None) => String::new(),
    }
}

/// A bound without the `.0` that a float has in JSON.
pub(crate) fn number(value: &Value) -> String {
    value.to_string().trim_end_matches(".0").to_owned()
}
