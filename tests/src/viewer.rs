//! A client that watches a stream for a whole test.

use crate::{PATIENCE, Part, Parts, http, patience};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Instant;

/// A client that reads a stream on one connection all the time, on its own thread, and remembers each part.
#[derive(Debug)]
pub struct Viewer {
    seen: Arc<Mutex<Vec<Seen>>>,
    last: Arc<Mutex<Option<Part>>>,
    enough: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// A viewer's memory of a part.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Arrival of its last byte.
    pub at: Instant,
    /// The frame's number in its stream.
    pub sequence: u64,
    /// `live`, `held` or `placeholder`.
    pub freshness: String,
    /// Width and height.
    pub size: (u32, u32),
    /// Size of its picture in bytes.
    pub len: usize,
}

impl Viewer {
    /// Looks at what this URL gives.
    ///
    /// # Panics
    /// It is no stream.
    #[track_caller]
    pub fn of(url: &str) -> Viewer {
        Viewer::reading(http::watch(url))
    }

    /// Reads a stream that is already open.
    pub fn reading(mut parts: Parts) -> Viewer {
        let (seen, last) = (Arc::<Mutex<Vec<Seen>>>::default(), Arc::<Mutex<Option<Part>>>::default());
        let enough = Arc::new(AtomicBool::new(false));
        let (all, newest, end) = (seen.clone(), last.clone(), enough.clone());
        let thread = thread::spawn(move || {
            while !end.load(Ordering::SeqCst)
                && let Some(part) = parts.next()
            {
                let seen = Seen {
                    at: Instant::now(),
                    sequence: part.sequence(),
                    freshness: part.header("X-Frame").to_owned(),
                    size: part.size(),
                    len: part.picture.len(),
                };
                *lock(&newest) = Some(part);
                lock(&all).push(seen);
            }
        });
        Viewer { seen, last, enough, thread: Some(thread) }
    }

    /// Returns the parts so far.
    ///
    /// # Panics
    ///
    /// The stream has ended or broken off.
    #[track_caller]
    pub fn seen(&self) -> Vec<Seen> {
        assert!(!self.has_ended(), "the stream is over, after {:?}", lock(&self.seen).last());
        lock(&self.seen).clone()
    }

    /// Returns the number of parts so far.
    pub fn count(&self) -> usize {
        lock(&self.seen).len()
    }

    /// The newest part.
    pub fn last(&self) -> Option<Part> {
        lock(&self.last).clone()
    }

    /// Returns whether the stream has ended.
    pub fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits for the next part, from now on, that is so, and gives it.
    ///
    /// # Panics
    /// None comes in time, or the stream has ended.
    #[track_caller]
    pub fn until(&self, what: &str, is_it: impl Fn(&Seen) -> bool) -> Seen {
        let before = self.count();
        let found = patience::within(PATIENCE, || {
            let seen = lock(&self.seen).iter().skip(before).find(|seen| is_it(seen)).cloned();
            seen.map(Some).or_else(|| self.has_ended().then_some(None))
        });
        let last = lock(&self.seen).last().cloned();
        found.flatten().unwrap_or_else(|| panic!("waited in vain for {what}; the last was {last:?}"))
    }

    /// Waits for so many parts more.
    ///
    /// # Panics
    /// They do not come in time, or the stream has ended.
    #[track_caller]
    pub fn more(&self, count: usize) {
        let wanted = self.count() + count;
        let come = patience::within(PATIENCE, || (self.count() >= wanted || self.has_ended()).then_some(()));
        assert!(come.is_some() && self.count() >= wanted, "no {count} parts more");
    }

    /// Goes away after the next part, and gives all that came.
    ///
    /// # Panics
    /// The stream has broken off.
    #[track_caller]
    pub fn leave(mut self) -> Vec<Seen> {
        self.enough.store(true, Ordering::SeqCst);
        let thread = self.thread.take().expect("it goes away once");
        assert!(thread.join().is_ok(), "the stream has broken off after {:?}", lock(&self.seen).last());
        lock(&self.seen).clone()
    }
}

/// Checks that numbers of live pictures only grow; placeholders and repetitions have those of what came before.
///
/// # Panics
/// They do not.
#[track_caller]
pub fn assert_in_order(seen: &[Seen]) {
    for pair in seen.windows(2) {
        let [before, after] = pair else { continue };
        let grows = if after.freshness == "live" {
            // A placeholder before the first picture has a number as well.
            before.sequence < after.sequence || before.freshness == "placeholder"
        } else {
            before.sequence <= after.sequence
        };
        assert!(grows, "{before:?}, then {after:?}");
    }
    let live: Vec<_> = seen.iter().filter(|seen| seen.freshness == "live").collect();
    for pair in live.windows(2) {
        assert!(pair[0].sequence < pair[1].sequence, "{:?}, then {:?}", pair[0], pair[1]);
    }
}

/// Returns how many numbers are missing between the first and the last.
pub fn missing(seen: &[Seen]) -> u64 {
    let gaps = seen.windows(2).filter(|pair| pair[1].sequence > pair[0].sequence + 1);
    gaps.map(|pair| pair[1].sequence - pair[0].sequence - 1).sum()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
