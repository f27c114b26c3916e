//! The meter of a bench: what each stage spends.

use crate::reading::{Reading, Spent};
use crate::sample::StageSample;
use mutoscope_engine::run::stepper::{Meter, Metered, StageStats};
use mutoscope_plugin::Frame;
use mutoscope_plugin::host::Failure;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// Writes down what each stage spends. Clones are the same one: the workers of a thread share it.
#[derive(Clone, Default)]
pub(crate) struct Stopwatch(Rc<RefCell<Sheet>>);

#[derive(Default)]
struct Sheet {
    /// Each stage with its statistics, which tell it from others, and what that had counted as copied at the start.
    stages: Vec<(Arc<StageStats>, u64, StageSample)>,
    /// Of the frame in hand.
    spent: Spent,
    failure: Option<String>,
}

/// Frames of a round that there is room for.
pub(crate) const MOST_FRAMES: usize = 10_000;

/// The counter of copied bytes of an instance.
const COPIED: &str = "bytes_copied";

impl Stopwatch {
    /// Forgets what it saw, but not the stages: there is room for a round, so that writing down allocates nothing.
    pub(crate) fn reset(&self) {
        let mut sheet = self.0.borrow_mut();
        (sheet.spent, sheet.failure) = (Spent::default(), None);
        for (stats, copied, sample) in &mut sheet.stages {
            *copied = stats.counted(COPIED);
            *sample = sample.emptied(MOST_FRAMES);
        }
    }

    /// Returns what the stages have spent on the frame in hand, which is done.
    pub(crate) fn frame_done(&self) -> Spent {
        std::mem::take(&mut self.0.borrow_mut().spent)
    }

    /// Returns what it saw since it was reset: the stages, and the last failure.
    pub(crate) fn take(&self) -> (Vec<StageSample>, Option<String>) {
        let mut sheet = self.0.borrow_mut();
        let stages = sheet.stages.iter_mut().map(|(stats, copied, sample)| {
            let bytes_copied = stats.counted(COPIED) - *copied;
            let emptied = sample.emptied(0);
            StageSample { bytes_copied, ..std::mem::replace(sample, emptied) }
        });
        let stages = stages.filter(|sample| !sample.calls.is_empty()).collect();
        (stages, sheet.failure.take())
    }
}

impl Meter for Stopwatch {
    type Begun = (u64, Reading);

    fn begin(&self, frame: &Frame) -> (u64, Reading) {
        (payload(frame), Reading::start())
    }

    fn end(
        &self,
        (bytes_in, reading): (u64, Reading),
        stage: Metered<'_>,
        answer: Result<Option<&Frame>, &Failure>,
    ) {
        let spent = reading.spent();
        let mut sheet = self.0.borrow_mut();
        sheet.spent += spent;
        if let Err(failure) = answer {
            sheet.failure = Some(format!("{}: {failure}", stage.stats.name));
            return;
        }
        let known = sheet.stages.iter().position(|(known, ..)| Arc::ptr_eq(known, stage.stats));
        let at = known.unwrap_or_else(|| {
            let sample = StageSample::new(&stage, MOST_FRAMES);
            // Its instance is as new as its statistics are here: all that it has copied is of this round.
            sheet.stages.push((stage.stats.clone(), 0, sample));
            sheet.stages.len() - 1
        });
        let sample = &mut sheet.stages[at].2;
        sample.calls.push(spent);
        sample.bytes_in += bytes_in;
        if let Ok(Some(frame)) = answer {
            sample.gave.0 += 1;
            sample.gave.1 += payload(frame);
        }
    }
}

/// Bytes of a picture: a JPEG's length, or those of its planes without padding.
pub(crate) fn payload(frame: &Frame) -> u64 {
    let planes = || frame.planes().map(|plane| (plane.width * plane.height) as u64).sum();
    frame.jpeg().map_or_else(planes, |jpeg| jpeg.len() as u64)
}
