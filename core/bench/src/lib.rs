//! What a pipeline's chain costs, stage by stage: measured in the engine itself, with frames from memory.
//!
//! # Layout
//!
//! [`Bench`] is one pipeline about to be measured. For each of its sources it has a `recording` (frames that were read into
//! memory) and `bench_thread`s: threads with a `bench_pipeline` each, which takes a frame at a time through the engine's
//! stepper: the same ingress, executors and plans as in a pipeline that runs, one stream after another. What the sinks would
//! get is thrown away. A `stopwatch` is the executors' meter; what it saw in one round is a `sample`. `aggregate` makes
//! [`Figures`] of the samples, by way of `spread`.
//!
//! Beside them: `reading` (the clocks), `allocations` (what a thread has allocated, in whatever library), [`Machine`].
//!
//! What is left out: the source's own work, sinks and sockets, the waking of threads, and waiting in channels.

mod aggregate;
pub mod allocations;
mod bench_pipeline;
mod bench_thread;
mod figures;
mod machine;
mod measure;
mod reading;
mod recording;
mod sample;
mod spread;
mod stopwatch;
mod trouble;

pub use figures::{Figures, Read, SourceFigures, StageFigures, StreamFigures, Whole};
pub use machine::Machine;
pub use measure::Bench;
pub use mutoscope_engine::run::record::Limits;
pub use recording::Recordings;
pub use spread::{Spread, WORTHLESS, median, ratio};
pub use trouble::Trouble;
