//! What bounds connections and answers, as it holds now.

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
}

impl Limits {
    /// How old a picture may grow that is kept for snapshots alone.
    pub(crate) fn kept(&self) -> Duration {
        self.max_age.max(KEPT)
    }
}

/// The limits as they hold now: the sink's thread sets them, the server's reads them. Clones are the same.
#[derive(Clone)]
pub(crate) struct Current(Arc<Mutex<Limits>>);

impl Current {
    pub(crate) fn new(limits: Limits) -> Current {
        Current(Arc::new(Mutex::new(limits)))
    }

    pub(crate) fn get(&self) -> Limits {
        *self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub(crate) fn set(&self, limits: Limits) {
        *self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = limits;
    }
}
