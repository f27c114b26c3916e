//! Calls that take too long: the thread is asked to stop, and if it does not, left behind.

use super::Supervisor;
use crate::run::data::sink::SinkEnd;
use crate::run::host::call_guard::{GRACE, Late, Look, Owner, Post};
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
        for post in self.shared.posts.all() {
            if post.is_abandoned() {
                continue;
            }
            let due = match post.look(now) {
                Look::Idle => continue,
                Look::Until(due) => due,
                Look::Late(late) => {
                    if !post.is_condemned() {
                        self.condemn(&post, &late);
                    }
                    let end = late.due.max(now - GRACE) + GRACE;
                    if now >= late.due + GRACE && self.may_leave_behind() {
                        self.leave_behind(&post, &late);
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
    fn condemn(&mut self, post: &Arc<Post>, late: &Late) {
        post.condemn();
        match post.owner {
            Owner::Source { stream, life } => self.source_is_late(stream, life, &late.why),
            Owner::Sink { sink, life } => self.sink_is_late(sink, life, &late.why),
            Owner::Standin => tracing::error!("{}: {}", late.part.name, late.why),
            Owner::Lender => {
                late.part.failed(&Failure::new(late.why.clone()), false);
                let text = format!("{}: {}", late.part.name, late.why);
                if let Some(text) = self.complaints.entry(post.name.clone()).or_default().wrong(&text) {
                    tracing::error!("{text}");
                }
            }
            Owner::Worker { stream } => {
                late.part.failed(&Failure::new(late.why.clone()), false);
                if let Some(at) = self.wiring.position(stream) {
                    let crew = &self.wiring.streams[at].crew;
                    crew.complain(&format!("{}: {}", late.part.name, late.why));
                    crew.lane.wake();
                }
            }
        }
    }

    fn may_leave_behind(&mut self) -> bool {
        let left = self.shared.posts.left_behind();
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
    fn leave_behind(&mut self, post: &Arc<Post>, late: &Late) {
        post.abandon(&late.part.name);
        let text = format!("{} is left behind, since {} blocks", post.name, late.part.name);
        let complaint = self.complaints.entry(post.name.clone()).or_default();
        if let Some(text) = complaint.wrong(&text) {
            tracing::error!("{text}");
        }
        match post.owner {
            Owner::Source { stream, life } => self.source_left_behind(stream, life),
            Owner::Sink { sink, life } => self.sink_ended(sink, life, SinkEnd::Stopped),
            Owner::Standin => self.standin.forget(),
            Owner::Lender => {
                let lender = late.part.lender.get();
                if let Some(Err(error)) = lender.map(|lender| lender.go_on_without(post)) {
                    self.note(format!("{}: no thread to give its frames back on: {error}", late.part.name));
                }
            }
            Owner::Worker { stream } => {
                let crew = self.wiring.position(stream).map(|at| self.wiring.streams[at].crew.clone());
                let Some(crew) = crew else { return };
                crew.leave_behind(post);
                if crew.workers() == 0
                    && let Err(error) = crew.add_worker()
                {
                    self.note(format!("stream `{}` has no thread: {error}", crew.name));
                }
            }
        }
    }
}
