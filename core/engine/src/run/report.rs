//! What the supervisor is told.

use crate::prepare::Prepared;
use crate::run::data::sink::SinkEnd;
use crate::run::data::source::{SourceEnd, SourceSpec};
use crate::run::data::topology::Wiring;
use mutoscope_plugin::host::Failure;
use std::sync::Arc;
use std::sync::mpsc::Sender;

/// What the supervisor is told.
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
        life: u64,
    },
    SourceEnded {
        stream: u32,
        life: u64,
        end: SourceEnd,
    },
    /// What became of new options that were offered to a source.
    SourceUpdated {
        stream: u32,
        life: u64,
        spec: Arc<SourceSpec>,
        result: Result<bool, Failure>,
    },
    WorkerEnded {
        stream: u32,
        end: WorkerEnd,
    },
    /// A transform refuses its options, now that it has been opened with them.
    TransformRefused {
        wiring: Arc<Wiring>,
        at: usize,
        index: usize,
        failure: Failure,
    },
    /// A stage has failed more often than the file allows.
    StageGaveUp {
        stream: u32,
        why: String,
    },
    SinkOpened {
        sink: u32,
        life: u64,
    },
    /// New options were refused by an open sink, which goes on with the old ones.
    SinkRefused {
        sink: u32,
        failure: Failure,
    },
    SinkEnded {
        sink: u32,
        life: u64,
        end: SinkEnd,
    },
    /// Everything shall end.
    Stop,
}

/// Why a worker has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum WorkerEnd {
    /// There will be no more frames.
    Drained,
    /// It was asked to.
    Stopped,
    /// It was a helper, and is not needed.
    SentHome,
    /// It was too slow, or broke.
    Condemned,
}

/// The way to the supervisor.
#[derive(Clone)]
pub(crate) struct Tell(Sender<Message>);

impl Tell {
    pub(crate) fn new(sender: Sender<Message>) -> Tell {
        Tell(sender)
    }

    /// Once the supervisor has gone, there is nobody to tell and nothing to be done.
    pub(crate) fn send(&self, message: Message) {
        let _ = self.0.send(message);
    }
}
