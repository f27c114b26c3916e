//! A client that keeps whole parts.

use crate::patience::within;
use crate::{PATIENCE, Part, http};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Instant;

/// A client that keeps all parts of a stream, pictures and all: for a few seconds of it.
#[derive(Debug)]
pub struct Recorder {
    url: String,
    seen: Arc<Mutex<Vec<Recorded>>>,
    reader: Option<JoinHandle<()>>,
}

/// A part, and when it came.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Arrival of its last byte.
    pub at: Instant,
    /// Part as it came.
    pub part: Part,
}

impl Recorded {
    /// Returns the picture's freshness from its header: `live`, `held` or `placeholder`.
    ///
    /// # Panics
    ///
    /// It has no such header.
    #[track_caller]
    pub fn freshness(&self) -> &str {
        self.part.header("X-Frame")
    }
}

impl Recorder {
    /// Looks at the stream that is served there.
    ///
    /// # Panics
    /// It is none.
    #[track_caller]
    pub fn of(url: &str) -> Recorder {
        let parts = http::stream(url);
        let seen = Arc::<Mutex<Vec<Recorded>>>::default();
        let gathered = seen.clone();
        let reader = thread::spawn(move || {
            for part in parts {
                gathered
                    .lock()
                    .expect("nothing panics under this lock")
                    .push(Recorded { at: Instant::now(), part });
            }
        });
        Recorder { url: url.to_owned(), seen, reader: Some(reader) }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Recorded>> {
        self.seen.lock().expect("nothing panics under this lock")
    }

    /// Returns the parts from then on.
    pub fn since(&self, when: Instant) -> Vec<Recorded> {
        self.lock().iter().filter(|seen| seen.at >= when).cloned().collect()
    }

    /// The first part from then on with such a picture, once it is there.
    ///
    /// # Panics
    /// None comes in time.
    #[track_caller]
    pub fn waits_for(&self, freshness: &str, when: Instant) -> Recorded {
        let found = within(PATIENCE, || {
            self.lock().iter().find(|seen| seen.at >= when && seen.freshness() == freshness).cloned()
        });
        found.unwrap_or_else(|| panic!("{}: nothing that is {freshness}", self.url))
    }

    /// Returns whether the stream has come to its end, a good one or not.
    pub fn has_ended(&self) -> bool {
        self.reader.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits for the stream's end and gives all that came.
    ///
    /// # Panics
    /// It does not come in time, or the stream broke off.
    #[track_caller]
    pub fn end(mut self) -> Vec<Recorded> {
        assert!(within(PATIENCE, || self.has_ended().then_some(())).is_some(), "{} does not end", self.url);
        let ended = self.reader.take().map(JoinHandle::join);
        assert!(matches!(ended, Some(Ok(()))), "{} broke off", self.url);
        std::mem::take(&mut *self.lock())
    }
}
