//! What the clocks say.

use crate::allocations::{Asked, asked};
use rustix::time::{ClockId, clock_gettime};
use std::time::Instant;

/// What the clocks and counters of the calling thread say.
#[derive(Clone, Copy)]
pub(crate) struct Reading {
    cpu_ns: u64,
    wall: Instant,
    asked: Asked,
}

/// What was spent between two readings.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Spent {
    /// Processor time of the thread.
    pub(crate) cpu_ns: u64,
    /// Time on the clock.
    pub(crate) wall_ns: u64,
    /// What it has asked the C library for.
    pub(crate) asked: Asked,
}

impl Reading {
    /// At a start: the processor's clock is read last, so that reading the others is not measured.
    pub(crate) fn start() -> Reading {
        let (asked, wall) = (asked(), Instant::now());
        Reading { cpu_ns: cpu_ns(ClockId::ThreadCPUTime), wall, asked }
    }

    /// At an end: the processor's clock is read first.
    pub(crate) fn spent(&self) -> Spent {
        let cpu_ns = cpu_ns(ClockId::ThreadCPUTime);
        let wall_ns = self.wall.elapsed().as_nanos() as u64;
        let now = asked();
        let asked = Asked { times: now.times - self.asked.times, bytes: now.bytes - self.asked.bytes };
        Spent { cpu_ns: cpu_ns.saturating_sub(self.cpu_ns), wall_ns, asked }
    }
}

impl std::ops::AddAssign for Spent {
    fn add_assign(&mut self, more: Spent) {
        self.cpu_ns += more.cpu_ns;
        self.wall_ns += more.wall_ns;
        self.asked.times += more.asked.times;
        self.asked.bytes += more.asked.bytes;
    }
}

/// Processor time that a clock has counted.
pub(crate) fn cpu_ns(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Returns what it costs to read the clocks around a stage: processor time that is in each stage's figure. The least of several.
pub(crate) fn cost_ns() -> u64 {
    (0..100).map(|_| Reading::start().spent().cpu_ns).min().unwrap_or(0)
}
