//! A source's streams on one thread: one recorded frame after another goes through all of them.

use crate::reading::{Reading, cpu_ns};
use crate::recording::Recording;
use crate::sample::{FrameSample, Sample};
use crate::stopwatch::{MOST_FRAMES, Stopwatch, payload};
use crate::trouble::Trouble;
use mutoscope_engine::prepare::Prepared;
use mutoscope_engine::run::stepper::{StepThread, Stepper};
use mutoscope_plugin::Times;
use rustix::time::ClockId;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The frames of a recording, sorted by whether they come through.
#[derive(Default, Debug)]
pub(crate) struct Tried {
    /// Their places.
    pub(crate) good: Vec<usize>,
    /// Those that failed, with the reason.
    pub(crate) bad: Vec<(usize, String)>,
    /// Those for which there was no time.
    pub(crate) untried: usize,
}

/// A source's streams on one thread, with the frames that go through them.
pub(crate) struct BenchPipeline {
    stepper: Stepper<Stopwatch>,
    stopwatch: Stopwatch,
    recording: Arc<Recording>,
    /// The places of the frames that come through.
    good: Vec<usize>,
    /// The number of frames taken so far.
    count: u64,
    /// The capture time of the first, as stages are told.
    start: Times,
}

/// The rate at which frames are captured, as they are told, where nobody knows it.
const FPS: f64 = 30.0;

impl BenchPipeline {
    pub(crate) fn new(
        prepared: &Arc<Prepared>,
        root: usize,
        recording: Arc<Recording>,
        thread: &StepThread,
    ) -> BenchPipeline {
        let stopwatch = Stopwatch::default();
        BenchPipeline {
            stepper: Stepper::new(prepared, root, thread, &stopwatch),
            good: (0..recording.frames.len()).collect(),
            start: Times::now(),
            count: 0,
            stopwatch,
            recording,
        }
    }

    /// Goes on with these of the recording's frames.
    pub(crate) fn play_these(&mut self, good: Vec<usize>) {
        self.good = good;
    }

    /// Takes each of the recording's frames through once, for so long and at least one, and goes on with those that came
    /// through.
    pub(crate) fn try_all(&mut self, time: Duration) -> Result<Tried, Trouble> {
        let began = Instant::now();
        let mut tried = Tried::default();
        for at in 0..self.recording.frames.len() {
            if !tried.good.is_empty() && began.elapsed() > time {
                tried.untried = self.recording.frames.len() - at;
                break;
            }
            let mut sample = Sample::default();
            match self.stepper.check(self.recording.frames[at].format()) {
                Ok(()) => self.take_through(at, &mut sample),
                Err(why) => (sample.lost, sample.failure) = (1, Some(why)),
            }
            if let Some(report) = self.stepper.refused() {
                return Err(Trouble::Refused(report));
            }
            if sample.lost == 0 {
                tried.good.push(at);
            } else {
                tried.bad.push((at, sample.failure.unwrap_or_else(|| "it found no way through".into())));
            }
        }
        if tried.good.is_empty() {
            let why = tried.bad.pop().map(|(_, why)| why).unwrap_or_default();
            return Err(Trouble::Failed(format!("no frame comes through: {why}")));
        }
        self.good.clone_from(&tried.good);
        Ok(tried)
    }

    /// One round of so long, or of so many frames as there is room for; of one frame at least.
    pub(crate) fn sample(&mut self, time: Duration, alone: bool) -> Sample {
        let mut sample = Sample { frames: Vec::with_capacity(MOST_FRAMES), ..Sample::default() };
        self.stopwatch.reset();
        let clocks = || [ClockId::ProcessCPUTime, ClockId::ThreadCPUTime].map(cpu_ns);
        let [all, own] = clocks();
        let (began, mut tried) = (Instant::now(), 0);
        while tried < MOST_FRAMES && (tried == 0 || began.elapsed() < time) {
            let at = self.good[tried % self.good.len()];
            self.take_through(at, &mut sample);
            tried += 1;
        }
        let [all_now, own_now] = clocks();
        if alone {
            sample.elsewhere_ns = (all_now - all).saturating_sub(own_now - own);
        }
        let (stages, failure) = self.stopwatch.take();
        sample.stages = stages;
        sample.failure = sample.failure.or(failure);
        sample
    }

    /// Takes one frame from the source's ingress to the sinks' channels, where it is thrown away.
    fn take_through(&mut self, at: usize, sample: &mut Sample) {
        let kept = &self.recording.frames[at];
        let frame = match kept.frame(|len| self.stepper.buffer(len), self.times()) {
            Ok(frame) => frame,
            Err(failure) => {
                (sample.lost, sample.failure) = (sample.lost + 1, Some(failure.to_string()));
                return;
            }
        };
        self.count += 1;
        let reading = Reading::start();
        self.stepper.step(frame);
        let whole = reading.spent();
        let stages = self.stopwatch.frame_done();
        let out = &mut sample.out;
        let stepped = self.stepper.outcome(|frame| *out = (out.0 + 1, out.1 + payload(frame)));
        sample.gated += stepped.gated;
        if stepped.lost {
            sample.lost += 1;
            sample.failure = stepped.failure.or(sample.failure.take());
        } else {
            sample.frames.push(FrameSample { whole, stages });
            sample.bytes_in += kept.payload();
        }
    }

    /// Returns the capture time of the next frame: at the source's rate, so that what goes by it (`max_fps`, a time that is written
    /// on the picture) does what it would do.
    fn times(&self) -> Times {
        let ns = (self.count as f64 / self.recording.fps.unwrap_or(FPS) * 1e9) as u64;
        Times {
            monotonic_ns: self.start.monotonic_ns.saturating_add(ns),
            wall_ns: self.start.wall_ns.saturating_add_unsigned(ns),
        }
    }

    /// Ends all instances.
    pub(crate) fn close(self) {
        self.stepper.close();
    }
}
