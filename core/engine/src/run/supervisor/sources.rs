//! Starts, rests, restarts and ends instances of sources.

use super::source_slot::{Phase, SourceSlot, start_instance, stats};
use super::{Supervisor, kept};
use crate::config::OnFailure;
use crate::run::data::ingress::Ingress;
use crate::run::data::source::SourceInstance;
use crate::run::data::topology::StreamRef;
use crate::run::report::SourceEnd;
use crate::run::spec::SourceSpec;
use mutoscope_plugin::host::Failure;
use std::sync::Arc;
use std::time::{Duration, Instant};

impl Supervisor {
    /// A stream has a source that it had not before. It is started with all that wait: see [`Supervisor::released`].
    pub(super) fn add_source_slot(&mut self, stream: u32, slot: SourceSlot) {
        self.source_slots.insert(stream, slot);
    }

    /// Starts an instance, once nothing is in its way.
    pub(super) fn start_source(&mut self, stream: u32) {
        let generation = self.number();
        let Some(spec) = self.source_slots.get(&stream).map(|slot| slot.spec.clone()) else { return };
        let blocked = self.is_held(&spec)
            || self.source_slots.iter().any(|(other, slot)| *other != stream && slot.gives_way_to(&spec));
        let Some(slot) = self.source_slots.get_mut(&stream) else { return };
        if blocked {
            slot.phase = Phase::Blocked;
            return;
        }
        match start_instance(slot, stream, generation, slot.spec.clone(), slot.stats.clone(), &self.runtime) {
            Ok(instance) => slot.phase = Phase::Starting(instance),
            Err(failure) => {
                slot.stats.failed(&failure, false);
                self.source_failed(stream, failure, false);
            }
        }
    }

    /// Returns whether an instance that was asked to end still holds what this source needs.
    pub(super) fn is_held(&self, spec: &SourceSpec) -> bool {
        self.leaving.iter().any(|instance| instance.spec.conflicts(spec))
    }

    /// Asks an instance to end. What it holds it holds until it has.
    pub(super) fn leave(&mut self, instance: Arc<SourceInstance>) {
        instance.guard.ask_to_stop();
        // That one has ended need not be known here yet, but then there is nothing to wait for.
        if self.is_there(&instance) {
            self.leaving.push(instance);
        }
    }

    /// Returns whether an instance has still to say that it has ended.
    pub(super) fn is_there(&self, instance: &SourceInstance) -> bool {
        !instance.guard.is_left_behind() && self.runtime.calls.has(&instance.guard)
    }

    /// An instance has let go of what it held: whoever waited for that may start.
    pub(super) fn released(&mut self) {
        let streams: Vec<u32> = self.source_slots.keys().copied().collect();
        for stream in &streams {
            self.start_candidate(*stream);
        }
        for stream in streams {
            if self.source_slots.get(&stream).is_some_and(|slot| matches!(slot.phase, Phase::Blocked)) {
                self.start_source(stream);
            }
        }
    }

    /// Drops queued frames when a source goes idle, so that the next viewer does not get a stale one.
    pub(super) fn forget_frames(&self, stream: u32) {
        let Some(slot) = self.source_slots.get(&stream).filter(|slot| matches!(slot.phase, Phase::Resting))
        else {
            return;
        };
        let StreamRef { topology, at } = &slot.stream_ref;
        let of_it = (0..topology.streams.len()).filter(|stream| topology.root(*stream) == *at);
        for stream in of_it.map(|stream| &topology.streams[stream].stream) {
            stream.input.clear(stream.id);
        }
    }

    /// The thread of an instance has ended, or is left behind.
    pub(super) fn source_ended(&mut self, stream: u32, generation: u64, end: SourceEnd) {
        let leaving = self.leaving.len();
        self.leaving.retain(|leaving| leaving.generation != generation);
        if self.leaving.len() < leaving {
            self.forget_frames(stream);
            return self.released();
        }
        let Some(slot) = self.source_slots.get_mut(&stream) else { return };
        let late = slot.late.take_if(|(of, _)| *of == generation).map(|(_, why)| Failure::new(why));
        let was_late = late.is_some();
        let (failure, opening) = match (late, end) {
            (Some(failure), _) => (Some(failure), false),
            (None, SourceEnd::Failed { failure, opening }) => (Some(failure), opening),
            (None, SourceEnd::Ended) => (None, false),
            (None, SourceEnd::Stopped) => (Some(Failure::new("it has stopped by itself")), false),
            // Who has its place says so as well.
            (None, SourceEnd::Superseded)
                if slot.candidate.as_ref().is_none_or(|new| new.generation != generation) =>
            {
                return;
            }
            (None, SourceEnd::Superseded) => (Some(Failure::new("another has its place")), false),
        };
        if let Some(candidate) = slot.candidate.take_if(|candidate| candidate.generation == generation) {
            let failure = failure.unwrap_or_else(|| Failure::new("it ended before its first frame"));
            // The old one goes on by the new reading of the file.
            slot.ingress.reconfigure(slot.stream_ref.clone());
            let text = kept(&slot.name, &candidate.spec, &failure);
            self.not_started(stream, &candidate.spec, &failure, text);
            let gone = self
                .source_slots
                .get(&stream)
                .and_then(SourceSlot::instance)
                .is_some_and(|instance| !self.is_there(instance));
            if gone {
                self.start_source(stream);
            }
            // Others may have waited for the old one to let go, which it does not.
            return self.released();
        }
        if slot.instance().is_none_or(|running| running.generation != generation) {
            return;
        }
        match failure {
            None => self.end_source(stream, None),
            Some(failure) => {
                if !was_late {
                    slot.stats.failed(&failure, false);
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
        let Some(slot) = self.source_slots.get(&stream) else { return };
        let pipeline = &slot.stream_ref.topology.prepared.pipeline;
        let report = pipeline.refuse(&spec.origin, &failure.option, &failure.message);
        self.refused(report);
    }

    /// Decides what follows the failure of a source, which its statistics have already.
    pub(super) fn source_failed(&mut self, stream: u32, failure: Failure, opening: bool) {
        let Some(slot) = self.source_slots.get_mut(&stream) else { return };
        let is_new = !matches!(slot.phase, Phase::Running(_));
        if let Some(before) = slot.fallback.take_if(|_| is_new) {
            let failed = std::mem::replace(&mut slot.spec, before);
            slot.stats = stats(&slot.spec);
            let text = kept(&slot.name, &failed, &failure);
            self.not_started(stream, &failed, &failure, text);
            return self.start_source(stream);
        }
        slot.fallback = None;
        slot.take_offer();
        let (again, attempts) = match slot.stats.trouble() {
            Some(trouble) => (trouble.again.unwrap_or_else(Instant::now), trouble.attempts),
            None => (slot.stats.failed(&failure, false), 1),
        };
        slot.phase = Phase::Waiting(again);
        if let Some(text) = slot.log_limit.wrong(&failure.to_string()) {
            tracing::error!(
                stream = slot.name,
                plugin = slot.spec.plugin,
                "source failed: {text}; next attempt in {:.1} s",
                again.saturating_duration_since(Instant::now()).as_secs_f64()
            );
        }
        let most = match slot.config().on_failure {
            OnFailure::Restart => u32::MAX,
            OnFailure::Restarts(most) => most,
            OnFailure::Stop => 0,
        };
        if opening && !failure.option.is_empty() && !slot.ever {
            // The file is wrong. At the start that is the end; later, a corrected file helps.
            let pipeline = &slot.stream_ref.topology.prepared.pipeline;
            let report = pipeline.refuse(&slot.spec.origin, &failure.option, &failure.message);
            self.refused(report);
        } else if attempts > most {
            let why = format!("source {}: {failure}", slot.spec.plugin);
            self.end_source(stream, Some(why));
        }
    }

    /// The source has ended for good: what came so far goes its way, and then the stream ends.
    pub(super) fn end_source(&mut self, stream: u32, why: Option<String>) {
        let Some(slot) = self.source_slots.get_mut(&stream) else { return };
        if let Some(why) = &why {
            tracing::error!(stream = slot.name, "ended, as the file has it: {why}");
            slot.stats.give_up();
        }
        let before = std::mem::replace(&mut slot.phase, Phase::Ended(why));
        let stream = slot.stream_ref.stream().clone();
        let candidate = slot.candidate.take();
        slot.awaited = None;
        if let Phase::Running(instance) | Phase::Starting(instance) = before {
            self.leave(instance);
        }
        candidate.into_iter().for_each(|instance| self.leave(instance));
        stream.input.close(stream.id);
    }

    /// The stream has no source any more.
    pub(super) fn remove_source_slot(&mut self, stream: u32) {
        let Some(slot) = self.source_slots.remove(&stream) else { return };
        if let Phase::Running(instance) | Phase::Starting(instance) = slot.phase {
            self.leave(instance);
        }
        slot.candidate.into_iter().for_each(|instance| self.leave(instance));
    }

    /// A call of an instance takes too long; it was asked to stop.
    pub(super) fn source_is_late(&mut self, stream: u32, generation: u64, why: &str) {
        let Some(slot) = self.source_slots.get_mut(&stream) else { return };
        let is_candidate =
            slot.candidate.as_ref().is_some_and(|candidate| candidate.generation == generation);
        if !is_candidate && slot.instance().is_none_or(|running| running.generation != generation) {
            return;
        }
        slot.late = Some((generation, why.to_owned()));
        if !is_candidate {
            slot.stats.failed(&Failure::new(why), false);
        }
    }

    /// It did not stop: its thread is left behind, and with it the feed that it may be in.
    pub(super) fn source_left_behind(&mut self, stream: u32, generation: u64) {
        if let Some(slot) = self.source_slots.get_mut(&stream)
            && slot.instance().is_some_and(|running| running.generation == generation)
        {
            slot.ingress = Arc::new(Ingress::new(slot.stream_ref.clone(), slot.ingress.next()));
        }
        self.source_ended(stream, generation, SourceEnd::Stopped);
    }

    /// Returns what is due: attempts, and rest. Gives when the next is.
    pub(super) fn tend_sources(&mut self, now: Instant) -> Option<Instant> {
        let mut next: Option<Instant> = None;
        let mut due_at = |due: Instant| next = Some(next.map_or(due, |next| next.min(due)));
        let (mut start, mut rest) = (Vec::new(), Vec::new());
        for (stream, slot) in &mut self.source_slots {
            let watched = slot.stream_ref.stream().watched.total() > 0;
            match &slot.phase {
                // Whoever comes in its stead is on the way.
                Phase::Waiting(_) if slot.candidate.is_some() => {}
                Phase::Waiting(again) if now >= *again => start.push(*stream),
                Phase::Waiting(again) => due_at(*again),
                Phase::Resting if watched => start.push(*stream),
                Phase::Running(_) if watched => {
                    slot.idle_since = None;
                    if slot.stats.trouble().is_none()
                        && let Some(text) = slot.log_limit.well()
                    {
                        tracing::info!(stream = slot.name, plugin = slot.spec.plugin, "source {text}");
                    }
                }
                Phase::Running(instance) => {
                    let config = slot.stream_ref.config();
                    // A film that is shown once would begin anew.
                    let changing = slot.candidate.is_some() || slot.awaited.is_some();
                    if config.always_on || instance.spec.caps.may_end || changing {
                        continue;
                    }
                    let idle = *slot.idle_since.get_or_insert(now) + config.idle_timeout;
                    if now >= idle { rest.push(*stream) } else { due_at(idle) }
                }
                _ => {}
            }
        }
        for stream in rest {
            let Some(slot) = self.source_slots.get_mut(&stream) else { continue };
            tracing::debug!(stream = slot.name, "nobody looks on: the source rests");
            slot.idle_since = None;
            slot.take_offer();
            if let Phase::Running(instance) = std::mem::replace(&mut slot.phase, Phase::Resting) {
                self.leave(instance);
            }
        }
        start.into_iter().for_each(|stream| self.start_source(stream));
        next
    }

    /// The time between a source's frames, as far as it declares it.
    pub(super) fn source_period(&self, stream: u32) -> Option<Duration> {
        self.source_slots.get(&stream).and_then(SourceSlot::period)
    }
}
