//! The status of a running pipeline: the state as JSON, and how each stream is.

use crate::lock::lock;
use crate::run::data::ingress::Ingress;
use crate::run::data::sink::SinkHandle;
use crate::run::data::topology::Topology;
use crate::run::host::backoff::Trouble;
use crate::run::host::call_guard::CallRegistry;
use crate::run::host::pool::Pool;
use crate::run::host::redact;
use crate::run::host::stats::StageStats;
use jiff::{Timestamp, Unit};
use mutoscope_plugin::Times;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// The newest snapshot of the supervisor.
pub(crate) struct Status {
    snapshot: Mutex<Snapshot>,
    calls: Arc<CallRegistry>,
    pool: Pool,
}

/// The state of a pipeline at one moment.
#[derive(Clone)]
pub(crate) struct Snapshot {
    pub(crate) topology: Arc<Topology>,
    /// By the stream's number.
    pub(crate) source_slots: HashMap<u32, SourceStatus>,
    pub(crate) sink_handles: Vec<Arc<SinkHandle>>,
    /// Streams that have ended, and why if they failed.
    pub(crate) ended: HashMap<u32, Option<String>>,
    /// The number of changes of the file.
    pub(crate) changes: u64,
    /// The problem of the file as it is now.
    pub(crate) problem: Option<FileProblem>,
}

/// The fact, for viewers, that a file could not be used, and since when. The report has lines of the file and
/// values of variables in it, and stands in the log alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileProblem {
    text: &'static str,
    since: Times,
}

impl FileProblem {
    /// The file as it is now is refused.
    pub(crate) fn refused() -> FileProblem {
        FileProblem { text: "the changed file is refused; the log says why", since: Times::now() }
    }

    /// The file is good, and something in it does not start.
    pub(crate) fn not_started() -> FileProblem {
        FileProblem {
            text: "not all of the changed file could be started; the log says what",
            since: Times::now(),
        }
    }
}

/// The status of a source.
#[derive(Clone)]
pub(crate) struct SourceStatus {
    pub(crate) plugin: String,
    pub(crate) stats: Arc<StageStats>,
    pub(crate) ingress: Arc<Ingress>,
    pub(crate) state: SourceState,
}

/// The state of a source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SourceState {
    /// It is being opened, or has given no frame yet.
    Starting,
    Running,
    Resting,
    /// It has failed and waits for its next attempt.
    Waiting,
}

/// The health of a stream.
#[derive(Debug)]
pub(crate) enum Health {
    Starting,
    Live,
    Resting,
    /// A transform holds frames back, which is its right.
    Gated,
    Failed(Fault),
    Ended(Option<String>),
}

/// The fault of a stream.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) stage: String,
    pub(crate) message: String,
    pub(crate) since: Times,
    pub(crate) attempts: u32,
    pub(crate) again: Option<Instant>,
}

/// A stage that fails now and then loses frames; only without a picture for so long has the stream failed.
const WITHOUT: Duration = Duration::from_millis(500);
/// Or for three and a half periods of a slow camera, two damaged pictures of which in a row are no failure; but no longer than
/// this.
const WITHOUT_AT_MOST: Duration = Duration::from_secs(10);

impl Fault {
    fn of(stats: &StageStats, trouble: Trouble) -> Fault {
        let Trouble { failure, since, attempts, again } = trouble;
        Fault { stage: stats.name.clone(), message: redact::failure(&failure), since, attempts, again }
    }

    /// Returns how long until the next attempt; `None` if there will be none.
    pub(crate) fn next_attempt(&self) -> Option<Duration> {
        self.again.map(|again| again.saturating_duration_since(Instant::now()))
    }

    fn json(&self) -> Value {
        json!({
            "stage": self.stage,
            "message": self.message,
            "since": rfc3339(self.since),
            "for_ms": Times::now().since(self.since).as_millis() as u64,
            "attempts": self.attempts,
            "next_attempt_ms": self.next_attempt().map(|left| left.as_millis() as u64),
        })
    }
}

fn rfc3339(times: Times) -> Option<String> {
    let time = Timestamp::from_nanosecond(times.wall_ns.into()).and_then(|time| time.round(Unit::Second));
    Some(time.ok()?.to_string())
}

impl Health {
    fn name(&self) -> &'static str {
        match self {
            Health::Starting => "starting",
            Health::Live => "live",
            Health::Resting => "resting",
            Health::Gated => "gated",
            Health::Failed(_) => "failed",
            Health::Ended(_) => "ended",
        }
    }

    fn is_healthy(&self) -> bool {
        !matches!(self, Health::Failed(_) | Health::Ended(Some(_)))
    }
}

impl Snapshot {
    /// Returns how the stream in this place is.
    pub(crate) fn health(&self, at: usize) -> Health {
        let stream = &self.topology.streams[at].stream;
        if let Some(why) = self.ended.get(&stream.id) {
            return Health::Ended(why.clone());
        }
        let root = &self.topology.streams[self.topology.root(at)].stream;
        let Some(slot) = self.source_slots.get(&root.id) else { return Health::Starting };
        if slot.state != SourceState::Running
            && let Some(trouble) = slot.stats.trouble()
        {
            return Health::Failed(Fault::of(&slot.stats, trouble));
        }
        if slot.state == SourceState::Resting || stream.watched.total() == 0 {
            return Health::Resting;
        }
        let without = stream.last_output.without_picture_for();
        let period = stream.last_output.usual_gap().unwrap_or_default();
        if without.is_none_or(|without| without > (period * 7 / 2).clamp(WITHOUT, WITHOUT_AT_MOST))
            && let Some(fault) = self.failing_stage(at, slot)
        {
            return Health::Failed(fault);
        }
        match slot.state {
            SourceState::Starting | SourceState::Waiting => Health::Starting,
            _ if self.way_up(at).any(|at| self.topology.streams[at].stream.last_output.is_gated()) => {
                Health::Gated
            }
            _ if without.is_none() => Health::Starting,
            _ => Health::Live,
        }
    }

    /// A stream and those that it stands on.
    fn way_up(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(at), |at| self.topology.streams[*at].parent)
    }

    /// Returns what keeps frames from coming through to a stream: a stage of its own or of one that it stands on.
    fn failing_stage(&self, at: usize, slot: &SourceStatus) -> Option<Fault> {
        let stages = self.way_up(at).flat_map(|at| self.topology.streams[at].stream.stats.stages());
        let fault = stages.filter_map(|stats| Some(Fault::of(&stats, stats.trouble()?))).next();
        fault.or_else(|| {
            let message = slot.ingress.no_route()?;
            let again = Some(Instant::now());
            Some(Fault { stage: "plan".into(), message, since: Times::now(), attempts: 1, again })
        })
    }

    fn json(&self, calls: &CallRegistry, pool: &Pool) -> Value {
        let mut streams = Map::new();
        for (at, node) in self.topology.streams.iter().enumerate() {
            let stream = &node.stream;
            let health = self.health(at);
            let mut json = stream.stats.json();
            json.insert("state".into(), health.name().into());
            json.insert("healthy".into(), health.is_healthy().into());
            let trouble = match &health {
                Health::Failed(fault) => fault.json(),
                Health::Ended(Some(why)) => {
                    json!({"stage": "stream", "message": why, "next_attempt_ms": null})
                }
                _ => Value::Null,
            };
            json.insert("trouble".into(), trouble);
            json.insert("viewers".into(), json!(stream.watched.own()));
            json.insert("dropped".into(), json!(stream.input.replaced(stream.id)));
            json.insert("workers".into(), json!(stream.workers()));
            json.insert("overload".into(), stream.overload.json());
            if let Some(slot) = self.source_slots.get(&stream.id) {
                let mut source = slot.stats.json();
                source["plugin"] = json!(slot.plugin);
                json.insert("source".into(), source);
            }
            streams.insert(stream.name.clone(), json.into());
        }
        let sinks = self.sink_handles.iter().map(|handle| {
            let mut sink = handle.stats.json();
            sink["plugin"] = json!(handle.spec().plugin);
            sink
        });
        json!({
            "streams": streams,
            "sinks": sinks.collect::<Vec<_>>(),
            "left_behind": calls.left_behind(),
            "memory": pool.json(),
            "pipeline": {
                "changes": self.changes,
                "problem": self.problem.map(|problem| problem.text),
                "problem_since": self.problem.and_then(|problem| rfc3339(problem.since)),
            },
        })
    }
}

impl Status {
    pub(crate) fn new(snapshot: Snapshot, calls: Arc<CallRegistry>, pool: Pool) -> Status {
        Status { snapshot: Mutex::new(snapshot), calls, pool }
    }

    fn lock(&self) -> MutexGuard<'_, Snapshot> {
        lock(&self.snapshot)
    }

    pub(crate) fn publish(&self, snapshot: Snapshot) {
        let before = std::mem::replace(&mut *self.lock(), snapshot);
        // Outside the lock: it may be the last to hold a stream that is gone, with all that belongs to it.
        drop(before);
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.lock().clone()
    }

    /// Returns who is connected with whom.
    pub(crate) fn topology(&self) -> Arc<Topology> {
        self.lock().topology.clone()
    }

    /// The state of the whole, as viewers may know it.
    pub(crate) fn json(&self) -> String {
        let mut state = self.snapshot().json(&self.calls, &self.pool);
        redact::value(&mut state);
        state.to_string()
    }
}
