//! A plugin's schema, made ready: strict about keys, and able to say what it wants at a path.
//!
//! The schemas are what schemars 1 makes of a Rust type (draft 2020-12). Such a schema says less than the type: it
//! lets unknown keys pass unless the type refuses them, and a `u32` only shows in its `format`. Both are filled in
//! here, so that what a file may say does not depend on what an author remembered.

use std::collections::HashSet;
use std::sync::Arc;

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

use crate::config::keys::{KeyPath, Step};

/// A schema that options are checked against.
#[derive(Debug)]
pub(crate) struct Contract {
    pub schema: Value,
    pub validator: Validator,
}

impl Contract {
    /// The error says what is wrong with the schema itself.
    pub fn new(schema: &Arc<Value>) -> Result<Contract, String> {
        let mut schema = Value::clone(schema);
        bound_integers(&mut schema);
        let original = schema.clone();
        close(&mut schema, &original, true);
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .with_format("socket-address", is_socket_address)
            .build(&schema)
            .map_err(|e| e.to_string())?;
        Ok(Contract { schema, validator })
    }

    /// The schemas that speak about the value at a path, their references followed and their unions opened.
    pub fn at(&self, path: &KeyPath) -> Vec<&Value> {
        path.0.iter().fold(self.opened(vec![&self.schema]), |schemas, step| self.below(&schemas, step))
    }

    /// The same, one step further down.
    pub fn below<'a>(&'a self, schemas: &[&'a Value], step: &Step) -> Vec<&'a Value> {
        let mut found = Vec::new();
        for schema in schemas {
            match step {
                Step::Key(key) => match schema.get("properties").and_then(|properties| properties.get(key)) {
                    Some(property) => found.push(property),
                    // `false` refuses the key, and does not speak about it.
                    None => {
                        found.extend(schema.get("additionalProperties").filter(|others| **others != false))
                    }
                },
                Step::Index(index) => match schema.get("prefixItems").and_then(|items| items.get(index)) {
                    Some(item) => found.push(item),
                    None => found.extend(schema.get("items")),
                },
            }
        }
        self.opened(found)
    }

    /// The names of the options at a path.
    pub fn keys(&self, path: &KeyPath) -> Vec<&str> {
        let mut keys = Vec::new();
        for schema in self.at(path) {
            for key in
                schema.get("properties").and_then(Value::as_object).into_iter().flat_map(|map| map.keys())
            {
                if !keys.contains(&key.as_str()) {
                    keys.push(key);
                }
            }
        }
        keys
    }

    fn opened<'a>(&'a self, schemas: Vec<&'a Value>) -> Vec<&'a Value> {
        opened(schemas, &self.schema)
    }

    /// The value at a path is of a format, as a schema of it has it.
    pub fn has_format(&self, path: &KeyPath, format: &str) -> bool {
        self.at(path).iter().any(|schema| schema.get("format").is_some_and(|own| own == format))
    }
}

/// Each schema with all that it is made of in place (`$ref`, `allOf`, `anyOf`, `oneOf`), once each: a type may refer to
/// itself, and to others in more ways than could be followed.
pub(crate) fn opened<'a>(schemas: Vec<&'a Value>, root: &'a Value) -> Vec<&'a Value> {
    let mut known: HashSet<*const Value> = HashSet::new();
    let mut opened: Vec<&Value> = Vec::new();
    let mut waiting = schemas;
    while let Some(schema) = waiting.pop() {
        if known.insert(schema) {
            opened.push(schema);
            waiting.extend(in_place(schema, root));
        }
    }
    opened
}

/// The schemas that apply to the same value as this one.
fn in_place<'a>(schema: &'a Value, root: &'a Value) -> Vec<&'a Value> {
    let unions = ["allOf", "anyOf", "oneOf"];
    let mut parts: Vec<&Value> =
        unions.iter().filter_map(|word| schema.get(word)?.as_array()).flatten().collect();
    parts.extend(referred(schema, root));
    parts
}

/// Returns what a schema's `$ref` means, for references inside its own document.
pub(crate) fn referred<'a>(schema: &Value, root: &'a Value) -> Option<&'a Value> {
    root.pointer(schema.get("$ref")?.as_str()?.strip_prefix('#')?)
}

/// Returns whether a schema (one of those [`Contract::at`] gives) takes a JSON type.
pub(crate) fn takes(schema: &Value, kind: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => one == kind,
        Some(Value::Array(several)) => several.iter().any(|one| one == kind),
        _ => false,
    }
}

/// The form `HOST:PORT`, the host an IP address (IPv6 in brackets) or a name.
fn is_socket_address(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let is_name = |host: &str| {
        !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-')
    };
    port.parse::<u16>().is_ok() && (text.parse::<std::net::SocketAddr>().is_ok() || is_name(host))
}

/// Gives integers the range of the Rust type that their format names.
fn bound_integers(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            let bounds = match map.get("format").and_then(Value::as_str) {
                Some("int8") => Some((json!(i8::MIN), json!(i8::MAX))),
                Some("int16") => Some((json!(i16::MIN), json!(i16::MAX))),
                Some("int32") => Some((json!(i32::MIN), json!(i32::MAX))),
                Some("int64" | "int") => Some((json!(i64::MIN), json!(i64::MAX))),
                Some("uint8") => Some((json!(0), json!(u8::MAX))),
                Some("uint16") => Some((json!(0), json!(u16::MAX))),
                Some("uint32") => Some((json!(0), json!(u32::MAX))),
                Some("uint64" | "uint") => Some((json!(0), json!(u64::MAX))),
                _ => None,
            };
            if let Some((least, most)) = bounds {
                if !map.contains_key("exclusiveMinimum") {
                    map.entry("minimum").or_insert(least);
                }
                if !map.contains_key("exclusiveMaximum") {
                    map.entry("maximum").or_insert(most);
                }
            }
            map.values_mut().for_each(bound_integers);
        }
        Value::Array(items) => items.iter_mut().for_each(bound_integers),
        _ => {}
    }
}

/// Refuses unknown keys wherever a map with known ones is described. `is_value` is false for a schema that only
/// describes a part of its value (a branch of a union, what a `$ref` may mean): there, its neighbours decide.
fn close(schema: &mut Value, root: &Value, is_value: bool) {
    let has_keys = is_value && describes_keys(schema, root);
    let Value::Object(map) = schema else { return };
    for (word, below) in map.iter_mut() {
        match (word.as_str(), below) {
            ("properties" | "patternProperties", Value::Object(properties)) => {
                properties.values_mut().for_each(|property| close(property, root, true));
            }
            ("$defs" | "definitions", Value::Object(definitions)) => {
                definitions.values_mut().for_each(|definition| close(definition, root, false));
            }
            ("items" | "additionalProperties", below @ Value::Object(_)) => close(below, root, true),
            ("prefixItems", Value::Array(items)) => items.iter_mut().for_each(|item| close(item, root, true)),
            ("allOf" | "anyOf" | "oneOf", Value::Array(parts)) => {
                parts.iter_mut().for_each(|part| close(part, root, false));
            }
            _ => {}
        }
    }
    if has_keys && !map.contains_key("additionalProperties") {
        map.entry("unevaluatedProperties").or_insert(Value::Bool(false));
    }
}

/// A schema says which keys there are. A map without any is a type without options; one that takes every key says so
/// (`additionalProperties`).
pub(crate) fn describes_keys(schema: &Value, root: &Value) -> bool {
    let no_keys = |schema: &Value| takes(schema, "object") && schema.get("additionalProperties").is_none();
    opened(vec![schema], root).into_iter().any(|schema| schema.get("properties").is_some() || no_keys(schema))
}
