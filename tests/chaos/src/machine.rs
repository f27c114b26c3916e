//! CPU time that other processes take, by the kernel's own account: where they take much, ages say little.

use crate::world::World;
use std::fs;
use std::path::Path;

/// Processor time since some beginning, in the kernel's ticks.
#[derive(Clone, Copy, Default)]
pub struct Machine {
    /// Of all processors together, busy or not.
    all: u64,
    /// Busy.
    busy: u64,
    /// Busy with the server and this program.
    ours: u64,
}

impl Machine {
    /// Until now. Nothing where the kernel tells nothing.
    pub fn now(world: &World) -> Machine {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        // cpu user nice system idle iowait irq softirq steal …
        let first = stat.lines().next().unwrap_or_default();
        let ticks: Vec<u64> = first.split_whitespace().skip(1).take(8).flat_map(str::parse).collect();
        let all: u64 = ticks.iter().sum();
        let idle: u64 = ticks.iter().skip(3).take(2).sum();
        let server = world.server().about("stat");
        Machine { all, busy: all - idle, ours: used(&server) + used(Path::new("/proc/self/stat")) }
    }

    /// Returns the share of the machine that others took since `before`, between 0 and 1.
    pub fn taken_since(&self, before: &Machine) -> f64 {
        let others = (self.busy - before.busy).saturating_sub(self.ours.saturating_sub(before.ours));
        others as f64 / (self.all - before.all).max(1) as f64
    }
}

/// The processor time of a process.
fn used(stat: &Path) -> u64 {
    let text = fs::read_to_string(stat).unwrap_or_default();
    // The name, in brackets, may have spaces; user and system time are the 14th and 15th field, the 3rd follows the name.
    let rest = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    rest.split_whitespace().skip(11).take(2).flat_map(str::parse::<u64>).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_take_is_what_is_left() {
        let before = Machine { all: 1000, busy: 500, ours: 100 };
        let after = Machine { all: 2000, busy: 1100, ours: 200 };
        assert!((after.taken_since(&before) - 0.5).abs() < 1e-9);
        assert!(used(Path::new("/proc/self/stat")) < 1 << 40);
    }
}
