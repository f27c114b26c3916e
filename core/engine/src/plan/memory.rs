//! Answers that plugins have given, so that each question is asked once.

use super::{Conversion, Modes};
use mutoscope_plugin::host::Failure;
use mutoscope_plugin::{Format, Mode};
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;

/// [`Modes`] that asks each question once.
pub(super) struct Remembered<'a> {
    modes: &'a dyn Modes,
    transforms: Answers<(usize, usize)>,
    conversions: Answers<Conversion>,
}

type Answers<Q> = RefCell<HashMap<(Q, Format), Result<Vec<Mode>, Failure>>>;

impl<'a> Remembered<'a> {
    pub(super) fn new(modes: &'a dyn Modes) -> Remembered<'a> {
        Remembered { modes, transforms: RefCell::default(), conversions: RefCell::default() }
    }
}

fn answer<Q: Eq + Hash>(
    answers: &Answers<Q>,
    question: (Q, Format),
    ask: impl FnOnce() -> Result<Vec<Mode>, Failure>,
) -> Result<Vec<Mode>, Failure> {
    answers.borrow_mut().entry(question).or_insert_with(ask).clone()
}

impl Modes for Remembered<'_> {
    fn transform(&self, stream: usize, index: usize, input: &Format) -> Result<Vec<Mode>, Failure> {
        let ask = || self.modes.transform(stream, index, input);
        answer(&self.transforms, ((stream, index), *input), ask)
    }

    fn conversion(&self, conversion: &Conversion, input: &Format) -> Result<Vec<Mode>, Failure> {
        let ask = || self.modes.conversion(conversion, input);
        answer(&self.conversions, (conversion.clone(), *input), ask)
    }
}
