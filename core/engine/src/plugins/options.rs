//! A plugin's options as its schema describes them, made flat enough to be shown as a table.

use serde::Serialize;
use serde_json::Value;
use std::cell::Cell;
use std::collections::HashSet;

/// How deep options may stand in options; deeper is a schema that refers to itself.
const DEEPEST: usize = 6;
/// Options that are described in all: a schema may refer to itself in any number of ways.
const MOST_OPTIONS: usize = 1000;

/// The units that an option's name can end with.
const UNITS: &[(&str, &str)] = &[
    ("_us", "microseconds"),
    ("_ms", "milliseconds"),
    ("_s", "seconds"),
    ("_px", "pixels"),
    ("_percent", "percent"),
    ("_degrees", "degrees"),
    ("_hz", "hertz"),
    ("_kbps", "kilobits per second"),
    ("_bytes", "bytes"),
    ("_kib", "KiB"),
    ("_mib", "MiB"),
];

/// One option of a plugin.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OptionDescription {
    /// Its key in the pipeline file.
    pub name: String,
    /// What it takes: `integer`, `number`, `string`, `boolean`, `path`, `list of integer`, `map`; several with `or`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What its number counts, by the end of its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
    /// Whether it must be given.
    pub required: bool,
    /// What holds without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// The smallest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<Value>,
    /// The largest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<Value>,
    /// The only values there are; empty: no such list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Value>,
    /// What it is for, in its author's words.
    pub description: String,
    /// The options inside it, or inside each item of its list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<OptionDescription>,
}

/// The options that a JSON Schema (draft 2020-12, as schemars makes it of a struct) describes, in its order.
pub(super) fn describe(schema: &Value) -> Vec<OptionDescription> {
    options(&parts(schema, schema), schema, 0, &Cell::new(MOST_OPTIONS))
}

fn options(parts: &[&Value], root: &Value, depth: usize, left: &Cell<usize>) -> Vec<OptionDescription> {
    let mut found: Vec<OptionDescription> = Vec::new();
    if depth > DEEPEST {
        return found;
    }
    for part in parts {
        let required = |name: &str| {
            let names = part.get("required").and_then(Value::as_array);
            names.is_some_and(|names| names.iter().any(|one| one == name))
        };
        for (name, option) in part.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if left.get() > 0 && !found.iter().any(|known| known.name == *name) {
                left.set(left.get() - 1);
                found.push(one(name, option, required(name), root, depth, left));
            }
        }
    }
    found
}

fn one(
    name: &str,
    schema: &Value,
    required: bool,
    root: &Value,
    depth: usize,
    left: &Cell<usize>,
) -> OptionDescription {
    let parts = parts(schema, root);
    let first = |word: &str| parts.iter().find_map(|part| part.get(word)).filter(|value| !value.is_null());
    let items: Vec<&Value> = match first("items") {
        Some(items) => self::parts(items, root),
        None => Vec::new(),
    };
    let inner = [parts.as_slice(), &items].concat();
    OptionDescription {
        name: name.to_owned(),
        kind: kinds(&parts, &items),
        unit: unit(name),
        required,
        default: first("default").cloned(),
        minimum: first("minimum").or(first("exclusiveMinimum")).cloned(),
        maximum: first("maximum").or(first("exclusiveMaximum")).cloned(),
        choices: choices(&inner),
        description: first("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
        options: options(&inner, root, depth + 1, left),
    }
}

/// A schema and all that it is made of (`$ref`, `allOf`, `anyOf`, `oneOf`), itself first.
fn parts<'a>(schema: &'a Value, root: &'a Value) -> Vec<&'a Value> {
    let mut parts: Vec<&Value> = vec![schema];
    let mut known = HashSet::from([std::ptr::from_ref(schema)]);
    let mut at = 0;
    while let Some(part) = parts.get(at).copied() {
        at += 1;
        let referred =
            part.get("$ref").and_then(Value::as_str).and_then(|path| root.pointer(path.strip_prefix('#')?));
        let unions =
            ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|word| part.get(word)?.as_array()).flatten();
        for next in referred.into_iter().chain(unions) {
            // A type may refer to itself.
            if known.insert(std::ptr::from_ref(next)) {
                parts.push(next);
            }
        }
    }
    parts
}

fn kinds(parts: &[&Value], items: &[&Value]) -> String {
    let mut kinds: Vec<String> = Vec::new();
    for part in parts {
        let named: Vec<&str> = match part.get("type") {
            Some(Value::String(kind)) => vec![kind],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        // "null" is the option left out.
        for kind in named.into_iter().filter(|kind| *kind != "null") {
            let kind = match (kind, part.get("format").and_then(Value::as_str)) {
                ("string", Some("path")) => "path".to_owned(),
                ("object", _) => "map".to_owned(),
                ("array", _) if items.is_empty() => "list".to_owned(),
                ("array", _) => format!("list of {}", self::kinds(items, &[])),
                (kind, _) => kind.to_owned(),
            };
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
    }
    if kinds.is_empty() { "anything".to_owned() } else { kinds.join(" or ") }
}

fn choices(parts: &[&Value]) -> Vec<Value> {
    let listed = parts.iter().filter_map(|part| part.get("enum")?.as_array()).flatten();
    let single = parts.iter().filter_map(|part| part.get("const"));
    listed.chain(single).filter(|value| !value.is_null()).cloned().collect()
}

fn unit(name: &str) -> Option<&'static str> {
    match name {
        "width" | "height" => Some("pixels"),
        "fps" => Some("pictures per second"),
        _ => UNITS.iter().find(|(end, _)| name.ends_with(end)).map(|(_, unit)| *unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_form_that_schemars_writes_is_understood() {
        let schema = json!({
            "type": "object",
            "required": ["path"],
            "properties": {
                "path": { "type": "string", "format": "path", "description": "Where." },
                "timeout_ms": { "type": ["integer", "null"], "minimum": 1, "default": 5 },
                "fit": { "$ref": "#/$defs/Fit", "default": "cover" },
                "zones": { "type": "array", "items": { "$ref": "#/$defs/Zone" } },
                "colour": { "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "integer" } }] },
            },
            "$defs": {
                "Fit": { "oneOf": [{ "type": "string", "const": "contain" }, { "type": "string", "const": "cover" }] },
                "Zone": { "type": "object", "properties": {
                    "width": { "type": "number" },
                    "inner": { "anyOf": [{ "$ref": "#/$defs/Zone" }, { "type": "null" }] },
                } },
            },
        });
        let options = describe(&schema);
        let find = |name: &str| options.iter().find(|option| option.name == name).unwrap();
        assert_eq!((find("path").kind.as_str(), find("path").required), ("path", true));
        let timeout = find("timeout_ms");
        assert_eq!(
            (timeout.kind.as_str(), timeout.unit, timeout.required),
            ("integer", Some("milliseconds"), false)
        );
        assert_eq!((&timeout.minimum, &timeout.default), (&Some(json!(1)), &Some(json!(5))));
        assert_eq!(find("fit").choices, [json!("contain"), json!("cover")]);
        assert_eq!(find("zones").kind, "list of map");
        assert_eq!(
            find("zones").options.iter().find(|option| option.name == "width").unwrap().unit,
            Some("pixels")
        );
        assert_eq!(find("colour").kind, "string or list of integer");
    }

    #[test]
    fn a_schema_that_refers_to_itself_has_an_end() {
        let properties: serde_json::Map<String, Value> =
            (0..30).map(|i| (format!("o{i}"), json!({ "$ref": "#" }))).collect();
        let options = describe(&json!({ "properties": properties }));
        fn count(options: &[OptionDescription]) -> usize {
            options.iter().map(|option| 1 + count(&option.options)).sum()
        }
        assert_eq!(count(&options), MOST_OPTIONS);
    }

    #[test]
    fn a_schema_that_describes_nothing_has_no_options() {
        for schema in
            [json!(true), json!(null), json!({}), json!([1]), json!({"$ref": "#"}), json!({"properties": 3})]
        {
            assert!(describe(&schema).is_empty(), "{schema}");
        }
    }
}
