//! Moments without CPU time: the server lacks them as well as this program.

use std::sync::Mutex;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A thread that only sleeps for this long; what it oversleeps is the machine's.
const NAP: Duration = Duration::from_millis(20);

/// The moments at which the machine gave no time to threads that were ready.
#[derive(Default)]
pub struct Stalls {
    /// End and length of each.
    list: Mutex<Vec<(Instant, Duration)>>,
}

impl Stalls {
    /// Measures until `stop` says so.
    pub fn measure(&self, stop: impl Fn() -> bool) {
        while !stop() {
            let before = Instant::now();
            sleep(NAP);
            let over = before.elapsed().saturating_sub(NAP);
            if over > NAP {
                let mut list = self.list.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                list.push((Instant::now(), over));
            }
        }
    }

    /// Returns the total time for which the machine stood still since then.
    pub fn since(&self, since: Instant) -> Duration {
        let list = self.list.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        list.iter().rev().take_while(|(end, _)| *end >= since).map(|(_, over)| *over).sum()
    }
}
