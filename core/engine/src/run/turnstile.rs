//! Several workers, one order.

use std::sync::{Condvar, Mutex};

/// Lets those who hold consecutive tickets through one after another, whoever is ready first.
#[derive(Default)]
pub(super) struct Turnstile {
    next: Mutex<u64>,
    passed: Condvar,
}

impl Turnstile {
    /// Waits until all tickets before `ticket` are through, runs `deliver`, and lets the next one pass. Every ticket that
    /// is given out must come here once, with something to deliver or without.
    pub(super) fn pass<T>(&self, ticket: u64, deliver: impl FnOnce() -> T) -> T {
        let mut next = self.next.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        while *next != ticket {
            next = self.passed.wait(next).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        let delivered = deliver();
        *next += 1;
        drop(next);
        self.passed.notify_all();
        delivered
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
