//! What one thread did in one round.

use super::reading::Spent;
use crate::run::stepper::Metered;

/// What one thread did in one round.
#[derive(Default, Debug)]
pub(super) struct Sample {
    /// Each frame that came through, from the source's ingress to the sinks' channels.
    pub(super) frames: Vec<FrameSample>,
    /// The work of each stage.
    pub(super) stages: Vec<StageSample>,
    /// Pictures that came to sinks, and their bytes.
    pub(super) out: (u64, u64),
    /// Bytes of the source's frames.
    pub(super) bytes_in: u64,
    /// Frames that were lost because a stage failed, and that a transform held back, stream by stream.
    pub(super) lost: u64,
    pub(super) gated: u64,
    /// The last failure, if there was one.
    pub(super) failure: Option<String>,
    /// Processor time of all the process's other threads meanwhile, in nanoseconds.
    pub(super) elsewhere_ns: u64,
}

/// One frame's way.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameSample {
    /// All of it.
    pub(super) whole: Spent,
    /// The stages in it.
    pub(super) stages: Spent,
}

/// A stage's work in a round.
#[derive(Debug)]
pub(super) struct StageSample {
    /// The stream's place in the file.
    pub(super) stream: usize,
    pub(super) name: String,
    /// The file does not name it.
    pub(super) inserted: bool,
    /// It is done once for several streams.
    pub(super) shared: bool,
    /// Each frame that it worked on.
    pub(super) calls: Vec<Spent>,
    /// How many of them it gave on, and the bytes of these.
    pub(super) gave: (u64, u64),
    pub(super) bytes_in: u64,
    /// Bytes that were copied since another holder had the picture that it writes on.
    pub(super) bytes_copied: u64,
}

impl StageSample {
    /// Of a stage that has not worked yet, with room for so many frames.
    pub(super) fn new(stage: &Metered<'_>, room: usize) -> StageSample {
        StageSample {
            stream: stage.stream,
            name: stage.stats.name.clone(),
            inserted: stage.inserted,
            shared: stage.shared,
            calls: Vec::with_capacity(room),
            gave: (0, 0),
            bytes_in: 0,
            bytes_copied: 0,
        }
    }

    /// Of the same stage, with room for so many frames.
    pub(super) fn emptied(&self, room: usize) -> StageSample {
        StageSample {
            name: self.name.clone(),
            calls: Vec::with_capacity(room),
            gave: (0, 0),
            bytes_in: 0,
            bytes_copied: 0,
            ..*self
        }
    }
}

impl Sample {
    /// Processor time of all frames, in nanoseconds, with what other threads did meanwhile.
    pub(super) fn cpu_ns(&self) -> u64 {
        self.frames.iter().map(|frame| frame.whole.cpu_ns).sum::<u64>() + self.elsewhere_ns
    }
}
