//! A source's streams on one thread: one frame after another goes through all of them.

use super::lap::{FrameLap, Lap};
use super::reading::{Reading, cpu_ns};
use super::reel::Reel;
use super::rig::Tried;
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

/// A source's streams on one thread, connected as in a pipeline that runs, but that nobody waits for anybody.
pub(super) struct Line {
    topology: Arc<Topology>,
    ingress: Ingress,
    slot: Mutex<StreamRef>,
    /// By the streams' places in the file, parents before their children.
    workers: Vec<(usize, Executor<Stopwatch>)>,
    /// Where the sinks' frames arrive.
    frame_channels: Vec<Arc<FrameChannel>>,
    guard: Arc<CallGuard>,
    stopwatch: Stopwatch,
    messages: Receiver<Message>,
    reel: Arc<Reel>,
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

impl Line {
    pub(super) fn new(
        prepared: &Arc<Prepared>,
        root: usize,
        reel: Arc<Reel>,
        around: &Surroundings,
        guard: Arc<CallGuard>,
    ) -> Line {
        let (sender, messages) = channel();
        let shared = around.shared(Reporter::new(sender));
        let memory = shared.services.pool.account(&Arc::default());
        let topology = Arc::new(connect(prepared, &shared));
        let streams = tree(&topology, root);
        let stopwatch = Stopwatch::default();
        let workers = streams.iter().map(|stream| {
            let node = &topology.streams[*stream];
            let (stats, watched) = (node.stream.stats.clone(), node.stream.watched.clone());
            (*stream, Executor::new(shared.clone(), stats, watched, guard.clone(), stopwatch.clone()))
        });
        let workers = workers.collect();
        let outlets = streams.iter().flat_map(|stream| &topology.streams[*stream].sinks);
        let frame_channels = outlets.map(|output| output.frames.clone()).collect();
        let slot = StreamRef { topology: topology.clone(), at: root };
        Line {
            ingress: Ingress::new(slot.clone(), 0),
            slot: Mutex::new(slot),
            good: (0..reel.frames.len()).collect(),
            start: Times::now(),
            memory,
            count: 0,
            topology,
            workers,
            frame_channels,
            guard,
            stopwatch,
            messages,
            reel,
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
        for at in 0..self.reel.frames.len() {
            if !tried.good.is_empty() && began.elapsed() > time {
                tried.untried = self.reel.frames.len() - at;
                break;
            }
            let mut lap = Lap::default();
            match self.way(self.reel.frames[at].format()) {
                Ok(()) => self.take_through(at, &mut lap),
                Err(why) => (lap.lost, lap.failure) = (1, Some(why)),
            }
            if let Some(refused) = self.refused() {
                return Err(refused);
            }
            if lap.lost == 0 {
                tried.good.push(at);
            } else {
                tried.bad.push((at, lap.failure.unwrap_or_else(|| "it found no way through".into())));
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
    fn way(&self, format: Format) -> Result<(), String> {
        let tree = self.slot.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let tree = self.topology.tree(tree.at).ok_or("it has no source")?;
        let settled = tree.tree.settle(&*self.topology.prepared.ways, format);
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
    pub(super) fn lap(&mut self, time: Duration, alone: bool) -> Lap {
        let mut lap = Lap { frames: Vec::with_capacity(MOST_FRAMES), ..Lap::default() };
        self.stopwatch.reset();
        let clocks = || [ClockId::ProcessCPUTime, ClockId::ThreadCPUTime].map(cpu_ns);
        let [all, own] = clocks();
        let (began, mut tried) = (Instant::now(), 0);
        while tried < MOST_FRAMES && (tried == 0 || began.elapsed() < time) && !self.guard.stop.is_wanted() {
            let at = self.good[tried % self.good.len()];
            self.take_through(at, &mut lap);
            tried += 1;
        }
        let [all_now, own_now] = clocks();
        if alone {
            lap.elsewhere_ns = (all_now - all).saturating_sub(own_now - own);
        }
        let (stages, failure) = self.stopwatch.take();
        lap.stages = stages;
        lap.failure = lap.failure.or(failure);
        lap
    }

    /// One frame, from the source's feed to the sinks' slots, where it is thrown away.
    fn take_through(&mut self, at: usize, lap: &mut Lap) {
        let kept = &self.reel.frames[at];
        let frame = match kept.frame(&self.memory, self.times()) {
            Ok(frame) => frame,
            Err(failure) => {
                (lap.lost, lap.failure) = (lap.lost + 1, Some(failure.to_string()));
                return;
            }
        };
        self.count += 1;
        let (lost_before, gated_before) = self.withheld();
        let reading = Reading::start();
        self.ingress.admit(1, &self.slot, frame);
        for (at, worker) in &mut self.workers {
            let stream = &self.topology.streams[*at].stream;
            // Nobody works for a stream that nobody can look at.
            if stream.watched.total() == 0 || stream.input.taken_if_empty().is_some() {
                continue;
            }
            self.stopwatch.turn_to(*at);
            if let Next::Item(taken) = stream.input.take(|_| true, || false) {
                stream.process(worker, &self.guard, taken);
            }
        }
        let whole = reading.spent();
        let stages = self.stopwatch.frame_done();
        for frames in &self.frame_channels {
            while frames.taken_if_empty().is_none()
                && let Next::Item(Received { item, .. }) = frames.take(|_| true, || false)
            {
                lap.out = (lap.out.0 + 1, lap.out.1 + payload(&item));
            }
        }
        let (lost, gated) = self.withheld();
        lap.gated += gated - gated_before;
        if lost == lost_before {
            lap.frames.push(FrameLap { whole, stages });
            lap.bytes_in += kept.payload();
            return;
        }
        lap.lost += 1;
        // What failed is tried again with the next frame, since pauses would leave work out.
        for stream in self.streams() {
            for stats in stream.stats.stages() {
                if let Some(trouble) = stats.trouble() {
                    lap.failure = Some(format!("{}: {}", stats.name, trouble.failure));
                    stats.reset();
                }
            }
        }
    }

    fn streams(&self) -> impl Iterator<Item = &Stream> {
        self.workers.iter().map(|(stream, _)| &*self.topology.streams[*stream].stream)
    }

    /// Frames that were lost and held back so far.
    fn withheld(&self) -> (u64, u64) {
        let each = self.streams().map(|stream| stream.stats.withheld());
        each.fold((0, 0), |(lost, gated), more| (lost + more.0, gated + more.1))
    }

    /// When the next frame was captured: at the source's rate, so that what goes by it (`max_fps`, a time that is written
    /// on the picture) does what it would do.
    fn times(&self) -> Times {
        let ns = (self.count as f64 / self.reel.fps.unwrap_or(FPS) * 1e9) as u64;
        Times {
            monotonic_ns: self.start.monotonic_ns.saturating_add(ns),
            wall_ns: self.start.wall_ns.saturating_add_unsigned(ns),
        }
    }

    /// Ends all instances.
    pub(super) fn close(self) {
        for (stream, worker) in self.workers {
            worker.close();
            self.topology.streams[stream].stream.last_output.forget();
        }
    }
}

/// Connects the streams of a file with mailboxes that nobody looks into; each has one viewer at each of its sinks.
fn connect(prepared: &Arc<Prepared>, shared: &Runtime) -> Topology {
    let parents = Topology::parents(&prepared.pipeline);
    let graph: Vec<_> =
        parents.iter().enumerate().map(|(at, parent)| (at as u32, parent.map(|at| at as u32))).collect();
    shared.services.demand.reconfigure(&graph);
    let frame_channels = prepared.sinks.iter().zip(0..).map(|(stats, sink)| {
        let frames = FrameChannel::new();
        for stream in &stats.streams {
            frames.open(*stream as u32);
            shared.services.demand.set(sink, *stream as u32, 1);
        }
        (sink, Arc::new(frames))
    });
    let frame_channels: Vec<(u32, Arc<FrameChannel>)> = frame_channels.collect();
    let streams = prepared.pipeline.streams.iter().zip(0..);
    let streams = streams.map(|(stream, id)| Stream::new(id, stream.name.clone(), shared.clone())).collect();
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
