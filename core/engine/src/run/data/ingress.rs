//! Where a source's frames enter a stream: numbered, planned for, and let in from one instance at a time.

use super::plan_cache::{Known, Plans};
use super::shared_frame::Branching;
use super::stream::{Incoming, Todo};
use super::topology::Wiring;
use crate::run::host::lock::lock;
use mutoscope_plugin::Frame;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Where a source's frames enter a stream. Instances of sources come one after another, and for a moment two may be there:
/// the newer one has the place from its first frame on.
pub(crate) struct Feed {
    state: Mutex<Feeding>,
    // Outside the lock, which a thread that blocks in somebody's code may hold for ever: whoever sees to it that this ends
    // must not wait for it.
    /// The next frame's number.
    next: AtomicU64,
    /// What the next frame goes by, if that has changed.
    rewired: Mutex<Option<Seating>>,
    /// By the reading that frames go by.
    plans: Mutex<Arc<Plans>>,
}

struct Feeding {
    /// The instance that has the place.
    life: u64,
    seat: Seating,
}

/// A stream with a source in one reading of the file.
#[derive(Clone)]
pub(crate) struct Seating {
    pub(crate) wiring: Arc<Wiring>,
    pub(crate) at: usize,
}

/// What became of a frame.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Passed {
    /// It went in.
    In,
    /// It went in, and was the first of its instance.
    First,
    /// Another instance has the place.
    Superseded,
}

impl Feed {
    pub(crate) fn new(seat: Seating, next: u64) -> Feed {
        let state = Mutex::new(Feeding { life: 0, seat });
        Feed { state, next: AtomicU64::new(next), rewired: Mutex::default(), plans: Mutex::default() }
    }

    /// Frames go by another reading of the file from now on.
    pub(crate) fn rewire(&self, seat: Seating) {
        *lock(&self.rewired) = Some(seat);
    }

    /// The number that the next frame would have.
    pub(crate) fn next(&self) -> u64 {
        self.next.load(Ordering::SeqCst)
    }

    /// Why frames go nowhere, if they come in a format for which there is no way.
    pub(crate) fn impasse(&self) -> Option<String> {
        lock(&self.plans).impasse()
    }

    /// Lets a frame of an instance in. A newer instance than the one that has the place takes it, and frames go by its
    /// `seat` from then on.
    pub(crate) fn pass(&self, life: u64, seat: &Mutex<Seating>, frame: Frame) -> Passed {
        let mut state = lock(&self.state);
        let first = life > state.life;
        if life < state.life {
            return Passed::Superseded;
        }
        let rewired = lock(&self.rewired).take();
        // A new instance has the newest reading.
        let seat = if first { Some(lock(seat).clone()) } else { rewired };
        if let Some(seat) = seat {
            state.life = life;
            self.enter(&mut state, seat);
        }
        let frame = frame.with_sequence(self.next.fetch_add(1, Ordering::SeqCst));
        let Seating { wiring, at } = state.seat.clone();
        let crew = wiring.streams[at].crew.clone();
        let plans = lock(&self.plans).clone();
        // Under the lock, so that two instances cannot change places between two frames of one.
        match plans.known(&frame.format()) {
            Known::Plan(plan) => {
                crew.take_in(Incoming::planned(Arc::new(Branching::new(frame, plan, wiring)), at));
            }
            Known::NoWay => {}
            Known::Nothing => crew.take_in(Incoming { work: Todo::Unplanned { frame, wiring, plans }, at }),
        }
        if first { Passed::First } else { Passed::In }
    }

    fn enter(&self, state: &mut Feeding, seat: Seating) {
        // A stream that comes from another tree has seen higher numbers, perhaps.
        let tree = seat.wiring.tree(seat.at).map(|tree| tree.tree.clone());
        for node in tree.iter().flat_map(|tree| &tree.nodes) {
            let seen = seat.wiring.streams[node.stream].crew.shown.last_sequence();
            self.next.fetch_max(seen.map_or(0, |seen| seen + 1), Ordering::SeqCst);
        }
        if Arc::ptr_eq(&seat.wiring, &state.seat.wiring) && seat.at == state.seat.at {
            return;
        }
        state.seat = seat;
        *lock(&self.plans) = Arc::default();
    }
}
