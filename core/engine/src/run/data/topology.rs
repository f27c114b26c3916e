//! Streams and sinks as one reading of the pipeline file connects them, and the frames that travel by it.
//!
//! A frame carries the topology by which it goes, and the streams of a topology hold frames: both stand in this file.

use super::conversions::Conversions;
use super::latest::FrameChannel;
use super::plan_cache::PlanCache;
use super::stream::StreamState;
use crate::config::{self, Input, Pipeline};
use crate::plan::{StreamPlan, TreePlan};
use crate::prepare::{Prepared, SourceTree};
use crate::run::report::Message;
use mutoscope_plugin::Frame;
use mutoscope_plugin::host::Failure;
use std::sync::Arc;
use std::time::Duration;

/// Streams and sinks as one reading of the pipeline file connects them. It travels with each frame, so that a frame goes its
/// whole way by one reading, also when the file changes meanwhile.
pub(crate) struct Topology {
    pub(crate) prepared: Arc<Prepared>,
    /// By the index in the pipeline.
    pub(crate) streams: Vec<Node>,
}

/// A stream that works on frames.
pub(crate) type Stream = StreamState<Incoming>;

/// One stream in a [`Topology`].
pub(crate) struct Node {
    pub(crate) stream: Arc<Stream>,
    /// The stream that it branches from.
    pub(crate) parent: Option<usize>,
    /// The streams that branch from it.
    pub(crate) children: Vec<usize>,
    /// In the order of the plan's tails.
    pub(crate) sinks: Vec<Output>,
    /// The time that a transform may take for one frame.
    pub(crate) allowed: Duration,
}

/// The exit of a stream to one sink.
pub(crate) struct Output {
    pub(crate) sink: u32,
    pub(crate) frames: Arc<FrameChannel>,
}

/// A stream in one reading of the file.
#[derive(Clone)]
pub(crate) struct StreamRef {
    pub(crate) topology: Arc<Topology>,
    pub(crate) at: usize,
}

/// A frame at a branching point, with the plan and the topology by which everything below goes for this frame.
pub(crate) struct SharedFrame {
    pub(crate) frame: Frame,
    pub(crate) plan: Arc<TreePlan>,
    pub(crate) topology: Arc<Topology>,
    pub(crate) conversions: Conversions,
}

/// A frame on its way into a stream, and the stream's place in the topology by which the frame goes.
pub(crate) struct Incoming {
    pub(crate) payload: Payload,
    pub(crate) at: usize,
}

/// A frame with its plan, or with what it takes to make one.
pub(crate) enum Payload {
    Planned(Arc<SharedFrame>),
    /// Of a format without a plan. Planning asks plugins, so the stream's thread does it and not the source's.
    Unplanned {
        frame: Frame,
        topology: Arc<Topology>,
        plan_cache: Arc<PlanCache>,
    },
}

/// The deadline of a transform for one frame, if the file has none.
const PER_FRAME: Duration = Duration::from_secs(3);

impl Topology {
    /// Connects streams and sinks as a file has them: the crews by the streams' places in it, the mailboxes and their
    /// sinks' numbers by the sinks'.
    pub(crate) fn connect(
        prepared: &Arc<Prepared>,
        streams: Vec<Arc<Stream>>,
        frame_channels: &[(u32, Arc<FrameChannel>)],
    ) -> Topology {
        let parents = Topology::parents(&prepared.pipeline);
        let streams =
            prepared.pipeline.streams.iter().zip(streams).enumerate().map(|(at, (spec, stream))| Node {
                stream,
                parent: parents[at],
                children: (0..parents.len()).filter(|child| parents[*child] == Some(at)).collect(),
                sinks: prepared
                    .sinks
                    .iter()
                    .zip(frame_channels)
                    .filter(|(sink, _)| sink.streams.contains(&at))
                    .map(|(_, (sink, frames))| Output { sink: *sink, frames: frames.clone() })
                    .collect(),
                allowed: spec.timeout.unwrap_or(PER_FRAME),
            });
        Topology { prepared: prepared.clone(), streams: streams.collect() }
    }

    /// The stream that each branches from.
    pub(crate) fn parents(pipeline: &Pipeline) -> Vec<Option<usize>> {
        let parent = |input: &Input| match input {
            Input::Source(_) => None,
            Input::From(parent) => Some(parent.0),
        };
        pipeline.streams.iter().map(|stream| parent(&stream.input)).collect()
    }

    /// The source and its tree that a stream's frames come from.
    pub(crate) fn tree(&self, stream: usize) -> Option<&SourceTree> {
        let root = self.root(stream);
        self.prepared.trees.iter().find(|tree| tree.stream == root)
    }

    /// A transform as people call it: `transforms[0] resize`.
    pub(crate) fn transform_name(&self, stream: usize, index: usize) -> String {
        format!("transforms[{index}] {}", self.prepared.pipeline.streams[stream].transforms[index].plugin)
    }

    /// The stream with the source that a stream's frames come from.
    pub(crate) fn root(&self, stream: usize) -> usize {
        let mut at = stream;
        while let Some(parent) = self.streams[at].parent {
            at = parent;
        }
        at
    }

    /// Returns the index of the stream with this number.
    pub(crate) fn position(&self, stream: u32) -> Option<usize> {
        self.streams.iter().position(|node| node.stream.id == stream)
    }
}

impl StreamRef {
    /// Returns whether both are the same stream in the same reading of the file.
    pub(crate) fn is_same(&self, other: &StreamRef) -> bool {
        Arc::ptr_eq(&self.topology, &other.topology) && self.at == other.at
    }

    pub(crate) fn node(&self) -> &Node {
        &self.topology.streams[self.at]
    }

    pub(crate) fn stream(&self) -> &Arc<Stream> {
        &self.node().stream
    }

    /// Returns the stream's part of the pipeline file.
    pub(crate) fn config(&self) -> &config::Stream {
        &self.topology.prepared.pipeline.streams[self.at]
    }

    /// Returns the report of a transform that refuses its options.
    pub(super) fn transform_refused(&self, index: usize, failure: Failure) -> Message {
        let prepared = self.topology.prepared.clone();
        let origin = self.config().transforms[index].origin.clone();
        Message::TransformRefused { prepared, origin, failure }
    }

    /// Returns the name of a transform as people call it: `transforms[0] resize`.
    pub(crate) fn transform_name(&self, index: usize) -> String {
        self.topology.transform_name(self.at, index)
    }
}

impl SharedFrame {
    pub(crate) fn new(frame: Frame, plan: Arc<TreePlan>, topology: Arc<Topology>) -> SharedFrame {
        SharedFrame { frame, plan, topology, conversions: Conversions::default() }
    }

    /// Returns the frame; its memory may be written to if this was the last holder.
    pub(crate) fn into_frame(self: Arc<Self>) -> Frame {
        match Arc::try_unwrap(self) {
            Ok(sole) => sole.frame,
            Err(shared) => shared.frame.clone(),
        }
    }
}

impl Incoming {
    pub(crate) fn planned(frame: Arc<SharedFrame>, at: usize) -> Incoming {
        Incoming { payload: Payload::Planned(frame), at }
    }

    /// Returns whether several workers may work on such frames at once. A frame without a plan counts as one of them.
    pub(crate) fn is_stateless(&self) -> bool {
        match &self.payload {
            Payload::Planned(frame) => frame.plan.streams.get(&self.at).is_none_or(StreamPlan::is_stateless),
            Payload::Unplanned { .. } => true,
        }
    }
}
