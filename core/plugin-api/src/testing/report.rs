//! The kit's report: rules kept, rules broken, and tests skipped.

use super::Rule;
use std::collections::BTreeSet;
use std::fmt;

/// The result of the conformance kit.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Name of the plugin, or of the type.
    pub plugin: String,
    /// The broken rules, each once for each role and set of options.
    pub broken: Vec<Violation>,
    /// The tests that were skipped, with reasons.
    pub skipped: Vec<Skipped>,
    /// The rules that were tried and are kept.
    pub kept: Vec<&'static str>,
}

/// A rule that is broken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// The rule that is broken.
    pub rule: Rule,
    /// `source`, `transform` or `sink`.
    pub kind: &'static str,
    /// The options that it was tried with, as JSON.
    pub options: String,
    /// The finding in words.
    pub found: String,
}

/// Something that could not be tried.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Skipped {
    /// `source`, `transform` or `sink`.
    pub kind: &'static str,
    /// The rules that were not tried, by name, or a part of one.
    pub what: String,
    /// The reason.
    pub why: String,
}

impl Report {
    /// Adds what was found under one kind and one set of options.
    pub(super) fn add(&mut self, notes: Notes) {
        let Notes { kind, options, tried, broken, skipped } = notes;
        for (rule, found) in broken {
            self.broken.push(Violation { rule, kind, options: options.clone(), found });
        }
        for (what, why) in skipped {
            let skipped = Skipped { kind, what, why };
            // Once is enough, however many sets of options there are.
            if !self.skipped.contains(&skipped) {
                self.skipped.push(skipped);
            }
        }
        let kept: BTreeSet<_> = self.kept.iter().copied().chain(tried).collect();
        let broken = |name: &str| self.broken.iter().any(|breach| breach.rule.name == name);
        self.kept = kept.into_iter().filter(|name| !broken(name)).collect();
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { plugin, broken, skipped, kept } = self;
        write!(f, "conformance of `{plugin}`: {} rules kept, {} broken", kept.len(), broken.len())?;
        for Violation { rule, kind, options, found } in broken {
            write!(f, "\n\n{kind}: {}\n  expected: {}\n  found:    {found}\n", rule.name, rule.expected)?;
            write!(f, "  why:      {}\n  with:     {options}", rule.why)?;
        }
        for (index, Skipped { kind, what, why }) in skipped.iter().enumerate() {
            f.write_str(if index == 0 && !broken.is_empty() { "\n\n" } else { "\n" })?;
            write!(f, "not tried, {kind}: {what}: {why}")?;
        }
        Ok(())
    }
}

/// The findings while one role is tried with one set of options.
#[derive(Debug)]
pub(super) struct Notes {
    kind: &'static str,
    options: String,
    tried: BTreeSet<&'static str>,
    broken: Vec<(Rule, String)>,
    skipped: Vec<(String, String)>,
}

impl Notes {
    pub(super) fn new(kind: &'static str, options: &str) -> Notes {
        let (tried, broken, skipped) = Default::default();
        Notes { kind, options: options.to_owned(), tried, broken, skipped }
    }

    /// Notes that a rule was tried.
    pub(super) fn tried(&mut self, rule: Rule) {
        self.tried.insert(rule.name);
    }

    /// Notes that a rule is broken. Only the first time is reported: the others follow from the same mistake.
    pub(super) fn broken(&mut self, rule: Rule, found: impl Into<String>) {
        self.tried(rule);
        if !self.is_broken(rule) {
            self.broken.push((rule, found.into()));
        }
    }

    /// Notes that a rule was tried, and that it is broken unless `kept`.
    pub(super) fn expect(&mut self, rule: Rule, kept: bool, found: impl FnOnce() -> String) {
        self.tried(rule);
        if !kept {
            self.broken(rule, found());
        }
    }

    pub(super) fn is_broken(&self, rule: Rule) -> bool {
        self.broken.iter().any(|(broken, _)| *broken == rule)
    }

    pub(super) fn skipped(&mut self, what: impl Into<String>, why: impl Into<String>) {
        let skipped = (what.into(), why.into());
        if !self.skipped.contains(&skipped) {
            self.skipped.push(skipped);
        }
    }

    /// Takes in what was noted elsewhere for the same kind and options.
    pub(super) fn take(&mut self, other: Notes) {
        self.tried.extend(other.tried);
        other.broken.into_iter().for_each(|(rule, found)| self.broken(rule, found));
        other.skipped.into_iter().for_each(|(what, why)| self.skipped(what, why));
    }
}
