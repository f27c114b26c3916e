//! A whole pipeline at work: its threads, what they tell, and their end.

use super::demand::Demand;
use super::instance::{Common, State};
use super::pool::Pool;
use super::sink::{self, SinkRunner};
use super::slots::Slots;
use super::source::{self, SourceRunner};
use super::stats::{PartStats, StreamStats};
use super::stop::Stop;
use super::stream::{self, Branch, StreamRunner};
use super::threads::Threads;
use crate::config::Input;
use crate::plan::PluginWays;
use crate::prepare::Prepared;
use mutoscope_plugin::host::Failure;
use serde_json::{Map, Value, json};
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

/// What a running pipeline tells the program.
#[derive(Clone, Debug)]
pub enum Event {
    /// A sink says where it can be reached.
    Announced {
        /// The sink's number in the file.
        sink: usize,
        /// `http://127.0.0.1:8080/`
        at: String,
    },
    /// A source refuses its options, now that it has been opened with them.
    SourceRefused {
        /// The stream's number in the file.
        stream: usize,
        /// What it said.
        failure: Failure,
    },
    /// A transform refuses its options, now that it has been opened with them.
    TransformRefused {
        /// The stream's number in the file.
        stream: usize,
        /// The transform's number in the stream.
        index: usize,
        /// What it said.
        failure: Failure,
    },
    /// A sink could not be opened.
    SinkFailed {
        /// The sink's number in the file.
        sink: usize,
        /// What it said.
        failure: Failure,
    },
    /// All sinks are open.
    Ready,
    /// All sources have come to their end, and the sinks have got their last frames.
    Finished,
}

/// Where events are sent to.
#[derive(Clone)]
pub(super) struct Events(Arc<dyn Fn(Event) + Send + Sync>);

impl Events {
    pub(super) fn send(&self, event: Event) {
        (self.0)(event);
    }
}

/// A pipeline at work. Dropping it stops it.
pub struct Running {
    stop: Stop,
    threads: Threads,
    lanes: Vec<Arc<Slots<stream::Incoming>>>,
    mailboxes: Vec<Arc<Slots<stream::Outgoing>>>,
    state: Arc<State>,
    ended: bool,
}

/// How long a stop waits for threads that do not end.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the threads of a pipeline share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) common: Common,
    pub(super) stop: Stop,
    pub(super) threads: Threads,
    pub(super) ways: Arc<PluginWays>,
    /// How many threads may work on one stream.
    pub(super) most_workers: usize,
}

impl Running {
    /// Starts a prepared pipeline: opens sinks, sources and transforms, each on its thread. What happens from then on is
    /// told to `on_event`, on whatever thread it happens.
    ///
    /// # Errors
    /// The system has no descriptors or threads left.
    pub fn start(
        prepared: &Prepared,
        on_event: impl Fn(Event) + Send + Sync + 'static,
    ) -> io::Result<Running> {
        let Prepared { pipeline, trees, sinks, ways } = prepared;
        let events_to = Events(Arc::new(on_event));
        let parents = pipeline.streams.iter().map(|stream| match stream.input {
            Input::Source(_) => None,
            Input::From(parent) => Some(parent.0),
        });
        let demand = Arc::new(Demand::new(parents.collect()));
        let lanes: Vec<_> = pipeline.streams.iter().map(|_| Arc::new(Slots::new(1))).collect();
        let mailboxes: Vec<_> = sinks.iter().map(|sink| Arc::new(Slots::new(sink.streams.len()))).collect();
        let wake = lanes.clone();
        demand.on_change(move |stream| wake[stream].wake());

        let stats: Vec<_> = pipeline.streams.iter().map(|_| Arc::new(StreamStats::default())).collect();
        let part = |_| Arc::new(PartStats::default());
        let source_stats: Vec<_> = trees.iter().map(part).collect();
        let sink_stats: Vec<_> = (0..sinks.len()).map(|_| Arc::new(PartStats::default())).collect();
        let account = Account {
            streams: pipeline.streams.iter().map(|stream| stream.name.clone()).zip(stats.clone()).collect(),
            sources: trees.iter().map(|tree| tree.stream).zip(source_stats.clone()).collect(),
            sinks: pipeline
                .sinks
                .iter()
                .map(|sink| sink.stage.plugin.to_string())
                .zip(sink_stats.clone())
                .collect(),
            lanes: lanes.clone(),
            demand: demand.clone(),
        };
        let state: Arc<State> = Arc::new(move || account.json().to_string());

        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let shared = Shared {
            common: Common {
                pool: Pool::default(),
                demand,
                events: events_to.clone(),
                state: Arc::downgrade(&state),
            },
            stop: Stop::new()?,
            threads: Threads::new(pipeline.threads, move || events_to.send(Event::Finished)),
            ways: ways.clone(),
            most_workers: pipeline.threads.map_or(cores, |threads| threads.get().min(cores)),
        };
        let running = Running {
            stop: shared.stop.clone(),
            threads: shared.threads.clone(),
            lanes,
            mailboxes,
            state,
            ended: false,
        };

        // Held until everything is started: the end of a first thread is not the end of all.
        let starting = running.threads.alive("start");
        let closed_sinks = Arc::new(AtomicUsize::new(sinks.len()));
        for (index, sink) in sinks.iter().enumerate() {
            let names = sink.streams.iter().map(|stream| pipeline.streams[*stream].name.clone()).collect();
            let runner = SinkRunner::new(
                index,
                pipeline.sinks[index].stage.plugin.to_string(),
                sink,
                names,
                running.mailboxes[index].clone(),
                sink_stats[index].clone(),
            );
            sink::start(runner, shared.clone(), closed_sinks.clone())?;
        }
        for (tree, stats_of_source) in trees.iter().zip(source_stats) {
            let mut crews = Vec::new();
            for node in &tree.tree.nodes {
                let children = node.children.iter().map(|child| tree.tree.nodes[*child].stream);
                let branch = Branch {
                    children: children.map(|child| running.lanes[child].clone()).collect(),
                    sinks: (0..sinks.len())
                        .filter_map(|sink| {
                            let lane =
                                sinks[sink].streams.iter().position(|stream| *stream == node.stream)?;
                            Some((running.mailboxes[sink].clone(), lane))
                        })
                        .collect(),
                };
                let runner = StreamRunner {
                    stream: node.stream,
                    name: pipeline.streams[node.stream].name.clone(),
                    transforms: pipeline.streams[node.stream]
                        .transforms
                        .iter()
                        .map(|stage| stage.plugin.to_string())
                        .collect(),
                    max_fps: pipeline.streams[node.stream].max_fps,
                    lane: running.lanes[node.stream].clone(),
                    branch,
                    stats: stats[node.stream].clone(),
                };
                crews.push(stream::start(runner, shared.clone())?);
            }
            let runner = SourceRunner {
                stream: tree.stream,
                name: pipeline.streams[tree.stream].name.clone(),
                plugin: match &pipeline.streams[tree.stream].input {
                    Input::Source(stage) => stage.plugin.to_string(),
                    Input::From(_) => String::new(),
                },
                kind: tree.source,
                options: tree.options.clone(),
                wanted: tree.wanted,
                tree: tree.tree.clone(),
                // A tree's root comes first.
                crew: crews.swap_remove(0),
                lane: running.lanes[tree.stream].clone(),
                stats: stats_of_source,
            };
            source::start(runner, shared.clone())?;
        }
        drop(starting);
        Ok(running)
    }

    /// The state of the whole as JSON.
    pub fn state(&self) -> String {
        (self.state)()
    }

    /// Asks everything to end and waits for it, but not for ever: gives the names of threads that did not end.
    pub fn stop(mut self) -> Vec<String> {
        self.end()
    }

    fn end(&mut self) -> Vec<String> {
        if std::mem::replace(&mut self.ended, true) {
            return Vec::new();
        }
        self.stop.stop();
        self.lanes.iter().for_each(|lane| lane.stop());
        self.mailboxes.iter().for_each(|mailbox| mailbox.stop());
        self.threads.wait(Instant::now() + PATIENCE)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// Whom to ask for the state.
struct Account {
    streams: Vec<(String, Arc<StreamStats>)>,
    sources: Vec<(usize, Arc<PartStats>)>,
    sinks: Vec<(String, Arc<PartStats>)>,
    lanes: Vec<Arc<Slots<stream::Incoming>>>,
    demand: Arc<Demand>,
}

impl Account {
    fn json(&self) -> Value {
        let mut streams = Map::new();
        for (index, (name, stats)) in self.streams.iter().enumerate() {
            let mut stream = stats.json();
            stream.insert("viewers".into(), json!(self.demand.own(index)));
            stream.insert("dropped".into(), json!(self.lanes[index].replaced(0)));
            if let Some((_, source)) = self.sources.iter().find(|(stream, _)| *stream == index) {
                stream.insert("source".into(), source.json());
            }
            streams.insert(name.clone(), stream.into());
        }
        let sinks = self.sinks.iter().map(|(plugin, stats)| {
            let mut sink = stats.json();
            sink["plugin"] = json!(plugin);
            sink
        });
        json!({"streams": streams, "sinks": sinks.collect::<Vec<_>>()})
    }
}
