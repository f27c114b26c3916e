//! The streams that are served, in the order in which they came.

use crate::hub::Hub;
use crate::limits::{Current, Limits};
use crate::role::Role;
use crate::route::Pick;
use mutoscope_plugin::{Services, StreamId, StreamInfo};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

/// The streams that are served. The sink's thread adds and removes; requests look them up.
///
/// Every request takes the locks here, and the end of a stream lets its frames go, which may run a plugin's code: streams end
/// outside of them.
pub(crate) struct Streams {
    services: Services,
    limits: Current<Limits>,
    // The sink's thread writes, the server's reads.
    hubs: Mutex<Vec<Arc<Hub>>>,
    /// The names of those that are gone: one that ended because it failed is still a reason not to be well.
    former: Mutex<BTreeSet<String>>,
}

impl Streams {
    pub(crate) fn new(services: Services, limits: Current<Limits>) -> Streams {
        Streams { services, limits, hubs: Mutex::default(), former: Mutex::default() }
    }

    /// A stream comes. One of the same name makes room for it: there is one path to both.
    pub(crate) fn add(&self, stream: StreamInfo) {
        let hub = Arc::new(Hub::new(stream, self.services.clone(), self.limits.clone()));
        let same = |other: &Hub| {
            let (this, other) = (hub.stream(), other.stream());
            this.id == other.id || this.name == other.name
        };
        self.former().remove(&hub.stream().name);
        let mut hubs = self.hubs();
        let replaced: Vec<Arc<Hub>> = hubs.extract_if(.., |hub| same(hub)).collect();
        hubs.push(hub);
        drop(hubs);
        replaced.iter().for_each(|hub| hub.close());
    }

    /// A stream goes: its viewers' responses end.
    pub(crate) fn remove(&self, id: StreamId) {
        let mut hubs = self.hubs();
        let removed: Vec<Arc<Hub>> = hubs.extract_if(.., |hub| hub.stream().id == id).collect();
        self.former().extend(removed.iter().map(|hub| hub.stream().name.clone()));
        drop(hubs);
        removed.iter().for_each(|hub| hub.close());
    }

    /// All of them go.
    pub(crate) fn close(&self) {
        let all = std::mem::take(&mut *self.hubs());
        all.iter().for_each(|hub| hub.close());
    }

    /// The stream of that number.
    pub(crate) fn by_id(&self, id: StreamId) -> Option<Arc<Hub>> {
        self.hubs().iter().find(|hub| hub.stream().id == id).cloned()
    }

    /// The stream that is meant, among those that there are for this role.
    pub(crate) fn find(&self, pick: &Pick, role: &Role) -> Option<Arc<Hub>> {
        let hubs = self.hubs();
        let mut seen = hubs.iter().filter(|hub| role.sees(&hub.stream().name));
        match pick {
            Pick::Nth(index) => seen.nth(*index).cloned(),
            Pick::Named(name) => seen.find(|hub| hub.stream().name == *name).cloned(),
        }
    }

    /// The names of those that there are for this role.
    pub(crate) fn names(&self, role: &Role) -> Vec<String> {
        let hubs = self.hubs();
        let names = hubs.iter().map(|hub| &hub.stream().name);
        names.filter(|name| role.sees(name)).cloned().collect()
    }

    /// The names of those that are gone.
    pub(crate) fn former_names(&self, role: &Role) -> Vec<String> {
        self.former().iter().filter(|name| role.sees(name)).cloned().collect()
    }

    fn former(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.former.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Wakes the viewers of the streams that have something new.
    pub(crate) fn wake(&self) {
        self.hubs().iter().for_each(|hub| hub.wake());
    }

    /// Lets all viewers look whether they may stay.
    pub(crate) fn look(&self) {
        self.hubs().iter().for_each(|hub| hub.look());
    }

    fn hubs(&self) -> MutexGuard<'_, Vec<Arc<Hub>>> {
        self.hubs.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
