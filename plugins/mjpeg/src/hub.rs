//! One stream: the place of its latest frame, and its viewers.
//!
//! The sink's thread puts a part in, replacing the one before; each viewer takes what is there when it can send. Nothing
//! queues, so a slow viewer misses frames and delays no other. Parts go in the order in which they came.
//!
//! The last picture of the camera is kept for snapshots, for a while, when something else stands in its place or there
//! are no viewers: the handle, no copy, and one at most.

use crate::kept::Kept;
use crate::limits::{Current, Limits};
use crate::part::Part;
use mutoscope_plugin::{Frame, Services, StreamInfo, Times};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;
use tokio::time::sleep;

/// One stream.
pub(crate) struct Hub {
    stream: StreamInfo,
    services: Services,
    limits: Current<Limits>,
    // The sink's thread puts parts in, the server's thread takes them.
    state: Mutex<State>,
    /// A part was put in since viewers were last woken.
    fresh: AtomicBool,
    changed: Arc<Notify>,
}

#[derive(Default)]
struct State {
    latest: Option<Arc<Part>>,
    /// The last picture before `latest`, if that is none or no picture of the camera.
    kept: Kept,
    /// A task sees to it that `kept` is let go in time.
    ageing: bool,
    /// The number of parts that were ever put in: the number of the latest.
    count: u64,
    viewers: u32,
    /// The arrival of the first viewer, on the monotonic clock in nanoseconds. Frames captured before that may be of any age:
    /// a camera without viewers rests.
    watched_since: u64,
    closed: bool,
}

/// The next part for a viewer.
pub(crate) enum Next {
    /// A part that it has not seen.
    Part {
        /// The latest one.
        part: Arc<Part>,
        /// The number of parts that it missed since the one before.
        skipped: u64,
    },
    /// The stream has ended.
    Closed,
}

impl Hub {
    pub(crate) fn new(stream: StreamInfo, services: Services, limits: Current<Limits>) -> Hub {
        let (state, fresh) = (Mutex::default(), AtomicBool::new(false));
        Hub { stream, services, limits, state, fresh, changed: Arc::default() }
    }

    /// The stream's name and number.
    pub(crate) fn stream(&self) -> &StreamInfo {
        &self.stream
    }

    /// Replaces the latest frame. `false` if there are no viewers to wake, or it is no JPEG.
    pub(crate) fn publish(&self, frame: Frame, now: Times) -> bool {
        if self.state().viewers == 0 {
            return false;
        }
        let Some(part) = Part::new(frame, now) else {
            return false;
        };
        let part = Arc::new(part);
        let is_picture = part.is_picture();
        let mut state = self.state();
        if state.viewers == 0 {
            // The last one left meanwhile; what stays here would grow old.
            return false;
        }
        let replaced = state.latest.replace(part);
        state.count += 1;
        let gone = if is_picture {
            (replaced, state.kept.take())
        } else {
            let limit = self.limits.get().kept();
            (state.kept.set_aside(replaced), state.kept.take_aged(now, limit))
        };
        drop(state);
        // Outside the lock: the last holder of a frame gives its memory back, which may run a plugin's code.
        drop(gone);
        // Release, with the Acquire in `wake`: a viewer that is woken finds the part.
        self.fresh.store(true, Ordering::Release);
        true
    }

    /// The part that viewers are shown, unless it is a placeholder.
    pub(crate) fn shown(&self) -> Option<Arc<Part>> {
        self.state().latest.clone().filter(|part| part.is_picture())
    }

    /// The last picture of the camera, if it was not let go.
    pub(crate) fn last_good(&self) -> Option<Arc<Part>> {
        self.shown().or_else(|| self.state().kept.get())
    }

    /// Wakes the viewers if there is something new for them. To be called in the runtime, where waking a task is cheap.
    pub(crate) fn wake(&self) {
        if self.fresh.swap(false, Ordering::Acquire) {
            self.changed.notify_waiters();
        }
    }

    /// Wakes the viewers, also if there is nothing new for them.
    pub(crate) fn look(&self) {
        self.changed.notify_waiters();
    }

    /// Ends the stream for all who look at it.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        let gone = (state.latest.take(), state.kept.take());
        drop(state);
        drop(gone);
        self.changed.notify_waiters();
    }

    /// One viewer more, until it [leaves](Hub::leave). `false` if the stream has ended: there is none to leave.
    pub(crate) fn enter(&self) -> bool {
        let mut state = self.state();
        if state.closed {
            return false;
        }
        state.viewers += 1;
        if state.viewers == 1 {
            state.watched_since = self.services.now().monotonic_ns;
        }
        let viewers = state.viewers;
        drop(state);
        // Viewers come and go on the runtime's one thread, so that these calls keep their order without the lock.
        self.services.set_demand(self.stream.id, viewers);
        true
    }

    /// The time since which the stream has had viewers without a pause, on the monotonic clock in nanoseconds.
    pub(crate) fn watched_since(&self) -> u64 {
        self.state().watched_since
    }

    /// Done when viewers are woken the next time.
    pub(crate) fn changed(&self) -> OwnedNotified {
        self.changed.clone().notified_owned()
    }

    /// The part for a viewer that has seen the part of number `seen` (0: none), which is set to the number of this one.
    pub(crate) fn after(&self, seen: &mut u64) -> Option<Next> {
        let state = self.state();
        if state.closed {
            return Some(Next::Closed);
        }
        let part = state.latest.as_ref().filter(|_| state.count != *seen)?.clone();
        let skipped = if *seen == 0 { 0 } else { state.count - *seen - 1 };
        *seen = state.count;
        Some(Next::Part { part, skipped })
    }

    /// One viewer less.
    pub(crate) fn leave(self: &Arc<Self>) {
        let mut state = self.state();
        state.viewers -= 1;
        let viewers = state.viewers;
        // Without viewers the latest frame grows old: the next viewer must not be shown it.
        let last = if viewers == 0 { state.latest.take() } else { None };
        let gone = if state.closed { last } else { state.kept.set_aside(last) };
        let ages = viewers == 0 && state.kept.get().is_some() && !state.ageing;
        state.ageing |= ages;
        let closed = state.closed;
        drop(state);
        drop(gone);
        if ages {
            self.age();
        }
        if !closed {
            self.services.set_demand(self.stream.id, viewers);
        }
    }

    /// Lets the picture that is kept go when it is too old, also if nothing else happens any more.
    fn age(self: &Arc<Self>) {
        let hub = Arc::downgrade(self);
        let ageing = async move {
            while let Some(left) = hub.upgrade().and_then(|hub| hub.grow_older()) {
                sleep(left).await;
            }
        };
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(ageing)),
            // The server has ended.
            Err(_) => {
                let gone = self.state().kept.take();
                drop(gone);
            }
        }
    }

    /// The time for which the kept picture may still stay; `None` if there is none any more.
    fn grow_older(&self) -> Option<Duration> {
        let (now, limit) = (self.services.now(), self.limits.get().kept());
        let mut state = self.state();
        let gone = state.kept.take_aged(now, limit);
        let left = state.kept.left(now, limit);
        state.ageing = left.is_some();
        drop(state);
        drop(gone);
        left
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
