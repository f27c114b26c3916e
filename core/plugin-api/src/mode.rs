//! The modes of a transform for a given input.

use crate::{Format, Note, Size};
use serde::{Deserialize, Serialize};

/// One way in which a transform can do its work on a given input: what it gives and what it costs.
///
/// The planner asks [`Transform::modes`](crate::Transform::modes) for each format that it could hand the transform and
/// takes the cheapest way through the whole chain. A transform that has a way on a JPEG's own bits beside the one on
/// planes answers a JPEG input with the first and a planar input with the second.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Mode {
    /// The author's own number for it; [`Context::mode`](crate::Context::mode) tells `process` which was taken.
    pub id: u32,
    /// A few words for `explain`: "lossless, on the JPEG's coefficients". Empty for the only or the ordinary way.
    pub name: String,
    /// The format of the output.
    pub gives: Format,
    /// Processor time for one frame in microseconds on a core of a desktop machine of the early 2020s. Only the
    /// ratios to other ways matter; measure with `mutoscope bench`.
    pub cost_us: f64,
    /// Permission to make the picture smaller on its way in.
    pub scaling: Scaling,
    /// Each frame is worked on for itself, so that several instances may share the work.
    pub stateless: bool,
    /// Notes for the user on options that are valid, shown if this mode is taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// Permission to hand a transform a smaller picture than the true one, because a later stage wants it small.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Scaling {
    /// It needs the true size: what it does is measured in pixels (a text 24 pixels high).
    Exact,
    /// It does the same to a picture of any size (a quarter turn).
    Free,
    /// It makes its output, of a fixed size, from any picture that is at least this large: the hint for the decoder.
    AtLeast(Size),
}

impl Mode {
    /// The ordinary way: stateful, needs the true size.
    ///
    /// `cost_us`: see the field.
    pub fn new(gives: Format, cost_us: f64) -> Mode {
        let (name, notes) = (String::new(), Vec::new());
        Mode { id: 0, name, gives, cost_us, scaling: Scaling::Exact, stateless: false, notes }
    }

    /// The same as way number `id`, with a few words for `explain`.
    pub fn named(self, id: u32, name: &str) -> Mode {
        Mode { id, name: name.into(), ..self }
    }

    /// The same with a rule about smaller pictures.
    pub fn scaling(self, scaling: Scaling) -> Mode {
        Mode { scaling, ..self }
    }

    /// The same, each frame worked on for itself.
    pub fn stateless(self) -> Mode {
        Mode { stateless: true, ..self }
    }

    /// The same, with something that the user should know of an option.
    pub fn note(mut self, option: impl Into<String>, text: impl Into<String>) -> Mode {
        self.notes.push(Note::new(option, text));
        self
    }
}
