//! What a validator found, sorted out: one fault for each thing that a person did, with its path.
//!
//! A validator reports a union (`anyOf`, `oneOf`) as one failure with the failures of every branch inside it. A
//! person meant one of the branches: the fault is the one of the branch that fits best.

use std::collections::{HashMap, HashSet};

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::paths::LocationSegment;
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use crate::config::contract::Contract;
use crate::config::keys::{KeyPath, Step};

/// One thing that is wrong with options.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault {
    /// The value's path within the options.
    pub path: KeyPath,
    pub what: What,
}

impl Fault {
    /// The path of what is wrong: a key that is unknown or missing, or the value.
    pub fn place(&self) -> KeyPath {
        match &self.what {
            What::Unknown(key) | What::Missing(key) => self.path.key(key),
            _ => self.path.clone(),
        }
    }
}

/// What is wrong with the value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    /// It has a key that nothing knows.
    Unknown(String),
    /// A key is missing in it.
    Missing(String),
    /// It is of another type than wanted, or fits no branch of a union.
    Type,
    /// It is none of the values that are allowed.
    Choice(Vec<Value>),
    /// It is too small, too large, too short, …, in words: "at least 1".
    Bound(String),
    /// It has not the form that a `format` asks for.
    Format(String),
    /// It does not match a pattern.
    Pattern(String),
    /// In the validator's words.
    Other(String),
}

/// Checks options, and gives every fault once, in no order.
pub(crate) fn find(contract: &Contract, options: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    for error in contract.validator.iter_errors(options) {
        sort_out(&error, &mut faults);
    }
    drop_echoes(&mut faults, contract);
    faults
}

/// A branch that failed for another reason does not count its keys as known: only keys that no branch knows remain.
fn drop_echoes(faults: &mut Vec<Fault>, contract: &Contract) {
    // Every value that has a fault in it, or is one; a key that no branch knows is such a fault. There may be tens of
    // thousands of each.
    let is_echo = |fault: &Fault| match &fault.what {
        What::Unknown(_) => !contract.at(&fault.place()).is_empty(),
        _ => false,
    };
    let mut failed: HashSet<Vec<Step>> = HashSet::new();
    let mut mistyped: HashSet<KeyPath> = HashSet::new();
    for fault in faults.iter().filter(|fault| !is_echo(fault)) {
        for length in (0..=fault.path.0.len()).rev() {
            if !failed.insert(fault.path.0[..length].to_vec()) {
                break;
            }
        }
        if fault.what == What::Type {
            mistyped.insert(fault.path.clone());
        }
    }
    let mut known: HashMap<KeyPath, Vec<What>> = HashMap::new();
    faults.retain(|fault| {
        let is_echo = match &fault.what {
            What::Unknown(_) => failed.contains(&fault.path.0) && is_echo(fault),
            // What is of the wrong type has no size to speak of, and is none of the choices.
            What::Bound(_) | What::Choice(_) => mistyped.contains(&fault.path),
            _ => false,
        };
        if is_echo {
            return false;
        }
        let said = known.entry(fault.place()).or_default();
        let is_new = !said.contains(&fault.what);
        if is_new {
            said.push(fault.what.clone());
        }
        is_new
    });
}

fn sort_out(error: &ValidationError<'_>, faults: &mut Vec<Fault>) {
    let path = path_of(error);
    let mut fault = |what| faults.push(Fault { path: path.clone(), what });
    match error.kind() {
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            unexpected.iter().for_each(|key| fault(What::Unknown(key.clone())));
        }
        Kind::Required { property } => fault(What::Missing(property.as_str().unwrap_or_default().to_owned())),
        Kind::Type { .. } => fault(What::Type),
        Kind::Enum { options } => fault(What::Choice(options.as_array().cloned().unwrap_or_default())),
        Kind::Constant { expected_value } => fault(What::Choice(vec![Value::clone(expected_value)])),
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => branches(&path, context, faults),
        Kind::Minimum { limit } => fault(What::Bound(format!("at least {limit}"))),
        Kind::Maximum { limit } => fault(What::Bound(format!("at most {limit}"))),
        Kind::ExclusiveMinimum { limit } => fault(What::Bound(format!("more than {limit}"))),
        Kind::ExclusiveMaximum { limit } => fault(What::Bound(format!("less than {limit}"))),
        Kind::MultipleOf { multiple_of } => fault(What::Bound(format!("a multiple of {multiple_of}"))),
        Kind::MinLength { limit: 1 } => fault(What::Bound("some text, not empty".into())),
        Kind::MinLength { limit } => fault(What::Bound(format!("at least {limit} characters long"))),
        Kind::MaxLength { limit } => {
            fault(What::Bound(format!("at most {}", counted(*limit, "character") + " long")))
        }
        Kind::MinItems { limit } => {
            fault(What::Bound(format!("a list of at least {}", counted(*limit, "item"))))
        }
        Kind::MaxItems { limit } => {
            fault(What::Bound(format!("a list of at most {}", counted(*limit, "item"))))
        }
        Kind::MinProperties { limit } => {
            fault(What::Bound(format!("a map of at least {}", counted(*limit, "key"))))
        }
        Kind::MaxProperties { limit } => {
            fault(What::Bound(format!("a map of at most {}", counted(*limit, "key"))))
        }
        Kind::UniqueItems => fault(What::Bound("a list in which nothing stands twice".into())),
        Kind::AdditionalItems { limit } => {
            fault(What::Bound(format!("a list of {}", counted(*limit as u64, "item"))))
        }
        Kind::Format { format } => fault(What::Format(format.clone())),
        Kind::Pattern { pattern } => fault(What::Pattern(pattern.clone())),
        _ => fault(What::Other(error.masked().to_string())),
    }
}

fn counted(number: u64, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// Chooses among the branches of a union that failed.
fn branches(path: &KeyPath, branches: &[Vec<ValidationError<'static>>], faults: &mut Vec<Fault>) {
    let sorted: Vec<Vec<Fault>> = branches
        .iter()
        .filter(|branch| !only_wants_null(path, branch))
        .map(|branch| {
            let mut faults = Vec::new();
            branch.iter().for_each(|error| sort_out(error, &mut faults));
            faults
        })
        .collect();
    // A list of names to choose from: each branch is one or some of them.
    let choices: Option<Vec<Value>> = sorted
        .iter()
        .map(|branch| choice_at(path, branch))
        .collect::<Option<Vec<_>>>()
        .map(|all| all.concat());
    if let Some(choices) = choices
        && !choices.is_empty()
    {
        faults.push(Fault { path: path.clone(), what: What::Choice(choices) });
        return;
    }
    let fits =
        |branch: &&Vec<Fault>| !branch.iter().any(|fault| fault.path == *path && fault.what == What::Type);
    // A tag (`kind: circle`) says which branch is meant.
    let tagged = |branch: &&Vec<Fault>| {
        branch
            .iter()
            .any(|fault| fault.path.0.len() == path.0.len() + 1 && matches!(fault.what, What::Choice(_)))
    };
    let mut fitting: Vec<&Vec<Fault>> = sorted.iter().filter(fits).collect();
    if fitting.len() > 1 && fitting.iter().any(|branch| !tagged(branch)) {
        fitting.retain(|branch| !tagged(branch));
    }
    match (fitting.as_slice(), sorted.len()) {
        ([one], _) => faults.extend(one.iter().cloned()),
        ([], 1) => faults.extend(sorted.into_iter().flatten()),
        ([first, rest @ ..], _) if rest.iter().all(&tagged) && tagged(first) => {
            // Every branch has a tag, and none is the one written: all tags together are the choice.
            let tags =
                fitting.iter().flat_map(|branch| branch.iter()).filter(|f| matches!(f.what, What::Choice(_)));
            let at = first.iter().find(|f| matches!(f.what, What::Choice(_))).map(|f| f.path.clone());
            let values = tags.flat_map(|f| match &f.what {
                What::Choice(values) => values.clone(),
                _ => Vec::new(),
            });
            faults.push(Fault {
                path: at.unwrap_or_else(|| path.clone()),
                what: What::Choice(values.collect()),
            });
        }
        _ => faults.push(Fault { path: path.clone(), what: What::Type }),
    }
}

/// The values of a branch that is nothing but a choice of values. A constant of schemars also has a type, which
/// fails beside it for a value of another type.
fn choice_at(path: &KeyPath, branch: &[Fault]) -> Option<Vec<Value>> {
    let mut choices = Vec::new();
    for fault in branch.iter().filter(|fault| fault.path == *path) {
        match &fault.what {
            What::Choice(values) => choices.extend(values.iter().cloned()),
            What::Type => {}
            _ => return None,
        }
    }
    (!choices.is_empty()).then_some(choices)
}

fn only_wants_null(path: &KeyPath, branch: &[ValidationError<'static>]) -> bool {
    matches!(branch, [error] if path_of(error) == *path
        && matches!(error.kind(), Kind::Type { kind: TypeKind::Single(JsonType::Null) }))
}

fn path_of(error: &ValidationError<'_>) -> KeyPath {
    let steps = error.instance_path().into_iter().map(|segment| match segment {
        LocationSegment::Property(name) => Step::Key(name.into_owned()),
        LocationSegment::Index(index) => Step::Index(index),
    });
    KeyPath(steps.collect())
}
