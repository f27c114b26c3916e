//! Latest frame wins: lanes that hold one thing each.

use std::sync::{Condvar, Mutex, MutexGuard};

/// Lanes that hold one thing each: a newer one replaces what nobody has taken yet, and the loss is counted. There is no
/// queue in the whole engine but this one of length 1.
pub(super) struct Slots<T> {
    state: Mutex<State<T>>,
    ready: Condvar,
}

struct State<T> {
    lanes: Vec<Lane<T>>,
    /// The lane that is looked at first, so that none starves another.
    next: usize,
    taken: u64,
    /// Nobody shall take any more.
    stopped: bool,
}

struct Lane<T> {
    item: Option<T>,
    replaced: u64,
    closed: bool,
}

/// What came out of which lane, as which of all that were taken.
pub(super) struct Taken<T> {
    pub(super) lane: usize,
    pub(super) item: T,
    pub(super) ticket: u64,
}

impl<T> Slots<T> {
    pub(super) fn new(lanes: usize) -> Slots<T> {
        let lanes = (0..lanes).map(|_| Lane { item: None, replaced: 0, closed: false }).collect();
        let state = State { lanes, next: 0, taken: 0, stopped: false };
        Slots { state: Mutex::new(state), ready: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        // Nothing in here runs foreign code while the lock is held, so what a panic leaves is whole.
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Puts the newest thing into a lane.
    pub(super) fn put(&self, lane: usize, item: T) {
        let replaced = {
            let mut state = self.state();
            let lane = &mut state.lanes[lane];
            let replaced = lane.item.replace(item);
            lane.replaced += u64::from(replaced.is_some());
            replaced
        };
        self.ready.notify_one();
        // Outside the lock: the last holder of a frame may run an author's code.
        drop(replaced);
    }

    /// Waits for the newest thing of a lane that is `open` (demanded). `None` when all lanes are closed and none of
    /// them holds anything that may be taken, or when stopped.
    pub(super) fn take(&self, open: impl Fn(usize) -> bool) -> Option<Taken<T>> {
        let mut state = self.state();
        loop {
            if state.stopped {
                return None;
            }
            let count = state.lanes.len();
            let found = (0..count)
                .map(|step| (state.next + step) % count)
                .find(|lane| state.lanes[*lane].item.is_some() && open(*lane));
            if let Some(lane) = found
                && let Some(item) = state.lanes[lane].item.take()
            {
                state.next = (lane + 1) % count;
                state.taken += 1;
                return Some(Taken { lane, item, ticket: state.taken - 1 });
            }
            if state.lanes.iter().all(|lane| lane.closed) {
                return None;
            }
            state = self.ready.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }

    /// How many things were taken so far, if none is there to be taken.
    pub(super) fn taken_if_empty(&self) -> Option<u64> {
        let state = self.state();
        state.lanes.iter().all(|lane| lane.item.is_none()).then_some(state.taken)
    }

    /// Has waiting threads look again: the demand has changed.
    pub(super) fn wake(&self) {
        // The lock orders this after a look that is under way, which would miss it otherwise.
        drop(self.state());
        self.ready.notify_all();
    }

    /// Nothing will come in this lane any more; what it holds may still be taken.
    pub(super) fn close(&self, lane: usize) {
        self.state().lanes[lane].closed = true;
        self.ready.notify_all();
    }

    /// Everybody who waits or will wait is sent away.
    pub(super) fn stop(&self) {
        self.state().stopped = true;
        self.ready.notify_all();
    }

    /// How many things were replaced in a lane before somebody took them.
    pub(super) fn replaced(&self, lane: usize) -> u64 {
        self.state().lanes[lane].replaced
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_replaces_and_the_loss_is_counted() {
        let slots = Slots::new(2);
        slots.put(0, 1);
        slots.put(0, 2);
        slots.put(1, 3);
        let first = slots.take(|_| true).unwrap();
        let second = slots.take(|_| true).unwrap();
        assert_eq!((first.lane, first.item, first.ticket), (0, 2, 0));
        assert_eq!((second.lane, second.item, second.ticket), (1, 3, 1));
        assert_eq!((slots.replaced(0), slots.replaced(1)), (1, 0));
    }

    #[test]
    fn no_lane_starves_another() {
        let slots = Slots::new(2);
        for _ in 0..3 {
            slots.put(0, 0);
            slots.put(1, 1);
            let lanes = [slots.take(|_| true).unwrap().lane, slots.take(|_| true).unwrap().lane];
            assert!(lanes.contains(&0) && lanes.contains(&1));
        }
    }

    #[test]
    fn a_closed_lane_gives_what_it_holds_and_then_ends() {
        let slots = Slots::new(1);
        slots.put(0, 7);
        slots.close(0);
        assert!(slots.take(|_| false).is_none(), "what nobody wants does not hold up the end");
        assert_eq!(slots.take(|_| true).unwrap().item, 7);
        assert!(slots.take(|_| true).is_none());
    }

    #[test]
    fn a_waiting_thread_sees_demand_come_and_stop() {
        use std::sync::atomic::{AtomicBool, Ordering};
        let (slots, demand) = (Slots::new(1), AtomicBool::new(false));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let item = slots.take(|_| demand.load(Ordering::SeqCst)).map(|taken| taken.item);
                (item, slots.take(|_| true).map(|taken| taken.item))
            });
            slots.put(0, 5);
            demand.store(true, Ordering::SeqCst);
            slots.wake();
            slots.stop();
            let (first, second) = waiting.join().unwrap();
            // Stop may come first; after it nothing does.
            assert!(matches!(first, Some(5) | None));
            assert_eq!(second, None);
        });
    }
}
