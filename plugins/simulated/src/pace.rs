//! The schedule of frames.

use mutoscope_plugin::Context;
use std::time::Duration;

const NS: f64 = 1e9;

/// Frames at equal distances on the monotonic clock: reckoned from one start, so that nothing adds up.
pub(crate) struct Steady {
    fps: f64,
    /// The time at which frame 0 was due, and the number of the next one.
    schedule: Option<(u64, u64)>,
}

impl Steady {
    pub(crate) fn new(fps: f64) -> Steady {
        Steady { fps, schedule: None }
    }

    /// Waits for the next frame's time; `false` if the instance shall stop.
    pub(crate) fn wait(&mut self, ctx: &Context) -> bool {
        ctx.sleep(self.next(ctx.now().monotonic_ns))
    }

    /// Another rate, counted from the last frame.
    pub(crate) fn set_fps(&mut self, fps: f64) {
        if let Some((start, number)) = self.schedule {
            let last = self.due(start, number.saturating_sub(1));
            self.schedule = Some((last, 1));
        }
        self.fps = fps;
    }

    /// The time to wait at `now` for the next frame. When that is late by a whole period or more, the missed ones
    /// are left out and the schedule is kept: a camera does not catch up with a burst either.
    fn next(&mut self, now: u64) -> Duration {
        let (start, number) = *self.schedule.get_or_insert((now, 0));
        let passed = (now.saturating_sub(start) as f64 / NS * self.fps) as u64;
        let number = number.max(passed);
        self.schedule = Some((start, number.saturating_add(1)));
        Duration::from_nanos(self.due(start, number).saturating_sub(now))
    }

    fn due(&self, start: u64, number: u64) -> u64 {
        // `as` stops at the largest value, centuries away, for the smallest rates.
        start.saturating_add((number as f64 / self.fps * NS) as u64)
    }
}

/// Frames at the ticks of the wall clock: tick number `floor(time × fps)`.
pub(crate) struct WallClock {
    fps: f64,
    last: Option<i64>,
}

impl WallClock {
    pub(crate) fn new(fps: f64) -> WallClock {
        WallClock { fps, last: None }
    }

    /// Waits for the next tick and gives its number; `None` if the instance shall stop. The first is the present one.
    pub(crate) fn wait(&mut self, ctx: &Context) -> Option<i64> {
        loop {
            match self.tick(ctx.now().wall_ns) {
                Ok(tick) => return (!ctx.stopped()).then_some(tick),
                Err(wait) if !ctx.sleep(wait) => return None,
                // The two clocks do not run exactly alike, and the wall clock may be set: look again.
                Err(_) => {}
            }
        }
    }

    /// The number of the tick at `wall_ns` if it has not been given yet, else how long to wait for the next.
    fn tick(&mut self, wall_ns: i64) -> Result<i64, Duration> {
        let (seconds, rest) = (wall_ns.div_euclid(1_000_000_000), wall_ns.rem_euclid(1_000_000_000));
        let time = seconds as f64 * self.fps + rest as f64 / NS * self.fps;
        let tick = time.floor();
        if self.last == Some(tick as i64) {
            let wait = (tick + 1.0 - time) / self.fps * NS;
            // Never nothing, which would spin.
            return Err(Duration::from_nanos((wait as u64).max(1_000)));
        }
        self.last = Some(tick as i64);
        Ok(tick as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn a_third_of_a_second_does_not_drift() {
        let mut pace = Steady::new(3.0);
        let mut now = 7 * SECOND;
        for _ in 0..=3 * 3600 {
            now += pace.next(now).as_nanos() as u64;
        }
        let off = now.abs_diff((7 + 3600) * SECOND);
        assert!(off < 1_000, "{off} ns off after an hour");
    }

    #[test]
    fn a_late_one_is_not_made_up_for() {
        let mut pace = Steady::new(10.0);
        assert_eq!(pace.next(SECOND), Duration::ZERO);
        assert_eq!(pace.next(SECOND), Duration::from_millis(100));
        // 5.05 periods after the start: one frame at once, and the next on the old grid.
        let late = SECOND + 505_000_000;
        assert_eq!(pace.next(late), Duration::ZERO);
        assert_eq!(pace.next(late), Duration::from_millis(95));
    }

    #[test]
    fn a_new_rate_counts_from_the_last_frame() {
        let mut pace = Steady::new(1.0);
        pace.next(0);
        pace.next(0);
        pace.set_fps(10.0);
        assert_eq!(pace.next(SECOND), Duration::from_millis(100));
    }

    #[test]
    fn the_slowest_rate_does_not_overflow() {
        let mut pace = Steady::new(f64::MIN_POSITIVE);
        assert_eq!(pace.next(SECOND), Duration::ZERO);
        assert!(pace.next(SECOND) > Duration::from_secs(1 << 33));
        pace.set_fps(1.0);
        pace.next(SECOND);
        let mut clock = WallClock::new(f64::MIN_POSITIVE);
        assert_eq!(clock.tick(5), Ok(0));
        assert!(clock.tick(5).is_err());
    }

    #[test]
    fn the_wall_clock_ticks_at_whole_seconds() {
        let mut clock = WallClock::new(1.0);
        let at = |seconds: i64, ms: i64| seconds * 1_000_000_000 + ms * 1_000_000;
        assert_eq!(clock.tick(at(1_700_000_000, 250)), Ok(1_700_000_000));
        let wait = clock.tick(at(1_700_000_000, 250)).unwrap_err();
        assert!(wait.abs_diff(Duration::from_millis(750)) < Duration::from_micros(10), "{wait:?}");
        assert_eq!(clock.tick(at(1_700_000_001, 0)), Ok(1_700_000_001));
        // Set back: the picture of that time, at once.
        assert_eq!(clock.tick(at(1_600_000_000, 0)), Ok(1_600_000_000));
        // Before 1970.
        assert_eq!(clock.tick(at(-1, 500)), Ok(-1));
    }
}
