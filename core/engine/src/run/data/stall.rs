//! How long a source may be silent.

use std::time::{Duration, Instant};

/// How long a source may be silent before it has failed: by its own rate, declared or shown, or as the file says.
pub(crate) struct StallDetector {
    /// The file's word.
    pub(crate) given: Option<Duration>,
    /// Between frames, as the source declares it.
    declared: Option<Duration>,
    /// Between frames, as it was of late: the longest, slowly forgotten.
    last_output: Option<Duration>,
    last: Option<Instant>,
}

/// Cameras have to start: until the first frame, and until two show a rate.
const START: Duration = Duration::from_secs(10);
/// The least that counts as silence.
const LEAST: Duration = Duration::from_secs(3);

/// Returns how long a source may take to open, and again to its first frame.
pub(crate) fn time_to_start(given: Option<Duration>, fps: Option<f64>) -> Duration {
    StallDetector::new(given, fps).allowed()
}

impl StallDetector {
    pub(crate) fn new(given: Option<Duration>, fps: Option<f64>) -> StallDetector {
        let period = |fps: f64| Duration::try_from_secs_f64(1.0 / fps).ok();
        StallDetector { given, declared: fps.and_then(period), last_output: None, last: None }
    }

    /// A frame came.
    pub(crate) fn on_frame(&mut self, now: Instant) {
        if let Some(last) = self.last.replace(now) {
            let before = self.last_output.unwrap_or_default().mul_f64(0.9);
            self.last_output = Some(before.max(now - last));
        }
    }

    /// The time between frames, as far as it is known.
    fn period(&self) -> Option<Duration> {
        self.declared.max(self.last_output)
    }

    /// Returns how long the next frame may take; and opening, before there was one.
    pub(crate) fn allowed(&self) -> Duration {
        let periods = |count| self.period().map_or(Duration::ZERO, |period| period.saturating_mul(count));
        match self.given {
            Some(given) => given.max(periods(2)),
            None if self.last.is_none() || self.period().is_none() => START.max(periods(3)),
            None => LEAST.max(periods(3)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn after(mut stall: StallDetector, beats: u32, period: Duration) -> Duration {
        let start = Instant::now();
        (0..beats).for_each(|n| stall.on_frame(start + period * n));
        stall.allowed()
    }

    #[test]
    fn slow_by_its_own_rate_is_not_silent() {
        assert_eq!(after(StallDetector::new(None, Some(30.0)), 0, SECOND), START);
        assert_eq!(after(StallDetector::new(None, Some(30.0)), 2, SECOND / 30), LEAST);
        assert_eq!(after(StallDetector::new(None, Some(0.1)), 1, SECOND), 30 * SECOND);
        assert_eq!(after(StallDetector::new(None, None), 1, SECOND), START);
        assert_eq!(after(StallDetector::new(None, None), 5, 10 * SECOND), 30 * SECOND);
        assert_eq!(after(StallDetector::new(None, Some(30.0)), 2, 8 * SECOND), 24 * SECOND, "in the dark");
    }

    #[test]
    fn the_files_word_holds_from_the_start_unless_the_rate_is_slower() {
        assert_eq!(after(StallDetector::new(Some(SECOND), Some(30.0)), 0, SECOND), SECOND);
        assert_eq!(after(StallDetector::new(Some(SECOND), Some(0.1)), 0, SECOND), 20 * SECOND);
    }
}
