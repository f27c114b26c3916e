//! What to write instead, where what was written tells what was meant.

use serde_json::Value as Json;

use super::contract::takes;
use super::describe::{example, in_yaml, written};
use super::node::{Node, Value};
use super::path::{KeyPath, Step};
use super::traps::glued;
use super::units::{converted, seconds_in};
use crate::names::plain;

/// What to write instead, where what was written tells what was meant.
pub(super) fn way_out(path: &KeyPath, schemas: &[&Json], node: &Node) -> Option<String> {
    let name = path.last_key()?;
    let name =
        if matches!(path.0.last(), Some(Step::Index(_))) { String::new() } else { format!("{name}: ") };
    let takes = |kind| schemas.iter().any(|schema| takes(schema, kind));
    let address =
        schemas.iter().any(|schema| schema.get("format").is_some_and(|format| format == "socket-address"));
    match &node.value {
        Value::Number(number) if address || (takes("string") && path.last_key() == Some("listen")) => {
            Some(format!("a port alone is not enough: write `{name}127.0.0.1:{number}`"))
        }
        Value::Text(text) | Value::Filled(text) if address => {
            let port = text.trim_start_matches([':', '*']);
            match port.parse::<u16>() {
                Ok(port) => Some(format!(
                    "write `{name}127.0.0.1:{port}`, or `{name}0.0.0.0:{port}` for every network"
                )),
                Err(_) => Some(format!("write it like `{name}127.0.0.1:8080`")),
            }
        }
        Value::Number(_) | Value::Bool(_) if takes_any_text(schemas) => {
            let written = match &node.value {
                Value::Number(number) => number.to_string(),
                value => (*value == Value::Bool(true)).to_string(),
            };
            Some(format!("as text it is written in quotes: `{name}\"{written}\"`"))
        }
        Value::Text(text) if takes("boolean") => match plain(text).as_str() {
            "yes" | "on" | "y" => Some(format!("`{text}` is only text in YAML 1.2: write `{name}true`")),
            "no" | "off" | "n" => Some(format!("`{text}` is only text in YAML 1.2: write `{name}false`")),
            "true" | "false" => Some(format!("leave the quotes out: `{name}{}`", plain(text))),
            _ => None,
        },
        Value::Number(number) if takes("boolean") => match number.as_u64() {
            Some(0) => Some(format!("write `{name}false`")),
            Some(1) => Some(format!("write `{name}true`")),
            _ => None,
        },
        Value::Text(text) if takes("integer") || takes("number") => number_in(text, &name),
        Value::Text(_) | Value::Number(_) | Value::Bool(_) if takes("array") => {
            Some(format!("a list, also of one: `{name}[{}]`", scalar(node)))
        }
        Value::Text(text) if takes("object") && glued(text).is_some() => {
            glued(text).map(|(key, value)| format!("a space is missing after the colon: `{key}: {value}`"))
        }
        Value::Text(_) | Value::Map(_) | Value::List(_) => {
            example(schemas).map(|example| format!("for example `{name}{}`", written(example)))
        }
        _ => None,
    }
}

fn takes_any_text(schemas: &[&Json]) -> bool {
    schemas.iter().any(|schema| {
        takes(schema, "string") && schema.get("const").is_none() && schema.get("enum").is_none()
    })
}

fn scalar(node: &Node) -> String {
    match &node.value {
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        _ => node.as_text().map(in_yaml).unwrap_or_default(),
    }
}

/// `10fps`, `"640"`: the number in a text. `name` is the option's with its colon.
pub(super) fn number_in(text: &str, name: &str) -> Option<String> {
    let trimmed = text.trim();
    if trimmed.parse::<f64>().is_ok() {
        return Some(format!("leave the quotes out: `{name}{trimmed}`"));
    }
    let end = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').filter(|end| *end > 0)?;
    let (number, rest) = trimmed.split_at(end);
    let value = number.parse::<f64>().ok()?;
    let unit = rest.trim();
    // An option carries its unit in its name.
    let own = name.trim_end_matches(": ").rsplit_once('_').map(|(_, unit)| unit);
    if let (Some(own), Some(given)) = (own.and_then(seconds_in), seconds_in(unit)) {
        let value = converted(value, given, own);
        return Some(format!("the number alone, in the unit of its name: `{name}{value}`"));
    }
    let unit_is_word = unit.chars().all(|c| c.is_alphabetic() || c == '%');
    unit_is_word.then(|| format!("the number alone: `{name}{number}`"))
}
