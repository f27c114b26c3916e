//! What to write instead, where what was written tells what was meant.

use serde_json::Value as Json;

use crate::config::contract::takes;
use crate::config::diagnostics::describe::{example, in_yaml, written};
use crate::config::diagnostics::text::glued;
use crate::config::diagnostics::units::{converted, seconds_in};
use crate::config::keys::{KeyPath, Step};
use crate::config::parse::node::{Node, Value};
use crate::config::parse::yaml;
use crate::names::{nearest, plain};

/// A way out of a wrong value: words, and the right values as YAML.
pub(crate) struct Mend {
    words: String,
    pub values: Vec<String>,
}

impl Mend {
    fn new(words: impl Into<String>, value: impl ToString) -> Option<Mend> {
        Some(Mend { words: words.into(), values: vec![value.to_string()] })
    }

    /// The sentence. `name` is the option's with its colon, and nothing for an item of a list.
    pub fn sentence(&self, name: &str) -> String {
        match self.values.as_slice() {
            [first, second] => {
                format!("{} `{name}{first}`, or `{name}{second}` for every network", self.words)
            }
            values => format!("{} `{name}{}`", self.words, values.first().map_or("", String::as_str)),
        }
    }
}

/// The ways out of a wrong value, the likeliest first; the caller tries them.
pub(crate) fn ways_out(path: &KeyPath, schemas: &[&Json], node: &Node) -> Vec<Mend> {
    let for_example = example(schemas).and_then(|example| Mend::new("for example", written(example)));
    meant(path, schemas, node).into_iter().chain(for_example).collect()
}

fn meant(path: &KeyPath, schemas: &[&Json], node: &Node) -> Option<Mend> {
    let name = path.last_key()?;
    let takes = |kind| schemas.iter().any(|schema| takes(schema, kind));
    let address =
        schemas.iter().any(|schema| schema.get("format").is_some_and(|format| format == "socket-address"));
    match &node.value {
        Value::Number(number) if address || (takes("string") && name == "listen") => {
            Mend::new("a port alone is not enough: write", format!("127.0.0.1:{number}"))
        }
        Value::Text(text) | Value::Filled(text) if address => {
            let port = text.trim_start_matches([':', '*']);
            match port.parse::<u16>() {
                Ok(port) => Some(Mend {
                    words: "write".into(),
                    values: vec![format!("127.0.0.1:{port}"), format!("0.0.0.0:{port}")],
                }),
                Err(_) => Mend::new("write it like", "127.0.0.1:8080"),
            }
        }
        Value::Number(_) | Value::Bool(_) if takes_any_text(schemas) => {
            Mend::new("as text it is written in quotes:", format!("\"{}\"", scalar(node)))
        }
        Value::Text(text) if takes("boolean") => match plain(text).as_str() {
            "yes" | "on" | "y" => Mend::new(format!("`{text}` is only text in YAML 1.2: write"), true),
            "no" | "off" | "n" => Mend::new(format!("`{text}` is only text in YAML 1.2: write"), false),
            lower @ ("true" | "false") => match yaml::scalar(text) {
                Value::Bool(_) => Mend::new("leave the quotes out:", lower),
                _ => Mend::new("in small letters:", lower),
            },
            _ => None,
        },
        Value::Number(number) if takes("boolean") => match number.as_u64() {
            Some(0) => Mend::new("write", false),
            Some(1) => Mend::new("write", true),
            _ => None,
        },
        Value::Text(text) | Value::Filled(text) if takes("integer") || takes("number") => {
            let unit = Some(name).filter(|_| matches!(path.0.last(), Some(Step::Key(_))));
            number_in(text, unit, matches!(node.value, Value::Filled(_)))
        }
        Value::Text(_) | Value::Number(_) | Value::Bool(_) if takes("array") => {
            Mend::new("a list, also of one:", format!("[{}]", scalar(node)))
        }
        Value::Text(text) if takes("object") => {
            let (key, value) = glued(text)?;
            Mend::new("a space is missing after the colon:", format!("{{ {key}: {value} }}"))
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

/// `10fps`, `"640"`, `0640`: the number in a text. `name` is the option's, which may end with its unit.
pub(crate) fn number_in(text: &str, name: Option<&str>, is_variable: bool) -> Option<Mend> {
    let trimmed = text.trim();
    // Only quotes can have made text of it.
    if matches!(yaml::scalar(trimmed), Value::Number(_)) && !is_variable {
        return Mend::new("leave the quotes out:", trimmed);
    }
    let is_of_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | '_' | ',' | '\'' | '+' | '-');
    let end = trimmed.find(|c: char| !is_of_number(c)).unwrap_or(trimmed.len());
    let (number, rest) = trimmed.split_at(end);
    let value = as_number(number)?;
    let unit = rest.trim();
    if unit.is_empty() {
        let words = match number.trim_start_matches('-').starts_with('0') {
            true => "a number begins with no zero:",
            false => "as a number is written:",
        };
        return Mend::new(words, value);
    }
    // An option carries its unit in its name.
    let own = name.and_then(|name| name.rsplit_once('_')).map(|(_, unit)| unit);
    if let (Some(own), Some(given)) = (own.and_then(seconds_in), seconds_in(unit)) {
        return Mend::new("the number alone, in the unit of its name:", converted(value, given, own));
    }
    let unit_is_word = unit.chars().all(|c| c.is_alphabetic() || c == '%');
    if unit_is_word { Mend::new("the number alone:", value) } else { None }
}

/// A number as people write it: with zeros in front, a decimal comma, `_` or `'` between thousands.
fn as_number(text: &str) -> Option<f64> {
    let digits: String = text.chars().filter(|c| !matches!(c, '_' | '\'')).collect();
    let digits = match digits.split_once(',') {
        // 1,000 is a thousand to one and one to another.
        Some((_, after)) if after.len() == 3 || after.contains([',', '.']) => return None,
        Some((before, after)) => format!("{before}.{after}"),
        None => digits,
    };
    digits.parse::<f64>().ok().filter(|number| number.abs() < 1e15)
}

/// A name without its unit, and the unit.
fn split(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once('_') {
        Some((base, unit)) if seconds_in(unit).is_some() => (base, Some(unit)),
        _ => (name, None),
    }
}

/// The known key that a key means which has another unit or none (`timeout`, `idle_timeout_ms`), and how the value is
/// written then.
pub(crate) fn right_but_for_its_unit<'a>(
    key: &str,
    node: &Node,
    known: &[&'a str],
) -> Option<(&'a str, String)> {
    let key = plain(key);
    let (base, given) = split(&key);
    let timed = || known.iter().map(|name| (*name, split(name))).filter(|(_, (_, unit))| unit.is_some());
    let meant = nearest(base, timed().map(|(_, (base, _))| base))?;
    let (name, (_, own)) = timed().find(|(_, (base, _))| *base == meant)?;
    let own = own.filter(|own| given != Some(own))?;
    let same = |value: f64| {
        let value = converted(value, seconds_in(given?)?, seconds_in(own)?);
        Some(format!("that is `{name}: {value}`"))
    };
    let help = match &node.value {
        Value::Number(number) => number.as_f64().and_then(same),
        Value::Text(text) | Value::Filled(text) => {
            number_in(text, Some(name), false).map(|mend| mend.sentence(&format!("{name}: ")))
        }
        _ => None,
    };
    let in_words = match own {
        "ms" => "it is in milliseconds, 1000 to a second",
        _ => "it is in seconds",
    };
    Some((name, help.unwrap_or_else(|| in_words.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_without_its_unit_finds_it() {
        let known = ["source", "timeout_ms", "idle_timeout_s"];
        let meant = |key: &str, value| {
            let node = Node { text: 0, value };
            right_but_for_its_unit(key, &node, &known).map(|(name, help)| format!("{name}; {help}"))
        };
        let number = |n: f64| Value::Number(serde_json::Number::from_f64(n).unwrap());
        for (key, value, means) in [
            ("timeout_s", number(3.3), Some("timeout_ms; that is `timeout_ms: 3300`")),
            ("timeout-min", number(1.0), Some("timeout_ms; that is `timeout_ms: 60000`")),
            ("idle_timeout_ms", number(3300.0), Some("idle_timeout_s; that is `idle_timeout_s: 3.3`")),
            ("timeout", number(3.0), Some("timeout_ms; it is in milliseconds, 1000 to a second")),
            ("Idle_Timeout", Value::Null, Some("idle_timeout_s; it is in seconds")),
            (
                "timeout",
                Value::Text("2 s".into()),
                Some("timeout_ms; the number alone, in the unit of its name: `timeout_ms: 2000`"),
            ),
            // Only misspelt, or something else.
            ("timout_ms", number(3.0), None),
            ("source_ms", number(3.0), None),
            ("_s", number(3.0), None),
        ] {
            assert_eq!(meant(key, value).as_deref(), means, "{key}");
        }
    }
}
