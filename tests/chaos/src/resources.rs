//! Threads, descriptors and memory of the server, as the kernel counts them.

use crate::world::World;
use std::fs;

/// The server's use of the machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Resources {
    /// Resident memory in KiB.
    pub memory: u64,
    /// Threads.
    pub threads: u64,
    /// Open descriptors.
    pub descriptors: u64,
}

impl Resources {
    /// Reads the server's present use.
    ///
    /// # Panics
    ///
    /// The server is gone.
    pub fn of(world: &World) -> Resources {
        let (status, fd) = {
            let server = world.server();
            (server.about("status"), server.about("fd"))
        };
        let status = fs::read_to_string(status).expect("the server is there");
        let value = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
            line.split_whitespace().nth(1).and_then(|value| value.parse().ok()).unwrap_or(0)
        };
        let descriptors = fs::read_dir(fd).expect("the server is there").count() as u64;
        Resources { memory: value("VmRSS:"), threads: value("Threads:"), descriptors }
    }

    /// Returns whether the use is about that of `first`. `left_behind` more threads are accounted for, a few descriptors
    /// belong to requests under way, and the allocator may keep memory that was given back, up to half as much again.
    pub fn is_back_at(&self, first: &Resources, left_behind: u64) -> bool {
        self.threads <= first.threads + left_behind + 2
            && self.descriptors <= first.descriptors + 8
            && self.memory <= first.memory * 3 / 2 + (32 << 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leak_shows() {
        let first = Resources { memory: 60 << 10, threads: 20, descriptors: 40 };
        assert!(first.is_back_at(&first, 0));
        assert!(!Resources { threads: 24, ..first }.is_back_at(&first, 0));
        assert!(Resources { threads: 24, ..first }.is_back_at(&first, 2));
        assert!(!Resources { descriptors: 60, ..first }.is_back_at(&first, 0));
        assert!(!Resources { memory: 200 << 10, ..first }.is_back_at(&first, 0));
    }
}
