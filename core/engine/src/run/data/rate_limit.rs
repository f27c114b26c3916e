//! `max_fps`.

use mutoscope_plugin::Times;

/// Lets through as many frames per second as the file allows.
#[derive(Default)]
pub(crate) struct RateLimit {
    due_ns: u64,
}

impl RateLimit {
    pub(crate) fn admits(&mut self, times: Times, max_fps: Option<f64>) -> bool {
        let Some(period) = max_fps.map(|fps| (1e9 / fps) as u64) else { return true };
        let now = times.monotonic_ns;
        // A camera is never quite on time: a frame that comes a tenth early is the one that was meant.
        if now + period / 10 < self.due_ns {
            return false;
        }
        // From when it was due, so that the mean is right; unless that is long past.
        self.due_ns = if now > self.due_ns + period { now + period } else { self.due_ns + period };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn max_fps_halves_what_comes_twice_as_fast_and_leaves_what_is_slow() {
        let through = |max_fps: f64, fps: f64| {
            let mut rate_limit = RateLimit::default();
            let frames =
                (0..300).map(|n| Times { monotonic_ns: 1 << 40 | (n as f64 / fps * 1e9) as u64, wall_ns: 0 });
            frames.filter(|times| rate_limit.admits(*times, Some(max_fps))).count()
        };
        assert_eq!(through(15.0, 30.0), 150);
        assert_eq!(through(30.0, 30.0), 300);
        assert_eq!(through(60.0, 30.0), 300);
        assert!((98..=102).contains(&through(10.0, 30.0)));
        assert!((198..=202).contains(&through(20.0, 30.0)));
    }
}
