//! What is known of a pipeline at work, for whoever asks: the state as JSON, and how each stream is.

use crate::run::data::ingress::Feed;
use crate::run::data::sink::Desk;
use crate::run::data::topology::Wiring;
use crate::run::host::backoff::Trouble;
use crate::run::host::call_guard::Posts;
use crate::run::host::pool::Pool;
use crate::run::host::redact;
use crate::run::host::stats::Part;
use jiff::{Timestamp, Unit};
use mutoscope_plugin::Times;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// What the supervisor has last written down.
pub(crate) struct Board {
    view: Mutex<View>,
    posts: Arc<Posts>,
    pool: Pool,
}

/// What is known of a pipeline.
#[derive(Clone)]
pub(crate) struct View {
    pub(crate) wiring: Arc<Wiring>,
    /// By the stream's number.
    pub(crate) seats: HashMap<u32, SeatView>,
    pub(crate) desks: Vec<Arc<Desk>>,
    /// Streams that have ended, and why if they failed.
    pub(crate) ended: HashMap<u32, Option<String>>,
    /// How often the file was changed.
    pub(crate) changes: u64,
    /// What is wrong with the file as it is now.
    pub(crate) problem: Option<Problem>,
}

/// What viewers learn of a file that could not be used: that it is so, and since when. The report has lines of the file and
/// values of variables in it, and stands in the log alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Problem {
    text: &'static str,
    since: Times,
}

impl Problem {
    /// The file as it is now is refused.
    pub(crate) fn refused() -> Problem {
        Problem { text: "the changed file is refused; the log says why", since: Times::now() }
    }

    /// The file is good, and something in it does not start.
    pub(crate) fn not_started() -> Problem {
        Problem {
            text: "not all of the changed file could be started; the log says what",
            since: Times::now(),
        }
    }
}

/// What is known of a source.
#[derive(Clone)]
pub(crate) struct SeatView {
    pub(crate) plugin: String,
    pub(crate) part: Arc<Part>,
    pub(crate) feed: Arc<Feed>,
    pub(crate) posture: Posture,
}

/// What a source does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Posture {
    /// It is being opened, or has given no frame yet.
    Starting,
    Running,
    Resting,
    /// It has failed and waits for its next attempt.
    Waiting,
}

/// How a stream is.
#[derive(Debug)]
pub(crate) enum Condition {
    Starting,
    Live,
    Resting,
    /// A transform holds frames back, which is its right.
    Gated,
    Failed(Ailment),
    Ended(Option<String>),
}

/// What is the matter with a stream.
#[derive(Clone, Debug)]
pub(crate) struct Ailment {
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

impl Ailment {
    fn of(part: &Part, trouble: Trouble) -> Ailment {
        let Trouble { failure, since, attempts, again } = trouble;
        Ailment { stage: part.name.clone(), message: redact::failure(&failure), since, attempts, again }
    }

    /// How long until the next attempt; `None` if there will be none.
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

impl Condition {
    fn name(&self) -> &'static str {
        match self {
            Condition::Starting => "starting",
            Condition::Live => "live",
            Condition::Resting => "resting",
            Condition::Gated => "gated",
            Condition::Failed(_) => "failed",
            Condition::Ended(_) => "ended",
        }
    }

    fn is_healthy(&self) -> bool {
        !matches!(self, Condition::Failed(_) | Condition::Ended(Some(_)))
    }
}

impl View {
    /// How the stream in this place is.
    pub(crate) fn condition(&self, at: usize) -> Condition {
        let crew = &self.wiring.streams[at].crew;
        if let Some(why) = self.ended.get(&crew.id) {
            return Condition::Ended(why.clone());
        }
        let root = &self.wiring.streams[self.wiring.root(at)].crew;
        let Some(seat) = self.seats.get(&root.id) else { return Condition::Starting };
        if seat.posture != Posture::Running
            && let Some(trouble) = seat.part.trouble()
        {
            return Condition::Failed(Ailment::of(&seat.part, trouble));
        }
        if seat.posture == Posture::Resting || crew.watched.total() == 0 {
            return Condition::Resting;
        }
        let without = crew.shown.without_picture_for();
        let period = crew.shown.usual_gap().unwrap_or_default();
        if without.is_none_or(|without| without > (period * 7 / 2).clamp(WITHOUT, WITHOUT_AT_MOST))
            && let Some(ailment) = self.ailing_stage(at, seat)
        {
            return Condition::Failed(ailment);
        }
        match seat.posture {
            Posture::Starting | Posture::Waiting => Condition::Starting,
            _ if self.way_up(at).any(|at| self.wiring.streams[at].crew.shown.is_gated()) => Condition::Gated,
            _ if without.is_none() => Condition::Starting,
            _ => Condition::Live,
        }
    }

    /// A stream and those that it stands on.
    fn way_up(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(at), |at| self.wiring.streams[*at].parent)
    }

    /// What keeps frames from coming through to a stream: a stage of its own or of one that it stands on.
    fn ailing_stage(&self, at: usize, seat: &SeatView) -> Option<Ailment> {
        let parts = self.way_up(at).flat_map(|at| self.wiring.streams[at].crew.stats.stages());
        let ailment = parts.filter_map(|part| Some(Ailment::of(&part, part.trouble()?))).next();
        ailment.or_else(|| {
            let message = seat.feed.impasse()?;
            let again = Some(Instant::now());
            Some(Ailment { stage: "plan".into(), message, since: Times::now(), attempts: 1, again })
        })
    }

    fn json(&self, posts: &Posts, pool: &Pool) -> Value {
        let mut streams = Map::new();
        for (at, wired) in self.wiring.streams.iter().enumerate() {
            let crew = &wired.crew;
            let condition = self.condition(at);
            let mut stream = crew.stats.json();
            stream.insert("state".into(), condition.name().into());
            stream.insert("healthy".into(), condition.is_healthy().into());
            let trouble = match &condition {
                Condition::Failed(ailment) => ailment.json(),
                Condition::Ended(Some(why)) => {
                    json!({"stage": "stream", "message": why, "next_attempt_ms": null})
                }
                _ => Value::Null,
            };
            stream.insert("trouble".into(), trouble);
            stream.insert("viewers".into(), json!(crew.watched.own()));
            stream.insert("dropped".into(), json!(crew.lane.replaced(crew.id)));
            stream.insert("workers".into(), json!(crew.workers()));
            stream.insert("overload".into(), crew.overload.json());
            if let Some(seat) = self.seats.get(&crew.id) {
                let mut source = seat.part.json();
                source["plugin"] = json!(seat.plugin);
                stream.insert("source".into(), source);
            }
            streams.insert(crew.name.clone(), stream.into());
        }
        let sinks = self.desks.iter().map(|desk| {
            let mut sink = desk.part.json();
            sink["plugin"] = json!(desk.spec().plugin);
            sink
        });
        json!({
            "streams": streams,
            "sinks": sinks.collect::<Vec<_>>(),
            "left_behind": posts.left_behind(),
            "memory": pool.json(),
            "pipeline": {
                "changes": self.changes,
                "problem": self.problem.map(|problem| problem.text),
                "problem_since": self.problem.and_then(|problem| rfc3339(problem.since)),
            },
        })
    }
}

impl Board {
    pub(crate) fn new(view: View, posts: Arc<Posts>, pool: Pool) -> Board {
        Board { view: Mutex::new(view), posts, pool }
    }

    fn lock(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub(crate) fn write(&self, view: View) {
        let before = std::mem::replace(&mut *self.lock(), view);
        // Outside the lock: it may be the last to hold a stream that is gone, with all that belongs to it.
        drop(before);
    }

    pub(crate) fn view(&self) -> View {
        self.lock().clone()
    }

    /// Who is connected with whom.
    pub(crate) fn wiring(&self) -> Arc<Wiring> {
        self.lock().wiring.clone()
    }

    /// The state of the whole, as viewers may know it.
    pub(crate) fn json(&self) -> String {
        let mut state = self.view().json(&self.posts, &self.pool);
        redact::value(&mut state);
        state.to_string()
    }
}
