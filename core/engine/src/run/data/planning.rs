//! Plans made while frames wait. Plugins are asked for their ways: each question is a call with a deadline of its own.

use super::plan_cache::{Known, PlanCache};
use super::topology::{StreamRef, Topology};
use crate::plan::{Conversion, Modes, TreePlan};
use crate::run::host::call_guard::{Call, CallGuard};
use crate::run::host::stats::StageStats;
use mutoscope_plugin::host::Failure;
use mutoscope_plugin::{Format, Mode};
use std::cell::Cell;
use std::sync::Arc;
use std::time::Instant;

impl PlanCache {
    /// Returns the plan for frames of this format, which come in at the stream `of`. Plugins are asked on the thread of `guard`,
    /// under no lock: a plugin that does not answer holds up that thread alone.
    pub(super) fn plan(&self, of: &StreamRef, format: Format, guard: &CallGuard) -> Option<Arc<TreePlan>> {
        match self.known(&format) {
            Known::Plan(plan) => return Some(plan),
            Known::NoWay => return None,
            Known::Nothing => {}
        }
        let query = ModeQuery::new(of, guard);
        let plan = of.topology.tree(of.at)?.tree.resolve(&query, format);
        if query.is_incomplete() {
            return None;
        }
        let name = &of.stream().name;
        if let Ok(plan) = &plan {
            tracing::debug!(stream = name, "settled for {format}: {:.1} ms per frame", plan.cost_us / 1000.0);
        }
        let plan = plan.map_err(|no_route| format!("no way through for {format}: {no_route}"));
        let (plan, log) = self.insert(format, plan);
        if let Some(text) = log {
            tracing::error!(stream = name, "{text}");
        }
        plan
    }
}

/// The plugins of a topology, asked on the thread of a call guard.
pub(crate) struct ModeQuery<'a> {
    topology: &'a Topology,
    /// The stream for which conversions are planned.
    stream: usize,
    guard: &'a CallGuard,
    /// A plugin that has failed was not asked, or one took too long: what is planned without it is not remembered.
    incomplete: Cell<bool>,
}

impl<'a> ModeQuery<'a> {
    pub(super) fn new(of: &'a StreamRef, guard: &'a CallGuard) -> ModeQuery<'a> {
        ModeQuery { topology: &of.topology, stream: of.at, guard, incomplete: Cell::new(false) }
    }

    pub(crate) fn is_incomplete(&self) -> bool {
        self.incomplete.get()
    }

    fn ask(
        &self,
        stats: &Arc<StageStats>,
        stream: usize,
        ask: impl FnOnce() -> Result<Vec<Mode>, Failure>,
    ) -> Result<Vec<Mode>, Failure> {
        let trouble = stats.trouble();
        if let Some(trouble) =
            trouble.filter(|trouble| trouble.again.is_none_or(|again| Instant::now() < again))
        {
            self.incomplete.set(true);
            return Err(trouble.failure);
        }
        let allowed = self.topology.streams[stream].allowed;
        let modes = self.guard.with_deadline(stats, Call::Modes, allowed, ask);
        if self.guard.is_cancelled() {
            self.incomplete.set(true);
        }
        modes
    }
}

impl Modes for ModeQuery<'_> {
    fn transform(&self, stream: usize, index: usize, input: &Format) -> Result<Vec<Mode>, Failure> {
        let stats =
            self.topology.streams[stream].stream.stats.stage(&self.topology.transform_name(stream, index));
        self.ask(&stats, stream, || self.topology.prepared.modes.transform(stream, index, input))
    }

    fn conversion(&self, conversion: &Conversion, input: &Format) -> Result<Vec<Mode>, Failure> {
        // Not the stage's own account: it is asked of conversions that are never done.
        let stats = StageStats::new(conversion.plugin());
        self.ask(&stats, self.stream, || self.topology.prepared.modes.conversion(conversion, input))
    }
}
