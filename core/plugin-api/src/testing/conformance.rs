//! The kit's face: what is tried, with which options, and what becomes of what is found.

use super::frames::failed;
use super::report::{Notes, Report};
use super::rules::{EXAMPLE, RESTART};
use super::threads::Mark;
use super::{sink, source, transform};
use crate::abi::header::Header;
use crate::abi::root::Plugin as Tables;
use crate::host::{Failure, Plugin};
use crate::{Sink, Source, Transform};
use serde_json::{Map, Value};
use std::io::Write;
use std::sync::{Mutex, PoisonError};

/// Runs what every plugin must keep, through the tables that the program calls.
///
/// ```
/// # use mutoscope_plugin::{Context, Frame, Output, Result, Transform, options};
/// # #[options]
/// # pub struct Options {}
/// # struct Pass;
/// # impl Transform for Pass {
/// #     type Options = Options;
/// #     fn open(_: Options, _: &Context) -> Result<Self> { Ok(Pass) }
/// #     fn process(&mut self, frame: Frame, _: &Context) -> Result<Output> { Ok(frame.into()) }
/// # }
/// # mutoscope_plugin::export!(transform: Pass);
/// # fn main() {
/// use mutoscope_plugin::testing::Conformance;
///
/// Conformance::of(plugin()).check();
/// # }
/// ```
///
/// What is tried is listed in [`Rule::ALL`](super::Rule::ALL). Instances run on threads of their own; nothing needs the
/// program, another process or the network. A test's process runs one kit at a time, however many tests it has.
#[must_use = "it is `check` that runs it"]
pub struct Conformance {
    name: String,
    plugin: Plugin,
    examples: Vec<Map<String, Value>>,
    opening: Opening,
}

/// The expectation, known beforehand, of whether an instance opens.
#[derive(Clone, Default)]
pub(super) struct Opening {
    needs: Option<String>,
    never: Option<String>,
}

impl Conformance {
    /// Of all kinds that a crate exports: `Conformance::of(crate::plugin())`.
    pub fn of(plugin: Plugin) -> Conformance {
        let (examples, opening) = Default::default();
        Conformance { name: plugin.header().name(), plugin, examples, opening }
    }

    /// Of a source by its type: one that is not exported, or that wants other options than the crate's other kinds.
    pub fn source<T: Source>() -> Conformance {
        Conformance::alone::<T>(crate::abi::header::SOURCE, Tables::empty().source::<T>(""))
    }

    /// Of a transform by its type.
    pub fn transform<T: Transform>() -> Conformance {
        Conformance::alone::<T>(crate::abi::header::TRANSFORM, Tables::empty().transform::<T>(""))
    }

    /// Of a sink by its type.
    pub fn sink<T: Sink>() -> Conformance {
        Conformance::alone::<T>(crate::abi::header::SINK, Tables::empty().sink::<T>(""))
    }

    fn alone<T>(kind: u32, tables: Tables) -> Conformance {
        let plugin = Plugin::linked(Header::new("", "", "", kind, false), tables.leak());
        Conformance { name: std::any::type_name::<T>().into(), ..Conformance::of(plugin) }
    }

    /// Options to try it with, in place of none: those that it requires, a free port, a rate at which the test does not
    /// wait. Given several times, each set is tried.
    ///
    /// # Panics
    /// If `options` is no object.
    pub fn options(mut self, options: Value) -> Conformance {
        let Value::Object(options) = options else { panic!("options are an object, not {options}") };
        self.examples.push(options);
        self
    }

    /// It needs something that not every machine has: `needs("a camera")`. Where opening fails, and not for an option's
    /// sake, what needs an instance is skipped, and a line on the standard error says so.
    pub fn needs(mut self, what: &str) -> Conformance {
        self.opening.needs = Some(what.into());
        self
    }

    /// It is not to be opened in a test, for this reason: only what can be asked of it without is tried, and a line on the
    /// standard error says so.
    pub fn never_opens(mut self, why: &str) -> Conformance {
        self.opening.never = Some(why.into());
        self
    }

    /// Tries everything, and tells on the standard error what could not be tried.
    ///
    /// # Panics
    /// If a rule is broken, with all that are: what was expected, what was found, and why it matters.
    pub fn check(self) -> Report {
        let report = self.report();
        assert!(report.broken.is_empty(), "{report}");
        if !report.skipped.is_empty() {
            // Not by `eprintln`, which a test's harness keeps to itself.
            let _ = writeln!(std::io::stderr(), "{report}");
        }
        report
    }

    /// Tries everything.
    pub fn report(mut self) -> Report {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        Mark::is_possible();
        if self.examples.is_empty() {
            self.examples.push(Map::new());
        }
        let mut report = Report { plugin: self.name, ..Report::default() };
        for example in &self.examples {
            let options = Value::Object(example.clone()).to_string();
            let opening = &self.opening;
            if let Some(kind) = self.plugin.source() {
                let mut notes = Notes::new("source", &options);
                source::check(&mut notes, kind, example, opening);
                report.add(notes);
            }
            if let Some(kind) = self.plugin.transform() {
                let mut notes = Notes::new("transform", &options);
                transform::check(&mut notes, kind, example, opening);
                report.add(notes);
            }
            if let Some(kind) = self.plugin.sink() {
                let mut notes = Notes::new("sink", &options);
                sink::check(&mut notes, kind, example, opening);
                report.add(notes);
            }
        }
        report
    }
}

impl Opening {
    /// Returns whether no instance is to be opened; notes it.
    pub(super) fn never(&self, notes: &mut Notes) -> bool {
        if let Some(why) = &self.never {
            notes.skipped("whatever needs an instance", why);
        }
        self.never.is_some()
    }

    /// Returns whether the first instance opened, so that the test goes on with it; notes the reason if not.
    pub(super) fn opens(&self, notes: &mut Notes, opened: Result<(), Failure>) -> bool {
        notes.tried(EXAMPLE);
        match (opened, &self.needs) {
            (Ok(()), _) => true,
            (Err(failure), Some(needs)) if failure.option.is_empty() && !failure.panicked => {
                notes.skipped("whatever needs an instance", format!("it needs {needs}, and says: {failure}"));
                // It fails in the same way as often as it is tried.
                notes.tried(RESTART);
                false
            }
            (Err(failure), _) => {
                failed(notes, "`open`", &failure, EXAMPLE);
                false
            }
        }
    }
}
