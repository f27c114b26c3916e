//! What is known of a stage's failures, and when it is tried again.

use mutoscope_plugin::Times;
use mutoscope_plugin::host::Failure;
use std::time::{Duration, Instant};

/// What is known of a stage's failures, and when it is tried again.
#[derive(Default)]
pub(super) struct Care {
    pause: Pause,
    trouble: Option<Trouble>,
    /// When the last trouble was over.
    well_since: Option<Instant>,
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

/// What works for so long after a failure has recovered: pauses start again from the first.
const RECOVERED: Duration = Duration::from_secs(10);

impl Care {
    /// It failed. What makes frames of frames is made anew at once the first time, since the frame may be to blame; what
    /// opens a device gives the device a moment.
    pub(super) fn failed(&mut self, failure: Failure, at_once: bool) -> Instant {
        let now = Instant::now();
        // What has worked for a while has a new trouble, and not the old one.
        if self.well_since.take().is_some_and(|since| now - since >= RECOVERED) {
            self.pause = Pause::default();
        }
        let attempts = self.trouble.as_ref().map_or(0, |trouble| trouble.attempts) + 1;
        let again = if at_once && attempts == 1 { now } else { now + self.pause.next() };
        let since = self.trouble.as_ref().map_or_else(Times::now, |trouble| trouble.since);
        self.trouble = Some(Trouble { failure, since, attempts, again: Some(again) });
        again
    }

    /// It worked.
    pub(super) fn well(&mut self) {
        self.trouble = None;
        self.well_since = Some(Instant::now());
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
struct Pause {
    failures: u32,
}

impl Pause {
    const FIRST: Duration = Duration::from_millis(500);
    const LONGEST: Duration = Duration::from_secs(30);

    fn next(&mut self) -> Duration {
        let pause = (Pause::FIRST * 2u32.saturating_pow(self.failures.min(16))).min(Pause::LONGEST);
        self.failures += 1;
        // A hash of nothing with random keys is the standard library's one source of chance.
        let chance = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0u8) % 256;
        pause.mul_f64(0.875 + chance as f64 / 1024.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit() {
        let mut pause = Pause::default();
        let pauses: Vec<_> = (0..20).map(|_| pause.next()).collect();
        assert!(pauses[0] < Duration::from_secs(1) && pauses[3] > Duration::from_secs(3));
        assert!(pauses.iter().all(|pause| *pause <= Pause::LONGEST.mul_f64(1.125)));
    }

    #[test]
    fn pauses_start_again_after_a_good_time_and_not_after_a_moment() {
        let pause_after = |good: Duration| {
            let mut care = Care::default();
            (0..5).for_each(|_| {
                care.failed(Failure::new("loose plug"), false);
            });
            care.well();
            care.well_since = care.well_since.map(|since| since - good);
            care.failed(Failure::new("loose plug"), false) - Instant::now()
        };
        assert!(pause_after(Duration::from_secs(1)) > Duration::from_secs(10));
        assert!(pause_after(RECOVERED) < Duration::from_secs(1));
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
