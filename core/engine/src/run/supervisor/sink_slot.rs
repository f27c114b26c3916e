//! A sink's place: the instance that is at work there, and what becomes of it.

use super::Supervisor;
use crate::run::data::sink::{Desk, SinkEnd, SinkSpec};
use crate::run::host::call_guard::Post;
use crate::run::host::event::Event;
use crate::run::host::log_limit::Complaint;
use mutoscope_plugin::host::Failure;
use std::sync::Arc;
use std::time::Instant;

/// A sink's place: the instance that is at work there, and what becomes of it.
pub(super) struct Place {
    pub(super) desk: Arc<Desk>,
    phase: Phase,
    /// What comes back if it does not start with its new options.
    fallback: Option<SinkSpec>,
    /// The instance that was too slow, and how.
    late: Option<(u64, String)>,
    complaint: Complaint,
    /// The file has no such sink any more.
    leaving: bool,
    /// An instance was open once.
    ever: bool,
    /// The last failure was in opening it.
    unopened: bool,
}

enum Phase {
    Opening {
        life: u64,
        post: Arc<Post>,
    },
    Open {
        life: u64,
        post: Arc<Post>,
    },
    /// A sink that the file has no more has to let go first, perhaps of the same port.
    Blocked,
    /// Failed, and tried again then.
    Waiting(Instant),
    /// All its streams have ended.
    Ended,
}

impl Place {
    pub(super) fn new(desk: Arc<Desk>) -> Place {
        Place {
            desk,
            phase: Phase::Blocked,
            fallback: None,
            late: None,
            complaint: Complaint::default(),
            leaving: false,
            ever: false,
            unopened: false,
        }
    }

    /// Whether it may still have something to give out.
    pub(super) fn is_at_work(&self) -> bool {
        matches!(self.phase, Phase::Opening { .. } | Phase::Open { .. })
    }

    /// Whether the file has no such sink any more.
    pub(super) fn is_leaving(&self) -> bool {
        self.leaving
    }

    /// The file wants something else of it.
    pub(super) fn wish(&mut self, spec: SinkSpec) {
        let before = self.desk.spec();
        let differs = before.options != spec.options || before.kind != spec.kind;
        if differs && matches!(self.phase, Phase::Open { .. }) {
            self.fallback.get_or_insert(before);
        }
        self.desk.wish(spec);
        if let Phase::Waiting(again) = &mut self.phase {
            *again = Instant::now();
        }
        if matches!(self.phase, Phase::Ended) {
            self.phase = Phase::Blocked;
        }
    }

    fn instance(&self) -> Option<(u64, &Arc<Post>)> {
        match &self.phase {
            Phase::Opening { life, post } | Phase::Open { life, post } => Some((*life, post)),
            _ => None,
        }
    }
}

impl Supervisor {
    /// Starts the sinks that wait for nothing but others to let go.
    pub(super) fn start_sinks(&mut self) {
        if self.places.values().any(Place::is_leaving) {
            return;
        }
        let blocked = self.places.iter().filter(|(_, place)| matches!(place.phase, Phase::Blocked));
        for sink in blocked.map(|(sink, _)| *sink).collect::<Vec<_>>() {
            self.start_sink(sink);
        }
    }

    fn start_sink(&mut self, sink: u32) {
        let life = self.number();
        let Some(place) = self.places.get_mut(&sink) else { return };
        match place.desk.start(life, &self.shared) {
            Ok(post) => place.phase = Phase::Opening { life, post },
            Err(error) => self.sink_failed(sink, &Failure::new(format!("no thread for it: {error}")), true),
        }
    }

    /// The file has no such sink any more.
    pub(super) fn dismiss(&mut self, sink: u32) {
        let Some(place) = self.places.get_mut(&sink) else { return };
        match place.instance() {
            Some((_, post)) => {
                post.ask_to_stop();
                place.leaving = true;
                place.desk.mailbox.wake();
            }
            None => {
                self.places.remove(&sink);
            }
        }
    }

    pub(super) fn sink_opened(&mut self, sink: u32, life: u64) {
        let Some(place) = self.places.get_mut(&sink) else { return };
        if let Phase::Open { life: open, .. } = &place.phase
            && *open == life
        {
            // It has taken its new options.
            place.fallback = None;
        }
        if let Phase::Opening { life: opening, post } = &place.phase
            && *opening == life
        {
            place.phase = Phase::Open { life, post: post.clone() };
            place.fallback = None;
            // What has failed on a frame has recovered with a frame: else it would be opened anew for each of them.
            if place.unopened {
                place.desk.part.forgive();
            }
            let first = !std::mem::replace(&mut place.ever, true);
            let all = self.places.values().all(|place| place.ever);
            if first && all && self.changes == 0 {
                self.shared.common.events.send(Event::Ready);
            }
        }
    }

    pub(super) fn sink_refused(&mut self, sink: u32, failure: &Failure) {
        let Some(place) = self.places.get_mut(&sink) else { return };
        let SinkSpec { origin, streams, .. } = place.desk.spec();
        if let Some(before) = place.fallback.take() {
            // Its streams are those of the file as it is now.
            place.desk.wish(SinkSpec { streams, ..before });
        }
        let report = self.wiring.prepared.pipeline.refuse(&origin, &failure.option, &failure.message);
        self.refused(report);
    }

    pub(super) fn sink_ended(&mut self, sink: u32, life: u64, end: SinkEnd) {
        let Some(place) = self.places.get_mut(&sink) else { return };
        if place.instance().is_none_or(|(of, _)| of != life) {
            return;
        }
        // A sink that is gone has no viewers.
        self.shared.common.demand.forget(sink);
        if place.leaving {
            self.places.remove(&sink);
            return self.start_sinks();
        }
        let late = place.late.take_if(|(of, _)| *of == life).map(|(_, why)| Failure::new(why));
        let (failure, opening) = match (late, end) {
            (Some(failure), _) => (failure, false),
            (None, SinkEnd::Failed { failure, opening }) => (failure, opening),
            (None, SinkEnd::Stopped) => (Failure::new("it has stopped by itself"), false),
            (None, SinkEnd::Finished) => {
                place.phase = Phase::Ended;
                return self.finish();
            }
            (None, SinkEnd::Restart) => {
                tracing::info!(plugin = place.desk.spec().plugin, "sink starts anew with its new options");
                // Not before those that the file has no more: they may have the port that it is to have.
                place.phase = Phase::Blocked;
                return self.start_sinks();
            }
        };
        if opening && !place.ever && self.changes == 0 {
            // What a sink needs is there from the start (a port, a folder), or its file is wrong.
            let spec = place.desk.spec();
            place.phase = Phase::Ended;
            if failure.option.is_empty() {
                let (sink, message) = (spec.plugin, failure.message);
                return self.shared.common.events.send(Event::SinkFailed { sink, message });
            }
            let report =
                self.wiring.prepared.pipeline.refuse(&spec.origin, &failure.option, &failure.message);
            return self.refused(report);
        }
        if let Some(before) = place.fallback.take_if(|_| opening) {
            let plugin = before.plugin.clone();
            // Its streams are those of the file as it is now.
            let streams = place.desk.spec().streams;
            place.desk.wish(SinkSpec { streams, ..before });
            self.note(format!(
                "sink {plugin} could not start as the file has it now: {failure}; it goes on as before"
            ));
            return self.start_sink(sink);
        }
        self.sink_failed(sink, &failure, opening);
    }

    fn sink_failed(&mut self, sink: u32, failure: &Failure, opening: bool) {
        let Some(place) = self.places.get_mut(&sink) else { return };
        place.unopened = opening;
        let again = place.desk.part.failed(failure, true);
        place.phase = Phase::Waiting(again);
        if let Some(text) = place.complaint.wrong(&failure.to_string()) {
            tracing::error!(
                plugin = place.desk.spec().plugin,
                "sink failed: {text}; next attempt in {:.1} s",
                again.saturating_duration_since(Instant::now()).as_secs_f64()
            );
        }
        self.finish();
    }

    /// A call of an instance takes too long; it was asked to stop.
    pub(super) fn sink_is_late(&mut self, sink: u32, life: u64, why: &str) {
        if let Some(place) = self.places.get_mut(&sink) {
            place.late = Some((life, why.to_owned()));
            place.desk.mailbox.wake();
        }
    }

    /// What is due. Gives when the next is.
    pub(super) fn see_to_places(&mut self, now: Instant) -> Option<Instant> {
        let mut next: Option<Instant> = None;
        let mut start = Vec::new();
        for (sink, place) in &mut self.places {
            match place.phase {
                Phase::Waiting(again) if now >= again => start.push(*sink),
                Phase::Waiting(again) => next = Some(next.map_or(again, |next| next.min(again))),
                Phase::Open { .. } if place.desk.part.trouble().is_none() => {
                    if let Some(text) = place.complaint.well() {
                        tracing::info!(plugin = place.desk.spec().plugin, "sink {text}");
                    }
                }
                _ => {}
            }
        }
        start.into_iter().for_each(|sink| self.start_sink(sink));
        next
    }
}
