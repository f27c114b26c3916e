//! A whole pipeline at work: started, changed, asked, stopped.

use crate::prepare::Prepared;
use crate::run::data::topology::Topology;
use crate::run::host::call_guard::CallRegistry;
use crate::run::host::demand::Demand;
use crate::run::host::event::{Event, Events};
use crate::run::host::pool::Pool;
use crate::run::host::runtime::Runtime;
use crate::run::host::services::{SharedServices, State};
use crate::run::host::threads::Threads;
use crate::run::report::{Message, Reporter};
use crate::run::supervisor::Supervisor;
use crate::run::supervisor::status::{Snapshot, Status};
use std::collections::HashMap;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// A pipeline at work. Dropping it stops it.
pub struct Running {
    threads: Threads,
    status: Arc<Status>,
    reporter: Reporter,
    /// Plugins reach it through a weak one.
    _state: Arc<State>,
    ended: bool,
}

/// The time that a stop waits for threads that do not end.
const PATIENCE: Duration = Duration::from_secs(2);

impl Running {
    /// Starts a prepared pipeline: opens sinks, sources and transforms, each on its thread. What happens from then on is
    /// told to `on_event`, on whatever thread it happens.
    ///
    /// # Errors
    /// The system has no descriptors or threads left.
    pub fn start(
        prepared: &Arc<Prepared>,
        on_event: impl Fn(Event) + Send + Sync + 'static,
    ) -> io::Result<Running> {
        let (sender, messages) = channel();
        let reporter = Reporter::new(sender);
        let calls = Arc::new(CallRegistry::default());
        let snapshot = Snapshot {
            topology: Arc::new(Topology { prepared: prepared.clone(), streams: Vec::new() }),
            source_slots: HashMap::new(),
            sink_handles: Vec::new(),
            ended: HashMap::new(),
            changes: 0,
            problem: None,
        };
        let pool = Pool::default();
        let status = Arc::new(Status::new(snapshot, calls.clone(), pool.clone()));
        let demand = Arc::new(Demand::default());
        let (at, to) = (status.clone(), reporter.clone());
        demand.on_turn(move |streams| {
            let topology = at.topology();
            let changed = topology.streams.iter().filter(|node| streams.contains(&node.stream.id));
            changed.for_each(|node| node.stream.input.wake());
            to.send(Message::Demand);
        });
        let reported = status.clone();
        let state: Arc<State> = Arc::new(move || reported.json());
        let threads = prepared.pipeline.threads;
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let most_workers = threads.map_or(cores, |threads| threads.get().min(cores));
        let threads = Threads::new(threads);
        let services =
            SharedServices { pool, demand, events: Events::new(on_event), state: Arc::downgrade(&state) };
        let runtime = Runtime::new(services, threads.clone(), calls, reporter.clone(), most_workers);
        // From here on, what was started is stopped again if the rest cannot be.
        let running = Running { threads, status: status.clone(), reporter, _state: state, ended: false };
        let supervisor = Supervisor::new(prepared, runtime, status, messages)?;
        running.threads.spawn("supervisor", move || supervisor.run())?;
        Ok(running)
    }

    /// Goes by another reading of the file from now on, and replaces only what differs: viewers stay connected, streams
    /// that are the same do not miss a frame, and a source that does not start leaves its place to the one before it.
    pub fn change(&self, prepared: Arc<Prepared>) {
        self.reporter.send(Message::Change(prepared));
    }

    /// Notes in the state that the file as it is now is refused. The report is for the log: viewers read the state.
    pub fn note_refused(&self) {
        self.reporter.send(Message::Refused);
    }

    /// The state of the whole as JSON.
    pub fn state(&self) -> String {
        self.status.json()
    }

    /// Asks everything to end and waits for it, but not for ever: gives the names of threads that did not end.
    pub fn stop(mut self) -> Vec<String> {
        self.end()
    }

    fn end(&mut self) -> Vec<String> {
        if std::mem::replace(&mut self.ended, true) {
            return Vec::new();
        }
        self.reporter.send(Message::Stop);
        self.threads.wait(Instant::now() + PATIENCE)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}
