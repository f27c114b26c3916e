//! Plugins asked for their ways while frames wait: each question is a call that is watched as that plugin's.

use super::topology::Wiring;
use crate::plan::{Conversion, Ways};
use crate::run::host::call_guard::{Call, Post};
use crate::run::host::stats::Part;
use mutoscope_plugin::host::Failure;
use mutoscope_plugin::{Format, Way};
use std::cell::Cell;
use std::sync::Arc;
use std::time::Instant;

/// The plugins of a wiring, asked on the thread that has this post.
pub(crate) struct Asking<'a> {
    wiring: &'a Wiring,
    post: &'a Post,
    /// The stream for which conversions are planned.
    stream: usize,
    /// A plugin that has failed was not asked, or one took too long: what is planned without it is not remembered.
    incomplete: Cell<bool>,
}

impl<'a> Asking<'a> {
    pub(crate) fn new(wiring: &'a Wiring, stream: usize, post: &'a Post) -> Asking<'a> {
        Asking { wiring, post, stream, incomplete: Cell::new(false) }
    }

    pub(crate) fn is_incomplete(&self) -> bool {
        self.incomplete.get()
    }

    fn ask(
        &self,
        part: &Arc<Part>,
        stream: usize,
        ask: impl FnOnce() -> Result<Vec<Way>, Failure>,
    ) -> Result<Vec<Way>, Failure> {
        let trouble = part.trouble();
        if let Some(trouble) =
            trouble.filter(|trouble| trouble.again.is_none_or(|again| Instant::now() < again))
        {
            self.incomplete.set(true);
            return Err(trouble.failure);
        }
        let allowed = self.wiring.streams[stream].allowed;
        let ways = self.post.during(part, Call::Ways, allowed, ask);
        if self.post.is_condemned() {
            self.incomplete.set(true);
        }
        ways
    }
}

impl Ways for Asking<'_> {
    fn transform(&self, stream: usize, index: usize, input: &Format) -> Result<Vec<Way>, Failure> {
        let part = self.wiring.streams[stream].crew.stats.stage(&self.wiring.transform_name(stream, index));
        self.ask(&part, stream, || self.wiring.prepared.ways.transform(stream, index, input))
    }

    fn conversion(&self, conversion: &Conversion, input: &Format) -> Result<Vec<Way>, Failure> {
        // Not the stage's own account: it is asked of conversions that are never done.
        let part = Part::new(conversion.plugin());
        self.ask(&part, self.stream, || self.wiring.prepared.ways.conversion(conversion, input))
    }
}
