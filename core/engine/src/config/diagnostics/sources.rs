//! The texts that a pipeline was read from (the file, and each `--set`), the one tree they make, and the way from
//! a path in that tree back to the bytes that a person wrote.

use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;

use crate::config::diagnostics::problem::{MOST_SHOWN, Problem, Problems, Target};
use crate::config::diagnostics::report::{Diagnostic, Hidden, Mark, Report};
use crate::config::diagnostics::spaces;
use crate::config::diagnostics::text::extent;
use crate::config::keys::{KeyPath, Step};
use crate::config::parse::node::{Node, Order, Value};
use crate::config::parse::yaml;

/// Secrets whose places are looked up, each of which costs a reading of the text. Where there are more, lines are shown
/// without what is not underlined.
const MOST_SECRETS: usize = 20;
/// Bytes that may be read for the places of one report, each of which costs a reading of the text up to it. Problems whose
/// places would cost more are counted.
const MOST_READ: usize = 3 << 20;

/// The texts, and the tree made of them.
#[derive(Clone)]
pub(crate) struct Sources {
    pub texts: Vec<Text>,
    pub root: Node,
    /// Where secrets stand in it: they are not shown.
    pub secrets: Vec<KeyPath>,
    /// The secrets themselves, which are not repeated from a plugin's words either.
    pub secret_texts: Vec<String>,
}

/// A text that values were written in.
#[derive(Clone)]
pub(crate) struct Text {
    /// What a report calls it.
    pub name: Arc<str>,
    pub content: Arc<str>,
    /// For a `--set`: where it put its value.
    pub set: Option<SetPlace>,
}

/// The parts of `--set PATH=VALUE`.
#[derive(Clone, Debug)]
pub(crate) struct SetPlace {
    /// The path in the tree that the value was put at.
    pub path: KeyPath,
    /// For each step of it, the bytes of PATH that said so.
    pub pieces: Vec<Range<usize>>,
    /// Where VALUE begins.
    pub value_at: usize,
}

impl Sources {
    /// The value at a path.
    pub fn node(&self, path: &KeyPath) -> Option<&Node> {
        path.0.iter().try_fold(&self.root, |node, step| match (&node.value, step) {
            (Value::Map(map), Step::Key(key)) => map.get(key),
            (Value::List(items), Step::Index(index)) => items.get(*index),
            _ => None,
        })
    }

    /// A character in the file that looks like one of YAML's, where the tree shows that it was taken for a part of a key or of a
    /// text.
    pub fn look_alike(&self) -> Option<Problem> {
        let text = &self.texts[0].content;
        let mut start = 0;
        text.contains(spaces::is_look_alike).then_some(())?;
        for line in text.split_inclusive('\n') {
            if line.contains(spaces::is_look_alike)
                && let Some(found) = spaces::misplaced(line.trim_end_matches(['\n', '\r']))
                && self.root.holds(&line[found.clone()], !spaces::is_hyphen(&line[found.clone()]))
            {
                return Some(spaces::problem(line, &found, 0, start));
            }
            start += line.len();
        }
        None
    }

    /// Puts every problem at its place, in the order of the file.
    pub fn report(&self, mut problems: Problems) -> Report {
        let secrets = std::mem::take(&mut problems.secrets);
        let mut order = Order::default();
        let (shown, left_out) = problems.first(MOST_SHOWN, |problem| match &problem.at {
            Target::Span(text, span) => (*text, vec![span.start]),
            Target::Key(path) | Target::Repeated(path, _) | Target::Value(path) => {
                let (last, positions) = order.of(&self.root, &path.0);
                (last.text, positions)
            }
        });
        let cost = Cell::new(0);
        let hidden = secrets.iter().map(|path| {
            let place = self.locate(&Target::Value(path.clone()), &cost);
            (cost.get() < MOST_READ / 2).then_some(place)
        });
        let hidden: Option<Vec<_>> =
            if secrets.len() <= MOST_SECRETS && !shown.is_empty() { hidden.collect() } else { None };
        let mut diagnostics = Vec::with_capacity(shown.len());
        let mut left_out = left_out;
        for problem in shown {
            if cost.get() < MOST_READ {
                diagnostics.push(self.diagnostic(problem, &secrets, hidden.as_deref(), &cost));
            } else {
                left_out += 1;
            }
        }
        Report::new(diagnostics, left_out)
    }

    fn diagnostic(
        &self,
        problem: Problem,
        secrets: &[KeyPath],
        hidden: Option<&[(usize, Range<usize>)]>,
        cost: &Cell<usize>,
    ) -> Diagnostic {
        let (index, span) = self.locate(&problem.at, cost);
        let mut marks = vec![Mark { span, label: problem.label, primary: true }];
        if let Some((target, label)) = problem.also {
            let (also_index, span) = self.locate(&target, cost);
            if also_index == index {
                marks.push(Mark { span, label, primary: false });
            }
        }
        let text = &self.texts[index];
        let hidden = match hidden {
            Some(hidden) => Hidden::These(
                hidden.iter().filter(|(i, _)| *i == index).map(|(_, span)| span.clone()).collect(),
            ),
            None => {
                let is_secret = match &problem.at {
                    Target::Value(path) => secrets.iter().any(|secret| secret.starts_with(path)),
                    _ => false,
                };
                if is_secret { Hidden::All } else { Hidden::Unmarked }
            }
        };
        Diagnostic::in_text(problem.severity, problem.message, (&text.name, &text.content), marks, hidden)
            .with(problem.notes, problem.helps)
            .without(&self.secret_texts)
    }

    /// The text and the bytes that a target was written in; for what was not written, of what it would stand in.
    fn locate(&self, target: &Target, cost: &Cell<usize>) -> (usize, Range<usize>) {
        match target {
            Target::Span(text, span) => (*text, span.clone()),
            Target::Key(path) => self.locate_path(path, Some(0), cost),
            Target::Repeated(path, nth) => self.locate_path(path, Some(*nth), cost),
            Target::Value(path) => self.locate_path(path, None, cost),
        }
    }

    fn locate_path(&self, path: &KeyPath, key: Option<usize>, cost: &Cell<usize>) -> (usize, Range<usize>) {
        let Some(node) = self.node(path) else {
            let parent = KeyPath(path.0[..path.0.len() - 1].to_vec());
            return self.locate_path(&parent, None, cost);
        };
        // A list's item has no key.
        let key = key.filter(|_| matches!(path.0.last(), Some(Step::Key(_))));
        let text = &self.texts[node.text];
        let span = match &text.set {
            None => span_in(&text.content, path, key, node, cost),
            Some(set) if path.0.len() > set.path.0.len() || (path == &set.path && key.is_none()) => {
                let inside = KeyPath(path.0[set.path.0.len()..].to_vec());
                let span = span_in(&text.content[set.value_at..], &inside, key, node, cost);
                span.map(|span| set.value_at + span.start..set.value_at + span.end)
            }
            Some(set) => path.0.len().checked_sub(1).map(|last| set.pieces[last].clone()),
        };
        (node.text, span.unwrap_or(0..0))
    }
}

fn span_in(
    text: &str,
    path: &KeyPath,
    key: Option<usize>,
    node: &Node,
    cost: &Cell<usize>,
) -> Option<Range<usize>> {
    let found = yaml::locate(text, path, key, cost)?;
    let is_key = matches!(path.0.last(), Some(Step::Key(_)));
    if key.is_none() && is_key {
        // What has no text of its own, or too many lines of it, is shown at its key.
        let block =
            matches!(node.value, Value::Map(_) | Value::List(_)) && !text[found.at..].starts_with(['{', '[']);
        let nothing = node.value == Value::Null && !text[found.at..].starts_with(['~', 'n', 'N']);
        if block || nothing {
            return span_in(text, path, Some(0), node, cost);
        }
    }
    let written = match key {
        Some(_) => path.last_key(),
        None => found.raw.as_deref(),
    };
    Some(found.at..extent(text, found.at, written))
}
