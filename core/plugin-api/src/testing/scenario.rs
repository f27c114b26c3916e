//! An instance on a thread of its own, as in the host, watched from outside: a call that does not return is found.

use super::TestHost;
use super::conformance::Opening;
use super::frames::{failed, hopeless, stuck};
use super::report::Notes;
use super::rules::{RESTART, Rule};
use super::threads::{self, Mark};
use crate::host::Failure;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

/// The limit for a call that waits for nothing but itself. Authors are told a second; machines that test are slow.
pub(super) const SOON: Duration = Duration::from_secs(3);

/// The limit for opening, and for a frame.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// A call that did not return; its thread is left behind.
#[derive(Debug)]
pub(super) struct Stuck {
    pub(super) method: &'static str,
    /// The host had asked to stop.
    pub(super) stopping: bool,
}

/// The findings of an instance's thread, and the result of opening.
pub(super) type Opened = (Notes, Result<(), Failure>);

/// A part of the tests of a plugin's instances.
pub(super) type Step<C> = fn(&C, &mut Notes) -> Result<(), Stuck>;

/// The rules that a call without return breaks: one for the first opening, one for every later call.
pub(super) struct Otherwise {
    pub(super) opening: Rule,
    pub(super) later: Rule,
}

/// After an instance was opened for the first time: each part in turn, as long as there is an instance to be had, its calls
/// return, and it does its daily work.
pub(super) fn course<C>(
    notes: &mut Notes,
    opening: &Opening,
    first: Result<Opened, Stuck>,
    case: &C,
    parts: &[Step<C>],
    otherwise: Otherwise,
) {
    match first {
        Err(stuck_in) => return stuck(notes, &stuck_in, otherwise.opening),
        Ok((mut found, opened)) => {
            let opens = opening.opens(&mut found, opened);
            notes.take(found);
            if !opens {
                return;
            }
        }
    }
    for part in parts {
        if let Err(stuck_in) = part(case, notes) {
            return stuck(notes, &stuck_in, otherwise.later);
        }
        if hopeless(notes) {
            return;
        }
    }
}

/// Takes what was found with an instance of a plugin that has opened before.
pub(super) fn take_again(notes: &mut Notes, stand: &TestHost, (found, opened): Opened) {
    notes.take(found);
    match opened {
        // There is nothing else to answer with when it is to stop before it is open.
        Err(failure) if stand.stopped_at().is_none() || failure.panicked => {
            failed(notes, "`open`", &failure, RESTART);
        }
        _ => {}
    }
}

/// The thread's current call.
#[derive(Clone, Default)]
pub(super) struct Calls {
    now: Arc<Mutex<Option<Call>>>,
}

/// A method, since when, and how long it may take.
type Call = (&'static str, Instant, Duration);

impl Calls {
    /// Makes a call that may take as long as `allowed`.
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
