//! A source's place: the instance that has it, the one that is about to, and what becomes of them.

use super::{Supervisor, kept};
use crate::config::OnFailure;
use crate::run::board::{Posture, SeatView};
use crate::run::complaint::Complaint;
use crate::run::feed::{Feed, Seating};
use crate::run::source::{Birth, Life, SourceEnd, SourceSpec};
use crate::run::stats::Part;
use mutoscope_plugin::host::Failure;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A source's place: the instance that has it, the one that is about to, and what becomes of them.
pub(super) struct Seat {
    name: String,
    spec: Arc<SourceSpec>,
    part: Arc<Part>,
    feed: Arc<Feed>,
    /// The newest reading of the file.
    seating: Seating,
    phase: Phase,
    /// New options that the running instance was offered, as long as it has not answered.
    offered: Option<Arc<SourceSpec>>,
    /// A new source that is to be opened beside the one that runs, once others have let go of what it needs.
    awaited: Option<Arc<SourceSpec>>,
    /// A new source beside the one that runs, which takes its place with its first frame.
    candidate: Option<Arc<Life>>,
    /// What comes back if the new source does not start.
    fallback: Option<Arc<SourceSpec>>,
    /// Since when nobody looks on.
    idle_since: Option<Instant>,
    /// The instance that was too slow, and how.
    late: Option<(u64, String)>,
    complaint: Complaint,
    /// An instance was open once.
    ever: bool,
}

enum Phase {
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

    fn is_late(&self, life: &Life) -> bool {
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
    fn life(&self) -> Option<&Arc<Life>> {
        match &self.phase {
            Phase::Starting(life) | Phase::Running(life) => Some(life),
            _ => None,
        }
    }

    /// Whether it holds what this source needs, and is perhaps about to let go of it.
    fn gives_way_to(&self, spec: &SourceSpec) -> bool {
        (self.candidate.is_some() || self.awaited.is_some() || self.offered.is_some())
            && self.life().is_some_and(|life| life.spec.shares(spec))
    }

    /// The running instance ends before it has answered: the next one is opened with what it was offered.
    fn take_offer(&mut self) {
        if let Some(offered) = self.offered.take() {
            self.spec = offered;
        }
    }

    fn config(&self) -> &crate::config::Stream {
        &self.seating.wiring.prepared.pipeline.streams[self.seating.at]
    }
}

/// The account of a source.
fn part(spec: &SourceSpec) -> Arc<Part> {
    Part::new(format!("source {}", spec.plugin))
}

impl Supervisor {
    /// A stream has a source that it had not before. It is started with all that wait: see [`Supervisor::released`].
    pub(super) fn take_seat(&mut self, stream: u32, seat: Seat) {
        self.seats.insert(stream, seat);
    }

    /// Starts an instance, once nothing is in its way.
    fn start_source(&mut self, stream: u32) {
        let number = self.number();
        let Some(spec) = self.seats.get(&stream).map(|seat| seat.spec.clone()) else { return };
        let blocked = self.is_held(&spec)
            || self.seats.iter().any(|(other, seat)| *other != stream && seat.gives_way_to(&spec));
        let Some(seat) = self.seats.get_mut(&stream) else { return };
        if blocked {
            seat.phase = Phase::Blocked;
            return;
        }
        match birth(seat, stream, number, seat.spec.clone(), seat.part.clone(), &self.shared) {
            Ok(life) => seat.phase = Phase::Starting(life),
            Err(failure) => {
                seat.part.failed(&failure, false);
                self.source_failed(stream, failure, false);
            }
        }
    }

    /// Whether an instance that was asked to end still holds what this source needs.
    fn is_held(&self, spec: &SourceSpec) -> bool {
        self.leaving.iter().any(|life| life.spec.conflicts(spec))
    }

    /// The reading of the file has changed, and with it perhaps the source. What has to be started is, with all that wait:
    /// other seats may have to let go first.
    pub(super) fn reseat(&mut self, stream: u32, spec: Arc<SourceSpec>, seating: Seating) {
        let Some(seat) = self.seats.get_mut(&stream) else { return };
        seat.seating = seating.clone();
        if let Some(candidate) = seat.candidate.as_ref().filter(|candidate| candidate.spec.is_same(&spec)) {
            // It is on its way already.
            return candidate.reseat(seating);
        }
        seat.awaited = None;
        let unanswered = seat.offered.take().is_some();
        let candidate = seat.candidate.take();
        let is_same_code = spec.kind == seat.spec.kind;
        if seat.spec.is_same(&spec) && !unanswered {
            seat.spec = spec;
            seat.feed.rewire(seating.clone());
            if let Some(life) = seat.life() {
                life.reseat(seating);
            }
            return candidate.into_iter().for_each(|life| self.leave(life));
        }
        match &seat.phase {
            Phase::Running(life) if is_same_code => {
                // Perhaps it takes its new options as it runs.
                seat.feed.rewire(seating.clone());
                life.reseat(seating);
                life.order(spec.clone());
                seat.offered = Some(spec);
            }
            Phase::Running(_) => {
                candidate.into_iter().for_each(|life| self.leave(life));
                return self.swap(stream, spec);
            }
            Phase::Starting(life) => {
                let life = life.clone();
                (seat.part, seat.spec, seat.phase) = (part(&spec), spec, Phase::Blocked);
                self.leave(life);
            }
            Phase::Blocked | Phase::Waiting(_) => {
                (seat.part, seat.spec, seat.phase) = (part(&spec), spec, Phase::Blocked);
            }
            Phase::Resting | Phase::Ended(_) => {
                (seat.part, seat.spec) = (part(&spec), spec);
                seat.feed.rewire(seating);
            }
        }
        candidate.into_iter().for_each(|life| self.leave(life));
    }

    /// Another source for one that runs. Beside it, if the two can be open at once; else after it.
    fn swap(&mut self, stream: u32, spec: Arc<SourceSpec>) {
        // Another stream has the device now: if the two exchange theirs, somebody has to let go first.
        let is_taken = |(other, seat): (&u32, &Seat)| {
            *other != stream && seat.life().is_some_and(|life| life.spec.shares(&spec))
        };
        let taken = self.seats.iter().any(is_taken);
        let Some(seat) = self.seats.get_mut(&stream) else { return };
        let Some(life) = seat.life().cloned() else { return };
        tracing::info!(stream = seat.name, "changing from source {} to {}", life.spec.plugin, spec.plugin);
        if taken || life.spec.conflicts(&spec) {
            seat.part = part(&spec);
            seat.fallback = Some(std::mem::replace(&mut seat.spec, spec));
            seat.phase = Phase::Blocked;
            self.leave(life);
        } else {
            seat.awaited = Some(spec);
        }
    }

    /// Opens a new source beside the one that runs, once nothing is in its way.
    fn start_candidate(&mut self, stream: u32) {
        let number = self.number();
        let awaited = self.seats.get(&stream).and_then(|seat| seat.awaited.clone());
        let Some(spec) = awaited.filter(|spec| !self.is_held(spec)) else { return };
        let Some(seat) = self.seats.get_mut(&stream) else { return };
        seat.awaited = None;
        match birth(seat, stream, number, spec.clone(), part(&spec), &self.shared) {
            Ok(candidate) => seat.candidate = Some(candidate),
            Err(failure) => {
                let text = kept(&seat.name, &spec, &failure);
                self.note(text);
            }
        }
    }

    /// What became of new options that were offered to a running source.
    pub(super) fn source_updated(
        &mut self,
        stream: u32,
        life: u64,
        spec: &Arc<SourceSpec>,
        result: Result<bool, Failure>,
    ) {
        let Some(seat) = self.seats.get_mut(&stream) else { return };
        if seat.life().is_none_or(|running| running.number != life) {
            return;
        }
        // What it was offered before that is of no interest, unless it has taken it.
        let is_newest = seat.offered.take_if(|offered| Arc::ptr_eq(offered, spec)).is_some();
        match result {
            Ok(true) => {
                tracing::info!(stream = seat.name, "source {} has its new options", spec.plugin);
                seat.spec = spec.clone();
            }
            // It was changed and changed back.
            Ok(false) if is_newest && seat.spec.is_same(spec) => seat.spec = spec.clone(),
            Ok(false) if is_newest => self.swap(stream, spec.clone()),
            Err(failure) if is_newest => {
                let pipeline = &seat.seating.wiring.prepared.pipeline;
                let report = pipeline.refuse(&spec.origin, &failure.option, &failure.message);
                self.refused(report);
            }
            Ok(false) | Err(_) => {}
        }
        self.released();
    }

    /// An instance has given its first frame.
    pub(super) fn source_began(&mut self, stream: u32, life: u64) {
        let Some(seat) = self.seats.get_mut(&stream) else { return };
        seat.ever = true;
        if let Some(candidate) = seat.candidate.take_if(|candidate| candidate.number == life) {
            tracing::info!(stream = seat.name, "shows source {} now", candidate.spec.plugin);
            let before = std::mem::replace(&mut seat.phase, Phase::Running(candidate.clone()));
            (seat.spec, seat.part) = (candidate.spec.clone(), candidate.part.clone());
            (seat.idle_since, seat.offered) = (None, None);
            if let Phase::Running(old) | Phase::Starting(old) = before {
                self.leave(old);
            }
            // If the old one has ended already, nobody else says that it has let go.
            return self.released();
        }
        match &seat.phase {
            Phase::Starting(starting) if starting.number == life => {
                seat.phase = Phase::Running(starting.clone());
                (seat.fallback, seat.idle_since) = (None, None);
            }
            Phase::Running(running) if running.number < life => {
                // A new source that the file has given up again has just taken the place. Whoever it took it from begins
                // anew, since frames are let in from one instance after another.
                let running = running.clone();
                seat.take_offer();
                self.leave(running);
                self.start_source(stream);
            }
            _ => {}
        }
    }

    /// Asks an instance to end. What it holds it holds until it has.
    fn leave(&mut self, life: Arc<Life>) {
        life.post.ask_to_stop();
        // That one has ended need not be known here yet, but then there is nothing to wait for.
        if self.is_there(&life) {
            self.leaving.push(life);
        }
    }

    /// Whether an instance has still to say that it has ended.
    fn is_there(&self, life: &Life) -> bool {
        !life.post.is_abandoned() && self.shared.posts.has(&life.post)
    }

    /// An instance has let go of what it held: whoever waited for that may start.
    pub(super) fn released(&mut self) {
        let streams: Vec<u32> = self.seats.keys().copied().collect();
        for stream in &streams {
            self.start_candidate(*stream);
        }
        for stream in streams {
            if self.seats.get(&stream).is_some_and(|seat| matches!(seat.phase, Phase::Blocked)) {
                self.start_source(stream);
            }
        }
    }

    /// Where a source rests, what it gave last and nobody took is not for whoever comes in an hour.
    fn forget_frames(&self, stream: u32) {
        let Some(seat) = self.seats.get(&stream).filter(|seat| matches!(seat.phase, Phase::Resting)) else {
            return;
        };
        let Seating { wiring, at } = &seat.seating;
        let of_it = (0..wiring.streams.len()).filter(|stream| wiring.root(*stream) == *at);
        for crew in of_it.map(|stream| &wiring.streams[stream].crew) {
            crew.lane.clear(crew.id);
        }
    }

    /// The thread of an instance has ended, or is left behind.
    pub(super) fn source_ended(&mut self, stream: u32, life: u64, end: SourceEnd) {
        let leaving = self.leaving.len();
        self.leaving.retain(|leaving| leaving.number != life);
        if self.leaving.len() < leaving {
            self.forget_frames(stream);
            return self.released();
        }
        let Some(seat) = self.seats.get_mut(&stream) else { return };
        let late = seat.late.take_if(|(of, _)| *of == life).map(|(_, why)| Failure::new(why));
        let was_late = late.is_some();
        let (failure, opening) = match (late, end) {
            (Some(failure), _) => (Some(failure), false),
            (None, SourceEnd::Failed { failure, opening }) => (Some(failure), opening),
            (None, SourceEnd::Ended) => (None, false),
            (None, SourceEnd::Stopped) => (Some(Failure::new("it has stopped by itself")), false),
            // Who has its place says so as well.
            (None, SourceEnd::Superseded) if seat.candidate.as_ref().is_none_or(|new| new.number != life) => {
                return;
            }
            (None, SourceEnd::Superseded) => (Some(Failure::new("another has its place")), false),
        };
        if let Some(candidate) = seat.candidate.take_if(|candidate| candidate.number == life) {
            let failure = failure.unwrap_or_else(|| Failure::new("it ended before its first frame"));
            // The old one goes on by the new reading of the file.
            seat.feed.rewire(seat.seating.clone());
            let text = kept(&seat.name, &candidate.spec, &failure);
            self.not_started(stream, &candidate.spec, &failure, text);
            let gone = self.seats.get(&stream).and_then(Seat::life).is_some_and(|life| !self.is_there(life));
            if gone {
                self.start_source(stream);
            }
            // Others may have waited for the old one to let go, which it does not.
            return self.released();
        }
        if seat.life().is_none_or(|running| running.number != life) {
            return;
        }
        match failure {
            None => self.end_seat(stream, None),
            Some(failure) => {
                if !was_late {
                    seat.part.failed(&failure, false);
                }
                self.source_failed(stream, failure, opening);
            }
        }
        self.released();
    }

    fn not_started(&mut self, stream: u32, spec: &SourceSpec, failure: &Failure, text: String) {
        if failure.option.is_empty() {
            return self.note(text);
        }
        let Some(seat) = self.seats.get(&stream) else { return };
        let pipeline = &seat.seating.wiring.prepared.pipeline;
        let report = pipeline.refuse(&spec.origin, &failure.option, &failure.message);
        self.refused(report);
    }

    /// What becomes of a source that has failed, which its account says already.
    fn source_failed(&mut self, stream: u32, failure: Failure, opening: bool) {
        let Some(seat) = self.seats.get_mut(&stream) else { return };
        let is_new = !matches!(seat.phase, Phase::Running(_));
        if let Some(before) = seat.fallback.take_if(|_| is_new) {
            let failed = std::mem::replace(&mut seat.spec, before);
            seat.part = part(&seat.spec);
            let text = kept(&seat.name, &failed, &failure);
            self.not_started(stream, &failed, &failure, text);
            return self.start_source(stream);
        }
        seat.fallback = None;
        seat.take_offer();
        let (again, attempts) = match seat.part.trouble() {
            Some(trouble) => (trouble.again.unwrap_or_else(Instant::now), trouble.attempts),
            None => (seat.part.failed(&failure, false), 1),
        };
        seat.phase = Phase::Waiting(again);
        if let Some(text) = seat.complaint.wrong(&failure.to_string()) {
            tracing::error!(
                stream = seat.name,
                plugin = seat.spec.plugin,
                "source failed: {text}; next attempt in {:.1} s",
                again.saturating_duration_since(Instant::now()).as_secs_f64()
            );
        }
        let most = match seat.config().on_failure {
            OnFailure::Restart => u32::MAX,
            OnFailure::Restarts(most) => most,
            OnFailure::Stop => 0,
        };
        if opening && !failure.option.is_empty() && !seat.ever {
            // The file is wrong. At the start that is the end; later, a corrected file helps.
            let pipeline = &seat.seating.wiring.prepared.pipeline;
            let report = pipeline.refuse(&seat.spec.origin, &failure.option, &failure.message);
            self.refused(report);
        } else if attempts > most {
            let why = format!("source {}: {failure}", seat.spec.plugin);
            self.end_seat(stream, Some(why));
        }
    }

    /// The source has ended for good: what came so far goes its way, and then the stream ends.
    pub(super) fn end_seat(&mut self, stream: u32, why: Option<String>) {
        let Some(seat) = self.seats.get_mut(&stream) else { return };
        if let Some(why) = &why {
            tracing::error!(stream = seat.name, "ended, as the file has it: {why}");
            seat.part.give_up();
        }
        let before = std::mem::replace(&mut seat.phase, Phase::Ended(why));
        let crew = seat.seating.wiring.streams[seat.seating.at].crew.clone();
        let candidate = seat.candidate.take();
        seat.awaited = None;
        if let Phase::Running(life) | Phase::Starting(life) = before {
            self.leave(life);
        }
        candidate.into_iter().for_each(|life| self.leave(life));
        crew.lane.close(crew.id);
    }

    /// The stream has no source any more.
    pub(super) fn give_up_seat(&mut self, stream: u32) {
        let Some(seat) = self.seats.remove(&stream) else { return };
        if let Phase::Running(life) | Phase::Starting(life) = seat.phase {
            self.leave(life);
        }
        seat.candidate.into_iter().for_each(|life| self.leave(life));
    }

    /// A call of an instance takes too long; it was asked to stop.
    pub(super) fn source_is_late(&mut self, stream: u32, life: u64, why: &str) {
        let Some(seat) = self.seats.get_mut(&stream) else { return };
        let is_candidate = seat.candidate.as_ref().is_some_and(|candidate| candidate.number == life);
        if !is_candidate && seat.life().is_none_or(|running| running.number != life) {
            return;
        }
        seat.late = Some((life, why.to_owned()));
        if !is_candidate {
            seat.part.failed(&Failure::new(why), false);
        }
    }

    /// It did not stop: its thread is left behind, and with it the feed that it may be in.
    pub(super) fn source_left_behind(&mut self, stream: u32, life: u64) {
        if let Some(seat) = self.seats.get_mut(&stream)
            && seat.life().is_some_and(|running| running.number == life)
        {
            seat.feed = Arc::new(Feed::new(seat.seating.clone(), seat.feed.next()));
        }
        self.source_ended(stream, life, SourceEnd::Stopped);
    }

    /// What is due: attempts, and rest. Gives when the next is.
    pub(super) fn see_to_seats(&mut self, now: Instant) -> Option<Instant> {
        let mut next: Option<Instant> = None;
        let mut due_at = |due: Instant| next = Some(next.map_or(due, |next| next.min(due)));
        let (mut start, mut rest) = (Vec::new(), Vec::new());
        for (stream, seat) in &mut self.seats {
            let crew = &seat.seating.wiring.streams[seat.seating.at].crew;
            let watched = crew.watched.total() > 0;
            match &seat.phase {
                // Whoever comes in its stead is on the way.
                Phase::Waiting(_) if seat.candidate.is_some() => {}
                Phase::Waiting(again) if now >= *again => start.push(*stream),
                Phase::Waiting(again) => due_at(*again),
                Phase::Resting if watched => start.push(*stream),
                Phase::Running(_) if watched => {
                    seat.idle_since = None;
                    if seat.part.trouble().is_none()
                        && let Some(text) = seat.complaint.well()
                    {
                        tracing::info!(stream = seat.name, plugin = seat.spec.plugin, "source {text}");
                    }
                }
                Phase::Running(life) => {
                    let config = &seat.seating.wiring.prepared.pipeline.streams[seat.seating.at];
                    // A film that is shown once would begin anew.
                    let changing = seat.candidate.is_some() || seat.awaited.is_some();
                    if config.always_on || life.spec.offers.may_end || changing {
                        continue;
                    }
                    let idle = *seat.idle_since.get_or_insert(now) + config.idle_timeout;
                    if now >= idle { rest.push(*stream) } else { due_at(idle) }
                }
                _ => {}
            }
        }
        for stream in rest {
            let Some(seat) = self.seats.get_mut(&stream) else { continue };
            tracing::debug!(stream = seat.name, "nobody looks on: the source rests");
            seat.idle_since = None;
            seat.take_offer();
            if let Phase::Running(life) = std::mem::replace(&mut seat.phase, Phase::Resting) {
                self.leave(life);
            }
        }
        start.into_iter().for_each(|stream| self.start_source(stream));
        next
    }

    /// The time between a source's frames, as far as it declares it.
    pub(super) fn seat_period(&self, stream: u32) -> Option<Duration> {
        self.seats.get(&stream).and_then(Seat::period)
    }
}

fn birth(
    seat: &Seat,
    stream: u32,
    number: u64,
    spec: Arc<SourceSpec>,
    part: Arc<Part>,
    shared: &crate::run::shared::Shared,
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
