//! Who is connected with whom, as one reading of the pipeline file has it.

use super::latest::Slots;
use super::stream::Crew;
use crate::config::{Input, Pipeline};
use crate::prepare::{Prepared, SourceTree};
use mutoscope_plugin::Frame;
use std::sync::Arc;
use std::time::Duration;

/// Where a sink's frames wait: a lane for each of its streams.
pub(crate) type Mailbox = Slots<Frame>;

/// Who is connected with whom, as one reading of the pipeline file has it. It travels with each frame, so that when the
/// file changes, every frame goes its whole way by one reading and none is lost between two.
pub(crate) struct Wiring {
    pub(crate) prepared: Arc<Prepared>,
    /// By the index in the pipeline.
    pub(crate) streams: Vec<Wired>,
}

/// One stream in a [`Wiring`].
pub(crate) struct Wired {
    pub(crate) crew: Arc<Crew>,
    /// The stream that it branches from.
    pub(crate) parent: Option<usize>,
    /// The streams that branch from it.
    pub(crate) children: Vec<usize>,
    /// In the order of the plan's tails.
    pub(crate) sinks: Vec<Outlet>,
    /// How long a transform may take for one frame.
    pub(crate) allowed: Duration,
}

/// Where frames go out of a stream to one sink.
pub(crate) struct Outlet {
    pub(crate) sink: u32,
    pub(crate) mailbox: Arc<Mailbox>,
}

/// How long a transform may take for one frame, if the file does not say it.
const PER_FRAME: Duration = Duration::from_secs(3);

impl Wiring {
    /// Connects streams and sinks as a file has them: the crews by the streams' places in it, the mailboxes and their
    /// sinks' numbers by the sinks'.
    pub(crate) fn connect(
        prepared: &Arc<Prepared>,
        crews: Vec<Arc<Crew>>,
        mailboxes: &[(u32, Arc<Mailbox>)],
    ) -> Wiring {
        let parents = Wiring::parents(&prepared.pipeline);
        let streams =
            prepared.pipeline.streams.iter().zip(crews).enumerate().map(|(at, (stream, crew))| Wired {
                crew,
                parent: parents[at],
                children: (0..parents.len()).filter(|child| parents[*child] == Some(at)).collect(),
                sinks: prepared
                    .sinks
                    .iter()
                    .zip(mailboxes)
                    .filter(|(part, _)| part.streams.contains(&at))
                    .map(|(_, (sink, mailbox))| Outlet { sink: *sink, mailbox: mailbox.clone() })
                    .collect(),
                allowed: stream.timeout.unwrap_or(PER_FRAME),
            });
        Wiring { prepared: prepared.clone(), streams: streams.collect() }
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

    /// The place of a stream in it.
    pub(crate) fn position(&self, stream: u32) -> Option<usize> {
        self.streams.iter().position(|wired| wired.crew.id == stream)
    }
}
