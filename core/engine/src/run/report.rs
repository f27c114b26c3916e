//! Messages to the supervisor.

use super::spec::SourceSpec;
use crate::config::KeyPath;
use crate::prepare::Prepared;
use mutoscope_plugin::host::Failure;
use std::sync::Arc;
use std::sync::mpsc::Sender;

/// Messages to the supervisor.
pub(crate) enum Message {
    /// The file reads otherwise now.
    Change(Arc<Prepared>),
    /// The file as it is now is refused.
    Refused,
    /// A stream has gained its first viewer or lost its last.
    Demand,
    /// An instance of a source has given its first frame.
    Began {
        stream: u32,
        generation: u64,
    },
    SourceEnded {
        stream: u32,
        generation: u64,
        end: SourceEnd,
    },
    /// The answer of a source to new options.
    SourceUpdated {
        stream: u32,
        generation: u64,
        spec: Arc<SourceSpec>,
        result: Result<bool, Failure>,
    },
    WorkerEnded {
        stream: u32,
        end: WorkerEnd,
    },
    /// A transform refuses its options, now that it has been opened with them.
    TransformRefused {
        /// The reading of the file that it was opened by, and its place there.
        prepared: Arc<Prepared>,
        origin: KeyPath,
        failure: Failure,
    },
    /// A stage has failed more often than the file allows.
    StageGaveUp {
        stream: u32,
        why: String,
    },
    SinkOpened {
        sink: u32,
        generation: u64,
    },
    /// New options were refused by an open sink, which goes on with the old ones.
    SinkRefused {
        sink: u32,
        failure: Failure,
    },
    SinkEnded {
        sink: u32,
        generation: u64,
        end: SinkEnd,
    },
    /// Everything shall end.
    Stop,
}

/// The end of a source instance.
#[derive(Debug)]
pub(crate) enum SourceEnd {
    /// It was asked to.
    Stopped,
    /// A newer one has its place.
    Superseded,
    /// There are no more frames, as it had said there might be.
    Ended,
    Failed {
        failure: Failure,
        /// Before it was open.
        opening: bool,
    },
}

/// The end of a sink instance.
#[derive(Debug)]
pub(crate) enum SinkEnd {
    /// It was asked to.
    Stopped,
    /// All its streams have ended.
    Finished,
    /// It can take its new options only from the start.
    Restart,
    Failed {
        failure: Failure,
        /// Before it was open.
        opening: bool,
    },
}

/// The end of a stream's worker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum WorkerEnd {
    /// There will be no more frames.
    Drained,
    /// It was asked to.
    Stopped,
    /// It was a helper, and is not needed.
    SentHome,
    /// It was too slow, or broke.
    Cancelled,
}

/// The way to the supervisor.
#[derive(Clone)]
pub(crate) struct Reporter(Sender<Message>);

impl Reporter {
    pub(crate) fn new(sender: Sender<Message>) -> Reporter {
        Reporter(sender)
    }

    /// Once the supervisor has gone, there is nobody to tell and nothing to be done.
    pub(crate) fn send(&self, message: Message) {
        let _ = self.0.send(message);
    }
}
