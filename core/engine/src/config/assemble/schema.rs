//! The JSON Schema of pipeline files, for editors: both forms, and the options of every plugin that was found.
//!
//! Each stage is a choice by its `plugin`, written as one `if`/`then` for each name: language servers for YAML then
//! complete and check the options of the plugin that is named, and say one thing instead of "matches none of 12
//! schemas". A plugin that is named by its file may have any options. What a file may say in place of a value
//! (`${NAME}`, a secret's `{ file: PATH }`) is taken too.

use serde_json::{Map, Value, json};

use crate::config::Schema;
use crate::config::assemble::vocabulary;
use crate::config::assemble::vocabulary::stream_keys;
use crate::config::contract::{describes_keys, opened, takes};
use crate::config::model::PluginKind;
use crate::names::plain;

/// A plugin as [`pipeline_schema`] wants to know it.
#[derive(Clone, Debug)]
pub struct Documented {
    /// The name that a file uses.
    pub name: String,
    /// What it does, in a sentence or two; may be empty.
    pub description: String,
    /// What it can be used as, each with the schema of its options.
    pub kinds: Vec<(PluginKind, Schema)>,
}

/// The JSON Schema (draft 2020-12) of pipeline files that use these plugins.
#[must_use]
pub fn pipeline_schema(plugins: &[Documented]) -> Value {
    let mut definitions = Map::new();
    for kind in PluginKind::ALL {
        stage(kind, plugins, &mut definitions);
    }
    definitions.insert("variable".into(), variable());
    definitions.insert("stream".into(), stream());
    let not_beside_streams: Map<String, Value> =
        stream_keys().map(|key| (key.to_owned(), json!(false))).collect();
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Mutoscope pipeline",
        "description": "From cameras to viewers: one `source`, its `transforms` and a `sink`; or several `streams`.",
        "type": "object",
        "properties": {
            "source": described("#/$defs/source", "Where the pictures come from (of the only stream, which is called `camera`)."),
            "transforms": transforms(),
            "streams": {
                "description": "Several cameras, or several streams made of one, each under its name.",
                "type": "object",
                "propertyNames": { "pattern": "^[a-z0-9][a-z0-9_-]*$" },
                "additionalProperties": { "$ref": "#/$defs/stream" },
                "minProperties": 1,
            },
            "sink": described("#/$defs/sink", "What shows the pictures."),
            "sinks": {
                "description": "Several sinks; each serves all streams, or those that it names in `streams`.",
                "type": "array",
                "items": { "$ref": "#/$defs/sink" },
                "minItems": 1,
            },
            "threads": or_variable(json!({
                "description": "How many threads the whole pipeline may use; as many as the machine has where it is left out.",
                "type": "integer",
                "minimum": 1,
            })),
            "plugin_path": {
                "description": "Folders in which plugins are looked for first; relative to this file.",
                "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }],
            },
        },
        "additionalProperties": false,
        "allOf": [
            { "oneOf": [{ "required": ["source"] }, { "required": ["streams"] }] },
            { "oneOf": [{ "required": ["sink"] }, { "required": ["sinks"] }] },
            { "if": { "required": ["streams"] }, "then": { "properties": not_beside_streams } },
        ],
        "$defs": definitions,
    });
    add_settings(&mut schema);
    schema
}

fn described(reference: &str, description: &str) -> Value {
    json!({ "description": description, "$ref": reference })
}

fn transforms() -> Value {
    json!({
        "description": "What is done to each picture, in order.",
        "type": ["array", "null"],
        "items": { "$ref": "#/$defs/transform" },
    })
}

/// A stream's settings among the properties of what may hold them.
fn add_settings(schema: &mut Value) {
    let mut settings = json!({ "properties": vocabulary::properties() });
    let narrow = settings.clone();
    widen(&mut settings, &narrow);
    if let (Value::Object(to), Value::Object(from)) =
        (&mut schema["properties"], settings["properties"].take())
    {
        to.extend(from);
    }
}

fn stream() -> Value {
    let not_without_source: Map<String, Value> =
        vocabulary::OF_SOURCE.into_iter().map(|key| (key.to_owned(), json!(false))).collect();
    let mut schema = json!({
        "type": "object",
        "properties": {
            "source": described("#/$defs/source", "Where the pictures come from."),
            "from": { "description": "The stream whose pictures, after its transforms, this one takes.", "type": "string" },
            "transforms": transforms(),
        },
        "additionalProperties": false,
        "oneOf": [{ "required": ["source"] }, { "required": ["from"] }],
        "if": { "required": ["from"] },
        "then": { "properties": not_without_source },
    });
    add_settings(&mut schema);
    schema
}

fn variable() -> Value {
    json!({
        "description": "An environment variable: `${NAME}` or `${NAME:-default}`.",
        "type": "string",
        "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}",
    })
}

/// Defines a kind of stage, and beside it the options of every plugin of that kind.
fn stage(kind: PluginKind, plugins: &[Documented], definitions: &mut Map<String, Value>) {
    let mut names = Vec::new();
    let mut branches = Vec::new();
    for plugin in plugins {
        let Some((_, schema)) = plugin.kinds.iter().find(|(k, _)| *k == kind) else { continue };
        let definition = format!("{kind}.{}", plugin.name);
        // `-` and `_` are the same in a name.
        let mut spellings =
            vec![plugin.name.clone(), plain(&plugin.name), plain(&plugin.name).replace('_', "-")];
        spellings.sort();
        spellings.dedup();
        branches.push(json!({
            "if": { "properties": { "plugin": { "enum": spellings } }, "required": ["plugin"] },
            "then": { "$ref": format!("#/$defs/{definition}") },
        }));
        for spelling in spellings {
            names.push(json!({ "const": spelling, "description": plugin.description }));
        }
        options(kind, &definition, &plugin.description, schema, definitions);
    }
    names.push(json!({
        "type": "string",
        "pattern": r"/|\$\{",
        "description": "A plugin's file, or an environment variable.",
    }));
    let mut properties =
        json!({ "plugin": { "description": "The plugin's name, or its file.", "anyOf": names } });
    if kind == PluginKind::Sink {
        properties["streams"] = served();
    }
    let mut stage = json!({ "type": "object", "properties": properties, "required": ["plugin"] });
    if !branches.is_empty() {
        stage["allOf"] = Value::Array(branches);
    }
    definitions.insert(kind.to_string(), stage);
}

fn served() -> Value {
    json!({
        "description": "The streams that this sink serves; all where it is left out.",
        "type": "array",
        "items": { "type": "string" },
        "minItems": 1,
        "uniqueItems": true,
    })
}

/// Defines a plugin's options as a file writes them: with the host's keys among them.
fn options(
    kind: PluginKind,
    definition: &str,
    description: &str,
    schema: &Schema,
    definitions: &mut Map<String, Value>,
) {
    let mut options = Value::clone(schema);
    widen(&mut options, schema);
    let closed = describes_keys(schema, schema);
    // A schema may also be `true`: anything goes.
    if !options.is_object() {
        options = json!({});
    }
    let Value::Object(map) = &mut options else { return };
    map.remove("$schema");
    map.remove("title");
    if !description.is_empty() {
        map.insert("description".into(), json!(description));
    }
    if let Value::Object(properties) = map.entry("properties").or_insert_with(|| json!({})) {
        properties.insert("plugin".into(), json!(true));
        if kind == PluginKind::Sink {
            properties.insert("streams".into(), json!(true));
        }
    }
    // Where all options stand in one place, editors understand the older word better.
    let in_one_place = !["allOf", "anyOf", "oneOf", "$ref"].iter().any(|word| map.contains_key(*word));
    if closed && !map.contains_key("additionalProperties") {
        let word = if in_one_place { "additionalProperties" } else { "unevaluatedProperties" };
        map.insert(word.into(), json!(false));
    }
    let own = map.remove("$defs");
    relocate(&mut options, definition);
    definitions.insert(definition.to_owned(), options);
    for (name, mut own) in own.and_then(|own| own.as_object().cloned()).into_iter().flatten() {
        relocate(&mut own, definition);
        definitions.insert(format!("{definition}.{name}"), own);
    }
}

/// Makes the references of a plugin's schema those of the whole.
fn relocate(schema: &mut Value, definition: &str) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get_mut("$ref") {
                match reference.strip_prefix("#/$defs/") {
                    Some("variable") => {}
                    Some(name) => *reference = format!("#/$defs/{definition}.{name}"),
                    None if reference == "#" => *reference = format!("#/$defs/{definition}"),
                    None => {}
                }
            }
            map.values_mut().for_each(|value| relocate(value, definition));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| relocate(item, definition)),
        _ => {}
    }
}

/// Takes what a file may say in place of an option's value.
fn widen(schema: &mut Value, root: &Value) {
    let Value::Object(map) = schema else { return };
    for (word, below) in map.iter_mut() {
        match (word.as_str(), below) {
            ("properties", Value::Object(properties)) => properties.values_mut().for_each(|property| {
                widen(property, root);
                widen_value(property, root);
            }),
            ("$defs", Value::Object(definitions)) => {
                definitions.values_mut().for_each(|below| widen(below, root))
            }
            ("items" | "additionalProperties", below @ Value::Object(_)) => {
                widen(below, root);
                widen_value(below, root);
            }
            ("allOf" | "anyOf" | "oneOf", Value::Array(parts)) => {
                parts.iter_mut().for_each(|part| widen(part, root))
            }
            _ => {}
        }
    }
}

fn widen_value(schema: &mut Value, root: &Value) {
    if has_format(schema, root, "secret") {
        let file = json!({
            "description": "A secret that stands in a file of its own.",
            "type": "object",
            "properties": { "file": { "type": "string" } },
            "required": ["file"],
            "additionalProperties": false,
        });
        *schema = one_more(schema.take(), file);
    } else if is_narrow(schema, root) {
        *schema = or_variable(schema.take());
    }
}

fn or_variable(schema: Value) -> Value {
    one_more(schema, json!({ "$ref": "#/$defs/variable" }))
}

/// A schema, or another one; what an editor shows stays outside.
fn one_more(mut schema: Value, other: Value) -> Value {
    let mut outer = Map::new();
    for word in ["title", "description", "default", "examples"] {
        if let Some(value) = schema.as_object_mut().and_then(|map| map.remove(word)) {
            outer.insert(word.into(), value);
        }
    }
    outer.insert("anyOf".into(), json!([schema, other]));
    Value::Object(outer)
}

fn has_format(schema: &Value, root: &Value, format: &str) -> bool {
    opened(vec![schema], root).iter().any(|schema| schema.get("format").is_some_and(|own| own == format))
}

/// Tells whether it takes single values, and not every text.
fn is_narrow(schema: &Value, root: &Value) -> bool {
    let words = ["enum", "const", "pattern", "format", "minLength"];
    opened(vec![schema], root).iter().any(|schema| {
        ["integer", "number", "boolean"].iter().any(|kind| takes(schema, kind))
            || words.iter().any(|word| schema.get(word).is_some())
    })
}
