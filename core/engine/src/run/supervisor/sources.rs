//! What becomes of instances of sources: started, at rest, failed, ended, left behind.

use super::source_slot::{Phase, Seat, birth, part};
use super::{Supervisor, kept};
use crate::config::OnFailure;
use crate::run::data::ingress::{Feed, Seating};
use crate::run::data::source::{Life, SourceEnd, SourceSpec};
use mutoscope_plugin::host::Failure;
use std::sync::Arc;
use std::time::{Duration, Instant};

impl Supervisor {
    /// A stream has a source that it had not before. It is started with all that wait: see [`Supervisor::released`].
    pub(super) fn take_seat(&mut self, stream: u32, seat: Seat) {
        self.seats.insert(stream, seat);
    }

    /// Starts an instance, once nothing is in its way.
    pub(super) fn start_source(&mut self, stream: u32) {
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
    pub(super) fn is_held(&self, spec: &SourceSpec) -> bool {
        self.leaving.iter().any(|life| life.spec.conflicts(spec))
    }

    /// Asks an instance to end. What it holds it holds until it has.
    pub(super) fn leave(&mut self, life: Arc<Life>) {
        life.post.ask_to_stop();
        // That one has ended need not be known here yet, but then there is nothing to wait for.
        if self.is_there(&life) {
            self.leaving.push(life);
        }
    }

    /// Whether an instance has still to say that it has ended.
    pub(super) fn is_there(&self, life: &Life) -> bool {
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
    pub(super) fn forget_frames(&self, stream: u32) {
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

    pub(super) fn not_started(&mut self, stream: u32, spec: &SourceSpec, failure: &Failure, text: String) {
        if failure.option.is_empty() {
            return self.note(text);
        }
        let Some(seat) = self.seats.get(&stream) else { return };
        let pipeline = &seat.seating.wiring.prepared.pipeline;
        let report = pipeline.refuse(&spec.origin, &failure.option, &failure.message);
        self.refused(report);
    }

    /// What becomes of a source that has failed, which its account says already.
    pub(super) fn source_failed(&mut self, stream: u32, failure: Failure, opening: bool) {
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
