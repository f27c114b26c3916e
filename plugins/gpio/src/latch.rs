//! A gate's answer to a pin's levels: short ones do not count, and the gate stays open for a while.

use std::time::{Duration, Instant};

/// A gate's state, from a pin that is looked at every now and then.
pub(crate) struct Latch {
    pub(crate) debounce: Duration,
    pub(crate) hold: Duration,
    /// The level that counts; `None` before the pin was looked at.
    active: Option<bool>,
    /// Since when the pin has had another one.
    other: Option<Instant>,
    /// The time at which it last stopped being active.
    released: Option<Instant>,
}

impl Latch {
    pub(crate) fn new(debounce: Duration, hold: Duration) -> Latch {
        Latch { debounce, hold, active: None, other: None, released: None }
    }

    /// The pin is seen active or not at `now`: whether the gate is open.
    pub(crate) fn see(&mut self, active: bool, now: Instant) -> bool {
        let counts = *self.active.get_or_insert(active);
        if active == counts {
            self.other = None;
        } else {
            let since = *self.other.get_or_insert(now);
            if now.saturating_duration_since(since) >= self.debounce {
                self.active = Some(active);
                self.other = None;
                // What was lost of the time by waiting is not added to the hold.
                self.released = (!active).then_some(since);
            }
        }
        self.active == Some(true)
            || self.released.is_some_and(|at| now.saturating_duration_since(at) < self.hold)
    }
}
