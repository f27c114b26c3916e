//! The connected clients, and the frames that each viewer of a stream has been given.

use crate::limits::Limits;
use crate::part::Part;
use crate::tally::Tally;
use crate::users::Who;
use mutoscope_plugin::{Times, serde_json, tracing};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

/// The connected clients.
#[derive(Default)]
pub(crate) struct Clients {
    open: Mutex<Open>,
    refused: AtomicU64,
    /// The viewers of streams; those that have gone are dropped when the list is read or a viewer comes.
    viewers: Mutex<Vec<Weak<Viewer>>>,
}

/// The connections that are served.
#[derive(Default)]
struct Open {
    all: usize,
    /// By address; this machine's own are not counted.
    by_address: HashMap<IpAddr, usize>,
}

/// The reason for which there is no room for a connection: the number of open ones, which is the limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Full {
    /// In all.
    Server(usize),
    /// Of its address.
    Address(usize),
}

impl Full {
    /// In words.
    pub(crate) fn why(self) -> String {
        match self {
            Full::Server(limit) => format!("{limit} connections are open, which is the limit"),
            Full::Address(limit) => {
                format!(
                    "{limit} connections of this address are open, which is the limit (`max_connections_per_address`)"
                )
            }
        }
    }
}

/// The unit that counts as one address. `None` for this machine's own: programs on it (a proxy, a test) have no limit.
fn counted(address: IpAddr) -> Option<IpAddr> {
    Some(network(address)).filter(|address| !address.is_loopback())
}

/// Returns the unit that counts as one address.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        own if own.is_loopback() => own,
        // Who has one address of a network has 2^64 of them. On one's own link the network is the same for all.
        IpAddr::V6(v6) if !v6.is_unicast_link_local() => {
            Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into()
        }
        other => other,
    }
}

impl Clients {
    /// A connection more, from now until what is given is dropped.
    ///
    /// # Errors
    /// There are as many as there may be.
    pub(crate) fn enter(self: &Arc<Self>, address: SocketAddr, limits: &Limits) -> Result<Peer, Full> {
        let mut open = self.open();
        if open.all >= limits.max_connections {
            self.refused.fetch_add(1, Relaxed);
            return Err(Full::Server(limits.max_connections));
        }
        let counted = counted(address.ip());
        if let Some(counted) = counted {
            let of_address = open.by_address.entry(counted).or_default();
            if *of_address >= limits.max_per_address {
                self.refused.fetch_add(1, Relaxed);
                return Err(Full::Address(limits.max_per_address));
            }
            *of_address += 1;
        }
        open.all += 1;
        drop(open);
        let clients = self.clone();
        Ok(Peer { clients, address, counted, bytes: Arc::default(), shut: Arc::default() })
    }

    /// The number of connections that are served, and of those for which there was no room.
    pub(crate) fn connections(&self) -> (usize, u64) {
        (self.open().all, self.refused.load(Relaxed))
    }

    /// Those that look at a stream, in the order in which they came.
    pub(crate) fn viewers(&self) -> Vec<Arc<Viewer>> {
        self.list().iter().filter_map(Weak::upgrade).collect()
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn list(&self) -> MutexGuard<'_, Vec<Weak<Viewer>>> {
        self.viewers.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// The other end of a connection.
pub(crate) struct Peer {
    clients: Arc<Clients>,
    address: SocketAddr,
    counted: Option<IpAddr>,
    /// The bytes that its socket took.
    pub(crate) bytes: Arc<AtomicU64>,
    /// It has just shut its sending side. If it is gone, it says so when it is sent something.
    pub(crate) shut: Arc<AtomicBool>,
}

impl Peer {
    /// Its address, or the network that counts as one.
    pub(crate) fn network(&self) -> IpAddr {
        network(self.address.ip())
    }

    /// It looks at a stream from now on, until what is given is dropped.
    pub(crate) fn view(&self, stream: &str, who: &Who, tally: Arc<Tally>) -> Arc<Viewer> {
        tracing::debug!("{} looks at `{stream}`", self.address);
        let viewer = Arc::new(Viewer {
            stream: stream.to_owned(),
            who: who.clone(),
            ended: AtomicBool::new(false),
            since: Times::now(),
            bytes: self.bytes.clone(),
            bytes_before: self.bytes.load(Relaxed),
            shut: self.shut.clone(),
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
        let mut open = self.clients.open();
        open.all -= 1;
        if let Some(counted) = self.counted
            && let Some(of_address) = open.by_address.get_mut(&counted)
        {
            *of_address -= 1;
            if *of_address == 0 {
                open.by_address.remove(&counted);
            }
        }
    }
}

/// One who looks at a stream.
pub(crate) struct Viewer {
    stream: String,
    who: Who,
    /// It may not look any more.
    ended: AtomicBool,
    since: Times,
    bytes: Arc<AtomicU64>,
    bytes_before: u64,
    shut: Arc<AtomicBool>,
    frames: AtomicU64,
    skipped: AtomicU64,
    /// The time of capture of the last frame that it was given, on the monotonic clock.
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

    /// Returns whether to send it something, as a test that it is still there: `true` once.
    pub(crate) fn is_asked(&self) -> bool {
        self.shut.swap(false, Relaxed)
    }

    /// The stream that it looks at.
    pub(crate) fn stream(&self) -> &str {
        &self.stream
    }

    /// Lets it look no longer unless it may; says whether it is so.
    pub(crate) fn end_unless(&self, may: impl FnOnce(&Who, &str) -> bool) -> bool {
        let ended = !may(&self.who, &self.stream);
        self.ended.fetch_or(ended, Relaxed);
        ended
    }

    /// Returns whether it may not watch any more.
    pub(crate) fn is_ended(&self) -> bool {
        self.ended.load(Relaxed)
    }

    /// What `/state` says of it. Where it is, is nobody else's business: the log has its address.
    pub(crate) fn account(&self, now: Times) -> serde_json::Value {
        let frames = self.frames.load(Relaxed);
        let captured = Times { monotonic_ns: self.captured_ns.load(Relaxed), wall_ns: 0 };
        let age_ms = (frames > 0).then(|| u64::try_from(now.since(captured).as_millis()).unwrap_or(u64::MAX));
        serde_json::json!({
            "stream": self.stream,
            "since_s": now.since(self.since).as_millis() as f64 / 1000.0,
            "frames_sent": frames,
            "frames_skipped": self.skipped.load(Relaxed),
            "bytes_sent": self.bytes.load(Relaxed) - self.bytes_before,
            "last_frame_age_ms": age_ms,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;

    fn limits(max_connections: usize, max_per_address: usize) -> Limits {
        Limits { max_connections, max_per_address, ..Options::default().limits() }
    }

    #[test]
    fn one_address_has_its_share_and_no_more() {
        let clients = Arc::<Clients>::default();
        let limits = limits(10, 2);
        let enter = |address: &str| clients.enter(SocketAddr::new(address.parse().unwrap(), 7), &limits);
        let first = enter("192.0.2.1").ok().unwrap();
        let _second = enter("::ffff:192.0.2.1").ok().unwrap();
        assert_eq!(enter("192.0.2.1").err(), Some(Full::Address(2)));
        let _other = enter("192.0.2.2").ok().unwrap();
        drop(first);
        let _again = enter("192.0.2.1").ok().unwrap();
        // A network of 64 bits is one address, but on one's own link.
        let _v6 = [enter("2001:db8::1").ok().unwrap(), enter("2001:db8::2").ok().unwrap()];
        assert_eq!(enter("2001:db8:0:0:ffff::").err(), Some(Full::Address(2)));
        let _near: Vec<_> =
            ["fe80::1", "fe80::2", "fe80::3"].map(enter).into_iter().map(|peer| peer.ok().unwrap()).collect();
        // This machine itself has all that is left.
        let _own = [enter("127.0.0.1").ok().unwrap(), enter("::1").ok().unwrap()];
        assert_eq!(enter("127.0.0.1").err(), Some(Full::Server(10)));
        assert_eq!(clients.connections(), (10, 3));
    }

    #[test]
    fn addresses_that_are_gone_leave_nothing() {
        let clients = Arc::<Clients>::default();
        let limits = limits(10, 2);
        for n in 0..100 {
            drop(clients.enter(SocketAddr::new([192, 0, 2, n].into(), 7), &limits).ok().unwrap());
        }
        assert_eq!(clients.connections(), (0, 0));
        assert!(clients.open().by_address.is_empty());
    }
}
