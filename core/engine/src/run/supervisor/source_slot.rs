//! A source's place: the instance that has it, the one that is about to, and what becomes of them.

use super::status::{Posture, SeatView};
use crate::run::data::ingress::{Feed, Seating};
use crate::run::data::source::{Birth, Life, SourceSpec};
use crate::run::host::log_limit::Complaint;
use crate::run::host::stats::Part;
use mutoscope_plugin::host::Failure;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A source's place: the instance that has it, the one that is about to, and what becomes of them.
pub(super) struct Seat {
    pub(super) name: String,
    pub(super) spec: Arc<SourceSpec>,
    pub(super) part: Arc<Part>,
    pub(super) feed: Arc<Feed>,
    /// The newest reading of the file.
    pub(super) seating: Seating,
    pub(super) phase: Phase,
    /// New options that the running instance was offered, as long as it has not answered.
    pub(super) offered: Option<Arc<SourceSpec>>,
    /// A new source that is to be opened beside the one that runs, once others have let go of what it needs.
    pub(super) awaited: Option<Arc<SourceSpec>>,
    /// A new source beside the one that runs, which takes its place with its first frame.
    pub(super) candidate: Option<Arc<Life>>,
    /// What comes back if the new source does not start.
    pub(super) fallback: Option<Arc<SourceSpec>>,
    /// Since when nobody looks on.
    pub(super) idle_since: Option<Instant>,
    /// The instance that was too slow, and how.
    pub(super) late: Option<(u64, String)>,
    pub(super) complaint: Complaint,
    /// An instance was open once.
    pub(super) ever: bool,
}

/// What a source does.
pub(super) enum Phase {
    /// Opened, or about to be; no frame yet.
    Starting(Arc<Life>),
    Running(Arc<Life>),
    /// What holds the same device has to let go first.
    Blocked,
    /// Failed, and tried again then.
    Waiting(Instant),
    Resting,
    /// For good, and why if it failed.
    Ended(Option<String>),
}

impl Seat {
    pub(super) fn new(spec: Arc<SourceSpec>, seating: Seating) -> Seat {
        let crew = &seating.wiring.streams[seating.at].crew;
        let next = crew.shown.last_sequence().map_or(0, |last| last + 1);
        Seat {
            name: crew.name.clone(),
            part: part(&spec),
            spec,
            feed: Arc::new(Feed::new(seating.clone(), next)),
            seating,
            phase: Phase::Blocked,
            offered: None,
            awaited: None,
            candidate: None,
            fallback: None,
            idle_since: None,
            late: None,
            complaint: Complaint::default(),
            ever: false,
        }
    }

    pub(super) fn view(&self) -> SeatView {
        let posture = match &self.phase {
            // It was asked to stop, and nothing is expected of it any more.
            Phase::Starting(life) | Phase::Running(life) if self.is_late(life) => Posture::Waiting,
            Phase::Starting(_) | Phase::Blocked => Posture::Starting,
            Phase::Running(_) | Phase::Ended(_) => Posture::Running,
            Phase::Waiting(_) => Posture::Waiting,
            Phase::Resting => Posture::Resting,
        };
        let (part, feed) = (self.part.clone(), self.feed.clone());
        SeatView { plugin: self.spec.plugin.clone(), part, feed, posture }
    }

    pub(super) fn is_late(&self, life: &Life) -> bool {
        self.late.as_ref().is_some_and(|(late, _)| *late == life.number)
    }

    pub(super) fn why_ended(&self) -> Option<String> {
        match &self.phase {
            Phase::Ended(why) => why.clone(),
            _ => None,
        }
    }

    /// The time between its frames, as far as it is declared.
    pub(super) fn period(&self) -> Option<Duration> {
        self.spec.offers.fps.and_then(|fps| Duration::try_from_secs_f64(1.0 / fps).ok())
    }

    /// The instance that has the place.
    pub(super) fn life(&self) -> Option<&Arc<Life>> {
        match &self.phase {
            Phase::Starting(life) | Phase::Running(life) => Some(life),
            _ => None,
        }
    }

    /// Whether it holds what this source needs, and is perhaps about to let go of it.
    pub(super) fn gives_way_to(&self, spec: &SourceSpec) -> bool {
        (self.candidate.is_some() || self.awaited.is_some() || self.offered.is_some())
            && self.life().is_some_and(|life| life.spec.shares(spec))
    }

    /// The running instance ends before it has answered: the next one is opened with what it was offered.
    pub(super) fn take_offer(&mut self) {
        if let Some(offered) = self.offered.take() {
            self.spec = offered;
        }
    }

    pub(super) fn config(&self) -> &crate::config::Stream {
        &self.seating.wiring.prepared.pipeline.streams[self.seating.at]
    }
}

/// The account of a source.
pub(super) fn part(spec: &SourceSpec) -> Arc<Part> {
    Part::new(format!("source {}", spec.plugin))
}

/// Starts an instance of a source for a seat.
pub(super) fn birth(
    seat: &Seat,
    stream: u32,
    number: u64,
    spec: Arc<SourceSpec>,
    part: Arc<Part>,
    shared: &crate::run::host::runtime::Shared,
) -> Result<Arc<Life>, Failure> {
    let config = seat.config();
    let crew = &seat.seating.wiring.streams[seat.seating.at].crew;
    let birth = Birth {
        number,
        stream,
        name: &seat.name,
        watched: crew.watched.clone(),
        spec,
        part,
        seat: seat.seating.clone(),
        feed: seat.feed.clone(),
        warm_up: config.warm_up,
    };
    Life::start(birth, shared).map_err(|error| Failure::new(format!("no thread for it: {error}")))
}
