//! Detects that a stream has more work than the machine can do, and finds the slowest stage.

use crate::lock::lock;
use crate::run::host::log_limit::LogLimit;
use crate::run::host::stats::StreamStats;
use serde_json::{Value, json};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// The load of one worker over the last frames.
pub(crate) struct Load {
    seen: u64,
    taken: u32,
    since: Instant,
    busy: Duration,
}

/// An overload.
pub(crate) struct Excess {
    /// Between frames that came in.
    pub(crate) between_frames: Duration,
    pub(crate) dropped_per_second: f64,
}

/// A verdict over the last frames.
pub(crate) enum Verdict {
    /// Not enough of them yet.
    Open,
    Fine,
    TooMuch(Excess),
}

impl Load {
    /// Frames to judge by.
    const LOOK: u32 = 16;

    pub(crate) fn new(replaced: u64) -> Load {
        Load { seen: replaced, taken: 0, since: Instant::now(), busy: Duration::ZERO }
    }

    /// Asked once a frame, whose work `began` then: too much when of the last 16 at least 4 more were lost, and not
    /// because the worker rested while nobody looked on.
    pub(crate) fn look(&mut self, replaced: u64, began: Instant) -> Verdict {
        self.taken += 1;
        self.busy += began.elapsed();
        if self.taken < Load::LOOK {
            return Verdict::Open;
        }
        let lost = replaced - self.seen;
        let elapsed = self.since.elapsed().as_secs_f64().max(1e-9);
        let busy = self.busy.as_secs_f64() / elapsed;
        let came = lost + u64::from(self.taken);
        *self = Load::new(replaced);
        if lost < 4 || busy <= 0.9 {
            return Verdict::Fine;
        }
        Verdict::TooMuch(Excess {
            between_frames: Duration::from_secs_f64(elapsed / came as f64),
            dropped_per_second: lost as f64 / elapsed,
        })
    }
}

/// The overload of a stream, as it is known and logged.
#[derive(Default)]
pub(crate) struct Overload(Mutex<State>);

#[derive(Default)]
struct State {
    log_limit: LogLimit,
    now: Option<Reported>,
}

struct Reported {
    stage: String,
    per_frame: Duration,
    excess: Excess,
}

impl Overload {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }

    /// It is too much, and no other worker can help: names the stage that takes the longest.
    pub(crate) fn too_much(&self, stream: &str, stats: &StreamStats, excess: Excess) {
        let stages = stats.stages().into_iter().filter_map(|stats| {
            let (frames, busy) = stats.work();
            Some((stats.name.clone(), busy.checked_div(u32::try_from(frames).ok()?)?))
        });
        let Some((stage, per_frame)) = stages.max_by_key(|(_, per_frame)| *per_frame) else { return };
        let mut state = self.state();
        if let Some(text) = state.log_limit.wrong(&format!("{stage} is too slow")) {
            tracing::warn!(
                stream,
                "{text}: {:.1} ms for a frame, and one comes every {:.1} ms; {:.1} frames per second are left out",
                per_frame.as_secs_f64() * 1e3,
                excess.between_frames.as_secs_f64() * 1e3,
                excess.dropped_per_second
            );
        }
        state.now = Some(Reported { stage, per_frame, excess });
    }

    /// The machine keeps up.
    pub(crate) fn keeps_up(&self, stream: &str) {
        let mut state = self.state();
        state.now = None;
        if state.log_limit.well().is_some() {
            tracing::info!(stream, "keeps up again");
        }
    }

    pub(crate) fn json(&self) -> Value {
        let state = self.state();
        state.now.as_ref().map_or(Value::Null, |reported| {
            json!({
                "stage": reported.stage,
                "ms_per_frame": reported.per_frame.as_secs_f64() * 1e3,
                "ms_between_frames": reported.excess.between_frames.as_secs_f64() * 1e3,
                "dropped_per_s": reported.excess.dropped_per_second,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_too_much(load: &mut Load, replaced: u64, began: Instant) -> bool {
        matches!(load.look(replaced, began), Verdict::TooMuch(_))
    }

    #[test]
    fn overload_is_what_lasts() {
        let mut steady = Load::new(0);
        assert!((0..64).all(|_| {
            let began = steady.since;
            !is_too_much(&mut steady, 3, began)
        }));
        let mut lossy = Load::new(0);
        assert!(
            (0..16).any(|n| {
                let began = lossy.since;
                is_too_much(&mut lossy, n, began)
            }),
            "always at work, and every frame costs another"
        );
        let mut rested = Load::new(0);
        rested.since -= Duration::from_secs(60);
        assert!(
            (0..16).all(|n| !is_too_much(&mut rested, n, Instant::now())),
            "what was lost at rest is no reason"
        );
    }
}
