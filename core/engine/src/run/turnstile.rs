//! Several workers, one order.

use std::sync::{Condvar, Mutex, MutexGuard};

/// Lets those who hold consecutive tickets through one after another, whoever is ready first.
#[derive(Default)]
pub(super) struct Turnstile {
    state: Mutex<State>,
    passed: Condvar,
}

#[derive(Default)]
struct State {
    next: u64,
    waiting: usize,
}

impl Turnstile {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Waits until all tickets before `ticket` are through, runs `deliver`, and lets the next one pass. Every ticket that
    /// is given out must come here once, with something to deliver or without.
    pub(super) fn pass<T>(&self, ticket: u64, deliver: impl FnOnce() -> T) -> T {
        let mut state = self.state();
        state.waiting += 1;
        while state.next != ticket {
            state = self.passed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        state.waiting -= 1;
        let delivered = deliver();
        state.next += 1;
        // Waking nobody is a system call all the same.
        if state.waiting > 0 {
            self.passed.notify_all();
        }
        delivered
    }

    /// How many are through.
    pub(super) fn through(&self) -> u64 {
        self.state().next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deliveries_keep_the_order_of_the_tickets() {
        let (turnstile, order) = (Turnstile::default(), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for ticket in (0..8).rev() {
                let (turnstile, order) = (&turnstile, &order);
                scope.spawn(move || turnstile.pass(ticket, || order.lock().unwrap().push(ticket)));
            }
        });
        assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3, 4, 5, 6, 7]);
    }
}
