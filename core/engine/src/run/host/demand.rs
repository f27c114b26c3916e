//! The number of viewers of each stream.

use crate::lock::lock;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

/// The number of viewers of each stream. Sinks say it; a stream's own demand and that of all that branch from it is the
/// reason for it to work at all. Streams are told apart by their numbers.
#[derive(Default)]
pub(crate) struct Demand {
    graph: Mutex<Graph>,
    /// Called with the streams that have gained their first viewer or lost their last.
    changed: OnceLock<Turned>,
}

type Turned = Box<dyn Fn(&[u32]) + Send + Sync>;

#[derive(Default)]
struct Graph {
    viewers_by_sink: HashMap<(u32, u32), u32>,
    streams: HashMap<u32, Known>,
}

struct Known {
    parent: Option<u32>,
    watched: Arc<Watched>,
}

/// The viewers of one stream.
#[derive(Default)]
pub(crate) struct Watched {
    own: AtomicU32,
    total: AtomicU32,
}

impl Watched {
    /// Viewers of the stream and of all that branch from it.
    pub(crate) fn total(&self) -> u32 {
        self.total.load(Ordering::SeqCst)
    }

    /// Viewers of the stream itself.
    pub(crate) fn own(&self) -> u32 {
        self.own.load(Ordering::SeqCst)
    }
}

impl Demand {
    /// Sets what is called with streams that have gained their first viewer or lost their last. Once.
    pub(crate) fn on_turn(&self, call: impl Fn(&[u32]) + Send + Sync + 'static) {
        let _ = self.changed.set(Box::new(call));
    }

    fn graph(&self) -> MutexGuard<'_, Graph> {
        lock(&self.graph)
    }

    /// These streams there are, each with its number and its parent's. What was said of others is forgotten.
    pub(crate) fn reconfigure(&self, streams: &[(u32, Option<u32>)]) {
        let mut graph = self.graph();
        let mut before = std::mem::take(&mut graph.streams);
        for (stream, parent) in streams {
            let watched = before.remove(stream).map(|known| known.watched).unwrap_or_default();
            graph.streams.insert(*stream, Known { parent: *parent, watched });
        }
        let Graph { viewers_by_sink, streams } = &mut *graph;
        viewers_by_sink.retain(|(_, stream), _| streams.contains_key(stream));
        let changed = graph.recompute();
        drop(graph);
        self.notify(&changed);
    }

    /// Returns what there is to know of a stream, also after it is gone.
    pub(crate) fn watched(&self, stream: u32) -> Arc<Watched> {
        self.graph().streams.get(&stream).map(|known| known.watched.clone()).unwrap_or_default()
    }

    /// A sink's word: so many viewers of a stream.
    pub(crate) fn set(&self, sink: u32, stream: u32, viewers: u32) {
        let mut graph = self.graph();
        if !graph.streams.contains_key(&stream) {
            return;
        }
        graph.viewers_by_sink.insert((sink, stream), viewers);
        let changed = graph.recompute();
        drop(graph);
        self.notify(&changed);
    }

    /// A sink is gone, and its viewers with it.
    pub(crate) fn forget(&self, sink: u32) {
        let mut graph = self.graph();
        graph.viewers_by_sink.retain(|(of, _), _| *of != sink);
        let changed = graph.recompute();
        drop(graph);
        self.notify(&changed);
    }

    fn notify(&self, changed: &[u32]) {
        if let (false, Some(call)) = (changed.is_empty(), self.changed.get()) {
            call(changed);
        }
    }
}

impl Graph {
    /// Sums everything up, and gives the streams whose demand came or went.
    fn recompute(&self) -> Vec<u32> {
        let mut totals: HashMap<u32, (u32, u32)> = HashMap::new();
        for ((_, stream), viewers) in &self.viewers_by_sink {
            let (own, total) = totals.entry(*stream).or_default();
            (*own, *total) = (own.saturating_add(*viewers), total.saturating_add(*viewers));
        }
        // From those that nothing branches from to the roots, so that each is added to its parent once, when its own sum is whole.
        let parent = |stream: u32| {
            let parent = self.streams.get(&stream)?.parent?;
            self.streams.contains_key(&parent).then_some(parent)
        };
        let mut branches: HashMap<u32, usize> = HashMap::new();
        self.streams.keys().filter_map(|stream| parent(*stream)).for_each(|parent| {
            *branches.entry(parent).or_default() += 1;
        });
        let mut whole: Vec<u32> =
            self.streams.keys().filter(|stream| !branches.contains_key(stream)).copied().collect();
        while let Some(stream) = whole.pop() {
            let Some(parent) = parent(stream) else { continue };
            let below = totals.get(&stream).map_or(0, |(_, total)| *total);
            let total = &mut totals.entry(parent).or_default().1;
            *total = total.saturating_add(below);
            if let Some(left) = branches.get_mut(&parent) {
                *left -= 1;
                if *left == 0 {
                    whole.push(parent);
                }
            }
        }
        let changed = self.streams.iter().filter(|(stream, known)| {
            let (own, total) = totals.get(*stream).copied().unwrap_or_default();
            let own_before = known.watched.own.swap(own, Ordering::SeqCst);
            let total_before = known.watched.total.swap(total, Ordering::SeqCst);
            (own_before == 0) != (own == 0) || (total_before == 0) != (total == 0)
        });
        changed.map(|(stream, _)| *stream).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_of_a_branch_wakes_what_it_stands_on_and_nothing_else() {
        // 0 ← 1 ← 2, 0 ← 3
        let demand = Demand::default();
        let streams = [(0, None), (1, Some(0)), (2, Some(1)), (3, Some(0))];
        demand.reconfigure(&streams);
        demand.set(0, 2, 3);
        demand.set(1, 2, 1);
        let totals = || (0..4).map(|stream| demand.watched(stream).total()).collect::<Vec<_>>();
        assert_eq!(totals(), [4, 4, 4, 0]);
        assert_eq!([demand.watched(0).own(), demand.watched(2).own()], [0, 4]);
        demand.set(0, 2, 0);
        demand.set(0, 3, 2);
        assert_eq!(totals(), [3, 1, 1, 2]);
        demand.set(0, 99, 1);
        demand.forget(1);
        assert_eq!(totals(), [2, 0, 0, 2]);
    }

    #[test]
    fn viewers_at_every_stream_of_a_row_are_counted_by_all_before_it() {
        const BLAMED: u32 = 200;
        let demand = Demand::default();
        demand.reconfigure(&(0..BLAMED).map(|stream| (stream, stream.checked_sub(1))).collect::<Vec<_>>());
        (0..BLAMED).for_each(|stream| demand.set(0, stream, 1));
        assert!((0..BLAMED).all(|stream| demand.watched(stream).total() == BLAMED - stream));
    }

    #[test]
    fn demand_outlives_a_change_of_the_streams() {
        let demand = Demand::default();
        let changed = Arc::new(Mutex::new(Vec::new()));
        let reported = changed.clone();
        demand.on_turn(move |streams| reported.lock().unwrap().extend_from_slice(streams));
        demand.reconfigure(&[(0, None), (1, None)]);
        demand.set(0, 1, 2);
        let watched = demand.watched(1);
        demand.reconfigure(&[(1, Some(5)), (5, None)]);
        assert_eq!([watched.total(), demand.watched(5).total()], [2, 2]);
        demand.reconfigure(&[(5, None)]);
        assert_eq!(demand.watched(5).total(), 0);
        assert_eq!(*changed.lock().unwrap(), [1, 5, 5]);
    }
}
