//! The rights of a client. Every path is decided here, and every use of a stream passes here.

use crate::route::Route;
use crate::users::Right;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The rights of a client.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    /// No other role has this number: answers that were made for it are for it alone.
    pub(crate) number: u64,
    /// True if the client is known, or need not be.
    known: bool,
    watch: bool,
    state: bool,
    /// The streams that there are for it; all if `None`.
    streams: Option<Vec<String>>,
}

/// The reason for a refusal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Denied {
    /// It is not known who asks.
    Unknown,
    /// It is known, and lacks this right.
    Lacks(Right),
}

impl Role {
    fn new(known: bool, watch: bool, state: bool, streams: Option<Vec<String>>) -> Role {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        Role { number: NUMBER.fetch_add(1, Relaxed), known, watch, state, streams }
    }

    /// May do everything.
    pub(crate) fn all() -> Role {
        Role::new(true, true, true, None)
    }

    /// One who has not said who it is, where that matters.
    pub(crate) fn stranger() -> Role {
        Role::new(false, false, false, Some(Vec::new()))
    }

    /// A user.
    pub(crate) fn user(rights: &[Right], streams: Option<Vec<String>>) -> Role {
        Role::new(true, rights.contains(&Right::Watch), rights.contains(&Right::State), streams)
    }

    /// Decides a path. [`Role::sees`] decides its stream.
    pub(crate) fn decide(&self, route: &Route) -> Result<(), Denied> {
        let right = match route {
            // Open, and terse: the details are for those who may know the state.
            Route::Health { stream: None, .. } => return Ok(()),
            // What is not served, is told to those who are known.
            Route::Unknown | Route::Bad(_) => None,
            Route::Page | Route::Stream { .. } | Route::Snapshot { .. } => Some(Right::Watch),
            Route::State { .. } | Route::Health { stream: Some(_), .. } => Some(Right::State),
        };
        match right {
            _ if !self.known => Err(Denied::Unknown),
            Some(right) if !self.may(right) => Err(Denied::Lacks(right)),
            _ => Ok(()),
        }
    }

    /// Returns whether it has a right.
    pub(crate) fn may(&self, right: Right) -> bool {
        match right {
            Right::Watch => self.watch,
            Right::State => self.state,
        }
    }

    /// Returns whether there is a stream of this name for it.
    pub(crate) fn sees(&self, stream: &str) -> bool {
        self.streams.as_ref().is_none_or(|streams| streams.iter().any(|name| name == stream))
    }

    /// Returns whether all streams are there for it, later ones included.
    pub(crate) fn sees_all(&self) -> bool {
        self.streams.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::PATHS;

    #[test]
    fn every_path_is_decided_for_every_role() {
        let roles = [
            Role::stranger(),
            Role::user(&[Right::Watch], None),
            Role::user(&[Right::State], None),
            Role::all(),
        ];
        // What each of them may: a new path has to be added here.
        let expected = |what: &str, named: bool| match what {
            "healthz" if !named => [true; 4],
            "state" | "healthz" => [false, false, true, true],
            "" | "stream" | "stream.mjpg" | "video_feed" | "snapshot" | "snapshot.jpg" | "?action=stream"
            | "?action=snapshot" | "?action=stream_1" | "?action=snapshot_1" => [false, true, false, true],
            "nothing/at/all" | "stream?advance_headers=2" => [false, true, true, true],
            new => panic!("who may ask for {new}?"),
        };
        let others = [
            "",
            "?action=stream",
            "?action=snapshot",
            "?action=stream_1",
            "?action=snapshot_1",
            "nothing/at/all",
            "stream?advance_headers=2",
        ];
        for what in PATHS.into_iter().chain(others) {
            for prefix in ["/", "/porch/"] {
                let named = prefix != "/";
                if named && (what.is_empty() || what.ends_with("_1")) {
                    continue;
                }
                let route = Route::of(&format!("{prefix}{what}").parse().unwrap());
                let decided = [0, 1, 2, 3].map(|role: usize| roles[role].decide(&route).is_ok());
                assert_eq!(decided, expected(what, named), "{prefix}{what}: {route:?}");
            }
        }
    }
}
