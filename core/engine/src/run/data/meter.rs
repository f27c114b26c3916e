//! Measures stages while they work.

use crate::plan::{Stage, Work};
use crate::run::host::stats::StageStats;
use mutoscope_plugin::Frame;
use mutoscope_plugin::host::Failure;
use std::sync::Arc;

/// Measures stages while they work. A pipeline that runs has none: that is `()`, of which the compiler leaves nothing. A
/// [`Stepper`](crate::run::stepper::Stepper) is given one.
pub trait Meter: Clone {
    /// The readings at the start of a stage.
    type Begun;

    /// A stage is given a frame, now.
    fn begin(&self, frame: &Frame) -> Self::Begun;

    /// It has answered, just now; with a frame, perhaps.
    fn end(&self, begun: Self::Begun, stage: Metered<'_>, answer: Result<Option<&Frame>, &Failure>);
}

/// A stage as a meter sees it.
pub struct Metered<'a> {
    /// Its statistics, which are the same for each frame, and tell it from all other stages.
    pub stats: &'a Arc<StageStats>,
    /// The stream's place in the file.
    pub stream: usize,
    /// The file does not name it.
    pub inserted: bool,
    /// It is done once for several streams.
    pub shared: bool,
}

impl<'a> Metered<'a> {
    pub(super) fn new(stats: &'a Arc<StageStats>, stage: &Stage, stream: usize) -> Metered<'a> {
        let inserted = matches!(stage.work, Work::Conversion(_));
        Metered { stats, stream, inserted, shared: stage.shared }
    }
}

impl Meter for () {
    type Begun = ();

    #[inline]
    fn begin(&self, _: &Frame) {}

    #[inline]
    fn end(&self, (): (), _: Metered<'_>, _: Result<Option<&Frame>, &Failure>) {}
}
