//! The entry of a source's frames into a stream: they get a number and a plan, and come from one instance at a time.

use super::plan_cache::{Known, PlanCache};
use super::topology::{Incoming, Payload, SharedFrame, StreamRef};
use crate::lock::lock;
use mutoscope_plugin::Frame;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// The entry of a source's frames into a stream. Instances of sources come one after another, and for a moment two may be there:
/// the newer one has the place from its first frame on.
pub(crate) struct Ingress {
    state: Mutex<State>,
    // Outside the lock, which a thread that blocks in somebody's code may hold for ever: whoever sees to it that this ends
    // must not wait for it.
    /// The next frame's number.
    next: AtomicU64,
    /// The topology from the next frame on, if it has changed.
    reconfigured: Mutex<Option<StreamRef>>,
    /// By the reading that frames go by.
    plan_cache: Mutex<Arc<PlanCache>>,
}

struct State {
    /// The instance that has the place.
    generation: u64,
    stream_ref: StreamRef,
}

/// The fate of a frame.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Admission {
    /// It went in.
    In,
    /// It went in, and was the first of its instance.
    First,
    /// Another instance has the place.
    Superseded,
}

impl Ingress {
    pub(crate) fn new(stream_ref: StreamRef, next: u64) -> Ingress {
        let state = Mutex::new(State { generation: 0, stream_ref });
        Ingress {
            state,
            next: AtomicU64::new(next),
            reconfigured: Mutex::default(),
            plan_cache: Mutex::default(),
        }
    }

    /// Frames go by another reading of the file from now on.
    pub(crate) fn reconfigure(&self, stream_ref: StreamRef) {
        *lock(&self.reconfigured) = Some(stream_ref);
    }

    /// The number that the next frame would have.
    pub(crate) fn next(&self) -> u64 {
        self.next.load(Ordering::SeqCst)
    }

    /// Returns why frames go nowhere, if they come in a format for which there is no way.
    pub(crate) fn no_route(&self) -> Option<String> {
        lock(&self.plan_cache).no_route()
    }

    /// Lets a frame of an instance in. A newer instance than the one that has the place takes it, and frames go by its
    /// `stream_ref` from then on.
    pub(crate) fn admit(&self, generation: u64, stream_ref: &Mutex<StreamRef>, frame: Frame) -> Admission {
        let mut state = lock(&self.state);
        let first = generation > state.generation;
        if generation < state.generation {
            return Admission::Superseded;
        }
        let reconfigured = lock(&self.reconfigured).take();
        // A new instance has the newest reading.
        let stream_ref = if first { Some(lock(stream_ref).clone()) } else { reconfigured };
        if let Some(stream_ref) = stream_ref {
            state.generation = generation;
            self.enter(&mut state, stream_ref);
        }
        let frame = frame.with_sequence(self.next.fetch_add(1, Ordering::SeqCst));
        let StreamRef { topology, at } = state.stream_ref.clone();
        let stream = topology.streams[at].stream.clone();
        let plan_cache = lock(&self.plan_cache).clone();
        // Under the lock, so that two instances cannot change places between two frames of one.
        match plan_cache.known(&frame.format()) {
            Known::Plan(plan) => {
                stream.admit(Incoming::planned(Arc::new(SharedFrame::new(frame, plan, topology)), at));
            }
            Known::NoWay => {}
            Known::Nothing => {
                stream.admit(Incoming { payload: Payload::Unplanned { frame, topology, plan_cache }, at })
            }
        }
        if first { Admission::First } else { Admission::In }
    }

    fn enter(&self, state: &mut State, stream_ref: StreamRef) {
        // A stream that comes from another tree has seen higher numbers, perhaps.
        let tree = stream_ref.topology.tree(stream_ref.at).map(|tree| tree.tree.clone());
        for node in tree.iter().flat_map(|tree| &tree.nodes) {
            let seen = stream_ref.topology.streams[node.stream].stream.last_output.last_sequence();
            self.next.fetch_max(seen.map_or(0, |seen| seen + 1), Ordering::SeqCst);
        }
        if stream_ref.is_same(&state.stream_ref) {
            return;
        }
        state.stream_ref = stream_ref;
        *lock(&self.plan_cache) = Arc::default();
    }
}
