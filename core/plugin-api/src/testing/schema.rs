//! A plugin's schema as the kit reads it: which options there are, and whether a value is allowed.
//!
//! Only what schemars writes is understood (JSON Schema, draft 2020-12); where a word is not, nothing is claimed of the
//! value. The host has a complete implementation; here it would be the largest part of what an author compiles.

use serde_json::{Map, Value};

/// A schema, and the root that its references lead to.
#[derive(Clone, Copy)]
pub(super) struct Schema<'a> {
    pub(super) here: &'a Value,
    root: &'a Value,
}

/// Words that say nothing of whether a value is allowed, or are looked at elsewhere in this file.
const UNDERSTOOD: &[&str] = &[
    "$schema",
    "$defs",
    "$ref",
    "$comment",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "type",
    "enum",
    "const",
    "format",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "items",
    "properties",
    "required",
    "additionalProperties",
    "anyOf",
    "oneOf",
    "allOf",
];

impl<'a> Schema<'a> {
    pub(super) fn new(root: &'a Value) -> Schema<'a> {
        Schema { here: root, root }.resolved()
    }

    /// The target of a reference; the schema itself, if it is none.
    pub(super) fn resolved(self) -> Schema<'a> {
        let target = self.here.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#'));
        match target.and_then(|path| self.root.pointer(path)) {
            Some(here) => Schema { here, ..self },
            None => self,
        }
    }

    fn at(self, here: &'a Value) -> Schema<'a> {
        Schema { here, ..self }
    }

    /// The options of an object.
    pub(super) fn properties(self) -> impl Iterator<Item = (&'a str, Schema<'a>)> {
        let properties = self.here.get("properties").and_then(Value::as_object);
        properties.into_iter().flatten().map(move |(name, here)| (name.as_str(), self.at(here)))
    }

    /// The options that must be given.
    pub(super) fn required(self) -> Vec<&'a str> {
        let names = self.here.get("required").and_then(Value::as_array);
        names.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// The schemas in one of the unions, `anyOf`, `oneOf` or `allOf`.
    pub(super) fn parts(self, union: &str) -> Vec<Schema<'a>> {
        let parts = self.here.get(union).and_then(Value::as_array);
        parts.into_iter().flatten().map(|part| self.at(part)).collect()
    }

    /// The schema of an array's items.
    pub(super) fn items(self) -> Option<Schema<'a>> {
        self.here.get("items").map(|items| self.at(items))
    }

    /// Returns whether it allows values of this one's type, as far as `type` says it.
    pub(super) fn type_allows(self, value: &Value) -> Option<bool> {
        self.here.as_object().and_then(|map| type_allows(map, value))
    }

    /// The text that describes it, or what it refers to.
    pub(super) fn description(self) -> Option<&'a str> {
        let own = |schema: Schema<'a>| schema.here.get("description").and_then(Value::as_str);
        own(self).or_else(|| own(self.resolved())).filter(|text| !text.trim().is_empty())
    }

    /// Returns whether it allows this value; `None` if that cannot be said.
    pub(super) fn allows(self, value: &Value) -> Option<bool> {
        let map = match self.here {
            Value::Bool(all) => return Some(*all),
            Value::Object(map) => map,
            _ => return None,
        };
        let mut parts = vec![type_allows(map, value), bounds_allow(map, value)];
        parts.push(map.get("enum").map_or(Some(true), |all| Some(all.as_array()?.contains(value))));
        parts.push(map.get("const").map_or(Some(true), |only| Some(only == value)));
        if map.contains_key("$ref") {
            let target = self.resolved();
            parts.push(if std::ptr::eq(target.here, self.here) { None } else { target.allows(value) });
        }
        parts.extend(self.parts("allOf").into_iter().map(|part| part.allows(value)));
        for union in ["anyOf", "oneOf"].into_iter().filter(|union| map.contains_key(*union)) {
            parts.push(any(self.parts(union).into_iter().map(|part| part.allows(value))));
        }
        match value {
            Value::Object(values) => parts.push(self.allows_object(map, values)),
            Value::Array(values) => {
                let items = self.items();
                parts.extend(items.iter().flat_map(|items| values.iter().map(|value| items.allows(value))));
            }
            _ => {}
        }
        // A text of a special form.
        let form = map.get("format").filter(|format| value.is_string() && *format != "path");
        if form.is_some()
            || !map.keys().all(|word| UNDERSTOOD.contains(&word.as_str()) || word.starts_with("x-"))
        {
            parts.push(None);
        }
        all(parts)
    }

    fn allows_object(self, map: &'a Map<String, Value>, values: &Map<String, Value>) -> Option<bool> {
        if self.required().iter().any(|name| !values.contains_key(*name)) {
            return Some(false);
        }
        all(values.iter().map(|(name, value)| {
            let own = self.properties().find(|(known, _)| known == name).map(|(_, schema)| schema);
            match own.or_else(|| map.get("additionalProperties").map(|others| self.at(others))) {
                Some(schema) => schema.allows(value),
                None => Some(true),
            }
        }))
    }
}

fn type_allows(map: &Map<String, Value>, value: &Value) -> Option<bool> {
    let is = |name: &Value| {
        Some(match name.as_str()? {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            // 1.0 is an integer too, says JSON Schema, and is none for serde: schemars' integers are never tried with it.
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            _ => return None,
        })
    };
    match map.get("type") {
        None => Some(true),
        Some(Value::Array(names)) => any(names.iter().map(is)),
        Some(name) => is(name),
    }
}

fn bounds_allow(map: &Map<String, Value>, value: &Value) -> Option<bool> {
    let bound = |name: &str| map.get(name).and_then(Value::as_f64);
    let within = |measure: f64, least: &str, most: &str| {
        bound(least).is_none_or(|least| measure >= least) && bound(most).is_none_or(|most| measure <= most)
    };
    Some(match value {
        Value::Number(number) => {
            let number = number.as_f64()?;
            let (least, most) = integer_range(map);
            (least..=most).contains(&number)
                && within(number, "minimum", "maximum")
                && bound("exclusiveMinimum").is_none_or(|least| number > least)
                && bound("exclusiveMaximum").is_none_or(|most| number < most)
                && bound("multipleOf").is_none_or(|factor| number % factor == 0.0)
        }
        Value::String(text) => within(text.chars().count() as f64, "minLength", "maxLength"),
        Value::Array(values) => within(values.len() as f64, "minItems", "maxItems"),
        _ => true,
    })
}

/// The range of the integer type that stands in `format`.
pub(super) fn integer_range(map: &Map<String, Value>) -> (f64, f64) {
    match map.get("format").and_then(Value::as_str) {
        Some("uint8") => (0.0, f64::from(u8::MAX)),
        Some("uint16") => (0.0, f64::from(u16::MAX)),
        Some("uint32") => (0.0, f64::from(u32::MAX)),
        Some("uint" | "uint64" | "uint128") => (0.0, u64::MAX as f64),
        Some("int8") => (f64::from(i8::MIN), f64::from(i8::MAX)),
        Some("int16") => (f64::from(i16::MIN), f64::from(i16::MAX)),
        Some("int32") => (f64::from(i32::MIN), f64::from(i32::MAX)),
        Some("int" | "int64" | "int128") => (i64::MIN as f64, i64::MAX as f64),
        _ => (f64::NEG_INFINITY, f64::INFINITY),
    }
}

/// Returns whether all hold: one `false` decides it, one `None` leaves it open.
fn all(parts: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = Some(true);
    for part in parts {
        match part {
            Some(true) => {}
            Some(false) => return Some(false),
            None => all = None,
        }
    }
    all
}

/// Returns whether one of them holds.
fn any(parts: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    all(parts.into_iter().map(|part| part.map(|allowed| !allowed))).map(|none| !none)
}
