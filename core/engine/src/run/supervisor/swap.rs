//! Another source in a place that has one: its options offered to it, opened beside it, or after it.

use super::source_slot::{Phase, Seat, birth, part};
use super::{Supervisor, kept};
use crate::run::data::ingress::Seating;
use crate::run::data::source::SourceSpec;
use mutoscope_plugin::host::Failure;
use std::sync::Arc;

impl Supervisor {
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
    pub(super) fn swap(&mut self, stream: u32, spec: Arc<SourceSpec>) {
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
    pub(super) fn start_candidate(&mut self, stream: u32) {
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
}
