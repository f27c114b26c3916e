//! What one thread did in one round.

use crate::reading::Spent;
use mutoscope_engine::run::stepper::Metered;

/// What one thread did in one round.
#[derive(Default, Debug)]
pub(crate) struct Sample {
    /// Each frame that came through, from the source's ingress to the sinks' channels.
    pub(crate) frames: Vec<FrameSample>,
    /// The work of each stage.
    pub(crate) stages: Vec<StageSample>,
    /// Pictures that came to sinks, and their bytes.
    pub(crate) out: (u64, u64),
    /// Bytes of the source's frames.
    pub(crate) bytes_in: u64,
    /// Frames that were lost because a stage failed, and that a transform held back, stream by stream.
    pub(crate) lost: u64,
    pub(crate) gated: u64,
    /// The last failure, if there was one.
    pub(crate) failure: Option<String>,
    /// Processor time of all the process's other threads meanwhile, in nanoseconds.
    pub(crate) elsewhere_ns: u64,
}

/// One frame's way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameSample {
    /// All of it.
    pub(crate) whole: Spent,
    /// The stages in it.
    pub(crate) stages: Spent,
}

/// A stage's work in a round.
#[derive(Debug)]
pub(crate) struct StageSample {
    /// The stream's place in the file.
    pub(crate) stream: usize,
    pub(crate) name: String,
    /// The file does not name it.
    pub(crate) inserted: bool,
    /// It is done once for several streams.
    pub(crate) shared: bool,
    /// Each frame that it worked on.
    pub(crate) calls: Vec<Spent>,
    /// How many of them it gave on, and the bytes of these.
    pub(crate) gave: (u64, u64),
    pub(crate) bytes_in: u64,
    /// Bytes that were copied since another holder had the picture that it writes on.
    pub(crate) bytes_copied: u64,
}

impl StageSample {
    /// Of a stage that has not worked yet, with room for so many frames.
    pub(crate) fn new(stage: &Metered<'_>, room: usize) -> StageSample {
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
    pub(crate) fn emptied(&self, room: usize) -> StageSample {
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
    pub(crate) fn cpu_ns(&self) -> u64 {
        self.frames.iter().map(|frame| frame.whole.cpu_ns).sum::<u64>() + self.elsewhere_ns
    }
}
