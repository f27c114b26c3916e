//! The services of the program for an instance of a plugin.

use super::demand::{Demand, Watched};
use super::event::{Event, Events};
use super::pool::{Account, Pool};
use super::stats::StageStats;
use super::stop::Stop;
use crate::lock::lock;
use mutoscope_plugin::host::{NoBuffer, Serve};
use mutoscope_plugin::{Buffer, FormatHint, StreamId};
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

/// Tells the state of the whole pipeline as JSON.
pub(crate) type State = dyn Fn() -> String + Send + Sync;

/// The services that all instances of a pipeline share.
#[derive(Clone)]
pub(crate) struct SharedServices {
    pub(crate) pool: Pool,
    pub(crate) demand: Arc<Demand>,
    pub(crate) events: Events,
    /// Weak, because it looks at the parts, and the parts hold this.
    pub(crate) state: Weak<State>,
}

/// The role of an instance in its pipeline.
pub(crate) enum Role {
    /// Of a stream that so many look at.
    Source { watched: Arc<Watched>, wanted: FormatHint },
    /// Of a stream that so many look at.
    Transform { watched: Arc<Watched> },
    /// Of this number.
    Sink { sink: u32, streams: Arc<Mutex<Vec<u32>>>, observer: bool, announcements: Announcements },
}

/// What a sink announces before it has its streams is held back until it has them: who reads of an address may use it
/// at once.
pub(crate) struct Announcements(Mutex<Option<Vec<String>>>);

impl Announcements {
    pub(crate) fn held_back() -> Announcements {
        Announcements(Mutex::new(Some(Vec::new())))
    }

    fn held(&self) -> MutexGuard<'_, Option<Vec<String>>> {
        lock(&self.0)
    }
}

/// One instance, seen from the program.
pub(crate) struct Services {
    services: SharedServices,
    pub(crate) stop: Stop,
    stats: Arc<StageStats>,
    role: Role,
    /// Of the pool, for its part.
    memory: Account,
}

impl Services {
    /// An instance of `stats`, told to stop by `stop`.
    pub(crate) fn new(services: SharedServices, stop: Stop, stats: Arc<StageStats>, role: Role) -> Services {
        let memory = services.pool.account(&stats.memory_out);
        Services { services, stop, stats, role, memory }
    }

    /// A sink has its streams: what it has announced is told, and from now on at once.
    pub(crate) fn release_announcements(&self) {
        if let Role::Sink { sink, announcements, .. } = &self.role {
            for at in announcements.held().take().into_iter().flatten() {
                self.services.events.send(Event::Announced { sink: *sink, at });
            }
        }
    }
}

impl Serve for Services {
    fn stopped(&self) -> bool {
        self.stop.is_wanted()
    }

    fn stop_descriptor(&self) -> BorrowedFd<'_> {
        self.stop.descriptor()
    }

    fn sleep(&self, time: Duration) -> bool {
        self.stop.sleep(time)
    }

    fn buffer(&self, len: usize) -> Result<Buffer, NoBuffer> {
        self.memory.buffer(len)
    }

    fn demand(&self) -> u32 {
        match &self.role {
            Role::Source { watched, .. } | Role::Transform { watched } => watched.total(),
            Role::Sink { streams, .. } => {
                let own = |stream: &u32| self.services.demand.watched(*stream).own();
                lock(streams).iter().map(own).fold(0, u32::saturating_add)
            }
        }
    }

    fn set_demand(&self, stream: StreamId, viewers: u32) {
        // An observer only looks on; and nobody speaks for a stream that is not its own.
        if let Role::Sink { sink, streams, observer: false, .. } = &self.role
            && lock(streams).contains(&stream.0)
        {
            self.services.demand.set(*sink, stream.0, viewers);
        }
    }

    fn count(&self, name: &str, add: u64) {
        self.stats.count(name, add);
    }

    fn announce(&self, at: &str) {
        if let Role::Sink { sink, announcements, .. } = &self.role {
            match &mut *announcements.held() {
                Some(held) => held.push(at.to_owned()),
                None => self.services.events.send(Event::Announced { sink: *sink, at: at.to_owned() }),
            }
        }
    }

    fn state(&self) -> String {
        let state = self.services.state.upgrade().map_or_else(|| "{}".into(), |state| state());
        match self.role {
            Role::Source { .. } => with_source_id(&state, self.stats.id),
            _ => state,
        }
    }

    fn format_hint(&self) -> FormatHint {
        match self.role {
            Role::Source { wanted, .. } => wanted,
            _ => FormatHint::NOTHING,
        }
    }
}

/// The state as a source gets it: with a number by which it can remember where it was when it was closed. Instances that
/// follow one another in a stream with the same options get the same.
fn with_source_id(state: &str, id: u64) -> String {
    match state.strip_prefix('{') {
        Some("}") => format!("{{\"source_id\":{id}}}"),
        Some(rest) => format!("{{\"source_id\":{id},{rest}"),
        None => state.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_finds_its_number_in_the_state() {
        for (state, expected) in
            [("{}", r#"{"source_id":7}"#), (r#"{"streams":{}}"#, r#"{"source_id":7,"streams":{}}"#), ("", "")]
        {
            assert_eq!(with_source_id(state, 7), expected);
        }
    }
}
