//! The current limits of connections and answers.

use mutoscope_plugin::tracing;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A last good picture is kept at least for this time after it was captured, so that a request may ask for an older one
/// than the options allow by themselves.
const KEPT: Duration = Duration::from_secs(60);

/// Connections beyond the limit that are still told so; the ones beyond these are closed without a word.
pub(crate) const CROWD: usize = 64;

/// What bounds a connection. May change while the server runs; a connection keeps what held when it came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Limits {
    /// A send without progress ends after this time.
    pub(crate) send_timeout: Duration,
    /// `/snapshot` waits for a picture for this time.
    pub(crate) snapshot_timeout: Duration,
    /// `/snapshot` gives a picture that is no older, when no new one comes.
    pub(crate) max_age: Duration,
    /// A request's head must be there after this time.
    pub(crate) request_timeout: Duration,
    /// Connections at once.
    pub(crate) max_connections: usize,
    /// Connections of one address at once, unless it is this machine's own.
    pub(crate) max_per_address: usize,
    /// Connections at once that are told that there is no room, which takes a moment.
    pub(crate) crowd: usize,
}

/// Files that the program may want to open beside connections: cameras, pictures, plugins.
const SPARE: u64 = 64;

/// Connections that all sinks of the program may have together. A library is loaded once, so that they share it.
static PROMISED: AtomicUsize = AtomicUsize::new(0);

/// A sink ends that may have had so many connections.
pub(crate) fn give_back(connections: usize) {
    PROMISED.fetch_sub(connections, Relaxed);
}

impl Limits {
    /// Sees to it that so many connections can be open beside `open`, the files that are open already, and those that other sinks
    /// may have; `promised` is how many this one could have so far. Where the system allows fewer, there are fewer connections, and the
    /// log says so.
    pub(crate) fn with_room(mut self, open: u64, promised: usize) -> Limits {
        let others = open + PROMISED.fetch_sub(promised, Relaxed).saturating_sub(promised) as u64;
        let needed = others + self.crowd as u64 + SPARE + self.max_connections as u64;
        let allowed = mutoscope_descriptors::allow(needed);
        if allowed < needed {
            let free = usize::try_from(allowed.saturating_sub(others)).unwrap_or(usize::MAX);
            // Where there are few, connections have half of them.
            let spare = (self.crowd + SPARE as usize).min(free / 2);
            self.crowd = spare / 2;
            let fit = (free - spare).clamp(1, self.max_connections);
            tracing::warn!(
                "max_connections is {}, and there is room for {fit}: the system allows this program {allowed} open files, and \
                 {needed} are needed (`ulimit -Hn {needed}` as root, `LimitNOFILE={needed}` in a unit of systemd)",
                self.max_connections
            );
            self.max_connections = fit;
        }
        PROMISED.fetch_add(self.max_connections, Relaxed);
        self
    }

    /// The age at which a picture that is kept for snapshots alone is dropped.
    pub(crate) fn kept(&self) -> Duration {
        self.max_age.max(KEPT)
    }
}

/// The current value from the options: the sink's thread sets it, the server's reads it. Clones are the same.
#[derive(Clone)]
pub(crate) struct Current<T>(Arc<Mutex<T>>);

impl<T: Clone> Current<T> {
    pub(crate) fn new(value: T) -> Current<T> {
        Current(Arc::new(Mutex::new(value)))
    }

    pub(crate) fn get(&self) -> T {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    pub(crate) fn set(&self, value: T) {
        *self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;

    #[test]
    fn sinks_have_room_for_all_their_connections_together() {
        let wanted = Options::default().limits();
        let given = [(); 2].map(|()| wanted.with_room(0, 0).max_connections);
        let allowed = mutoscope_descriptors::allow(0);
        assert!(allowed >= given.iter().sum::<usize>() as u64, "{allowed} files, connections {given:?}");
        given.into_iter().for_each(give_back);
    }
}
