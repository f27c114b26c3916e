//! Who sees to it that everything goes on: one thread that is told what happens, looks at what does not, and decides.
//!
//! # Layout
//!
//! Nothing here touches a frame, and nothing here waits for a plugin. `seat` is a source's place; `sources` is what
//! becomes of the instances that come there (started, resting, failed, left behind), `exchange` how another source gets it.
//! `place` is a sink's. `change` takes a new reading of the file and replaces what
//! differs. `watch` looks for calls that take too long. `standin` shows a picture where there is none. What is decided is
//! written on the `board`, from which the state is read, so that what is told and what is done are the same.

mod placeholder;
mod reload;
mod sink_slot;
mod source_slot;
mod sources;
pub(super) mod status;
mod swap;
mod watchdog;

use crate::prepare::Prepared;
use crate::run::data::source::{Life, SourceSpec};
use crate::run::data::topology::Wiring;
use crate::run::host::event::Event;
use crate::run::host::log_limit::Complaint;
use crate::run::host::runtime::Shared;
use crate::run::report::{Message, WorkerEnd};
use mutoscope_plugin::host::Failure;
use placeholder::Standin;
use sink_slot::Place;
use source_slot::Seat;
use status::{Board, Problem, View};
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// One thread that is told what happens, looks at what does not, and decides.
pub(super) struct Supervisor {
    shared: Shared,
    messages: Receiver<Message>,
    board: Arc<Board>,
    wiring: Arc<Wiring>,
    /// By the stream's number.
    seats: BTreeMap<u32, Seat>,
    /// By the sink's number.
    places: BTreeMap<u32, Place>,
    /// Instances of sources that were asked to end, and still hold what they hold.
    leaving: Vec<Arc<Life>>,
    /// Streams that have ended, and why if they failed.
    ended: HashMap<u32, Option<String>>,
    standin: Standin,
    /// The last number that was given to a stream, a sink, or an instance.
    numbers: u64,
    changes: u64,
    problem: Option<Problem>,
    /// Everything has come to its end, and the program knows.
    finished: bool,
    /// Of threads that are left behind, by their names.
    complaints: HashMap<String, Complaint>,
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
        shared: Shared,
        board: Arc<Board>,
        messages: Receiver<Message>,
    ) -> io::Result<Supervisor> {
        let mut supervisor = Supervisor {
            standin: Standin::new(shared.clone()),
            wiring: board.view().wiring,
            shared,
            messages,
            board,
            seats: BTreeMap::new(),
            places: BTreeMap::new(),
            leaving: Vec::new(),
            ended: HashMap::new(),
            numbers: 0,
            changes: 0,
            problem: None,
            finished: false,
            complaints: HashMap::new(),
            crowded: false,
        };
        supervisor.change(prepared)?;
        supervisor.write();
        Ok(supervisor)
    }

    /// Until it is told to stop.
    pub(super) fn run(mut self) {
        loop {
            let next = self.look();
            self.write();
            let message = match self.messages.recv_timeout(next) {
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => continue,
            };
            self.told(message);
            // What else is there already is one thought.
            while let Ok(message) = self.messages.try_recv() {
                if matches!(message, Message::Stop) {
                    return self.stop();
                }
                self.told(message);
            }
        }
        self.stop();
    }

    /// Sends everybody away.
    fn stop(&self) {
        self.shared.posts.stop();
        self.wiring.streams.iter().for_each(|wired| wired.crew.lane.stop());
        self.places.values().for_each(|place| place.desk.mailbox.stop());
    }

    fn told(&mut self, message: Message) {
        match message {
            Message::Change(prepared) => {
                self.changes += 1;
                self.problem = None;
                if let Err(error) = self.change(&prepared) {
                    self.note(format!("the changed pipeline could not be started whole: {error}"));
                }
            }
            Message::Refused => self.problem = Some(Problem::refused()),
            Message::Demand => {}
            Message::Began { stream, life } => self.source_began(stream, life),
            Message::SourceEnded { stream, life, end } => self.source_ended(stream, life, end),
            Message::SourceUpdated { stream, life, spec, result } => {
                self.source_updated(stream, life, &spec, result);
            }
            Message::WorkerEnded { stream, end } => self.worker_ended(stream, end),
            Message::TransformRefused { wiring, at, index, failure } => {
                let pipeline = &wiring.prepared.pipeline;
                let origin = &pipeline.streams[at].transforms[index].origin;
                self.refused(pipeline.refuse(origin, &failure.option, &failure.message));
            }
            Message::StageGaveUp { stream, why } => self.give_up(stream, &why),
            Message::SinkOpened { sink, life } => self.sink_opened(sink, life),
            Message::SinkRefused { sink, failure } => self.sink_refused(sink, &failure),
            Message::SinkEnded { sink, life, end } => self.sink_ended(sink, life, end),
            Message::Stop => {}
        }
    }

    /// Looks at everything that nobody tells of; gives how long it may be until the next look.
    fn look(&mut self) -> Duration {
        let now = Instant::now();
        let mut next = now + Duration::from_secs(3600);
        let memory = self.shared.common.pool.give_back(now);
        for due in [self.watch(now), self.see_to_seats(now), self.see_to_places(now), memory] {
            next = next.min(due.unwrap_or(next));
        }
        if self.stand_in() {
            next = next.min(now + LOOK);
        }
        // Not sooner than in a moment, whatever is due.
        next.saturating_duration_since(now).max(Duration::from_millis(5))
    }

    /// Writes on the board how things are.
    fn write(&self) {
        self.board.write(self.board_view());
    }

    fn board_view(&self) -> View {
        View {
            wiring: self.wiring.clone(),
            seats: self.seats.iter().map(|(stream, seat)| (*stream, seat.view())).collect(),
            desks: self.places.values().map(|place| place.desk.clone()).collect(),
            ended: self.ended.clone(),
            changes: self.changes,
            problem: self.problem,
        }
    }

    /// Something that the user should know of the file.
    fn note(&mut self, text: String) {
        tracing::error!("{text}");
        self.problem = Some(Problem::not_started());
    }

    /// A plugin refuses its options, now that it was opened with them.
    fn refused(&mut self, report: crate::config::Report) {
        let fatal = self.changes == 0;
        self.problem = Some(Problem::refused());
        self.shared.common.events.send(Event::Refused { report, fatal });
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    fn worker_ended(&mut self, stream: u32, end: WorkerEnd) {
        let Some(at) = self.wiring.position(stream) else { return };
        let crew = self.wiring.streams[at].crew.clone();
        if crew.workers() > 0 {
            return;
        }
        match end {
            WorkerEnd::Drained => self.drained(at),
            WorkerEnd::Condemned | WorkerEnd::SentHome => {
                if let Err(error) = crew.add_worker() {
                    self.note(format!("stream `{}` has no thread: {error}", crew.name));
                }
            }
            WorkerEnd::Stopped => {}
        }
    }

    /// A stream has given its last frame: what stands on it, and its viewers, come to their end too.
    fn drained(&mut self, at: usize) {
        let wiring = self.wiring.clone();
        let wired = &wiring.streams[at];
        let root = wiring.streams[wiring.root(at)].crew.id;
        let why = self.seats.get(&root).and_then(Seat::why_ended);
        self.ended.entry(wired.crew.id).or_insert(why);
        for child in &wired.children {
            let crew = &wiring.streams[*child].crew;
            crew.lane.close(crew.id);
        }
        wired.sinks.iter().for_each(|outlet| outlet.mailbox.close(wired.crew.id));
        self.finish();
    }

    /// A stage of a stream has failed too often: the stream ends, and if the source is its own, that too.
    fn give_up(&mut self, stream: u32, why: &str) {
        let Some(at) = self.wiring.position(stream).filter(|_| !self.ended.contains_key(&stream)) else {
            return;
        };
        let crew = self.wiring.streams[at].crew.clone();
        tracing::error!(stream = crew.name, "ended, as the file has it: {why}");
        self.ended.insert(stream, Some(why.to_owned()));
        if self.seats.contains_key(&stream) {
            self.end_seat(stream, Some(why.to_owned()));
        }
        crew.lane.close(crew.id);
    }

    /// When everything has ended, the program is told.
    fn finish(&mut self) {
        let all = self.wiring.streams.iter().all(|wired| self.ended.contains_key(&wired.crew.id));
        if !all || self.finished || self.places.values().any(Place::is_at_work) {
            return;
        }
        self.finished = true;
        let streams = self.wiring.streams.iter();
        let failed = streams
            .filter_map(|wired| Some((wired.crew.name.clone(), self.ended.get(&wired.crew.id)?.clone()?)));
        self.shared.common.events.send(Event::Finished { failed: failed.collect() });
    }
}

/// What is said when a part of a changed file could not be had, and what ran before goes on.
fn kept(name: &str, spec: &SourceSpec, failure: &Failure) -> String {
    format!("{name}: the new source {} could not start: {failure}; the one before it goes on", spec.plugin)
}
