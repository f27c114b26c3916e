//! What is wrong, said about a value by its path; where that is in the file is looked up when it is reported.

use std::ops::Range;

use super::path::KeyPath;
use super::report::Severity;

/// What a problem points at.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Target {
    /// The key that the path ends with.
    Key(KeyPath),
    /// The same, for a key that its map has several times.
    Repeated(KeyPath, usize),
    /// The value at the path.
    Value(KeyPath),
    /// Bytes of a text, by its index.
    Span(usize, Range<usize>),
}

/// One problem: a [`super::Diagnostic`] whose place is not looked up yet.
#[derive(Clone, Debug)]
pub(super) struct Problem {
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
            message: message.into(),
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
        self.label = label.into();
        self
    }

    pub fn also(mut self, at: Target, label: impl Into<String>) -> Problem {
        self.also = Some((at, label.into()));
        self
    }

    pub fn note(mut self, note: impl Into<String>) -> Problem {
        self.notes.push(note.into());
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Problem {
        self.helps.push(help.into());
        self
    }
}

/// All that was found, and which values must not be shown in an excerpt.
#[derive(Debug, Default)]
pub(super) struct Problems {
    pub list: Vec<Problem>,
    pub secrets: Vec<KeyPath>,
}

impl Problems {
    pub fn push(&mut self, problem: Problem) {
        self.list.push(problem);
    }

    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|problem| problem.severity == Severity::Error)
    }
}
