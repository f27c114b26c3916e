//! One place, which the latest takes, and the bell that is rung for it: what an [`Inbox`](crate::Inbox) is made of.

use crate::Error;
use crate::sync::Mutex;

/// Wakes the thread that waits. Once rung, it stays so until it is told to be quiet.
pub(crate) trait Bell {
    /// Rings. Rung again, it is the same.
    fn ring(&self);
    /// Stops ringing.
    fn quiet(&self);
}

/// One place.
pub(crate) struct Latest<T, B> {
    bell: B,
    // Held for a swap only, so that `put` never waits long: a replaced value is dropped outside.
    place: Mutex<LatestSlot<T>>,
}

struct LatestSlot<T> {
    picture: Option<T>,
    replaced: u64,
    end: Option<End>,
}

/// The option's path and the message of an error; none, where there was no error. An [`Error`] is made of it as often as it is asked for.
type End = Option<(String, String)>;

/// The result of a take.
pub(crate) enum Taken<T> {
    Picture {
        picture: T,
        /// The number of values before it that were replaced untaken.
        replaced: u64,
    },
    /// Nothing more comes, and why.
    Ended(Option<Error>),
}

impl<T, B: Bell> Latest<T, B> {
    pub(crate) fn new(bell: B) -> Latest<T, B> {
        Latest { bell, place: Mutex::new(LatestSlot { picture: None, replaced: 0, end: None }) }
    }

    pub(crate) fn put(&self, picture: T) {
        let unwanted = self.with(|place| {
            if place.end.is_some() {
                return Some(picture);
            }
            let before = place.picture.replace(picture);
            place.replaced += u64::from(before.is_some());
            before
        });
        self.bell.ring();
        // Outside the lock: its drop may take long (an SDK takes its buffer back), and no taker may wait for it.
        drop(unwanted);
    }

    /// The first end is the one that counts.
    pub(crate) fn end(&self, error: Option<Error>) {
        let end = error.map(|error| (error.option_path().to_owned(), error.message().to_owned()));
        self.with(|place| {
            place.end.get_or_insert(end);
        });
        self.bell.ring();
    }

    /// Takes what is there; if there is nothing, after `wait`, as long as that says that it is worth it.
    pub(crate) fn take(&self, mut wait: impl FnMut(&B) -> bool) -> Option<Taken<T>> {
        loop {
            // Before the look: a value that comes after the look rings again.
            self.bell.quiet();
            if let Some(taken) = self.with(LatestSlot::take) {
                if matches!(taken, Taken::Ended(_)) {
                    // For other takers that wait.
                    self.bell.ring();
                }
                return Some(taken);
            }
            if !wait(&self.bell) {
                return None;
            }
        }
    }

    fn with<R>(&self, work: impl FnOnce(&mut LatestSlot<T>) -> R) -> R {
        work(&mut self.place.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }
}

impl<T> LatestSlot<T> {
    fn take(&mut self) -> Option<Taken<T>> {
        if let Some(picture) = self.picture.take() {
            return Some(Taken::Picture { picture, replaced: std::mem::take(&mut self.replaced) });
        }
        let end = self.end.as_ref()?;
        Some(Taken::Ended(end.as_ref().map(|(path, message)| Error::option(path, message))))
    }
}
