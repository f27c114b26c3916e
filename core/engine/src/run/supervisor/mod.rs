//! The supervisor: one thread that receives events, looks for calls that do not return, and decides.
//!
//! # Layout
//!
//! Nothing here touches a frame, and nothing here waits for a plugin. `source_slot` is a source's slot, `sources` what becomes of its
//! instances (started, resting, failed, detached), `swap` how a new one takes over. `sink_slot` and `sinks` are the same for sinks.
//! `reload` takes a new reading of the file and replaces what differs. `watchdog` looks for calls that take too long. `silence`
//! decides what a stream without a picture shows, `placeholder` draws it. Each decision is written to `status`, from which the
//! state is read, so that what is reported and what is done are the same.

mod placeholder;
mod reload;
mod silence;
mod sink_slot;
mod sinks;
mod source_slot;
mod sources;
pub(super) mod status;
mod swap;
mod watchdog;

use crate::prepare::Prepared;
use crate::run::data::source::SourceInstance;
use crate::run::data::topology::Topology;
use crate::run::host::event::Event;
use crate::run::host::log_limit::LogLimit;
use crate::run::host::runtime::Runtime;
use crate::run::report::{Message, WorkerEnd};
use crate::run::spec::SourceSpec;
use mutoscope_plugin::host::Failure;
use placeholder::Placeholders;
use sink_slot::SinkSlot;
use source_slot::SourceSlot;
use status::{FileProblem, Snapshot, Status};
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// One thread that is told what happens, looks at what does not, and decides.
pub(super) struct Supervisor {
    runtime: Runtime,
    messages: Receiver<Message>,
    status: Arc<Status>,
    topology: Arc<Topology>,
    /// By the stream's number.
    source_slots: BTreeMap<u32, SourceSlot>,
    /// By the sink's number.
    sink_slots: BTreeMap<u32, SinkSlot>,
    /// Instances of sources that were asked to end, and still hold what they hold.
    leaving: Vec<Arc<SourceInstance>>,
    /// Streams that have ended, and why if they failed.
    ended: HashMap<u32, Option<String>>,
    placeholders: Placeholders,
    /// The last number that was given to a stream, a sink, or an instance.
    numbers: u64,
    changes: u64,
    problem: Option<FileProblem>,
    /// Everything has come to its end, and the program knows.
    finished: bool,
    /// Of threads that are left behind, by their names.
    log_limits: HashMap<String, LogLimit>,
    /// Too many threads are left behind, and the log has it.
    crowded: bool,
}

/// Nothing that is looked at needs to be seen sooner.
const LOOK: Duration = Duration::from_millis(250);

impl Supervisor {
    /// With the first reading of the file, whose sources and sinks are started.
    ///
    /// # Errors
    /// The system has no descriptors or threads left.
    pub(super) fn new(
        prepared: &Arc<Prepared>,
        runtime: Runtime,
        status: Arc<Status>,
        messages: Receiver<Message>,
    ) -> io::Result<Supervisor> {
        let mut supervisor = Supervisor {
            placeholders: Placeholders::new(runtime.clone()),
            topology: status.snapshot().topology,
            runtime,
            messages,
            status,
            source_slots: BTreeMap::new(),
            sink_slots: BTreeMap::new(),
            leaving: Vec::new(),
            ended: HashMap::new(),
            numbers: 0,
            changes: 0,
            problem: None,
            finished: false,
            log_limits: HashMap::new(),
            crowded: false,
        };
        supervisor.reload(prepared)?;
        supervisor.publish();
        Ok(supervisor)
    }

    /// Until it is told to stop.
    pub(super) fn run(mut self) {
        loop {
            let next = self.look();
            self.publish();
            let message = match self.messages.recv_timeout(next) {
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => continue,
            };
            self.handle(message);
            // What else is there already is one thought.
            while let Ok(message) = self.messages.try_recv() {
                if matches!(message, Message::Stop) {
                    return self.stop();
                }
                self.handle(message);
            }
        }
        self.stop();
    }

    /// Sends everybody away.
    fn stop(&self) {
        self.runtime.calls.stop();
        self.topology.streams.iter().for_each(|node| node.stream.input.stop());
        self.sink_slots.values().for_each(|slot| slot.handle.frames.stop());
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Change(prepared) => {
                self.changes += 1;
                self.problem = None;
                if let Err(error) = self.reload(&prepared) {
                    self.note(format!("the changed pipeline could not be started whole: {error}"));
                }
            }
            Message::Refused => self.problem = Some(FileProblem::refused()),
            Message::Demand => {}
            Message::Began { stream, generation } => self.source_began(stream, generation),
            Message::SourceEnded { stream, generation, end } => self.source_ended(stream, generation, end),
            Message::SourceUpdated { stream, generation, spec, result } => {
                self.source_updated(stream, generation, &spec, result);
            }
            Message::WorkerEnded { stream, end } => self.worker_ended(stream, end),
            Message::TransformRefused { prepared, origin, failure } => {
                self.refused(prepared.pipeline.refuse(&origin, &failure.option, &failure.message));
            }
            Message::StageGaveUp { stream, why } => self.give_up(stream, &why),
            Message::SinkOpened { sink, generation } => self.sink_opened(sink, generation),
            Message::SinkRefused { sink, failure } => self.sink_refused(sink, &failure),
            Message::SinkEnded { sink, generation, end } => self.sink_ended(sink, generation, end),
            Message::Stop => {}
        }
    }

    /// Looks at everything that nobody tells of; gives how long it may be until the next look.
    fn look(&mut self) -> Duration {
        let now = Instant::now();
        let mut next = now + Duration::from_secs(3600);
        let memory = self.runtime.services.pool.give_back(now);
        for due in [self.watch(now), self.tend_sources(now), self.tend_sinks(now), memory] {
            next = next.min(due.unwrap_or(next));
        }
        if self.show_placeholders() {
            next = next.min(now + LOOK);
        }
        // Not sooner than in a moment, whatever is due.
        next.saturating_duration_since(now).max(Duration::from_millis(5))
    }

    /// Writes on the board how things are.
    fn publish(&self) {
        self.status.publish(self.snapshot());
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot {
            topology: self.topology.clone(),
            source_slots: self.source_slots.iter().map(|(stream, slot)| (*stream, slot.snapshot())).collect(),
            sink_handles: self.sink_slots.values().map(|slot| slot.handle.clone()).collect(),
            ended: self.ended.clone(),
            changes: self.changes,
            problem: self.problem,
        }
    }

    /// Something that the user should know of the file.
    fn note(&mut self, text: String) {
        tracing::error!("{text}");
        self.problem = Some(FileProblem::not_started());
    }

    /// A plugin refuses its options, now that it was opened with them.
    fn refused(&mut self, report: crate::config::Report) {
        let fatal = self.changes == 0;
        self.problem = Some(FileProblem::refused());
        self.runtime.services.events.send(Event::Refused { report, fatal });
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    fn worker_ended(&mut self, stream: u32, end: WorkerEnd) {
        let Some(at) = self.topology.position(stream) else { return };
        let stream = self.topology.streams[at].stream.clone();
        if stream.workers() > 0 {
            return;
        }
        match end {
            WorkerEnd::Drained => self.drained(at),
            WorkerEnd::Cancelled | WorkerEnd::SentHome => {
                if let Err(error) = stream.add_worker() {
                    self.note(format!("stream `{}` has no thread: {error}", stream.name));
                }
            }
            WorkerEnd::Stopped => {}
        }
    }

    /// A stream has given its last frame: what stands on it, and its viewers, come to their end too.
    fn drained(&mut self, at: usize) {
        let topology = self.topology.clone();
        let node = &topology.streams[at];
        let root = topology.streams[topology.root(at)].stream.id;
        let why = self.source_slots.get(&root).and_then(SourceSlot::why_ended);
        self.ended.entry(node.stream.id).or_insert(why);
        for child in &node.children {
            let stream = &topology.streams[*child].stream;
            stream.input.close(stream.id);
        }
        node.sinks.iter().for_each(|output| output.frames.close(node.stream.id));
        self.finish();
    }

    /// A stage of a stream has failed too often: the stream ends, and if the source is its own, that too.
    fn give_up(&mut self, stream: u32, why: &str) {
        let Some(at) = self.topology.position(stream).filter(|_| !self.ended.contains_key(&stream)) else {
            return;
        };
        let ending = self.topology.streams[at].stream.clone();
        tracing::error!(stream = ending.name, "ended, as the file has it: {why}");
        self.ended.insert(stream, Some(why.to_owned()));
        if self.source_slots.contains_key(&stream) {
            self.end_source(stream, Some(why.to_owned()));
        }
        ending.input.close(stream);
    }

    /// Tells the program when everything has ended.
    fn finish(&mut self) {
        let all = self.topology.streams.iter().all(|node| self.ended.contains_key(&node.stream.id));
        if !all || self.finished || self.sink_slots.values().any(SinkSlot::is_at_work) {
            return;
        }
        self.finished = true;
        let streams = self.topology.streams.iter();
        let failed = streams
            .filter_map(|node| Some((node.stream.name.clone(), self.ended.get(&node.stream.id)?.clone()?)));
        self.runtime.services.events.send(Event::Finished { failed: failed.collect() });
    }
}

/// Returns what is said when a part of a changed file could not be had, and what ran before goes on.
fn kept(name: &str, spec: &SourceSpec, failure: &Failure) -> String {
    format!("{name}: the new source {} could not start: {failure}; the one before it goes on", spec.plugin)
}
