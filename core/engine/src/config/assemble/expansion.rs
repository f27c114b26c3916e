//! The bound on what a file can make of itself: by variables, by paths that are made absolute, by secrets in files.

use std::cell::Cell;

use crate::config::diagnostics::problem::{Problem, Target};

/// Bytes that may be made in all.
const MOST_BYTES: usize = 4 << 20;

/// The bytes that have been made of a file so far.
#[derive(Default)]
pub(crate) struct Expansion {
    made: Cell<usize>,
}

/// The error of a value beyond the bound.
#[derive(Debug, PartialEq)]
pub(crate) struct TooMuch {
    /// The first value that is too much: the others are not reported.
    pub first: bool,
}

impl Expansion {
    /// Makes room for so many bytes more.
    pub fn take(&self, bytes: usize) -> Result<(), TooMuch> {
        let before = self.made.get();
        if before > MOST_BYTES {
            return Err(TooMuch { first: false });
        }
        self.made.set(before.saturating_add(bytes));
        if self.made.get() > MOST_BYTES { Err(TooMuch { first: true }) } else { Ok(()) }
    }
}

impl TooMuch {
    /// The problem to report; one for a whole file.
    pub fn problem(self, at: Target) -> Option<Problem> {
        let problem = Problem::error(at, "variables, paths and secrets make too much text")
            .label("here it is more than 4 MiB")
            .note("counted is what they become, at each place where they stand")
            .help("a pipeline needs a few kilobytes: is one of them larger than it should be, or named too often?");
        self.first.then_some(problem)
    }
}
