//! One hop of a plan.

use super::Conversion;
use mutoscope_plugin::{Format, Mode};

/// The work of a hop.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Work {
    /// The stream's transform of this index, as the file has it.
    Transform(usize),
    /// A conversion that the file did not name.
    Conversion(Conversion),
}

/// One hop of a plan: a frame of one format comes in, one of another goes out.
#[derive(Clone, PartialEq, Debug)]
pub struct Stage {
    /// The work.
    pub work: Work,
    /// In which of the ways that the plugin offered, with its output and its cost.
    pub mode: Mode,
    /// The format that comes in.
    pub input: Format,
    /// The output is a smaller picture than the true one: a resize is on its way.
    pub scaled: bool,
    /// Siblings do the same to the same frame: whoever comes first does it for all.
    pub shared: bool,
}

impl Stage {
    /// Returns what goes out.
    pub fn output(&self) -> Format {
        self.mode.gives
    }
}
