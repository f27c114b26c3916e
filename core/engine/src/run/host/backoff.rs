//! What is known of a stage's failures, and when it is tried again.

use super::left_out::LeftOut;
use mutoscope_plugin::Times;
use mutoscope_plugin::host::Failure;
use std::time::{Duration, Instant};

/// What is known of a stage's failures, and when it is tried again.
#[derive(Default)]
pub(crate) struct Backoff {
    delay: Delay,
    trouble: Option<Trouble>,
    /// When the last trouble was over.
    well_since: Option<Instant>,
    damaged: Option<DamagedRun>,
}

/// A failure that nothing good came after yet.
#[derive(Clone, Debug)]
pub(crate) struct Trouble {
    /// The last of them.
    pub(crate) failure: Failure,
    /// When the first was.
    pub(crate) since: Times,
    /// How many there were. Of frames that could not be worked on: how many instances gave nothing else for a while.
    pub(crate) attempts: u32,
    /// The next attempt is not before this; `None` when there will be none.
    pub(crate) again: Option<Instant>,
}

/// Frames in a row that could not be worked on.
#[derive(Default)]
struct DamagedRun {
    frames: LeftOut,
    /// Between new instances.
    delay: Delay,
    /// The next new instance is not made before this.
    renewal: Option<Instant>,
}

/// Frames that an instance must have failed on, without a good one between them, before it is blamed and not the frames.
const BLAMED: u64 = 3;

/// What works for so long after a failure has recovered: pauses start again from the first.
const RECOVERED: Duration = Duration::from_secs(10);

impl Backoff {
    /// It failed. What makes frames of frames is made anew at once the first time, since the frame may be to blame; what
    /// opens a device gives the device a moment.
    pub(crate) fn failed(&mut self, failure: Failure, at_once: bool) -> Instant {
        self.failed_at(failure, at_once, Instant::now())
    }

    fn failed_at(&mut self, failure: Failure, at_once: bool, now: Instant) -> Instant {
        if let Some(since) = self.well_since.take() {
            self.delay.reset(now - since);
        }
        let attempts = self.trouble.as_ref().map_or(0, |trouble| trouble.attempts) + 1;
        let again = if at_once && attempts == 1 { now } else { now + self.delay.next() };
        let since = self.trouble.as_ref().map_or_else(Times::now, |trouble| trouble.since);
        self.trouble = Some(Trouble { failure, since, attempts, again: Some(again) });
        again
    }

    /// It could not work on one frame, which is the frame's fault: no pause follows, and the next frame is tried. Says
    /// whether with a new instance: at once the first time, since what state this one is in nobody knows; and while nothing
    /// but failures comes, after growing pauses. In between the instance is kept, since making one may cost more than a frame.
    pub(crate) fn damaged(&mut self, failure: Failure) -> bool {
        self.damaged_at(failure, Instant::now())
    }

    fn damaged_at(&mut self, failure: Failure, now: Instant) -> bool {
        let damaged = self.damaged.get_or_insert_default();
        damaged.frames.add(&failure.to_string(), 1);
        let first = damaged.renewal.is_none();
        let blamed =
            damaged.frames.total() >= BLAMED && damaged.renewal.is_some_and(|renewal| now >= renewal);
        if first || blamed {
            damaged.renewal = Some(now + damaged.delay.next());
        }
        let (since, attempts) = self
            .trouble
            .as_ref()
            .map_or_else(|| (Times::now(), 0), |trouble| (trouble.since, trouble.attempts));
        let attempts = attempts + u32::from(blamed);
        let failure = Failure::new(damaged.frames.to_string());
        self.trouble = Some(Trouble { failure, since, attempts, again: Some(now) });
        first || blamed
    }

    /// It worked.
    pub(crate) fn well(&mut self) {
        // Frames that were damaged say nothing of the next ones.
        self.damaged = None;
        self.trouble = None;
        self.well_since = Some(Instant::now());
    }

    /// There will be no other attempt.
    pub(crate) fn give_up(&mut self) {
        if let Some(trouble) = &mut self.trouble {
            trouble.again = None;
        }
    }

    /// Returns what is the matter, if anything.
    pub(crate) fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }
}

/// Growing pauses between attempts, with a little chance in them, so that two that failed together do not try together.
#[derive(Default)]
struct Delay {
    failures: u32,
}

impl Delay {
    const FIRST: Duration = Duration::from_millis(500);
    const LONGEST: Duration = Duration::from_secs(30);
    /// Pauses until the longest.
    const STEPS: u32 = 6;

    fn nominal(failures: u32) -> Duration {
        (Delay::FIRST * 2u32.saturating_pow(failures.min(16))).min(Delay::LONGEST)
    }

    /// Time that it worked takes back pauses, as many as fit into it from the shortest on: what fails every few seconds does not
    /// rest for longer than it works.
    fn reset(&mut self, worked: Duration) {
        let mut left = worked;
        let fit = (0..self.failures).take_while(|paid| {
            let rest = left.checked_sub(Delay::nominal(*paid));
            left = rest.unwrap_or_default();
            rest.is_some()
        });
        self.failures -= fit.count() as u32;
        if worked >= RECOVERED {
            self.failures = 0;
        }
    }

    fn next(&mut self) -> Duration {
        let delay = Delay::nominal(self.failures);
        // No more than the longest takes: what was broken for hours is forgiven as what was for a minute.
        self.failures = self.failures.saturating_add(1).min(Delay::STEPS);
        // A hash of nothing with random keys is the standard library's one source of chance.
        let chance = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0u8) % 256;
        delay.mul_f64(0.875 + chance as f64 / 1024.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit() {
        let mut delay = Delay::default();
        let delays: Vec<_> = (0..20).map(|_| delay.next()).collect();
        assert!(delays[0] < Duration::from_secs(1) && delays[3] > Duration::from_secs(3));
        assert!(delays.iter().all(|delay| *delay <= Delay::LONGEST.mul_f64(1.125)));
    }

    #[test]
    fn pauses_start_again_after_a_good_time_and_not_after_a_moment() {
        let pause_after = |good: Duration| {
            let mut backoff = Backoff::default();
            (0..6).for_each(|_| {
                backoff.failed(Failure::new("loose plug"), false);
            });
            backoff.well();
            let now = backoff.well_since.unwrap() + good;
            backoff.failed_at(Failure::new("loose plug"), false, now) - now
        };
        assert!(pause_after(Duration::from_millis(100)) > Duration::from_secs(20));
        assert!(pause_after(Duration::from_secs(1)) > Duration::from_secs(10));
        assert!(pause_after(RECOVERED) < Duration::from_secs(1));
    }

    #[test]
    fn what_fails_again_and_again_rests_no_longer_than_it_works() {
        let (mut backoff, mut now) = (Backoff::default(), Instant::now());
        // Hours without, and then a loose plug.
        for _ in 0..1000 {
            now = backoff.failed_at(Failure::new("gone"), false, now);
        }
        let (mut worked, mut paused) = (Duration::ZERO, Duration::ZERO);
        for turn in 0..20 {
            backoff.well();
            backoff.well_since = Some(now);
            now += Duration::from_secs(8);
            let again = backoff.failed_at(Failure::new("loose plug"), false, now);
            if turn > 1 {
                (worked, paused) = (worked + Duration::from_secs(8), paused + (again - now));
            }
            now = again;
        }
        assert!(paused < worked / 4, "paused {paused:?}, worked {worked:?}");
    }

    #[test]
    fn two_damaged_frames_in_a_row_now_and_then_cost_two_frames() {
        let (mut backoff, mut now) = (Backoff::default(), Instant::now());
        for _ in 0..100 {
            assert!(
                backoff.damaged_at(Failure::new("cut off"), now),
                "the first is tried with a new instance"
            );
            now += Duration::from_secs(1);
            assert!(!backoff.damaged_at(Failure::new("cut off"), now), "and the second tells no more");
            let trouble = backoff.trouble().unwrap();
            assert!(trouble.again.unwrap() <= now && trouble.attempts == 0, "{trouble:?}");
            assert_eq!(trouble.failure.message, "cut off (2 frames)");
            now += Duration::from_secs(7);
            backoff.well();
            assert!(backoff.trouble().is_none());
        }
    }

    #[test]
    fn nothing_but_damaged_frames_is_told_by_kinds_and_tried_with_new_instances() {
        let (mut backoff, start) = (Backoff::default(), Instant::now());
        let mut renewed = Vec::new();
        for frame in 0..400 {
            let now = start + Duration::from_millis(100) * frame;
            let why = if frame % 4 == 0 { "no Huffman tables" } else { "cut off" };
            if backoff.damaged_at(Failure::new(why), now) {
                renewed.push(frame);
            }
            assert!(backoff.trouble().unwrap().again.unwrap() <= now, "each frame is tried");
        }
        assert_eq!(renewed.len() as u32, backoff.trouble().unwrap().attempts + 1);
        assert!((6..=8).contains(&renewed.len()), "{renewed:?}");
        assert_eq!(
            backoff.trouble().unwrap().failure.message,
            "no Huffman tables (100 frames), cut off (300 frames)"
        );
    }

    #[test]
    fn what_failed_once_on_a_frame_is_tried_at_once_and_then_no_more() {
        let mut backoff = Backoff::default();
        assert!(backoff.failed(Failure::new("a broken frame"), true) <= Instant::now());
        assert!(backoff.failed(Failure::new("another"), true) > Instant::now());
        assert_eq!(backoff.trouble().map(|trouble| trouble.attempts), Some(2));
        backoff.well();
        assert!(backoff.trouble().is_none());
        assert!(backoff.failed(Failure::new("no device"), false) > Instant::now());
    }
}
