//! Several workers, one order.

use crate::lock::lock;
use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, MutexGuard};

/// Lets those who hold consecutive tickets through one after another, whoever is ready first.
#[derive(Default)]
pub(crate) struct Sequencer {
    state: Mutex<State>,
    passed: Condvar,
}

#[derive(Default)]
struct State {
    next: u64,
    waiting: usize,
    /// Tickets whose holders are not waited for.
    skipped: BTreeSet<u64>,
}

impl Sequencer {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Waits until all tickets before `ticket` are through, runs `deliver`, and lets the next one pass. Every ticket that
    /// is given out must come here once, with something to deliver or without, or be skipped. Who holds a ticket that was
    /// skipped delivers nothing: `None`.
    pub(crate) fn run_in_order<T>(&self, ticket: u64, deliver: impl FnOnce() -> T) -> Option<T> {
        let mut state = self.state();
        state.waiting += 1;
        while state.next < ticket && !state.skipped.contains(&ticket) {
            state = self.passed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        state.waiting -= 1;
        if state.next != ticket || state.skipped.contains(&ticket) {
            return None;
        }
        // Not under the lock: it may be held up, and then it is skipped in the middle of it.
        drop(state);
        let delivered = deliver();
        let state = self.state();
        if state.next == ticket {
            self.advance(state);
        }
        Some(delivered)
    }

    /// Nobody waits for the holder of this ticket any more.
    pub(crate) fn skip(&self, ticket: u64) {
        let mut state = self.state();
        if state.next == ticket {
            self.advance(state);
        } else if state.next < ticket {
            state.skipped.insert(ticket);
            self.passed.notify_all();
        }
    }

    fn advance(&self, mut state: MutexGuard<'_, State>) {
        loop {
            state.next += 1;
            let next = state.next;
            if !state.skipped.remove(&next) {
                break;
            }
        }
        // Waking nobody is a system call all the same.
        if state.waiting > 0 {
            self.passed.notify_all();
        }
    }

    /// Returns how many are through.
    pub(crate) fn through(&self) -> u64 {
        self.state().next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deliveries_keep_the_order_of_the_tickets() {
        let (sequencer, order) = (Sequencer::default(), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for ticket in (0..8).rev() {
                let (sequencer, order) = (&sequencer, &order);
                scope.spawn(move || sequencer.run_in_order(ticket, || order.lock().unwrap().push(ticket)));
            }
        });
        assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn one_who_never_comes_is_not_waited_for_and_delivers_nothing_later() {
        let sequencer = Sequencer::default();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| sequencer.run_in_order(3, || "third"));
            sequencer.skip(2);
            sequencer.skip(0);
            assert_eq!(sequencer.run_in_order(1, || "first"), Some("first"));
            assert_eq!(waiting.join().unwrap(), Some("third"));
        });
        assert_eq!(sequencer.run_in_order(2, || "late"), None);
        assert_eq!(sequencer.run_in_order(0, || "later"), None);
        assert_eq!(sequencer.through(), 4);
        sequencer.run_in_order(4, || sequencer.skip(4));
        assert_eq!(sequencer.through(), 5, "skipped while it delivers, and not counted twice");
    }
}
