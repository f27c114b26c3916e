//! The meeting point of source and sink of one pipeline: the number of deliveries that are still awaited.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The number of awaited deliveries. One for the library, so one pipeline in a process can use it at a time.
pub(crate) struct Turn {
    awaited: Mutex<u32>,
    delivered: Condvar,
}

pub(crate) static TURN: Turn = Turn { awaited: Mutex::new(0), delivered: Condvar::new() };

impl Turn {
    /// A picture goes out that `streams` streams shall deliver.
    pub(crate) fn begin(&self, streams: u32) {
        *self.awaited() = streams;
    }

    /// A stream has delivered it.
    pub(crate) fn deliver(&self) {
        let mut awaited = self.awaited();
        // One that was given up may still come.
        *awaited = awaited.saturating_sub(1);
        if *awaited == 0 {
            self.delivered.notify_one();
        }
    }

    /// Waits until all have; `false` if that takes too long, or the host wants an end.
    pub(crate) fn wait(&self, patience: Duration, ended: impl Fn() -> bool) -> bool {
        // The waiting thread gets no wake-up when the host wants an end.
        const LOOK: Duration = Duration::from_millis(100);
        let began = Instant::now();
        let mut awaited = self.awaited();
        while *awaited > 0 {
            if ended() || began.elapsed() > patience {
                return false;
            }
            awaited = self.delivered.wait_timeout(awaited, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    fn awaited(&self) -> MutexGuard<'_, u32> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn the_next_one_comes_when_every_stream_has_delivered() {
        let turn = Turn { awaited: Mutex::new(0), delivered: Condvar::new() };
        let long = Duration::from_secs(60);
        assert!(turn.wait(long, || false), "nothing has been given yet");
        turn.begin(3);
        turn.deliver();
        assert!(!turn.wait(Duration::ZERO, || false), "two are missing");
        assert!(!turn.wait(long, || true), "the host wants an end");
        thread::scope(|scope| {
            scope.spawn(|| (0..2).for_each(|_| turn.deliver()));
            assert!(turn.wait(long, || false));
        });
        turn.deliver();
        assert!(turn.wait(long, || false), "one that comes late is not counted twice");
    }
}
