//! Who is connected, and what each one that looks at a stream has been given.

use crate::part::Part;
use crate::tally::Tally;
use mutoscope_plugin::{Times, serde_json};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

/// Who is connected.
#[derive(Default)]
pub(crate) struct Clients {
    open: AtomicUsize,
    refused: AtomicU64,
    /// Those that look at a stream; the ones that have gone are left out when somebody asks or comes.
    viewers: Mutex<Vec<Weak<Viewer>>>,
}

impl Clients {
    /// A connection more, from now until what is given is dropped.
    pub(crate) fn enter(self: &Arc<Self>, address: SocketAddr) -> Peer {
        self.open.fetch_add(1, Relaxed);
        Peer { clients: self.clone(), address, bytes: Arc::default() }
    }

    /// A connection for which there was no room.
    pub(crate) fn refuse(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    /// How many connections there are, and how many there was no room for.
    pub(crate) fn connections(&self) -> (usize, u64) {
        (self.open.load(Relaxed), self.refused.load(Relaxed))
    }

    /// Those that look at a stream, in the order in which they came.
    pub(crate) fn viewers(&self) -> Vec<Arc<Viewer>> {
        self.list().iter().filter_map(Weak::upgrade).collect()
    }

    fn list(&self) -> MutexGuard<'_, Vec<Weak<Viewer>>> {
        self.viewers.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// The other end of a connection.
pub(crate) struct Peer {
    clients: Arc<Clients>,
    address: SocketAddr,
    /// What its socket took.
    pub(crate) bytes: Arc<AtomicU64>,
}

impl Peer {
    /// It looks at a stream from now on, until what is given is dropped.
    pub(crate) fn view(&self, stream: &str, tally: Arc<Tally>) -> Arc<Viewer> {
        let viewer = Arc::new(Viewer {
            stream: stream.to_owned(),
            address: self.address,
            since: Times::now(),
            bytes: self.bytes.clone(),
            bytes_before: self.bytes.load(Relaxed),
            frames: AtomicU64::new(0),
            skipped: AtomicU64::new(0),
            captured_ns: AtomicU64::new(0),
            tally,
        });
        let mut viewers = self.clients.list();
        viewers.retain(|viewer| viewer.strong_count() > 0);
        viewers.push(Arc::downgrade(&viewer));
        viewer
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.clients.open.fetch_sub(1, Relaxed);
    }
}

/// One who looks at a stream.
pub(crate) struct Viewer {
    stream: String,
    address: SocketAddr,
    since: Times,
    bytes: Arc<AtomicU64>,
    bytes_before: u64,
    frames: AtomicU64,
    skipped: AtomicU64,
    /// When the frame that it was given last was captured, on the monotonic clock.
    captured_ns: AtomicU64,
    tally: Arc<Tally>,
}

impl Viewer {
    /// Its connection was given a part, after it had missed `skipped` ones.
    pub(crate) fn gave(&self, part: &Part, skipped: u64) {
        Tally::add(&self.tally.frames, 1);
        self.frames.fetch_add(1, Relaxed);
        self.captured_ns.store(part.frame().times().monotonic_ns, Relaxed);
        if skipped > 0 {
            Tally::add(&self.tally.skipped, skipped);
            self.skipped.fetch_add(skipped, Relaxed);
        }
    }

    /// What `/state` says of it.
    pub(crate) fn account(&self, now: Times) -> serde_json::Value {
        let frames = self.frames.load(Relaxed);
        let captured = Times { monotonic_ns: self.captured_ns.load(Relaxed), wall_ns: 0 };
        let age_ms = (frames > 0).then(|| u64::try_from(now.since(captured).as_millis()).unwrap_or(u64::MAX));
        serde_json::json!({
            "stream": self.stream,
            "address": self.address.to_string(),
            "since_s": now.since(self.since).as_millis() as f64 / 1000.0,
            "frames_sent": frames,
            "frames_skipped": self.skipped.load(Relaxed),
            "bytes_sent": self.bytes.load(Relaxed) - self.bytes_before,
            "last_frame_age_ms": age_ms,
        })
    }
}
