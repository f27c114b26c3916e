//! Latest frame wins: slots that hold one item each.

use crate::lock::lock;
use mutoscope_plugin::Frame;
use std::sync::{Condvar, Mutex, MutexGuard};

/// Lanes that hold one item each: a newer one replaces what nobody has taken yet, and the loss is counted. There is no
/// queue in the whole engine but this one of length 1. Lanes come and go; they are told apart by the stream's number.
pub(crate) struct LatestChannel<T> {
    state: Mutex<State<T>>,
    ready: Condvar,
}

/// The channel of a sink: one slot for each of its streams.
pub(crate) type FrameChannel = LatestChannel<Frame>;

struct State<T> {
    slots: Vec<Slot<T>>,
    /// The place of the slot that is looked at first, so that none starves another.
    next: usize,
    taken: u64,
    /// Nobody shall take any more.
    stopped: bool,
}

struct Slot<T> {
    stream: u32,
    item: Option<T>,
    replaced: u64,
    closed: bool,
}

/// The outcome of a wait.
pub(crate) enum Next<T> {
    /// Something to work on.
    Item(Received<T>),
    /// Nothing will come in the slot of this stream any more, and it is empty.
    Drained(u32),
    /// There is news of another sort.
    Changed,
    /// Nothing more at all.
    Stopped,
}

/// An item with its stream and its ticket: the number of items taken before it.
pub(crate) struct Received<T> {
    pub(crate) stream: u32,
    pub(crate) item: T,
    pub(crate) ticket: u64,
}

impl<T> LatestChannel<T> {
    /// Without slots.
    pub(crate) fn new() -> LatestChannel<T> {
        let state = State { slots: Vec::new(), next: 0, taken: 0, stopped: false };
        LatestChannel { state: Mutex::new(state), ready: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        // Nothing in here runs foreign code while the lock is held, so what a panic leaves is whole.
        lock(&self.state)
    }

    /// A slot for this stream, if there is none.
    pub(crate) fn open(&self, stream: u32) {
        let mut state = self.state();
        if state.slot(stream).is_none() {
            state.slots.push(Slot { stream, item: None, replaced: 0, closed: false });
        }
    }

    /// The slot of this stream is gone, and what comes for it is dropped.
    pub(crate) fn remove(&self, stream: u32) {
        let gone = {
            let mut state = self.state();
            let at = state.slots.iter().position(|slot| slot.stream == stream);
            at.map(|at| state.slots.remove(at))
        };
        // Outside the lock: the last holder of a frame may run an author's code.
        drop(gone);
    }

    /// Drops the item of this stream.
    pub(crate) fn clear(&self, stream: u32) {
        let gone = self.state().slot(stream).and_then(|slot| slot.item.take());
        // Outside the lock: as in `remove`.
        drop(gone);
    }

    /// Puts the newest item into a slot.
    pub(crate) fn put(&self, stream: u32, item: T) {
        let unwanted = {
            let mut state = self.state();
            let stopped = state.stopped;
            match state.slot(stream).filter(|slot| !stopped && !slot.closed) {
                Some(slot) => {
                    let replaced = slot.item.replace(item);
                    slot.replaced += u64::from(replaced.is_some());
                    replaced
                }
                None => Some(item),
            }
        };
        self.ready.notify_one();
        // Outside the lock: as in `remove`.
        drop(unwanted);
    }

    /// Waits for the newest item of a slot that is `open` (demanded), or for what `changed` tells of.
    pub(crate) fn take(&self, open: impl Fn(u32) -> bool, changed: impl Fn() -> bool) -> Next<T> {
        let mut state = self.state();
        loop {
            if state.stopped {
                let left: Vec<_> = state.slots.iter_mut().map(|slot| slot.item.take()).collect();
                // Here and not where somebody said stop, and outside the lock: as in `remove`.
                drop(state);
                drop(left);
                return Next::Stopped;
            }
            if changed() {
                return Next::Changed;
            }
            let count = state.slots.len();
            let found = (0..count).map(|step| (state.next + step) % count).find(|slot| {
                let slot = &state.slots[*slot];
                slot.item.is_some() && open(slot.stream)
            });
            if let Some(at) = found
                && let Some(item) = state.slots[at].item.take()
            {
                state.next = (at + 1) % count;
                state.taken += 1;
                let stream = state.slots[at].stream;
                return Next::Item(Received { stream, item, ticket: state.taken - 1 });
            }
            // What a closed slot holds and nobody wants does not hold up its end.
            if let Some(slot) = state.slots.iter().find(|slot| slot.closed) {
                return Next::Drained(slot.stream);
            }
            state = self.ready.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }

    /// Returns how many things were taken so far, if none is there to be taken.
    pub(crate) fn taken_if_empty(&self) -> Option<u64> {
        let state = self.state();
        state.slots.iter().all(|slot| slot.item.is_none()).then_some(state.taken)
    }

    /// Has waiting threads look again: the demand has changed, or there is news.
    pub(crate) fn wake(&self) {
        // The lock orders this after a look that is under way, which would miss it otherwise.
        drop(self.state());
        self.ready.notify_all();
    }

    /// Nothing will come in this slot any more; what it holds may still be taken.
    pub(crate) fn close(&self, stream: u32) {
        if let Some(slot) = self.state().slot(stream) {
            slot.closed = true;
        }
        self.ready.notify_all();
    }

    /// Everybody who waits or will wait is sent away; the first of them drops what lies here.
    pub(crate) fn stop(&self) {
        self.state().stopped = true;
        self.ready.notify_all();
    }

    /// Returns how many things were replaced in a slot before somebody took them.
    pub(crate) fn replaced(&self, stream: u32) -> u64 {
        self.state().slot(stream).map_or(0, |slot| slot.replaced)
    }
}

impl<T> State<T> {
    fn slot(&mut self, stream: u32) -> Option<&mut Slot<T>> {
        self.slots.iter_mut().find(|slot| slot.stream == stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(streams: &[u32]) -> LatestChannel<i32> {
        let slots = LatestChannel::new();
        streams.iter().for_each(|stream| slots.open(*stream));
        slots
    }

    fn item(slots: &LatestChannel<i32>) -> Option<Received<i32>> {
        match slots.take(|_| true, || false) {
            Next::Item(taken) => Some(taken),
            _ => None,
        }
    }

    #[test]
    fn the_newest_replaces_and_the_loss_is_counted() {
        let slots = with(&[0, 7]);
        slots.put(0, 1);
        slots.put(0, 2);
        slots.put(7, 3);
        let (first, second) = (item(&slots).unwrap(), item(&slots).unwrap());
        assert_eq!((first.stream, first.item, first.ticket), (0, 2, 0));
        assert_eq!((second.stream, second.item, second.ticket), (7, 3, 1));
        assert_eq!((slots.replaced(0), slots.replaced(7)), (1, 0));
    }

    #[test]
    fn what_is_cleared_is_gone_and_the_lane_is_not() {
        let slots = with(&[0]);
        slots.put(0, 1);
        slots.clear(0);
        assert_eq!(slots.taken_if_empty(), Some(0));
        slots.put(0, 2);
        assert_eq!(item(&slots).unwrap().item, 2);
        assert_eq!(slots.replaced(0), 0);
    }

    #[test]
    fn no_lane_starves_another() {
        let slots = with(&[0, 1]);
        for _ in 0..3 {
            slots.put(0, 0);
            slots.put(1, 1);
            let streams = [item(&slots).unwrap().stream, item(&slots).unwrap().stream];
            assert!(streams.contains(&0) && streams.contains(&1));
        }
    }

    #[test]
    fn a_closed_lane_gives_what_it_holds_and_then_ends() {
        let slots = with(&[0, 1]);
        slots.put(0, 7);
        slots.close(0);
        slots.put(0, 8);
        assert!(matches!(slots.take(|_| false, || false), Next::Drained(0)), "nobody wants what it holds");
        assert_eq!(item(&slots).unwrap().item, 7);
        assert!(matches!(slots.take(|_| true, || false), Next::Drained(0)));
        slots.remove(0);
        slots.put(0, 9);
        slots.put(1, 10);
        assert_eq!(item(&slots).unwrap().item, 10);
    }

    #[test]
    fn a_waiting_thread_sees_demand_news_and_stop() {
        use std::sync::atomic::{AtomicBool, Ordering};
        let (slots, demand, changed) = (with(&[0]), AtomicBool::new(false), AtomicBool::new(false));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let mut seen = Vec::new();
                loop {
                    let open = |_| demand.load(Ordering::SeqCst);
                    match slots.take(open, || changed.swap(false, Ordering::SeqCst)) {
                        Next::Item(taken) => seen.push(taken.item),
                        Next::Changed => seen.push(-1),
                        Next::Drained(_) | Next::Stopped => return seen,
                    }
                }
            });
            let until_taken = || {
                while slots.taken_if_empty() != Some(1) {
                    std::thread::yield_now();
                }
            };
            slots.put(0, 5);
            demand.store(true, Ordering::SeqCst);
            slots.wake();
            until_taken();
            changed.store(true, Ordering::SeqCst);
            slots.wake();
            while changed.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            slots.stop();
            assert_eq!(waiting.join().unwrap(), [5, -1]);
        });
    }
}
