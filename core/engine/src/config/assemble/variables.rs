//! `${NAME}` and `${NAME:-default}` in values; `$${` is a literal `${`. Keys are left as they are.

use crate::config::assemble::expansion::{Expansion, TooMuch};
use crate::config::diagnostics::problem::{Problem, Problems, Target};
use crate::config::keys::{KeyPath, Step};
use crate::config::parse::node::{Node, Value, shortened};

/// Gives the value of an environment variable.
pub type Environment<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Fills every variable of a tree in. A value with one that is missing becomes [`Value::Broken`].
pub(crate) fn fill(
    root: &mut Node,
    environment: &Environment<'_>,
    expansion: &Expansion,
    problems: &mut Problems,
) {
    Fill { environment, expansion, problems, path: KeyPath::default() }.node(root);
}

struct Fill<'a> {
    environment: &'a Environment<'a>,
    expansion: &'a Expansion,
    problems: &'a mut Problems,
    path: KeyPath,
}

impl Fill<'_> {
    // As deep as the parser and `--set` let a tree become.
    fn node(&mut self, node: &mut Node) {
        match &mut node.value {
            Value::Text(text) if text.contains("${") => node.value = self.text(text),
            Value::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.path.0.push(Step::Index(index));
                    self.node(item);
                    self.path.0.pop();
                }
            }
            Value::Map(map) => {
                for (key, value) in &mut map.0 {
                    self.path.0.push(Step::Key(key.clone()));
                    self.node(value);
                    self.path.0.pop();
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) -> Value {
        let at = || Target::Value(self.path.clone());
        match filled(text, self.environment, self.expansion) {
            Ok(Filling { text, variables: 0 }) => return Value::Text(text),
            Ok(Filling { text, .. }) => return Value::Filled(text),
            Err(Refusal::TooMuch(much)) => {
                let problem = much.problem(at());
                problem.into_iter().for_each(|problem| self.problems.push(problem));
            }
            Err(Refusal::Wrong { .. }) if self.problems.is_full() => self.problems.count_errors(1),
            Err(Refusal::Wrong { message, label, help }) => {
                let problem = Problem::error(at(), message).label(label).help(help);
                self.problems.push(problem);
            }
        }
        Value::Broken
    }
}

struct Filling {
    text: String,
    variables: usize,
}

enum Refusal {
    Wrong { message: String, label: String, help: String },
    TooMuch(TooMuch),
}

fn filled(text: &str, environment: &Environment<'_>, expansion: &Expansion) -> Result<Filling, Refusal> {
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
            return Err(Refusal::Wrong {
                message: "a variable is not closed".into(),
                label: "`}` is missing".into(),
                help: "write `${NAME}` or `${NAME:-default}`; a literal `${` is written `$${`".into(),
            });
        };
        let value = variable(inside, environment)?;
        expansion.take(value.len()).map_err(Refusal::TooMuch)?;
        filling.text.push_str(&value);
        filling.variables += 1;
        rest = after;
    }
    filling.text.push_str(rest);
    Ok(filling)
}

/// Returns what stands for `${inside}`. As in a shell, `:-` also replaces a variable that is set to nothing.
fn variable(inside: &str, environment: &Environment<'_>) -> Result<String, Refusal> {
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name || default.is_some_and(|default| default.contains("${")) {
        return Err(Refusal::Wrong {
            message: format!("`${{{}}}` is not a variable", shortened(inside)),
            label: String::new(),
            help: "write `${NAME}` or `${NAME:-default}` (a default is plain text); a literal `${` is written `$${`".into(),
        });
    }
    match (environment(name), default) {
        (Some(value), None) => Ok(value),
        (Some(value), Some(_)) if !value.is_empty() => Ok(value),
        (_, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err(Refusal::Wrong {
            message: format!("the environment variable `{}` is not set", shortened(name)),
            label: String::new(),
            help: format!(
                "set it (`{name}=… mutoscope run …`), or give a default: `${{{name}:-…}}`",
                name = shortened(name)
            ),
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
        filled(text, &environment, &Expansion::default()).map(|filling| filling.text).map_err(|refusal| {
            match refusal {
                Refusal::Wrong { message, .. } => message,
                Refusal::TooMuch(_) => "too much".into(),
            }
        })
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
    fn variables_make_no_more_than_the_bound() {
        let environment = |_: &str| Some("x".repeat(1 << 20));
        let expansion = Expansion::default();
        let made = |text: &str| filled(text, &environment, &expansion).map(|filling| filling.text.len());
        assert!(matches!(made("${A}${A}${A}${A}"), Ok(0x40_0000)));
        assert!(matches!(made("${A}"), Err(Refusal::TooMuch(TooMuch { first: true }))));
        assert!(matches!(made("${A}"), Err(Refusal::TooMuch(TooMuch { first: false }))));
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
