//! A frame's way through a stream: admitted, worked on, delivered to the branches and to the sinks.

use super::executor::{Executor, Failed, Lost};
use super::last_output::Picture;
use super::latest::Received;
use super::meter::Meter;
use super::topology::{Incoming, Node, Payload, SharedFrame, Stream, StreamRef};
use crate::config::OnFailure;
use crate::lock::lock;
use crate::plan::{StreamPlan, TreePlan};
use crate::run::host::call_guard::CallGuard;
use crate::run::report::Message;
use mutoscope_plugin::{Format, Frame, Times};
use std::sync::Arc;

/// The pictures that one frame has become for the sinks.
enum Pictures {
    /// The sinks have no viewers: nothing was made for them.
    Unwatched,
    /// All sinks get the frame itself.
    Same(Frame),
    /// By the outputs' places in the topology.
    Each(Vec<(usize, Frame)>),
}

impl Stream {
    /// Takes a frame in, from the one thread that all of them come from. A frame on which no work is to be done is delivered
    /// at once, unless a worker holds an earlier one: waking a worker for it would cost more than the rest.
    pub(crate) fn admit(&self, incoming: Incoming) {
        let Incoming { payload: Payload::Planned(shared), at } = &incoming else {
            return self.input.put(self.id, incoming);
        };
        let plan = shared.plan.streams.get(at);
        let nothing_to_do =
            plan.is_some_and(|plan| plan.stages.is_empty() && plan.tails.iter().all(Vec::is_empty));
        let none_before = || self.input.taken_if_empty() == Some(self.to_sinks.through());
        if !(nothing_to_do && self.watched.total() > 0 && none_before()) {
            return self.input.put(self.id, incoming);
        }
        let frame = &shared.frame;
        let of = StreamRef { topology: shared.topology.clone(), at: *at };
        if !self.last_output.is_news(frame.sequence()) {
            return self.stats.lost();
        }
        if !self.is_due(frame.times(), &of) {
            return self.stats.over_rate();
        }
        let watched = self.watched.own() > 0;
        deliver_to_children(&of, shared);
        let pictures = if watched { Pictures::Same(frame.clone()) } else { Pictures::Unwatched };
        self.deliver_to_sinks(of.node(), pictures, frame.format(), frame.times(), frame.sequence());
    }

    /// Takes one frame from the input to everything behind the stream.
    pub(crate) fn process<M: Meter>(
        &self,
        executor: &mut Executor<M>,
        guard: &CallGuard,
        received: Received<Incoming>,
    ) {
        let Received { item: Incoming { payload, at }, ticket, .. } = received;
        let shared = payload.planned(at, guard);
        let ready = shared.and_then(|shared| self.run(executor, shared, at));
        let Some((of, tree, frame)) = ready else {
            self.to_children.run_in_order(ticket, || ());
            self.to_sinks.run_in_order(ticket, || ());
            return;
        };
        self.to_children.run_in_order(ticket, || {
            if !of.node().children.is_empty() {
                let shared = SharedFrame::new(frame.clone(), tree.clone(), of.topology.clone());
                deliver_to_children(&of, &Arc::new(shared));
            }
        });
        let (format, times, sequence) = (frame.format(), frame.times(), frame.sequence());
        let pictures = match tree.streams.get(&of.at) {
            Some(plan) if self.watched.own() > 0 => {
                let each = self.for_sinks(executor, frame, plan, &of);
                (!each.is_empty() || of.node().sinks.is_empty()).then_some(Pictures::Each(each))
            }
            _ => Some(Pictures::Unwatched),
        };
        self.to_sinks.run_in_order(ticket, || {
            let Some(pictures) = pictures else { return };
            if !self.last_output.is_news(sequence) {
                return self.stats.lost();
            }
            self.deliver_to_sinks(of.node(), pictures, format, times, sequence);
        });
    }

    /// Runs the stages up to the point where branches and sinks part. `None`: nothing is to be delivered.
    fn run<M: Meter>(
        &self,
        executor: &mut Executor<M>,
        shared: Arc<SharedFrame>,
        at: usize,
    ) -> Option<(StreamRef, Arc<TreePlan>, Frame)> {
        let (tree, of) = (shared.plan.clone(), StreamRef { topology: shared.topology.clone(), at });
        let plan = tree.streams.get(&at).filter(|_| self.is_due(shared.frame.times(), &of));
        let Some(plan) = plan else {
            // Before the count, which a reader may take for the end of the frame.
            drop(shared);
            self.stats.over_rate();
            return None;
        };
        executor.reconfigure(&of);
        // Handed over whole: the executor may write on a frame that has no other holder.
        let frame = executor.run_to_output(shared, plan).map_err(|lost| self.on_lost(lost, &of)).ok()?;
        Some((of, tree, frame))
    }

    fn is_due(&self, times: Times, of: &StreamRef) -> bool {
        lock(&self.rate_limit).admits(times, of.config().max_fps)
    }

    /// Converts a frame for each of the sinks.
    fn for_sinks<M: Meter>(
        &self,
        executor: &mut Executor<M>,
        frame: Frame,
        plan: &StreamPlan,
        of: &StreamRef,
    ) -> Vec<(usize, Frame)> {
        let mut made: Vec<(usize, Frame)> = Vec::new();
        let mut frame = Some(frame);
        for (output, tail) in plan.tails.iter().enumerate() {
            // Sinks that want the same get the same picture.
            let same = plan.tails[..output].iter().position(|before| before == tail);
            if let Some(known) = same {
                let known = made.iter().find(|(at, _)| *at == known).map(|(_, frame)| frame.clone());
                made.extend(known.map(|frame| (output, frame)));
                continue;
            }
            let last = output + 1 == plan.tails.len();
            let Some(frame) = (if last { frame.take() } else { frame.clone() }) else { break };
            match executor.run_to_sink(frame, plan, tail) {
                Ok(frame) => made.push((output, frame)),
                Err(lost) => self.on_lost(lost, of),
            }
        }
        if !made.is_empty()
            && let Some(text) = lock(&self.log_limit).well()
        {
            tracing::info!(stream = self.name, "{text}");
        }
        made
    }

    fn deliver_to_sinks(&self, node: &Node, pictures: Pictures, format: Format, times: Times, sequence: u64) {
        let picture = match pictures {
            Pictures::Unwatched => {
                self.stats.gave(format, times);
                None
            }
            Pictures::Same(frame) => {
                node.sinks.iter().for_each(|output| output.frames.put(self.id, frame.clone()));
                self.stats.gave(format, times);
                Some(Picture::Same(frame))
            }
            Pictures::Each(each) => {
                self.stats.gave(each.first().map_or(format, |(_, frame)| frame.format()), times);
                let each = each.into_iter().map(|(output, frame)| {
                    let output = &node.sinks[output];
                    output.frames.put(self.id, frame.clone());
                    (output.sink, frame)
                });
                Some(Picture::Each(each.collect()))
            }
        };
        self.last_output.live(picture, sequence);
    }

    fn on_lost(&self, lost: Lost, of: &StreamRef) {
        match lost {
            Lost::Gated => {
                self.last_output.gated();
                self.stats.gated();
            }
            Lost::HeldOff | Lost::Late => self.stats.lost(),
            Lost::Failed(failed) => {
                self.stats.lost();
                self.log_lost_frame(&failed.to_string());
                self.apply_failure_policy(failed, of);
            }
        }
    }

    /// Makes the stream's transforms before there is a frame.
    pub(super) fn prepare(&self, executor: &mut Executor, of: &StreamRef) {
        executor.reconfigure(of);
        let Err(Lost::Failed(failed)) = executor.open_transforms() else { return };
        // An option's error is shown in the file, by the supervisor.
        if failed.failure.option.is_empty()
            && let Some(text) = lock(&self.log_limit).wrong(&failed.to_string())
        {
            tracing::error!(stream = self.name, "no start of {text}");
        }
        self.apply_failure_policy(failed, of);
    }

    fn apply_failure_policy(&self, failed: Failed, of: &StreamRef) {
        let Failed { stage, transform, failure, opening } = failed;
        if let (true, false, Some(index)) = (opening, failure.option.is_empty(), transform) {
            self.runtime.reporter.send(of.transform_refused(index, failure.clone()));
        }
        let attempts = self.stats.stage(&stage).trouble().map_or(0, |trouble| trouble.attempts);
        let most = match of.config().on_failure {
            OnFailure::Restart => return,
            OnFailure::Restarts(most) => most,
            OnFailure::Stop => 0,
        };
        if attempts > most {
            self.stats.stage(&stage).give_up();
            let why = format!("{stage}: {failure}");
            self.runtime.reporter.send(Message::StageGaveUp { stream: self.id, why });
        }
    }
}

fn deliver_to_children(of: &StreamRef, shared: &Arc<SharedFrame>) {
    for child in &of.node().children {
        let stream = &of.topology.streams[*child].stream;
        stream.input.put(stream.id, Incoming::planned(shared.clone(), *child));
    }
}

impl Payload {
    /// Returns the frame with its plan; `None` if there is no way for it, or none now.
    fn planned(self, at: usize, guard: &CallGuard) -> Option<Arc<SharedFrame>> {
        match self {
            Payload::Planned(shared) => Some(shared),
            Payload::Unplanned { frame, topology, plan_cache } => {
                let of = StreamRef { topology, at };
                let plan = plan_cache.plan(&of, frame.format(), guard)?;
                Some(Arc::new(SharedFrame::new(frame, plan, of.topology)))
            }
        }
    }
}

impl Node {
    /// Sends a picture of the engine's own making, or the last one again, to the sinks.
    pub(crate) fn show(&self, of: impl Fn(u32) -> Option<Frame>) {
        for output in &self.sinks {
            if let Some(frame) = of(output.sink) {
                output.frames.put(self.stream.id, frame);
            }
        }
        self.stream.last_output.sent();
    }
}
