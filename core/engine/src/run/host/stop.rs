//! The wish that something shall end, as a flag and as a descriptor.

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The wish that something shall end: to be asked, to be slept on, and to be waited on in `poll`. Clones are the same wish.
#[derive(Clone)]
pub(crate) struct Stop {
    shared: Arc<(AtomicBool, OwnedFd)>,
}

impl Stop {
    pub(crate) fn new() -> io::Result<Stop> {
        let descriptor = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Stop { shared: Arc::new((AtomicBool::new(false), descriptor)) })
    }

    pub(crate) fn stop(&self) {
        self.shared.0.store(true, Ordering::SeqCst);
        // It can only fail when the count is full, and then it is readable already.
        let _ = rustix::io::write(&self.shared.1, &1u64.to_ne_bytes());
    }

    pub(crate) fn is_wanted(&self) -> bool {
        self.shared.0.load(Ordering::SeqCst)
    }

    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.shared.1.as_fd()
    }

    /// Sleeps so long or until stop; `false` means stop.
    pub(crate) fn sleep(&self, time: Duration) -> bool {
        let end = Instant::now().checked_add(time);
        while !self.is_wanted() {
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return true;
            }
            // A time too long for a timespec is one that nobody lives to see the end of: wait without one.
            let timeout = left.and_then(|left| Timespec::try_from(left).ok());
            // An interrupted wait is taken up again by the loop.
            let _ = poll(&mut [PollFd::new(&self.shared.1, PollFlags::IN)], timeout.as_ref());
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleeper_wakes_at_once_when_stop_is_wanted() {
        let stop = Stop::new().unwrap();
        assert!(stop.sleep(Duration::from_millis(1)));
        let sleeper = stop.clone();
        let thread = std::thread::spawn(move || sleeper.sleep(Duration::MAX));
        stop.stop();
        assert!(!thread.join().unwrap());
        assert!(!stop.sleep(Duration::from_secs(1000)));
    }
}
