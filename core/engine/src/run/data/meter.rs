//! What looks on while stages work.

use crate::plan::Stage;
use crate::run::host::stats::StageStats;
use mutoscope_plugin::Frame;
use mutoscope_plugin::host::Failure;
use std::sync::Arc;

/// Looks on while stages work. A pipeline that runs has none: that is `()`, of which the compiler leaves nothing. A
/// [bench](super::bench) has a stopwatch.
pub(crate) trait Meter: Clone {
    /// What is known when a stage begins.
    type Begun;

    /// A stage is given a frame, now.
    fn begin(&self, frame: &Frame) -> Self::Begun;

    /// It has answered, just now; with a frame, perhaps.
    fn end(
        &self,
        begun: Self::Begun,
        stats: &Arc<StageStats>,
        stage: &Stage,
        answer: Result<Option<&Frame>, &Failure>,
    );
}

impl Meter for () {
    type Begun = ();

    #[inline]
    fn begin(&self, _: &Frame) {}

    #[inline]
    fn end(&self, (): (), _: &Arc<StageStats>, _: &Stage, _: Result<Option<&Frame>, &Failure>) {}
}
