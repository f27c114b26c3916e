//! What bounds connections and answers, as it holds now.

use mutoscope_plugin::tracing;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A last good picture is kept at least so long after it was captured, so that a request may ask for an older one than the
/// options allow by themselves.
const KEPT: Duration = Duration::from_secs(60);

/// What bounds a connection. May change while the server runs; a connection keeps what held when it came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Limits {
    /// A send without progress ends after so long.
    pub(crate) send_timeout: Duration,
    /// `/snapshot` waits so long for a picture.
    pub(crate) snapshot_timeout: Duration,
    /// `/snapshot` gives a picture that is no older, when no new one comes.
    pub(crate) max_age: Duration,
    /// A request's head must be there after so long.
    pub(crate) request_timeout: Duration,
    /// Connections at once.
    pub(crate) max_connections: usize,
    /// Connections of one address at once, unless it is this machine's own.
    pub(crate) max_per_address: usize,
}

/// Files that the program may want to open beside connections: cameras, pictures, plugins.
const SPARE: u64 = 64;

impl Limits {
    /// Sees to it that so many connections can be open beside `others`, the files that are open already. Where the system allows
    /// fewer, there are fewer connections, and the log says so.
    pub(crate) fn with_room(mut self, others: u64) -> Limits {
        // Those that are told that there is no room are open for a moment, too.
        let beside = others + crate::server::CROWD as u64 + SPARE;
        let needed = beside + self.max_connections as u64;
        let allowed = mutoscope_descriptors::allow(needed);
        if allowed < needed {
            let fit = usize::try_from(allowed.saturating_sub(beside)).unwrap_or(usize::MAX).max(1);
            tracing::warn!(
                "max_connections is {}, and there is room for {fit}: the system allows this program {allowed} open files, and \
                 {needed} are needed (`ulimit -Hn {needed}` as root, `LimitNOFILE={needed}` in a unit of systemd)",
                self.max_connections
            );
            self.max_connections = fit;
        }
        self
    }

    /// How old a picture may grow that is kept for snapshots alone.
    pub(crate) fn kept(&self) -> Duration {
        self.max_age.max(KEPT)
    }
}

/// What the options say now: the sink's thread sets it, the server's reads it. Clones are the same.
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
