//! The streams of one source, through which frames go one at a time on the calling thread.

use super::data::executor::Executor;
use super::data::ingress::Ingress;
use super::data::latest::{FrameChannel, Next, Received};
pub use super::data::meter::{Meter, Metered};
use super::data::topology::{Stream, StreamRef, Topology};
use super::host::pool::Account;
use super::host::runtime::Runtime;
pub use super::host::stats::StageStats;
use super::report::{Message, Reporter};
pub use super::step_host::{StepHost, StepThread};
use crate::config::Report;
use crate::lock::lock;
use crate::prepare::Prepared;
use mutoscope_plugin::{Buffer, Format, Frame};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

/// The streams of one source, connected as in a pipeline that runs, with one viewer at each sink. A frame goes through all of
/// them on the calling thread, one stream after another, so that no stream waits for another.
pub struct Stepper<M: Meter> {
    topology: Arc<Topology>,
    ingress: Ingress,
    root: Mutex<StreamRef>,
    /// By the streams' places in the file, parents before their children.
    executors: Vec<(usize, Executor<M>)>,
    /// The channels of the sinks.
    frame_channels: Vec<Arc<FrameChannel>>,
    thread: StepThread,
    messages: Receiver<Message>,
    /// For the source's frames.
    memory: Account,
    /// Frames that were lost and held back until the last [outcome](Stepper::outcome).
    withheld: (u64, u64),
}

/// The fate of a frame.
#[derive(Debug)]
pub struct Stepped {
    /// It was lost in one of the streams.
    pub lost: bool,
    /// The stage that failed, and what it said, if one did.
    pub failure: Option<String>,
    /// The number of streams whose transforms held it back, which is their right.
    pub gated: u64,
}

impl<M: Meter> Stepper<M> {
    /// Connects the stream `root`, which has a source, and all that branch from it. Transforms open with the first frame.
    #[must_use]
    pub fn new(prepared: &Arc<Prepared>, root: usize, thread: &StepThread, meter: &M) -> Stepper<M> {
        let (sender, messages) = channel();
        let runtime = thread.host.runtime(Reporter::new(sender));
        let memory = runtime.services.pool.account(&Arc::default());
        let topology = Arc::new(connect(prepared, &runtime));
        // The planner's order: parents before their children.
        let nodes = topology.tree(root).into_iter().flat_map(|tree| &tree.tree.nodes);
        let streams: Vec<usize> = nodes.map(|node| node.stream).collect();
        let executors = streams.iter().map(|at| {
            let stream = &topology.streams[*at].stream;
            let (stats, watched) = (stream.stats.clone(), stream.watched.clone());
            (*at, Executor::new(runtime.clone(), stats, watched, thread.guard.clone(), meter.clone()))
        });
        let executors = executors.collect();
        let outputs = streams.iter().flat_map(|stream| &topology.streams[*stream].sinks);
        let frame_channels = outputs.map(|output| output.frames.clone()).collect();
        let root = StreamRef { topology: topology.clone(), at: root };
        Stepper {
            ingress: Ingress::new(root.clone(), 0),
            root: Mutex::new(root),
            topology,
            executors,
            frame_channels,
            thread: thread.clone(),
            messages,
            memory,
            withheld: (0, 0),
        }
    }

    /// Returns whether there is a way for frames of this format; why not, if there is none.
    ///
    /// # Errors
    /// There is none.
    pub fn check(&self, format: Format) -> Result<(), String> {
        let root = lock(&self.root).at;
        let tree = self.topology.tree(root).ok_or("it has no source")?;
        let resolved = tree.tree.resolve(&*self.topology.prepared.modes, format);
        resolved.map(|_| ()).map_err(|no_route| format!("no way through for {format}: {no_route}"))
    }

    /// Returns memory of the pool for a frame of the source; `None` if there is none now.
    #[must_use]
    pub fn buffer(&self, len: usize) -> Option<Buffer> {
        self.memory.buffer(len).ok()
    }

    /// Takes a frame from the source's ingress to the sinks' channels. Nothing is done here but what a running pipeline does, so
    /// that a caller can measure the whole of it; [`outcome`](Stepper::outcome) does the rest.
    pub fn step(&mut self, frame: Frame) {
        self.ingress.admit(1, &self.root, frame);
        for (at, executor) in &mut self.executors {
            let stream = &self.topology.streams[*at].stream;
            // Nobody works for a stream that nobody can look at.
            if stream.watched.total() == 0 || stream.input.taken_if_empty().is_some() {
                continue;
            }
            if let Next::Item(taken) = stream.input.take(|_| true, || false) {
                stream.process(executor, &self.thread.guard, taken);
            }
        }
    }

    /// Returns what became of the last frame, and gives `sink` the pictures that came to sinks. A stage that failed is tried
    /// again with the next frame, without a pause.
    pub fn outcome(&mut self, mut sink: impl FnMut(&Frame)) -> Stepped {
        for frames in &self.frame_channels {
            while frames.taken_if_empty().is_none()
                && let Next::Item(Received { item, .. }) = frames.take(|_| true, || false)
            {
                sink(&item);
            }
        }
        let withheld = self.streams().map(|stream| stream.stats.withheld());
        let withheld = withheld.fold((0, 0), |(lost, gated), more| (lost + more.0, gated + more.1));
        let before = std::mem::replace(&mut self.withheld, withheld);
        let (lost, gated) = (withheld.0 > before.0, withheld.1 - before.1);
        Stepped { lost, failure: if lost { self.reset_failed() } else { None }, gated }
    }

    /// Forgets the failures of all stages; returns the last one.
    fn reset_failed(&self) -> Option<String> {
        let mut failure = None;
        for stats in self.streams().flat_map(|stream| stream.stats.stages()) {
            if let Some(trouble) = stats.trouble() {
                failure = Some(format!("{}: {}", stats.name, trouble.failure));
                stats.reset();
            }
        }
        failure
    }

    /// Returns what a transform refused of its options when it was opened, as it is shown in the file.
    #[must_use]
    pub fn refused(&self) -> Option<Report> {
        self.messages.try_iter().find_map(|message| match message {
            Message::TransformRefused { prepared, origin, failure } => {
                Some(prepared.pipeline.refuse(&origin, &failure.option, &failure.message))
            }
            _ => None,
        })
    }

    /// Ends all instances.
    pub fn close(self) {
        for (stream, executor) in self.executors {
            executor.close();
            self.topology.streams[stream].stream.last_output.forget();
        }
    }

    fn streams(&self) -> impl Iterator<Item = &Stream> {
        self.executors.iter().map(|(stream, _)| &*self.topology.streams[*stream].stream)
    }
}

/// Connects the streams of a file with channels whose frames wait for [`Stepper::outcome`]; each has one viewer at each of its
/// sinks.
fn connect(prepared: &Arc<Prepared>, runtime: &Runtime) -> Topology {
    let parents = Topology::parents(&prepared.pipeline);
    let graph: Vec<_> =
        parents.iter().enumerate().map(|(at, parent)| (at as u32, parent.map(|at| at as u32))).collect();
    runtime.services.demand.reconfigure(&graph);
    let frame_channels = prepared.sinks.iter().zip(0..).map(|(part, sink)| {
        let frames = FrameChannel::new();
        for stream in &part.streams {
            frames.open(*stream as u32);
            runtime.services.demand.set(sink, *stream as u32, 1);
        }
        (sink, Arc::new(frames))
    });
    let frame_channels: Vec<(u32, Arc<FrameChannel>)> = frame_channels.collect();
    let streams = prepared.pipeline.streams.iter().zip(0..);
    let streams = streams.map(|(stream, id)| Stream::new(id, stream.name.clone(), runtime.clone())).collect();
    Topology::connect(prepared, streams, &frame_channels)
}
