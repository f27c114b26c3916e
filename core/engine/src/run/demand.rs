//! How many look on, stream by stream.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

/// How many look on, stream by stream. Sinks say it; a stream's own demand and that of all that branch from it is the
/// reason for it to work at all.
pub(super) struct Demand {
    /// Each stream's parent.
    parents: Vec<Option<usize>>,
    said: Mutex<HashMap<(usize, usize), u32>>,
    /// At its own sinks.
    own: Vec<AtomicU32>,
    /// There, and below.
    total: Vec<AtomicU32>,
    /// Called when a stream's demand has changed.
    changed: OnceLock<Box<dyn Fn(usize) + Send + Sync>>,
}

impl Demand {
    pub(super) fn new(parents: Vec<Option<usize>>) -> Demand {
        let zeros = || parents.iter().map(|_| AtomicU32::new(0)).collect();
        Demand { own: zeros(), total: zeros(), parents, said: Mutex::default(), changed: OnceLock::new() }
    }

    /// Sets what is called with a stream whose demand has changed. Once.
    pub(super) fn on_change(&self, call: impl Fn(usize) + Send + Sync + 'static) {
        let _ = self.changed.set(Box::new(call));
    }

    /// A sink's word: so many viewers of a stream.
    pub(super) fn set(&self, sink: usize, stream: usize, viewers: u32) {
        if stream >= self.parents.len() {
            return;
        }
        let mut said = self.said.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        said.insert((sink, stream), viewers);
        let at = |stream| said.iter().filter(move |((_, of), _)| *of == stream).map(|(_, viewers)| *viewers);
        self.own[stream].store(at(stream).fold(0, u32::saturating_add), Ordering::SeqCst);
        let mut changed = Vec::new();
        let mut up = Some(stream);
        while let Some(stream) = up {
            let below = (0..self.parents.len()).filter(|child| self.parents[*child] == Some(stream));
            let below = below.map(|child| self.total[child].load(Ordering::SeqCst));
            let total = below.fold(self.own[stream].load(Ordering::SeqCst), u32::saturating_add);
            self.total[stream].store(total, Ordering::SeqCst);
            changed.push(stream);
            up = self.parents[stream];
        }
        drop(said);
        if let Some(call) = self.changed.get() {
            changed.into_iter().for_each(call);
        }
    }

    /// Viewers of a stream and of all that branch from it.
    pub(super) fn total(&self, stream: usize) -> u32 {
        self.total[stream].load(Ordering::SeqCst)
    }

    /// Viewers of a stream itself.
    pub(super) fn own(&self, stream: usize) -> u32 {
        self.own[stream].load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_of_a_branch_wakes_what_it_stands_on_and_nothing_else() {
        // 0 ← 1 ← 2, 0 ← 3
        let demand = Demand::new(vec![None, Some(0), Some(1), Some(0)]);
        demand.set(0, 2, 3);
        demand.set(1, 2, 1);
        let totals = || (0..4).map(|stream| demand.total(stream)).collect::<Vec<_>>();
        assert_eq!(totals(), [4, 4, 4, 0]);
        assert_eq!([demand.own(0), demand.own(2)], [0, 4]);
        demand.set(0, 2, 0);
        demand.set(0, 3, 2);
        assert_eq!(totals(), [3, 1, 1, 2]);
        demand.set(0, 99, 1);
    }
}
