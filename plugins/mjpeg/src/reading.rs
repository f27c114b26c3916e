//! The last reading of the engine's state, with the answers that were made of it.
//!
//! An answer of `/state` costs the more the more viewers there are, and one connection can ask for thousands a second: it is
//! made a few times a second at most, for all clients, and its bytes are shared. All answers of one reading tell of the same
//! moment.

use crate::body::Body;
use crate::engine::Said;
use crate::role::Role;
use bytes::Bytes;
use hyper::Response;
use mutoscope_plugin::serde_json::{self, Map, Value};
use mutoscope_plugin::{Services, tracing};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// An answer may be so old.
pub(crate) const AGE: Duration = Duration::from_millis(200);

/// The last reading.
pub(crate) struct Readings {
    services: Services,
    last: Mutex<Last>,
}

#[derive(Default)]
struct Last {
    reading: Option<Arc<Reading>>,
    /// The number of times that a reading became wrong at once: a reading that began before is not kept.
    forgotten: u64,
}

/// The engine's state at one moment.
pub(crate) struct Reading {
    at: Instant,
    state: Map<String, Value>,
    answers: Mutex<HashMap<(Told, bool, u64), Response<Bytes>>>,
}

/// The answers that are the same for all clients of one role.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Told {
    /// `/state`.
    State,
    /// `/healthz`.
    Health,
    /// `/`.
    Page,
    /// The list of streams, for requests for something else.
    NotFound,
}

impl Readings {
    pub(crate) fn new(services: Services) -> Readings {
        Readings { services, last: Mutex::default() }
    }

    /// A reading that is no older than this.
    pub(crate) fn no_older_than(&self, age: Duration) -> Arc<Reading> {
        let forgotten = {
            let last = self.last();
            match &last.reading {
                Some(reading) if reading.at.elapsed() < age => return reading.clone(),
                _ => last.forgotten,
            }
        };
        let reading = Arc::new(Reading::of(&self.services));
        let mut last = self.last();
        if last.forgotten == forgotten {
            last.reading = Some(reading.clone());
        }
        reading
    }

    /// Something has changed of which the next answer must know.
    pub(crate) fn forget(&self) {
        let mut last = self.last();
        last.forgotten += 1;
        last.reading = None;
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Reading {
    fn of(services: &Services) -> Reading {
        let at = Instant::now();
        let state = serde_json::from_str(&services.state()).unwrap_or_else(|error| {
            tracing::debug!("the engine's state is not understood: {error}");
            Map::new()
        });
        Reading { at, state, answers: Mutex::default() }
    }

    /// All that the engine says of itself; nothing if that was not understood.
    pub(crate) fn state(&self) -> &Map<String, Value> {
        &self.state
    }

    /// The engine's state of the stream of this name, in full.
    pub(crate) fn stream(&self, name: &str) -> &Value {
        self.state.get("streams").and_then(|streams| streams.get(name)).unwrap_or(&Value::Null)
    }

    /// The part of it that answers depend on.
    pub(crate) fn said(&self, name: &str) -> Said {
        Said::of(self.stream(name))
    }

    /// The answer; made if this is the first who asks.
    pub(crate) fn answer(
        &self,
        what: Told,
        pretty: bool,
        role: &Role,
        make: impl FnOnce(&Reading) -> Response<Bytes>,
    ) -> Response<Body> {
        let made = self.answers().get(&(what, pretty, role.number)).cloned();
        let answer = made.unwrap_or_else(|| {
            let answer = make(self);
            self.answers().insert((what, pretty, role.number), answer.clone());
            answer
        });
        answer.map(Body::text)
    }

    fn answers(&self) -> MutexGuard<'_, HashMap<(Told, bool, u64), Response<Bytes>>> {
        self.answers.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
