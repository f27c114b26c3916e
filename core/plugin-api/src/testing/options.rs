//! Options: what the schema says, what serde takes, and how the rest is refused. Opens nothing.

use super::probes;
use super::report::Notes;
use super::rules::*;
use super::schema::Schema;
use crate::host::Failure;
use crate::options::is_serdes;
use serde_json::{Map, Value, json};

/// An option that no plugin has.
const UNKNOWN_OPTION: &str = "conformance_no_such_option";

/// Asks the plugin something that needs options.
pub(super) type Ask<'a> = &'a dyn Fn(&Value) -> Result<(), Failure>;

/// Tries the options of a kind, on top of `example`.
pub(super) fn check(notes: &mut Notes, schema: &str, example: &Map<String, Value>, ask: Ask<'_>) {
    let root: Value = serde_json::from_str(schema).unwrap_or_default();
    notes.expect(SCHEMA, root["type"] == "object", || format!("the schema is {schema}"));
    if notes.is_broken(SCHEMA) {
        return;
    }
    let schema = Schema::new(&root);
    defaults(notes, schema, example, ask);
    if !example.is_empty() || !schema.required().is_empty() {
        let taken = asked(notes, ask, example);
        let kept = taken.as_ref().err().is_none_or(|failure| failure.panicked);
        notes.expect(EXAMPLE, kept, || refused(&taken));
    }
    notes.tried(DESCRIBED);
    notes.tried(SCHEMA_AND_SERDE);
    unknown(notes, example, ask);
    for (name, option) in schema.properties() {
        notes.expect(DESCRIBED, option.description().is_some(), || format!("`{name}` has none"));
        allowed(notes, example, (name, option), ask);
        wrong(notes, example, (name, option), ask);
        for inside in probes::objects(option) {
            nested(notes, example, (name, inside), ask);
        }
    }
}

fn defaults(notes: &mut Notes, schema: Schema<'_>, example: &Map<String, Value>, ask: Ask<'_>) {
    notes.tried(DEFAULTS);
    for (name, option) in schema.properties() {
        if let Some(default) = option.here.get("default") {
            notes.expect(DEFAULTS, option.allows(default) != Some(false), || {
                format!("the default of `{name}`, {default}, is none that its schema allows")
            });
        }
    }
    let required = schema.required();
    let taken = asked(notes, ask, &Map::new());
    let skipped = match taken.as_ref() {
        _ if !required.is_empty() => format!("the schema requires `{}`", required.join("`, `")),
        // One of several is needed, which a schema made of a type cannot say; the test that gives one knows it.
        Err(failure) if !example.is_empty() && !failure.option.is_empty() && !is_serdes(&failure.message) => {
            format!("it says: {failure}")
        }
        _ => {
            let kept = taken.as_ref().err().is_none_or(|failure| failure.panicked);
            return notes.expect(DEFAULTS, kept, || format!("without options, {}", refused(&taken)));
        }
    };
    notes.skipped("starting without options", skipped);
}

fn unknown(notes: &mut Notes, example: &Map<String, Value>, ask: Ask<'_>) {
    let answer = asked(notes, ask, &with(example, UNKNOWN_OPTION, json!(1)));
    notes.expect(UNKNOWN, is_refused_at(&answer, UNKNOWN_OPTION), || {
        format!("an option `{UNKNOWN_OPTION}`: {}", answered(&answer))
    });
}

fn allowed(
    notes: &mut Notes,
    example: &Map<String, Value>,
    (name, option): (&str, Schema<'_>),
    ask: Ask<'_>,
) {
    for value in probes::allowed(option) {
        let Err(failure) = asked(notes, ask, &with(example, name, value.clone())) else { continue };
        // Anything else is the plugin's own check, which may refuse what does not fit to the other options; but by path.
        notes.expect(SCHEMA_AND_SERDE, failure.panicked || !is_serdes(&failure.message), || {
            format!("`{name}: {value}` is allowed by the schema, and refused with: {failure}")
        });
        notes.expect(WRONG, failure.panicked || !failure.option.is_empty(), || {
            format!("`{name}: {value}` is refused without the path of an option: {failure}")
        });
    }
}

fn wrong(notes: &mut Notes, example: &Map<String, Value>, (name, option): (&str, Schema<'_>), ask: Ask<'_>) {
    notes.tried(WRONG);
    for value in probes::wrong(option) {
        let answer = asked(notes, ask, &with(example, name, value.clone()));
        notes.expect(WRONG, is_refused_at(&answer, name), || {
            format!("`{name}: {value}`: {}", answered(&answer))
        });
    }
}

fn nested(notes: &mut Notes, example: &Map<String, Value>, (name, inside): (&str, Schema<'_>), ask: Ask<'_>) {
    let Some(mut object) = probes::least(inside) else { return };
    object.insert(UNKNOWN_OPTION.into(), json!(1));
    let answer = asked(notes, ask, &with(example, name, Value::Object(object)));
    notes.expect(UNKNOWN, is_refused_at(&answer, name), || {
        format!("an option `{UNKNOWN_OPTION}` inside `{name}`: {}", answered(&answer))
    });
}

fn with(example: &Map<String, Value>, name: &str, value: Value) -> Map<String, Value> {
    let mut options = example.clone();
    options.insert(name.into(), value);
    options
}

/// Asks, and notes a panic.
fn asked(notes: &mut Notes, ask: Ask<'_>, options: &Map<String, Value>) -> Result<(), Failure> {
    let options = Value::Object(options.clone());
    let answer = ask(&options);
    let panicked = answer.as_ref().err().filter(|failure| failure.panicked);
    notes.expect(NO_PANIC, panicked.is_none(), || {
        format!(
            "asked what it does with {options}, it {}",
            answer.as_ref().err().map_or("", |failure| &failure.message)
        )
    });
    answer
}

fn is_refused_at(answer: &Result<(), Failure>, name: &str) -> bool {
    let Err(failure) = answer else { return false };
    let rest = failure.option.strip_prefix(name);
    failure.panicked || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

fn answered(answer: &Result<(), Failure>) -> String {
    match answer {
        Ok(()) => "it is taken".into(),
        Err(Failure { option, message, .. }) if option.is_empty() => {
            format!("refused without a path: {message}")
        }
        Err(Failure { option, message, .. }) => format!("refused as `{option}`: {message}"),
    }
}

fn refused(answer: &Result<(), Failure>) -> String {
    format!("it answers: {}", answer.as_ref().err().map(Failure::to_string).unwrap_or_default())
}
