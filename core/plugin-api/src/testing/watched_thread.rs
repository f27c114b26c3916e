//! A thread whose calls are watched from outside: a call that does not return is found.

use super::TestHost;
use super::threads::{self, Mark};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

/// The time for a call that waits for nothing but itself. Authors are told a second; machines that test are slow.
pub(super) const SOON: Duration = Duration::from_secs(3);

/// The time for opening, and for a frame.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// A call that did not return; its thread is left behind.
#[derive(Debug)]
pub(super) struct Stuck {
    pub(super) method: &'static str,
    /// The host had asked to stop.
    pub(super) stopping: bool,
}

/// The call that the thread is in.
#[derive(Clone, Default)]
pub(super) struct Calls {
    now: Arc<Mutex<Option<Call>>>,
}

/// A method, since when, and how long it may take.
type Call = (&'static str, Instant, Duration);

impl Calls {
    /// Makes a call that may take so long.
    pub(super) fn call<T>(&self, method: &'static str, allowed: Duration, call: impl FnOnce() -> T) -> T {
        *self.lock() = Some((method, Instant::now(), allowed));
        let result = call();
        *self.lock() = None;
        result
    }

    /// The call that has taken too long, reckoned from its start and from the moment when it was asked to stop.
    fn stuck(&self, stopped: Option<Instant>) -> Option<Stuck> {
        let (method, since, allowed) = (*self.lock())?;
        let stopping = stopped.is_some_and(|stopped| stopped.max(since).elapsed() > SOON);
        (stopping || since.elapsed() > allowed).then_some(Stuck { method, stopping })
    }

    fn lock(&self) -> MutexGuard<'_, Option<Call>> {
        self.now.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Runs `work` on a thread of its own.
///
/// # Errors
/// One of its calls does not return.
pub(super) fn run<T: Send + 'static>(
    stand: &TestHost,
    work: impl FnOnce(&Calls) -> T + Send + 'static,
) -> Result<T, Stuck> {
    Running::start(work).end(stand)
}

/// A scenario that runs.
pub(super) struct Running<T> {
    calls: Calls,
    thread: thread::JoinHandle<T>,
}

impl<T: Send + 'static> Running<T> {
    pub(super) fn start(work: impl FnOnce(&Calls) -> T + Send + 'static) -> Running<T> {
        let calls = Calls::default();
        let mine = calls.clone();
        let thread = thread::Builder::new().name(threads::NAME.into()).spawn(move || {
            Mark::this_thread();
            work(&mine)
        });
        Running { calls, thread: thread.expect("a thread for an instance") }
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// One of its calls does not return.
    pub(super) fn end(self, stand: &TestHost) -> Result<T, Stuck> {
        while !self.thread.is_finished() {
            if let Some(stuck) = self.calls.stuck(stand.stopped_at()) {
                return Err(stuck);
            }
            thread::sleep(Duration::from_millis(1));
        }
        // A panic is one of the kit's own: those of authors are caught at the boundary.
        Ok(self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    }
}

/// A place where two instances wait for each other, so that both are open at once.
#[derive(Clone, Default)]
pub(super) struct Meeting(Arc<AtomicUsize>);

impl Meeting {
    /// Waits for the other one, if it comes.
    pub(super) fn wait(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
        soon(|| self.0.load(Ordering::SeqCst) > 1);
    }
}

/// Waits until something is so; `false` if it is not soon.
pub(super) fn soon(so: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    while !so() {
        if start.elapsed() > SOON {
            return false;
        }
        thread::sleep(Duration::from_millis(1));
    }
    true
}
