//! The streams that are served, in the order in which they came.

use crate::hub::Hub;
use crate::limits::Current;
use mutoscope_plugin::{Services, Stream, StreamId};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

/// The streams that are served. The sink's thread adds and removes; requests look them up.
pub(crate) struct Streams {
    services: Services,
    limits: Current,
    hubs: Mutex<Vec<Arc<Hub>>>,
    /// The names of those that are gone: one that ended because it failed is still a reason not to be well.
    former: Mutex<BTreeSet<String>>,
}

impl Streams {
    pub(crate) fn new(services: Services, limits: Current) -> Streams {
        Streams { services, limits, hubs: Mutex::default(), former: Mutex::default() }
    }

    /// A stream comes. One of the same name makes room for it: there is one path to both.
    pub(crate) fn add(&self, stream: Stream) {
        let hub = Arc::new(Hub::new(stream, self.services.clone(), self.limits.clone()));
        let same = |other: &Hub| {
            let (this, other) = (hub.stream(), other.stream());
            this.id == other.id || this.name == other.name
        };
        self.former().remove(&hub.stream().name);
        let mut hubs = self.hubs();
        hubs.extract_if(.., |hub| same(hub)).for_each(|hub| hub.close());
        hubs.push(hub);
    }

    /// A stream goes: its viewers' responses end.
    pub(crate) fn remove(&self, id: StreamId) {
        let mut hubs = self.hubs();
        if let Some(index) = hubs.iter().position(|hub| hub.stream().id == id) {
            let hub = hubs.remove(index);
            self.former().insert(hub.stream().name.clone());
            hub.close();
        }
    }

    /// All of them go.
    pub(crate) fn close(&self) {
        self.hubs().drain(..).for_each(|hub| hub.close());
    }

    /// The stream of that number.
    pub(crate) fn by_id(&self, id: StreamId) -> Option<Arc<Hub>> {
        self.hubs().iter().find(|hub| hub.stream().id == id).cloned()
    }

    /// The stream of that name; without a name, the first.
    pub(crate) fn find(&self, name: Option<&str>) -> Option<Arc<Hub>> {
        self.hubs().iter().find(|hub| name.is_none_or(|name| hub.stream().name == name)).cloned()
    }

    /// The names.
    pub(crate) fn names(&self) -> Vec<String> {
        self.hubs().iter().map(|hub| hub.stream().name.clone()).collect()
    }

    /// The names of those that are gone.
    pub(crate) fn former_names(&self) -> Vec<String> {
        self.former().iter().cloned().collect()
    }

    fn former(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.former.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Wakes the viewers of the streams that have something new.
    pub(crate) fn wake(&self) {
        self.hubs().iter().for_each(|hub| hub.wake());
    }

    fn hubs(&self) -> MutexGuard<'_, Vec<Arc<Hub>>> {
        self.hubs.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
