//! Threads that call plugins, as they are watched over.

use super::stats::StageStats;
use super::stop::Stop;
use crate::lock::lock;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

/// The owner of a thread. Numbers tell one instance from the next in the same place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Owner {
    Source {
        stream: u32,
        generation: u64,
    },
    Worker {
        stream: u32,
    },
    Sink {
        sink: u32,
        generation: u64,
    },
    /// The thread that draws placeholders.
    Placeholders,
    /// A thread that gives back what a plugin has lent.
    Lender,
}

/// A call into a plugin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Call {
    Open,
    Next,
    Process,
    /// It is asked how it can work on a format.
    Modes,
    /// It takes back memory that it has lent.
    GiveBack,
    Receive,
    Streams,
    Update,
    Drop,
}

/// A thread on which instances of plugins live: which call it is in, since when, how long that may take, and the wish
/// that it shall end. It is watched from outside, since a call that blocks cannot watch itself.
pub(crate) struct CallGuard {
    pub(crate) owner: Owner,
    pub(crate) name: String,
    pub(crate) stop: Stop,
    /// For a worker: the ticket that others may be waiting for.
    pub(crate) ticket: AtomicU64,
    state: Mutex<State>,
    cancelled: AtomicBool,
    /// In what it blocks, if it is left behind.
    left_behind_in: OnceLock<String>,
}

#[derive(Default)]
struct State {
    call: Option<(Arc<StageStats>, Call, Instant, Duration)>,
    asked: Option<Instant>,
}

/// A call that takes too long.
pub(crate) struct Late {
    pub(crate) stats: Arc<StageStats>,
    /// In words.
    pub(crate) why: String,
    /// The deadline that has passed.
    pub(crate) due: Instant,
}

/// The time that an instance has to stop once it was asked to.
pub(crate) const GRACE: Duration = Duration::from_secs(1);

impl CallGuard {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Makes a call that may take so long.
    pub(crate) fn with_deadline<T>(
        &self,
        stats: &Arc<StageStats>,
        call: Call,
        allowed: Duration,
        run: impl FnOnce() -> T,
    ) -> T {
        self.state().call = Some((stats.clone(), call, Instant::now(), allowed));
        let result = run();
        self.state().call = None;
        result
    }

    /// Asks what lives here to stop.
    pub(crate) fn ask_to_stop(&self) {
        self.state().asked.get_or_insert_with(Instant::now);
        self.stop.stop();
    }

    /// A call was too slow: whatever comes of it is not used, and the thread shall end.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
        self.ask_to_stop();
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }

    /// Somebody else has its place now, since it blocks in this part of the pipeline.
    pub(crate) fn mark_left_behind(&self, stats: &str) {
        let _ = self.left_behind_in.set(stats.to_owned());
    }

    pub(crate) fn is_left_behind(&self) -> bool {
        self.left_behind_in.get().is_some()
    }

    /// Returns whether it is in a call that should have ended; and if it is in one at all, when to look again.
    pub(crate) fn look(&self, now: Instant) -> Look {
        let state = self.state();
        let Some((stats, call, since, allowed)) = &state.call else { return Look::Idle };
        let own = *since + *allowed;
        // Once it was asked to stop it may not take its whole time any more.
        let due = state.asked.map_or(own, |asked| own.min(asked.max(*since) + GRACE));
        if now < due {
            return Look::Until(due);
        }
        let after = (due - *since).as_secs_f64();
        let why = match call {
            Call::Open => format!("it has not opened within {after:.1} s"),
            Call::Next => stats.no_frame_for(due - *since),
            Call::Process => format!("it has worked on one frame for more than {after:.1} s"),
            Call::Modes => format!("it has not said within {after:.1} s how it can work"),
            Call::GiveBack => format!("a frame that it has lent was not taken back within {after:.1} s"),
            Call::Receive => format!("it has not taken a frame within {after:.1} s"),
            Call::Streams => format!("it has not taken a stream within {after:.1} s"),
            Call::Update => format!("it has not taken its new options within {after:.1} s"),
            Call::Drop => format!("it has not ended within {after:.1} s"),
        };
        Look::Late(Late { stats: stats.clone(), why, due })
    }
}

/// The result of a look at a thread.
pub(crate) enum Look {
    Idle,
    Until(Instant),
    Late(Late),
}

/// All such threads of a pipeline.
#[derive(Default)]
pub(crate) struct CallRegistry(Mutex<Registered>);

#[derive(Default)]
struct Registered {
    guards: Vec<Arc<CallGuard>>,
    /// The pipeline ends: nobody takes a post any more.
    stopped: bool,
}

impl CallRegistry {
    fn registered(&self) -> MutexGuard<'_, Registered> {
        lock(&self.0)
    }

    /// A new post. If the pipeline ends already, it is one that shall stop at once.
    pub(crate) fn take(&self, owner: Owner, name: String) -> io::Result<Arc<CallGuard>> {
        let guard = Arc::new(CallGuard {
            owner,
            name,
            stop: Stop::new()?,
            ticket: AtomicU64::new(u64::MAX),
            state: Mutex::default(),
            cancelled: AtomicBool::new(false),
            left_behind_in: OnceLock::new(),
        });
        let mut registered = self.registered();
        if registered.stopped {
            guard.ask_to_stop();
        }
        registered.guards.push(guard.clone());
        Ok(guard)
    }

    /// Its thread has ended.
    pub(crate) fn leave(&self, guard: &Arc<CallGuard>) {
        self.registered().guards.retain(|other| !Arc::ptr_eq(other, guard));
    }

    /// Returns whether its thread has not ended.
    pub(crate) fn has(&self, guard: &Arc<CallGuard>) -> bool {
        self.registered().guards.iter().any(|other| Arc::ptr_eq(other, guard))
    }

    pub(crate) fn all(&self) -> Vec<Arc<CallGuard>> {
        self.registered().guards.clone()
    }

    /// Those that were abandoned and are still there: whose thread, and in what it blocks.
    pub(crate) fn left_behind(&self) -> Vec<String> {
        let calls = self.all();
        let left =
            calls.iter().filter_map(|guard| Some(format!("{}: {}", guard.name, guard.left_behind_in.get()?)));
        left.collect()
    }

    /// Asks everybody to stop, now and from now on.
    pub(crate) fn stop(&self) {
        let calls = {
            let mut registered = self.registered();
            registered.stopped = true;
            registered.guards.clone()
        };
        calls.iter().for_each(|guard| guard.ask_to_stop());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_late_by_its_own_time_or_by_the_wish_to_stop() {
        let calls = CallRegistry::default();
        let guard = calls.take(Owner::Worker { stream: 0 }, "camera".into()).unwrap();
        let stats = StageStats::new("resize");
        assert!(matches!(guard.look(Instant::now()), Look::Idle));
        guard.with_deadline(&stats, Call::Process, Duration::from_secs(60), || {
            assert!(matches!(guard.look(Instant::now()), Look::Until(_)));
            let Look::Late(late) = guard.look(Instant::now() + Duration::from_secs(61)) else { panic!() };
            assert_eq!(late.why, "it has worked on one frame for more than 60.0 s");
            calls.stop();
            assert!(matches!(guard.look(Instant::now() + GRACE), Look::Late(_)));
        });
        assert!(matches!(guard.look(Instant::now() + Duration::from_secs(61)), Look::Idle));
        calls.leave(&guard);
        assert!(calls.all().is_empty());
        assert!(calls.take(Owner::Worker { stream: 0 }, "late".into()).unwrap().stop.is_wanted());
    }
}
