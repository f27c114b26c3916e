//! The planner's view: one source's streams, and how to ask plugins for their ways.

use super::Conversion;
use mutoscope_plugin::host::Failure;
use mutoscope_plugin::{Format, Mode, PixelFormat};

/// The streams that stand on one source: a tree whose root takes the source's frames.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// The root first, every parent before its children.
    pub nodes: Vec<StreamNode>,
}

/// One stream in a [`Tree`].
#[derive(Clone, Debug)]
pub struct StreamNode {
    /// The stream's index in the whole pipeline, which [`Modes`] is asked with.
    pub stream: usize,
    /// The number of its transforms.
    pub transforms: usize,
    /// The streams that take its frames, as indices of [`Tree::nodes`].
    pub children: Vec<usize>,
    /// The kinds that its sinks take, sink by sink; an empty list takes anything.
    pub sinks: Vec<Vec<PixelFormat>>,
}

/// Asks plugins for a planner. Answers must not change for the same question.
pub trait Modes {
    /// Returns how transform `index` of stream `stream` can work on frames of this format.
    ///
    /// # Errors
    /// The plugin refuses an option, or fails to answer.
    fn transform(&self, stream: usize, index: usize, input: &Format) -> Result<Vec<Mode>, Failure>;

    /// Returns how a conversion can be done; nothing if its plugin is not there.
    ///
    /// # Errors
    /// The plugin fails to answer.
    fn conversion(&self, conversion: &Conversion, input: &Format) -> Result<Vec<Mode>, Failure>;
}
