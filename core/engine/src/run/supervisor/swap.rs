//! Another source for a slot that has one: its options are offered, or it is opened beside the old one, or after it.

use super::source_slot::{Phase, SourceSlot, start_instance, stats};
use super::{Supervisor, kept};
use crate::run::data::topology::StreamRef;
use crate::run::spec::SourceSpec;
use mutoscope_plugin::host::Failure;
use std::sync::Arc;

impl Supervisor {
    /// The reading of the file has changed, and with it perhaps the source. What has to be started is, with all that wait:
    /// other slots may have to let go first.
    pub(super) fn reassign(&mut self, stream: u32, spec: Arc<SourceSpec>, stream_ref: StreamRef) {
        let Some(slot) = self.source_slots.get_mut(&stream) else { return };
        slot.stream_ref = stream_ref.clone();
        if let Some(candidate) = slot.candidate.as_ref().filter(|candidate| candidate.spec.is_same(&spec)) {
            // It is on its way already.
            return candidate.set_stream_ref(stream_ref);
        }
        slot.awaited = None;
        let unanswered = slot.offered.take().is_some();
        let candidate = slot.candidate.take();
        let is_same_code = spec.kind == slot.spec.kind;
        if slot.spec.is_same(&spec) && !unanswered {
            slot.spec = spec;
            slot.ingress.reconfigure(stream_ref.clone());
            if let Some(instance) = slot.instance() {
                instance.set_stream_ref(stream_ref);
            }
            return candidate.into_iter().for_each(|instance| self.leave(instance));
        }
        match &slot.phase {
            Phase::Running(instance) if is_same_code => {
                // Perhaps it takes its new options as it runs.
                slot.ingress.reconfigure(stream_ref.clone());
                instance.set_stream_ref(stream_ref);
                instance.offer(spec.clone());
                slot.offered = Some(spec);
            }
            Phase::Running(_) => {
                candidate.into_iter().for_each(|instance| self.leave(instance));
                return self.swap(stream, spec);
            }
            Phase::Starting(instance) => {
                let instance = instance.clone();
                (slot.stats, slot.spec, slot.phase) = (stats(&spec), spec, Phase::Blocked);
                self.leave(instance);
            }
            Phase::Blocked | Phase::Waiting(_) => {
                (slot.stats, slot.spec, slot.phase) = (stats(&spec), spec, Phase::Blocked);
            }
            Phase::Resting | Phase::Ended(_) => {
                (slot.stats, slot.spec) = (stats(&spec), spec);
                slot.ingress.reconfigure(stream_ref);
            }
        }
        candidate.into_iter().for_each(|instance| self.leave(instance));
    }

    /// Another source for one that runs. Beside it, if the two can be open at once; else after it.
    pub(super) fn swap(&mut self, stream: u32, spec: Arc<SourceSpec>) {
        // Another stream has the device now: if the two exchange theirs, somebody has to let go first.
        let is_taken = |(other, slot): (&u32, &SourceSlot)| {
            *other != stream && slot.instance().is_some_and(|instance| instance.spec.shares(&spec))
        };
        let taken = self.source_slots.iter().any(is_taken);
        let Some(slot) = self.source_slots.get_mut(&stream) else { return };
        let Some(instance) = slot.instance().cloned() else { return };
        tracing::info!(
            stream = slot.name,
            "changing from source {} to {}",
            instance.spec.plugin,
            spec.plugin
        );
        if taken || instance.spec.conflicts(&spec) {
            slot.stats = stats(&spec);
            slot.fallback = Some(std::mem::replace(&mut slot.spec, spec));
            slot.phase = Phase::Blocked;
            self.leave(instance);
        } else {
            slot.awaited = Some(spec);
        }
    }

    /// Opens a new source beside the one that runs, once nothing is in its way.
    pub(super) fn start_candidate(&mut self, stream: u32) {
        let generation = self.number();
        let awaited = self.source_slots.get(&stream).and_then(|slot| slot.awaited.clone());
        let Some(spec) = awaited.filter(|spec| !self.is_held(spec)) else { return };
        let Some(slot) = self.source_slots.get_mut(&stream) else { return };
        slot.awaited = None;
        match start_instance(slot, stream, generation, spec.clone(), stats(&spec), &self.runtime) {
            Ok(candidate) => slot.candidate = Some(candidate),
            Err(failure) => {
                let text = kept(&slot.name, &spec, &failure);
                self.note(text);
            }
        }
    }

    /// Handles the answer of a running source to new options.
    pub(super) fn source_updated(
        &mut self,
        stream: u32,
        generation: u64,
        spec: &Arc<SourceSpec>,
        result: Result<bool, Failure>,
    ) {
        let Some(slot) = self.source_slots.get_mut(&stream) else { return };
        if slot.instance().is_none_or(|running| running.generation != generation) {
            return;
        }
        // What it was offered before that is of no interest, unless it has taken it.
        let is_newest = slot.offered.take_if(|offered| Arc::ptr_eq(offered, spec)).is_some();
        match result {
            Ok(true) => {
                tracing::info!(stream = slot.name, "source {} has its new options", spec.plugin);
                slot.spec = spec.clone();
            }
            // It was changed and changed back.
            Ok(false) if is_newest && slot.spec.is_same(spec) => slot.spec = spec.clone(),
            Ok(false) if is_newest => self.swap(stream, spec.clone()),
            Err(failure) if is_newest => {
                let pipeline = &slot.stream_ref.topology.prepared.pipeline;
                let report = pipeline.refuse(&spec.origin, &failure.option, &failure.message);
                self.refused(report);
            }
            Ok(false) | Err(_) => {}
        }
        self.released();
    }

    /// An instance has given its first frame.
    pub(super) fn source_began(&mut self, stream: u32, generation: u64) {
        let Some(slot) = self.source_slots.get_mut(&stream) else { return };
        slot.ever = true;
        if let Some(candidate) = slot.candidate.take_if(|candidate| candidate.generation == generation) {
            tracing::info!(stream = slot.name, "shows source {} now", candidate.spec.plugin);
            let before = std::mem::replace(&mut slot.phase, Phase::Running(candidate.clone()));
            (slot.spec, slot.stats) = (candidate.spec.clone(), candidate.stats.clone());
            (slot.idle_since, slot.offered) = (None, None);
            if let Phase::Running(old) | Phase::Starting(old) = before {
                self.leave(old);
            }
            // If the old one has ended already, nobody else says that it has let go.
            return self.released();
        }
        match &slot.phase {
            Phase::Starting(starting) if starting.generation == generation => {
                slot.phase = Phase::Running(starting.clone());
                (slot.fallback, slot.idle_since) = (None, None);
            }
            Phase::Running(running) if running.generation < generation => {
                // A new source that the file has given up again has just taken the place. Whoever it took it from begins
                // anew, since frames are let in from one instance after another.
                let running = running.clone();
                slot.take_offer();
                self.leave(running);
                self.start_source(stream);
            }
            _ => {}
        }
    }
}
