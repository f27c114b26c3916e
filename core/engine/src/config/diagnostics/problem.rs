//! What is wrong, said about a value by its path; where that is in the file is looked up when it is reported.

use std::ops::Range;

use mutoscope_plugin::host::cut;

use crate::config::keys::KeyPath;

/// What a problem points at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Target {
    /// The key that the path ends with.
    Key(KeyPath),
    /// The same, for a key that its map has several times.
    Repeated(KeyPath, usize),
    /// The value at the path.
    Value(KeyPath),
    /// Bytes of a text, by its index.
    Span(usize, Range<usize>),
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// It can, but look.
    Warning,
}

/// Problems that are shown; the rest is counted.
pub(crate) const MOST_SHOWN: usize = 20;

/// One problem: a [`Diagnostic`](crate::config::Diagnostic) whose place is not looked up yet.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub severity: Severity,
    pub at: Target,
    pub message: String,
    /// What stands beside the caret.
    pub label: String,
    /// Another place that belongs to it, and what stands beside that.
    pub also: Option<(Target, String)>,
    pub notes: Vec<String>,
    pub helps: Vec<String>,
}

impl Problem {
    pub fn error(at: Target, message: impl Into<String>) -> Problem {
        Problem {
            severity: Severity::Error,
            at,
            message: bounded(message),
            label: String::new(),
            also: None,
            notes: Vec::new(),
            helps: Vec::new(),
        }
    }

    pub fn warning(at: Target, message: impl Into<String>) -> Problem {
        Problem { severity: Severity::Warning, ..Problem::error(at, message) }
    }

    pub fn label(mut self, label: impl Into<String>) -> Problem {
        self.label = bounded(label);
        self
    }

    pub fn also(mut self, at: Target, label: impl Into<String>) -> Problem {
        self.also = Some((at, bounded(label)));
        self
    }

    pub fn note(mut self, note: impl Into<String>) -> Problem {
        self.notes.push(bounded(note));
        self
    }

    pub fn notes(self, notes: impl IntoIterator<Item = impl Into<String>>) -> Problem {
        notes.into_iter().fold(self, Problem::note)
    }

    pub fn help(mut self, help: impl Into<String>) -> Problem {
        self.helps.push(bounded(help));
        self
    }
}

/// A text of a message: a plugin's words, and names that a file gives, may be of any length.
fn bounded(text: impl Into<String>) -> String {
    cut(&text.into()).into_owned()
}

/// Problems of one severity that are kept; the others are counted. More than a report shows, since the order in which
/// they are found is not quite that of the file.
const MOST_KEPT: usize = 100;

/// The problems that were found, and the values that an excerpt must not show.
#[derive(Default)]
pub(crate) struct Problems {
    list: Vec<Problem>,
    errors: usize,
    warnings: usize,
    /// Where secrets stand in the file.
    pub secrets: Vec<KeyPath>,
    /// The secrets themselves, also those that stand elsewhere.
    pub secret_texts: Vec<String>,
}

impl Problems {
    /// One problem of a file that is good otherwise.
    pub fn of(problem: Problem, secrets: Vec<KeyPath>) -> Problems {
        let mut problems = Problems { secrets, ..Problems::default() };
        problems.push(problem);
        problems
    }

    pub fn push(&mut self, problem: Problem) {
        let found = match problem.severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        *found += 1;
        if self.kept(problem.severity) < MOST_KEPT {
            self.list.push(problem);
        }
    }

    /// Counts errors that are not shown.
    pub fn count_errors(&mut self, more: usize) {
        self.errors += more;
    }

    /// Returns true if another error would only be counted.
    pub fn is_full(&self) -> bool {
        self.kept(Severity::Error) >= MOST_KEPT
    }

    fn kept(&self, severity: Severity) -> usize {
        self.list.iter().filter(|problem| problem.severity == severity).count()
    }

    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// The first problems by an order, errors before warnings where there is not room for all, and the number of the
    /// others.
    pub fn first<K: Ord>(self, most: usize, mut order: impl FnMut(&Problem) -> K) -> (Vec<Problem>, usize) {
        let (mut shown, mut warnings): (Vec<_>, Vec<_>) =
            self.list.into_iter().partition(|problem| problem.severity == Severity::Error);
        shown.sort_by_cached_key(&mut order);
        warnings.sort_by_cached_key(&mut order);
        shown.extend(warnings);
        shown.truncate(most);
        shown.sort_by_cached_key(&mut order);
        let left_out = self.errors + self.warnings - shown.len();
        (shown, left_out)
    }
}
