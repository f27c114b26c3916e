//! `${NAME}` and `${NAME:-default}` in values; `$${` is a literal `${`. Keys are left as they are.

use super::node::{Node, Value};
use super::path::{KeyPath, Step};
use super::problem::{Problem, Problems, Target};

/// Gives the value of an environment variable.
pub type Environment<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Fills every variable of a tree in. A value with one that is missing becomes [`Value::Broken`].
pub(super) fn fill(root: &mut Node, environment: &Environment<'_>, problems: &mut Problems) {
    fill_node(root, &mut KeyPath::default(), environment, problems);
}

fn fill_node(node: &mut Node, path: &mut KeyPath, environment: &Environment<'_>, problems: &mut Problems) {
    match &mut node.value {
        Value::Text(text) if text.contains("${") => match filled(text, environment) {
            Ok(Filling { text, variables: 0 }) => node.value = Value::Text(text),
            Ok(Filling { text, .. }) => node.value = Value::Filled(text),
            Err(refusal) => {
                let mut problem =
                    Problem::error(Target::Value(path.clone()), refusal.message).label(refusal.label);
                problem.helps.push(refusal.help);
                problems.push(problem);
                node.value = Value::Broken;
            }
        },
        Value::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                path.0.push(Step::Index(index));
                fill_node(item, path, environment, problems);
                path.0.pop();
            }
        }
        Value::Map(map) => {
            for (key, value) in &mut map.0 {
                path.0.push(Step::Key(key.clone()));
                fill_node(value, path, environment, problems);
                path.0.pop();
            }
        }
        _ => {}
    }
}

struct Filling {
    text: String,
    variables: usize,
}

struct Refusal {
    message: String,
    label: String,
    help: String,
}

fn filled(text: &str, environment: &Environment<'_>) -> Result<Filling, Refusal> {
    let mut filling = Filling { text: String::with_capacity(text.len()), variables: 0 };
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if let Some(before) = rest[..at].strip_suffix('$') {
            filling.text.push_str(before);
            filling.text.push_str("${");
            rest = &rest[at + 2..];
            continue;
        }
        filling.text.push_str(&rest[..at]);
        let Some((inside, after)) = rest[at + 2..].split_once('}') else {
            return Err(Refusal {
                message: "a variable is not closed".into(),
                label: "`}` is missing".into(),
                help: "write `${NAME}` or `${NAME:-default}`; a literal `${` is written `$${`".into(),
            });
        };
        filling.text.push_str(&variable(inside, environment)?);
        filling.variables += 1;
        rest = after;
    }
    filling.text.push_str(rest);
    Ok(filling)
}

/// What stands for `${inside}`. As in a shell, `:-` also replaces a variable that is set to nothing.
fn variable(inside: &str, environment: &Environment<'_>) -> Result<String, Refusal> {
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name || default.is_some_and(|default| default.contains("${")) {
        return Err(Refusal {
            message: format!("`${{{inside}}}` is not a variable"),
            label: String::new(),
            help: "write `${NAME}` or `${NAME:-default}` (a default is plain text); a literal `${` is written `$${`".into(),
        });
    }
    match (environment(name), default) {
        (Some(value), None) => Ok(value),
        (Some(value), Some(_)) if !value.is_empty() => Ok(value),
        (_, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err(Refusal {
            message: format!("the environment variable `{name}` is not set"),
            label: String::new(),
            help: format!("set it (`{name}=… mutoscope run …`), or give a default: `${{{name}:-value}}`"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Result<String, String> {
        let environment = |name: &str| match name {
            "W" => Some("640".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        filled(text, &environment).map(|filling| filling.text).map_err(|refusal| refusal.message)
    }

    #[test]
    fn variables_are_filled_in_as_in_a_shell() {
        for (written, becomes) in [
            ("${W}", "640"),
            ("${W:-320}", "640"),
            ("${H:-480}", "480"),
            ("${EMPTY}", ""),
            ("${EMPTY:-480}", "480"),
            ("${H:-}", ""),
            ("${W}x${H:-480}", "640x480"),
            ("$${W}", "${W}"),
            ("a$${W}b${W}", "a${W}b640"),
            ("$argon2id$v=19$m=1", "$argon2id$v=19$m=1"),
            ("$W $", "$W $"),
            ("${H:-a:-b}", "a:-b"),
        ] {
            assert_eq!(text(written).as_deref(), Ok(becomes), "{written}");
        }
    }

    #[test]
    fn what_is_no_variable_is_refused() {
        assert_eq!(text("${H}").unwrap_err(), "the environment variable `H` is not set");
        assert_eq!(text("${W").unwrap_err(), "a variable is not closed");
        for wrong in ["${}", "${1}", "${a b}", "${W-1}", "${A:-${B}}", "${:-x}"] {
            assert!(text(wrong).unwrap_err().ends_with("is not a variable"), "{wrong}");
        }
    }
}
