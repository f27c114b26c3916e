//! Starts, restarts and removes instances of sinks.

use super::Supervisor;
use super::sink_slot::{Phase, SinkSlot};
use crate::run::host::event::Event;
use crate::run::report::SinkEnd;
use crate::run::spec::SinkSpec;
use mutoscope_plugin::host::Failure;
use std::time::Instant;

impl Supervisor {
    /// Starts the sinks that wait for nothing but others to let go.
    pub(super) fn start_sinks(&mut self) {
        if self.sink_slots.values().any(SinkSlot::is_leaving) {
            return;
        }
        let blocked = self.sink_slots.iter().filter(|(_, slot)| matches!(slot.phase, Phase::Blocked));
        for sink in blocked.map(|(sink, _)| *sink).collect::<Vec<_>>() {
            self.start_sink(sink);
        }
    }

    fn start_sink(&mut self, sink: u32) {
        let generation = self.number();
        let Some(slot) = self.sink_slots.get_mut(&sink) else { return };
        match slot.handle.start(generation, &self.runtime) {
            Ok(guard) => slot.phase = Phase::Opening { generation, guard },
            Err(error) => self.sink_failed(sink, &Failure::new(format!("no thread for it: {error}")), true),
        }
    }

    /// The file has no such sink any more.
    pub(super) fn remove_sink(&mut self, sink: u32) {
        let Some(slot) = self.sink_slots.get_mut(&sink) else { return };
        match slot.instance() {
            Some((_, guard)) => {
                guard.ask_to_stop();
                slot.leaving = true;
                slot.handle.frames.wake();
            }
            None => {
                self.sink_slots.remove(&sink);
            }
        }
    }

    pub(super) fn sink_opened(&mut self, sink: u32, generation: u64) {
        let Some(slot) = self.sink_slots.get_mut(&sink) else { return };
        if let Phase::Open { generation: open, .. } = &slot.phase
            && *open == generation
        {
            // It has taken its new options.
            slot.fallback = None;
        }
        if let Phase::Opening { generation: opening, guard } = &slot.phase
            && *opening == generation
        {
            slot.phase = Phase::Open { generation, guard: guard.clone() };
            slot.fallback = None;
            // What has failed on a frame has recovered with a frame: else it would be opened anew for each of them.
            if slot.unopened {
                slot.handle.stats.reset();
            }
            let first = !std::mem::replace(&mut slot.ever, true);
            let all = self.sink_slots.values().all(|slot| slot.ever);
            if first && all && self.changes == 0 {
                self.runtime.services.events.send(Event::Ready);
            }
        }
    }

    pub(super) fn sink_refused(&mut self, sink: u32, failure: &Failure) {
        let Some(slot) = self.sink_slots.get_mut(&sink) else { return };
        let SinkSpec { origin, streams, .. } = slot.handle.spec();
        if let Some(before) = slot.fallback.take() {
            // Its streams are those of the file as it is now.
            slot.handle.request(SinkSpec { streams, ..before });
        }
        let report = self.topology.prepared.pipeline.refuse(&origin, &failure.option, &failure.message);
        self.refused(report);
    }

    pub(super) fn sink_ended(&mut self, sink: u32, generation: u64, end: SinkEnd) {
        let Some(slot) = self.sink_slots.get_mut(&sink) else { return };
        if slot.instance().is_none_or(|(of, _)| of != generation) {
            return;
        }
        // A sink that is gone has no viewers.
        self.runtime.services.demand.forget(sink);
        if slot.leaving {
            self.sink_slots.remove(&sink);
            return self.start_sinks();
        }
        let late = slot.late.take_if(|(of, _)| *of == generation).map(|(_, why)| Failure::new(why));
        let (failure, opening) = match (late, end) {
            (Some(failure), _) => (failure, false),
            (None, SinkEnd::Failed { failure, opening }) => (failure, opening),
            (None, SinkEnd::Stopped) => (Failure::new("it has stopped by itself"), false),
            (None, SinkEnd::Finished) => {
                slot.phase = Phase::Ended;
                return self.finish();
            }
            (None, SinkEnd::Restart) => {
                tracing::info!(plugin = slot.handle.spec().plugin, "sink starts anew with its new options");
                // Not before those that the file has no more: they may have the port that it is to have.
                slot.phase = Phase::Blocked;
                return self.start_sinks();
            }
        };
        if opening && !slot.ever && self.changes == 0 {
            // What a sink needs is there from the start (a port, a folder), or its file is wrong.
            let spec = slot.handle.spec();
            slot.phase = Phase::Ended;
            if failure.option.is_empty() {
                let (sink, message) = (spec.plugin, failure.message);
                return self.runtime.services.events.send(Event::SinkFailed { sink, message });
            }
            let report =
                self.topology.prepared.pipeline.refuse(&spec.origin, &failure.option, &failure.message);
            return self.refused(report);
        }
        if let Some(before) = slot.fallback.take_if(|_| opening) {
            let plugin = before.plugin.clone();
            // Its streams are those of the file as it is now.
            let streams = slot.handle.spec().streams;
            slot.handle.request(SinkSpec { streams, ..before });
            self.note(format!(
                "sink {plugin} could not start as the file has it now: {failure}; it goes on as before"
            ));
            return self.start_sink(sink);
        }
        self.sink_failed(sink, &failure, opening);
    }

    fn sink_failed(&mut self, sink: u32, failure: &Failure, opening: bool) {
        let Some(slot) = self.sink_slots.get_mut(&sink) else { return };
        slot.unopened = opening;
        let again = slot.handle.stats.failed(failure, true);
        slot.phase = Phase::Waiting(again);
        if let Some(text) = slot.log_limit.wrong(&failure.to_string()) {
            tracing::error!(
                plugin = slot.handle.spec().plugin,
                "sink failed: {text}; next attempt in {:.1} s",
                again.saturating_duration_since(Instant::now()).as_secs_f64()
            );
        }
        self.finish();
    }

    /// A call of an instance takes too long; it was asked to stop.
    pub(super) fn sink_is_late(&mut self, sink: u32, generation: u64, why: &str) {
        if let Some(slot) = self.sink_slots.get_mut(&sink) {
            slot.late = Some((generation, why.to_owned()));
            slot.handle.frames.wake();
        }
    }

    /// Returns what is due. Gives when the next is.
    pub(super) fn tend_sinks(&mut self, now: Instant) -> Option<Instant> {
        let mut next: Option<Instant> = None;
        let mut start = Vec::new();
        for (sink, slot) in &mut self.sink_slots {
            match slot.phase {
                Phase::Waiting(again) if now >= again => start.push(*sink),
                Phase::Waiting(again) => next = Some(next.map_or(again, |next| next.min(again))),
                Phase::Open { .. } if slot.handle.stats.trouble().is_none() => {
                    if let Some(text) = slot.log_limit.well() {
                        tracing::info!(plugin = slot.handle.spec().plugin, "sink {text}");
                    }
                }
                _ => {}
            }
        }
        start.into_iter().for_each(|sink| self.start_sink(sink));
        next
    }
}
