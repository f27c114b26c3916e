//! A source's streams on one thread: one frame after another goes through all of them.

use super::reading::{Reading, cpu_ns};
use super::recording::Recording;
use super::sample::{FrameSample, Sample};
use super::stopwatch::{MOST_FRAMES, Stopwatch, payload};
use super::surroundings::Surroundings;
use super::trouble::Trouble;
use crate::prepare::Prepared;
use crate::run::data::executor::Executor;
use crate::run::data::ingress::Ingress;
use crate::run::data::latest::{FrameChannel, Next, Received};
use crate::run::data::topology::Stream;
use crate::run::data::topology::{StreamRef, Topology};
use crate::run::host::call_guard::CallGuard;
use crate::run::host::pool::Account;
use crate::run::host::runtime::Runtime;
use crate::run::report::{Message, Reporter};
use mutoscope_plugin::{Format, Times};
use rustix::time::ClockId;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Which frames of a recording come through.
#[derive(Default, Debug)]
pub(super) struct Tried {
    /// Their places.
    pub(super) good: Vec<usize>,
    /// Those that failed, with the reason.
    pub(super) bad: Vec<(usize, String)>,
    /// Those for which there was no time.
    pub(super) untried: usize,
}

/// A source's streams on one thread, connected as in a pipeline that runs, but that nobody waits for anybody.
pub(super) struct BenchPipeline {
    topology: Arc<Topology>,
    ingress: Ingress,
    slot: Mutex<StreamRef>,
    /// By the streams' places in the file, parents before their children.
    executors: Vec<(usize, Executor<Stopwatch>)>,
    /// Where the sinks' frames arrive.
    frame_channels: Vec<Arc<FrameChannel>>,
    guard: Arc<CallGuard>,
    stopwatch: Stopwatch,
    messages: Receiver<Message>,
    recording: Arc<Recording>,
    /// The places of the frames that come through.
    good: Vec<usize>,
    /// How many were taken so far.
    count: u64,
    /// When the first was captured, as they are told.
    start: Times,
    /// For the source's frames.
    memory: Account,
}

/// The rate at which frames are captured, as they are told, where nobody knows it.
const FPS: f64 = 30.0;

impl BenchPipeline {
    pub(super) fn new(
        prepared: &Arc<Prepared>,
        root: usize,
        recording: Arc<Recording>,
        around: &Surroundings,
        guard: Arc<CallGuard>,
    ) -> BenchPipeline {
        let (sender, messages) = channel();
        let runtime = around.runtime(Reporter::new(sender));
        let memory = runtime.services.pool.account(&Arc::default());
        let topology = Arc::new(connect(prepared, &runtime));
        let streams = tree(&topology, root);
        let stopwatch = Stopwatch::default();
        let executors = streams.iter().map(|stream| {
            let node = &topology.streams[*stream];
            let (stats, watched) = (node.stream.stats.clone(), node.stream.watched.clone());
            (*stream, Executor::new(runtime.clone(), stats, watched, guard.clone(), stopwatch.clone()))
        });
        let executors = executors.collect();
        let outputs = streams.iter().flat_map(|stream| &topology.streams[*stream].sinks);
        let frame_channels = outputs.map(|output| output.frames.clone()).collect();
        let slot = StreamRef { topology: topology.clone(), at: root };
        BenchPipeline {
            ingress: Ingress::new(slot.clone(), 0),
            slot: Mutex::new(slot),
            good: (0..recording.frames.len()).collect(),
            start: Times::now(),
            memory,
            count: 0,
            topology,
            executors,
            frame_channels,
            guard,
            stopwatch,
            messages,
            recording,
        }
    }

    /// These of the reel's frames come through.
    pub(super) fn play_these(&mut self, good: Vec<usize>) {
        self.good = good;
    }

    /// Takes each of the reel's frames through once, for so long and at least one, and goes on with those that came through.
    pub(super) fn try_all(&mut self, time: Duration) -> Result<Tried, Trouble> {
        let began = Instant::now();
        let mut tried = Tried::default();
        for at in 0..self.recording.frames.len() {
            if !tried.good.is_empty() && began.elapsed() > time {
                tried.untried = self.recording.frames.len() - at;
                break;
            }
            let mut sample = Sample::default();
            match self.mode(self.recording.frames[at].format()) {
                Ok(()) => self.take_through(at, &mut sample),
                Err(why) => (sample.lost, sample.failure) = (1, Some(why)),
            }
            if let Some(refused) = self.refused() {
                return Err(refused);
            }
            if sample.lost == 0 {
                tried.good.push(at);
            } else {
                tried.bad.push((at, sample.failure.unwrap_or_else(|| "it found no way through".into())));
            }
        }
        if tried.good.is_empty() {
            let why = tried.bad.pop().map(|(_, why)| why).unwrap_or_default();
            return Err(Trouble::Failed(format!("no frame comes through: {why}")));
        }
        self.good.clone_from(&tried.good);
        Ok(tried)
    }

    /// Whether there is a way for frames of this format.
    fn mode(&self, format: Format) -> Result<(), String> {
        let tree = self.slot.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let tree = self.topology.tree(tree.at).ok_or("it has no source")?;
        let settled = tree.tree.resolve(&*self.topology.prepared.modes, format);
        settled.map(|_| ()).map_err(|no_route| format!("no way through for {format}: {no_route}"))
    }

    /// What a transform refused of its options when it was opened.
    fn refused(&self) -> Option<Trouble> {
        self.messages.try_iter().find_map(|message| match message {
            Message::TransformRefused { prepared, origin, failure } => {
                let report = prepared.pipeline.refuse(&origin, &failure.option, &failure.message);
                Some(Trouble::Refused(report))
            }
            _ => None,
        })
    }

    /// One round of so long, or of so many frames as there is room for; of one frame at least.
    pub(super) fn sample(&mut self, time: Duration, alone: bool) -> Sample {
        let mut sample = Sample { frames: Vec::with_capacity(MOST_FRAMES), ..Sample::default() };
        self.stopwatch.reset();
        let clocks = || [ClockId::ProcessCPUTime, ClockId::ThreadCPUTime].map(cpu_ns);
        let [all, own] = clocks();
        let (began, mut tried) = (Instant::now(), 0);
        while tried < MOST_FRAMES && (tried == 0 || began.elapsed() < time) && !self.guard.stop.is_wanted() {
            let at = self.good[tried % self.good.len()];
            self.take_through(at, &mut sample);
            tried += 1;
        }
        let [all_now, own_now] = clocks();
        if alone {
            sample.elsewhere_ns = (all_now - all).saturating_sub(own_now - own);
        }
        let (stages, failure) = self.stopwatch.take();
        sample.stages = stages;
        sample.failure = sample.failure.or(failure);
        sample
    }

    /// One frame, from the source's feed to the sinks' slots, where it is thrown away.
    fn take_through(&mut self, at: usize, sample: &mut Sample) {
        let kept = &self.recording.frames[at];
        let frame = match kept.frame(&self.memory, self.times()) {
            Ok(frame) => frame,
            Err(failure) => {
                (sample.lost, sample.failure) = (sample.lost + 1, Some(failure.to_string()));
                return;
            }
        };
        self.count += 1;
        let (lost_before, gated_before) = self.withheld();
        let reading = Reading::start();
        self.ingress.admit(1, &self.slot, frame);
        for (at, executor) in &mut self.executors {
            let stream = &self.topology.streams[*at].stream;
            // Nobody works for a stream that nobody can look at.
            if stream.watched.total() == 0 || stream.input.taken_if_empty().is_some() {
                continue;
            }
            self.stopwatch.turn_to(*at);
            if let Next::Item(taken) = stream.input.take(|_| true, || false) {
                stream.process(executor, &self.guard, taken);
            }
        }
        let whole = reading.spent();
        let stages = self.stopwatch.frame_done();
        for frames in &self.frame_channels {
            while frames.taken_if_empty().is_none()
                && let Next::Item(Received { item, .. }) = frames.take(|_| true, || false)
            {
                sample.out = (sample.out.0 + 1, sample.out.1 + payload(&item));
            }
        }
        let (lost, gated) = self.withheld();
        sample.gated += gated - gated_before;
        if lost == lost_before {
            sample.frames.push(FrameSample { whole, stages });
            sample.bytes_in += kept.payload();
            return;
        }
        sample.lost += 1;
        // What failed is tried again with the next frame, since pauses would leave work out.
        for stream in self.streams() {
            for stats in stream.stats.stages() {
                if let Some(trouble) = stats.trouble() {
                    sample.failure = Some(format!("{}: {}", stats.name, trouble.failure));
                    stats.reset();
                }
            }
        }
    }

    fn streams(&self) -> impl Iterator<Item = &Stream> {
        self.executors.iter().map(|(stream, _)| &*self.topology.streams[*stream].stream)
    }

    /// Frames that were lost and held back so far.
    fn withheld(&self) -> (u64, u64) {
        let each = self.streams().map(|stream| stream.stats.withheld());
        each.fold((0, 0), |(lost, gated), more| (lost + more.0, gated + more.1))
    }

    /// When the next frame was captured: at the source's rate, so that what goes by it (`max_fps`, a time that is written
    /// on the picture) does what it would do.
    fn times(&self) -> Times {
        let ns = (self.count as f64 / self.recording.fps.unwrap_or(FPS) * 1e9) as u64;
        Times {
            monotonic_ns: self.start.monotonic_ns.saturating_add(ns),
            wall_ns: self.start.wall_ns.saturating_add_unsigned(ns),
        }
    }

    /// Ends all instances.
    pub(super) fn close(self) {
        for (stream, executor) in self.executors {
            executor.close();
            self.topology.streams[stream].stream.last_output.forget();
        }
    }
}

/// Connects the streams of a file with mailboxes that nobody looks into; each has one viewer at each of its sinks.
fn connect(prepared: &Arc<Prepared>, runtime: &Runtime) -> Topology {
    let parents = Topology::parents(&prepared.pipeline);
    let graph: Vec<_> =
        parents.iter().enumerate().map(|(at, parent)| (at as u32, parent.map(|at| at as u32))).collect();
    runtime.services.demand.reconfigure(&graph);
    let frame_channels = prepared.sinks.iter().zip(0..).map(|(stats, sink)| {
        let frames = FrameChannel::new();
        for stream in &stats.streams {
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

/// A stream and all that branch from it, parents first.
fn tree(topology: &Topology, root: usize) -> Vec<usize> {
    let mut streams = vec![root];
    let mut at = 0;
    while let Some(stream) = streams.get(at) {
        streams.extend_from_slice(&topology.streams[*stream].children);
        at += 1;
    }
    streams
}
