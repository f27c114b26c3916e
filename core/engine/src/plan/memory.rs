//! Answers that plugins have given, so that each question is asked once.

use super::{Conversion, Ways};
use mutoscope_plugin::host::Failure;
use mutoscope_plugin::{Format, Way};
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;

/// [`Ways`] that asks each question once.
pub(super) struct Remembered<'a> {
    ways: &'a dyn Ways,
    transforms: Answers<(usize, usize)>,
    conversions: Answers<Conversion>,
}

type Answers<Q> = RefCell<HashMap<(Q, Format), Result<Vec<Way>, Failure>>>;

impl<'a> Remembered<'a> {
    pub(super) fn new(ways: &'a dyn Ways) -> Remembered<'a> {
        Remembered { ways, transforms: RefCell::default(), conversions: RefCell::default() }
    }
}

fn answer<Q: Eq + Hash>(
    answers: &Answers<Q>,
    question: (Q, Format),
    ask: impl FnOnce() -> Result<Vec<Way>, Failure>,
) -> Result<Vec<Way>, Failure> {
    answers.borrow_mut().entry(question).or_insert_with(ask).clone()
}

impl Ways for Remembered<'_> {
    fn transform(&self, stream: usize, index: usize, input: &Format) -> Result<Vec<Way>, Failure> {
        let ask = || self.ways.transform(stream, index, input);
        answer(&self.transforms, ((stream, index), *input), ask)
    }

    fn conversion(&self, conversion: &Conversion, input: &Format) -> Result<Vec<Way>, Failure> {
        let ask = || self.ways.conversion(conversion, input);
        answer(&self.conversions, (conversion.clone(), *input), ask)
    }
}
