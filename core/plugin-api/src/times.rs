//! The time of a frame's capture.

use crate::abi::crossing;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

crossing! {
    /// One moment on two clocks: for measuring (monotonic) and for telling (wall clock).
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
    pub struct Times {
        /// `CLOCK_MONOTONIC`, in nanoseconds: never goes back, the same in every plugin and in V4L2.
        pub monotonic_ns: u64,
        /// Nanoseconds since 1970-01-01 00:00:00 UTC, without leap seconds.
        pub wall_ns: i64,
    }
}

impl Times {
    /// This moment.
    pub fn now() -> Times {
        let monotonic = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let wall = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => since.as_nanos() as i64,
            Err(before) => -(before.duration().as_nanos() as i64),
        };
        Times {
            monotonic_ns: monotonic.tv_sec as u64 * 1_000_000_000 + monotonic.tv_nsec as u64,
            wall_ns: wall,
        }
    }

    /// The moment whose monotonic clock read `monotonic_ns` (a driver's time stamp), its wall clock
    /// reckoned back from the present.
    pub fn from_monotonic(monotonic_ns: u64) -> Times {
        let now = Times::now();
        // A driver may say anything.
        let ago = now.monotonic_ns.wrapping_sub(monotonic_ns) as i64;
        Times { monotonic_ns, wall_ns: now.wall_ns.saturating_sub(ago) }
    }

    /// The time since `earlier`; zero if this is not after it.
    pub fn since(&self, earlier: Times) -> Duration {
        Duration::from_nanos(self.monotonic_ns.saturating_sub(earlier.monotonic_ns))
    }
}
