//! Values to try for an option: ones that its schema allows, and ones of a type that it does not.

use super::schema::{Schema, integer_range};
use serde_json::{Map, Value, json};

/// The depth to which options inside options are followed; a type may contain itself.
const DEPTH: usize = 4;

/// A text that no option has as a choice.
const NO_CHOICE: &str = "no-such-choice";

/// Values that the schema surely allows: one of each type, its choices, its bounds, its default.
pub(super) fn allowed(schema: Schema<'_>) -> Vec<Value> {
    let mut values = Vec::new();
    gather(schema, DEPTH, &mut values);
    let mut allowed: Vec<Value> = Vec::new();
    for value in values {
        if schema.allows(&value) == Some(true) && !allowed.contains(&value) {
            allowed.push(value);
        }
    }
    allowed
}

/// Values that are refused whatever the schema says of sizes and bounds: of a wrong type, or no choice. `null` is none of
/// them: serde takes it for an option that may be left out, and a schema need not praise it.
pub(super) fn wrong(schema: Schema<'_>) -> Vec<Value> {
    let values =
        [json!(true), json!(7), json!(2.5), json!(NO_CHOICE), json!([[[]]]), json!({ NO_CHOICE: 1 })];
    let has_type = |value: &Value| may_have_type(schema, value, DEPTH);
    let is_choice = |value: &Value| {
        value.is_string() && schema.allows(value) == Some(false) && only_choices(schema, DEPTH)
    };
    values.into_iter().filter(|value| !has_type(value) || is_choice(value)).collect()
}

/// An object that the schema allows, with what it requires and no more.
pub(super) fn least(schema: Schema<'_>) -> Option<Map<String, Value>> {
    object(schema, DEPTH)
}

/// The schemas of objects that a value of this one may be.
pub(super) fn objects(schema: Schema<'_>) -> Vec<Schema<'_>> {
    let schema = schema.resolved();
    if schema.properties().next().is_some() {
        return vec![schema];
    }
    ["anyOf", "oneOf", "allOf"].iter().flat_map(|union| schema.parts(union)).flat_map(objects).collect()
}

fn gather(schema: Schema<'_>, depth: usize, values: &mut Vec<Value>) {
    let schema = schema.resolved();
    let Some(map) = schema.here.as_object().filter(|_| depth > 0) else { return };
    values.extend([
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(-1),
        json!(0.5),
        json!(""),
    ]);
    values.extend([json!("text"), json!([]), json!({})]);
    for word in ["enum", "examples"] {
        values.extend(map.get(word).and_then(Value::as_array).into_iter().flatten().cloned());
    }
    for word in ["const", "default", "minimum", "maximum"] {
        values.extend(map.get(word).cloned());
    }
    let (least, most) = integer_range(map);
    // Beyond 2^53 not every integer is a number that JSON's readers agree on.
    values.extend(
        [least, most]
            .into_iter()
            .filter(|bound| bound.abs() < 2f64.powi(53))
            .map(|bound| json!(bound as i64)),
    );
    if map.contains_key("properties") {
        values.extend(object(schema, depth).map(Value::Object));
    }
    if let Some(items) = schema.items() {
        let mut inner = Vec::new();
        gather(items, depth - 1, &mut inner);
        values.extend(
            inner.into_iter().filter(|value| items.allows(value) == Some(true)).map(|value| json!([value])),
        );
    }
    for union in ["anyOf", "oneOf", "allOf"] {
        schema.parts(union).into_iter().for_each(|part| gather(part, depth - 1, values));
    }
}

fn object(schema: Schema<'_>, depth: usize) -> Option<Map<String, Value>> {
    let mut object = Map::new();
    for name in schema.required() {
        let (_, option) = schema.properties().find(|(known, _)| *known == name)?;
        let mut values = Vec::new();
        gather(option, depth.checked_sub(1)?, &mut values);
        object.insert(name.into(), values.into_iter().find(|value| option.allows(value) == Some(true))?);
    }
    Some(object)
}

/// Returns whether a value may have this one's type.
fn may_have_type(schema: Schema<'_>, value: &Value, depth: usize) -> bool {
    let schema = schema.resolved();
    let Some(map) = schema.here.as_object().filter(|_| depth > 0) else {
        return schema.here != &json!(false);
    };
    if map.contains_key("type") {
        return schema.type_allows(value) != Some(false);
    }
    if let Some(only) = map.get("const") {
        return std::mem::discriminant(only) == std::mem::discriminant(value);
    }
    if let Some(choices) = map.get("enum").and_then(Value::as_array) {
        return choices.iter().any(|one| std::mem::discriminant(one) == std::mem::discriminant(value));
    }
    let parts: Vec<_> = ["anyOf", "oneOf", "allOf"].iter().flat_map(|union| schema.parts(union)).collect();
    parts.is_empty() || parts.into_iter().any(|part| may_have_type(part, value, depth - 1))
}

/// Returns whether the schema names all texts that it allows.
fn only_choices(schema: Schema<'_>, depth: usize) -> bool {
    let schema = schema.resolved();
    let Some(map) = schema.here.as_object().filter(|_| depth > 0) else { return false };
    if map.contains_key("enum") || map.contains_key("const") {
        return true;
    }
    let parts: Vec<_> = ["anyOf", "oneOf"].iter().flat_map(|union| schema.parts(union)).collect();
    match parts.is_empty() {
        true => schema.type_allows(&json!("")) == Some(false),
        false => parts.into_iter().all(|part| only_choices(part, depth - 1)),
    }
}
