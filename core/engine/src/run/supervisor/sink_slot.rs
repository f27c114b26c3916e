//! A sink's slot and its phases.

use crate::run::data::sink::SinkHandle;
use crate::run::host::call_guard::CallGuard;
use crate::run::host::log_limit::LogLimit;
use crate::run::spec::SinkSpec;
use std::sync::Arc;
use std::time::Instant;

/// A sink's slot: the instance that is at work there, and what becomes of it.
pub(super) struct SinkSlot {
    pub(super) handle: Arc<SinkHandle>,
    pub(super) phase: Phase,
    /// The specification that comes back if the sink does not start with its new options.
    pub(super) fallback: Option<SinkSpec>,
    /// The instance that was too slow, and how.
    pub(super) late: Option<(u64, String)>,
    pub(super) log_limit: LogLimit,
    /// The file has no such sink any more.
    pub(super) leaving: bool,
    /// An instance was open once.
    pub(super) ever: bool,
    /// The last failure was in opening it.
    pub(super) unopened: bool,
}

pub(super) enum Phase {
    Opening {
        generation: u64,
        guard: Arc<CallGuard>,
    },
    Open {
        generation: u64,
        guard: Arc<CallGuard>,
    },
    /// A sink that the file has no more has to let go first, perhaps of the same port.
    Blocked,
    /// Failed, and tried again then.
    Waiting(Instant),
    /// All its streams have ended.
    Ended,
}

impl SinkSlot {
    pub(super) fn new(handle: Arc<SinkHandle>) -> SinkSlot {
        SinkSlot {
            handle,
            phase: Phase::Blocked,
            fallback: None,
            late: None,
            log_limit: LogLimit::default(),
            leaving: false,
            ever: false,
            unopened: false,
        }
    }

    /// Returns whether it may still have something to give out.
    pub(super) fn is_at_work(&self) -> bool {
        matches!(self.phase, Phase::Opening { .. } | Phase::Open { .. })
    }

    /// Returns whether the file has no such sink any more.
    pub(super) fn is_leaving(&self) -> bool {
        self.leaving
    }

    /// The file wants something else of it.
    pub(super) fn request(&mut self, spec: SinkSpec) {
        let before = self.handle.spec();
        let differs = before.options != spec.options || before.kind != spec.kind;
        if differs && matches!(self.phase, Phase::Open { .. }) {
            self.fallback.get_or_insert(before);
        }
        self.handle.request(spec);
        if let Phase::Waiting(again) = &mut self.phase {
            *again = Instant::now();
        }
        if matches!(self.phase, Phase::Ended) {
            self.phase = Phase::Blocked;
        }
    }

    pub(super) fn instance(&self) -> Option<(u64, &Arc<CallGuard>)> {
        match &self.phase {
            Phase::Opening { generation, guard } | Phase::Open { generation, guard } => {
                Some((*generation, guard))
            }
            _ => None,
        }
    }
}
