//! What is known of a stage's failures, and when it is tried again.

use mutoscope_plugin::Times;
use mutoscope_plugin::host::Failure;
use std::time::{Duration, Instant};

/// What is known of a stage's failures, and when it is tried again.
#[derive(Default)]
pub(super) struct Care {
    pause: Pause,
    trouble: Option<Trouble>,
}

/// A failure that nothing good came after yet.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
    /// The last of them.
    pub(super) failure: Failure,
    /// When the first was.
    pub(super) since: Times,
    /// How many there were.
    pub(super) attempts: u32,
    /// The next attempt is not before this; `None` when there will be none.
    pub(super) again: Option<Instant>,
}

impl Care {
    /// It failed. What makes frames of frames is made anew at once the first time, since the frame may be to blame; what
    /// opens a device gives the device a moment.
    pub(super) fn failed(&mut self, failure: Failure, at_once: bool) -> Instant {
        let now = Instant::now();
        let attempts = self.trouble.as_ref().map_or(0, |trouble| trouble.attempts) + 1;
        let again = if at_once && attempts == 1 { now } else { now + self.pause.next() };
        let since = self.trouble.as_ref().map_or_else(Times::now, |trouble| trouble.since);
        self.trouble = Some(Trouble { failure, since, attempts, again: Some(again) });
        again
    }

    /// It worked.
    pub(super) fn well(&mut self) {
        self.trouble = None;
    }

    /// There will be no other attempt.
    pub(super) fn give_up(&mut self) {
        if let Some(trouble) = &mut self.trouble {
            trouble.again = None;
        }
    }

    /// What is the matter, if anything.
    pub(super) fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }
}

/// Growing pauses between attempts, with a little chance in them, so that two that failed together do not try together.
#[derive(Default)]
pub(super) struct Pause {
    failures: u32,
    last: Option<Instant>,
}

impl Pause {
    const FIRST: Duration = Duration::from_millis(500);
    const LONGEST: Duration = Duration::from_secs(30);
    /// Failures that are farther apart are not one trouble: the pauses start again from the first.
    const APART: Duration = Duration::from_secs(90);

    pub(super) fn next(&mut self) -> Duration {
        self.next_at(Instant::now())
    }

    fn next_at(&mut self, now: Instant) -> Duration {
        if self.last.is_some_and(|last| now - last > Pause::APART) {
            self.failures = 0;
        }
        let pause = (Pause::FIRST * 2u32.saturating_pow(self.failures.min(16))).min(Pause::LONGEST);
        (self.failures, self.last) = (self.failures + 1, Some(now));
        // A hash of nothing with random keys is the standard library's one source of chance.
        let chance = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0u8) % 256;
        pause.mul_f64(0.875 + chance as f64 / 1024.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_start_again_after_a_good_time() {
        let (mut pause, start) = (Pause::default(), Instant::now());
        let pauses: Vec<_> = (0..20).map(|n| pause.next_at(start + Duration::from_secs(30 * n))).collect();
        assert!(pauses[0] < Duration::from_secs(1) && pauses[3] > Duration::from_secs(3));
        assert!(pauses.iter().all(|pause| *pause <= Pause::LONGEST.mul_f64(1.125)));
        assert!(pause.next_at(start + Duration::from_secs(3600)) < Duration::from_secs(1));
    }

    #[test]
    fn what_failed_once_on_a_frame_is_tried_at_once_and_then_no_more() {
        let mut care = Care::default();
        assert!(care.failed(Failure::new("a broken frame"), true) <= Instant::now());
        assert!(care.failed(Failure::new("another"), true) > Instant::now());
        assert_eq!(care.trouble().map(|trouble| trouble.attempts), Some(2));
        care.well();
        assert!(care.trouble().is_none());
        assert!(care.failed(Failure::new("no device"), false) > Instant::now());
    }
}
