//! Logs that do not flood: they live on memory cards.

use std::time::{Duration, Instant};

/// Something that may go wrong again and again: each way said the first time, then hourly with a count, then its end.
#[derive(Default)]
pub(crate) struct LogLimit {
    troubles: Vec<Trouble>,
}

struct Trouble {
    /// Without its numbers: these change from one time to the next, and it is the same all the same.
    kind: String,
    text: String,
    viewers_by_sink: Instant,
    last: Instant,
    times: u64,
}

const AGAIN: Duration = Duration::from_secs(3600);
/// The time without a failure after which it counts as over. Shorter pauses between two failures do not end it.
const QUIET: Duration = Duration::from_secs(10);
/// Modes of going wrong that are told apart. Those beyond count as the last of them.
const MOST: usize = 8;

impl LogLimit {
    /// It went wrong. Gives what to log, if anything.
    pub(crate) fn wrong(&mut self, text: &str) -> Option<String> {
        self.wrong_at(text, Instant::now())
    }

    /// It went well. Gives what to log, if it had gone wrong before and that is over.
    pub(crate) fn well(&mut self) -> Option<String> {
        if self.troubles.is_empty() {
            return None;
        }
        self.well_at(Instant::now())
    }

    fn wrong_at(&mut self, text: &str, now: Instant) -> Option<String> {
        let kind = without_numbers(text);
        let full = self.troubles.len() >= MOST;
        let known = self.troubles.iter().position(|trouble| trouble.kind == kind);
        let Some(at) = known.or_else(|| full.then_some(MOST - 1)) else {
            let text = text.to_owned();
            self.troubles.push(Trouble {
                kind,
                text: text.clone(),
                viewers_by_sink: now,
                last: now,
                times: 1,
            });
            return Some(text);
        };
        let trouble = &mut self.troubles[at];
        trouble.times += 1;
        trouble.last = now;
        let again = now - trouble.viewers_by_sink >= AGAIN;
        if again {
            trouble.viewers_by_sink = now;
        }
        again.then(|| format!("{text} ({} times so far)", trouble.times))
    }

    fn well_at(&mut self, now: Instant) -> Option<String> {
        let newest = self.troubles.iter().max_by_key(|trouble| trouble.last)?;
        if now - newest.last < QUIET {
            return None;
        }
        let times = if newest.times == 1 { "once".to_owned() } else { format!("{} times", newest.times) };
        let text = format!("works again (failed {times}: {})", newest.text);
        self.troubles.clear();
        Some(text)
    }
}

fn without_numbers(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_is_told_once_and_its_end_too() {
        let (mut log_limit, start) = (LogLimit::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(log_limit.wrong_at("no light", at(0)).as_deref(), Some("no light"));
        assert_eq!(log_limit.wrong_at("no light", at(1)), None);
        assert_eq!(log_limit.wrong_at("no lens", at(2)).as_deref(), Some("no lens"));
        assert_eq!(log_limit.well_at(at(12)).as_deref(), Some("works again (failed once: no lens)"));
        assert_eq!(log_limit.well_at(at(30)), None);
    }

    #[test]
    fn what_works_for_a_moment_between_failures_does_not_flood_the_log() {
        let (mut log_limit, start) = (LogLimit::default(), Instant::now());
        let mut viewers_by_sink = 0;
        for second in 0..2 * 3600 {
            let now = start + Duration::from_secs(second);
            viewers_by_sink += u32::from(log_limit.wrong_at("loose plug", now).is_some());
            viewers_by_sink += u32::from(log_limit.well_at(now + Duration::from_millis(500)).is_some());
        }
        assert_eq!(viewers_by_sink, 2, "at first, and after an hour");
    }
    #[test]
    fn two_ways_in_turn_and_numbers_that_change_do_not_flood_the_log() {
        let (mut log_limit, start) = (LogLimit::default(), Instant::now());
        let mut viewers_by_sink = 0;
        for frame in 0..1000 {
            let text = if frame % 2 == 0 { format!("{frame} bytes are none") } else { "cut off".to_owned() };
            viewers_by_sink +=
                u32::from(log_limit.wrong_at(&text, start + Duration::from_millis(40) * frame).is_some());
        }
        assert_eq!(viewers_by_sink, 2);
        let letters =
            |n: u32| (0..10).map(|bit| if n >> bit & 1 == 1 { 'x' } else { 'y' }).collect::<String>();
        (0..1000)
            .for_each(|n| viewers_by_sink += u32::from(log_limit.wrong_at(&letters(n), start).is_some()));
        assert_eq!(viewers_by_sink as usize, MOST, "a plugin may say any number of things");
    }
}
