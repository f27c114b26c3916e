//! Calls that take too long: the thread is asked to stop, and if it does not, left behind.

use super::Supervisor;
use crate::run::host::call_guard::{CallGuard, GRACE, Late, Look, Owner};
use crate::run::report::SinkEnd;
use mutoscope_plugin::host::Failure;
use std::sync::Arc;
use std::time::Instant;

/// Threads that are left behind at most: each may hold memory and a device, and none can be ended. After that a stage that
/// blocks is waited for.
const MOST: usize = 8;

impl Supervisor {
    /// Looks at every call that is under way; gives when one of them is due.
    pub(super) fn watch(&mut self, now: Instant) -> Option<Instant> {
        let mut next: Option<Instant> = None;
        for guard in self.runtime.calls.all() {
            if guard.is_left_behind() {
                continue;
            }
            let due = match guard.look(now) {
                Look::Idle => continue,
                Look::Until(due) => due,
                Look::Late(late) => {
                    if !guard.is_cancelled() {
                        self.cancel(&guard, &late);
                    }
                    let end = late.due.max(now - GRACE) + GRACE;
                    if now >= late.due + GRACE && self.may_leave_behind() {
                        self.leave_behind(&guard, &late);
                        continue;
                    }
                    end.max(now + super::LOOK)
                }
            };
            next = Some(next.map_or(due, |next| next.min(due)));
        }
        next
    }

    /// Asks it to stop, and takes nothing from it any more.
    fn cancel(&mut self, guard: &Arc<CallGuard>, late: &Late) {
        guard.cancel();
        match guard.owner {
            Owner::Source { stream, generation } => self.source_is_late(stream, generation, &late.why),
            Owner::Sink { sink, generation } => self.sink_is_late(sink, generation, &late.why),
            Owner::Placeholders => tracing::error!("{}: {}", late.stats.name, late.why),
            Owner::Lender => {
                late.stats.failed(&Failure::new(late.why.clone()), false);
                let text = format!("{}: {}", late.stats.name, late.why);
                if let Some(text) = self.log_limits.entry(guard.name.clone()).or_default().wrong(&text) {
                    tracing::error!("{text}");
                }
            }
            Owner::Worker { stream } => {
                late.stats.failed(&Failure::new(late.why.clone()), false);
                if let Some(at) = self.topology.position(stream) {
                    let stream = &self.topology.streams[at].stream;
                    stream.log_lost_frame(&format!("{}: {}", late.stats.name, late.why));
                    stream.input.wake();
                }
            }
        }
    }

    fn may_leave_behind(&mut self) -> bool {
        let left = self.runtime.calls.left_behind();
        if left.len() < MOST {
            self.crowded = false;
            return true;
        }
        if !std::mem::replace(&mut self.crowded, true) {
            tracing::error!(
                "{} threads are left behind in plugins that block ({}): no stage that blocks is replaced until one of \
                 them ends; a restart of the program helps",
                left.len(),
                left.join(", ")
            );
        }
        false
    }

    /// It does not stop. It is given up, thread and all, and another takes its place.
    fn leave_behind(&mut self, guard: &Arc<CallGuard>, late: &Late) {
        guard.mark_left_behind(&late.stats.name);
        let text = format!("{} is left behind, since {} blocks", guard.name, late.stats.name);
        let log_limit = self.log_limits.entry(guard.name.clone()).or_default();
        if let Some(text) = log_limit.wrong(&text) {
            tracing::error!("{text}");
        }
        match guard.owner {
            Owner::Source { stream, generation } => self.source_left_behind(stream, generation),
            Owner::Sink { sink, generation } => self.sink_ended(sink, generation, SinkEnd::Stopped),
            Owner::Placeholders => self.placeholders.forget(),
            Owner::Lender => {
                if let Err(error) = self.runtime.lenders.go_on_without(&late.stats, guard) {
                    self.note(format!("{}: no thread to give its frames back on: {error}", late.stats.name));
                }
            }
            Owner::Worker { stream } => {
                let stream =
                    self.topology.position(stream).map(|at| self.topology.streams[at].stream.clone());
                let Some(stream) = stream else { return };
                stream.leave_behind(guard);
                if stream.workers() == 0
                    && let Err(error) = stream.add_worker()
                {
                    self.note(format!("stream `{}` has no thread: {error}", stream.name));
                }
            }
        }
    }
}
