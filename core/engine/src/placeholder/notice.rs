//! What the picture says, and the words for it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use mutoscope_plugin::{Times, printable};
use std::time::Duration;

/// More of a message than any picture shows; whoever wrote it may have written megabytes.
const MAX_MESSAGE: usize = 1000;

/// What the picture says.
#[derive(Clone, Debug)]
pub struct Notice {
    /// The stream's name.
    pub stream: String,
    /// What failed, and how: `source v4l2: no frame for 3.0 s`. Anybody's text: control characters are shown as blanks.
    pub what: String,
    /// When it failed. The time of day is shown as it stands here, how long ago it was is measured on the monotonic
    /// clock: a board without a battery learns the date only after it has started.
    pub since: Times,
    /// Until the next attempt; zero while one is being made, `None` if there will be none.
    pub next_attempt: Option<Duration>,
    /// Attempts that have failed since.
    pub attempts: u32,
}

/// A notice in words, each part one line without control characters.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) stream: String,
    pub(super) what: String,
    pub(super) since: String,
    pub(super) next: String,
}

impl Notice {
    /// The notice in words, times as a clock in `zone` shows them at the moment `now`.
    pub(super) fn words(&self, now: Times, zone: &TimeZone) -> Words {
        Words {
            stream: tidy(&self.stream),
            what: tidy(&self.what),
            since: self.since(now, zone),
            next: self.next(),
        }
    }

    fn since(&self, now: Times, zone: &TimeZone) -> String {
        let shown = |times: Times| {
            Timestamp::from_nanosecond(times.wall_ns.into()).map(|at| at.to_zoned(zone.clone()))
        };
        // Any 64-bit number of nanoseconds is a moment that jiff knows.
        let (Ok(since), Ok(today)) = (shown(self.since), shown(now)) else { return String::new() };
        let format = if since.date() == today.date() { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" };
        let utc = if *zone == TimeZone::UTC { " UTC" } else { "" };
        let text = format!("since {}{utc}", since.strftime(format));
        match now.since(self.since).as_secs() {
            0 => text,
            elapsed => format!("{text} ({})", span(elapsed)),
        }
    }

    fn next(&self) -> String {
        let text = match self.next_attempt {
            None => "there will be no further attempt".to_owned(),
            Some(Duration::ZERO) => "trying now".to_owned(),
            // Rounded up: a wait of 0.3 s is not one of none.
            Some(wait) => {
                let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
                format!("next attempt in {}", span(seconds))
            }
        };
        match self.attempts {
            0 => text,
            failed => format!("{text} ({failed} failed)"),
        }
    }
}

/// A time span as one says it, to the two largest units at most.
fn span(seconds: u64) -> String {
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes} min"),
        3600..86_400 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{} d {} h", hours / 24, hours % 24),
    }
}

/// One line: runs of blanks, line ends and control characters are one blank.
fn tidy(text: &str) -> String {
    let text: String =
        text.chars().take(MAX_MESSAGE).map(|c| if printable::steers(c) { ' ' } else { c }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;
    /// 2026-11-05 14:03:59 UTC.
    const NOON: i64 = 1_793_887_439 * SECOND;

    /// Returns what is said `seconds` after a failure in `zone`.
    fn said(seconds: u64, next_attempt: Option<Duration>, attempts: u32, zone: &str) -> [String; 2] {
        let what = String::new();
        let since = Times { monotonic_ns: 7, wall_ns: NOON };
        let notice = Notice { stream: "porch".into(), what, since, next_attempt, attempts };
        let ns = seconds * SECOND as u64;
        let now = Times { monotonic_ns: 7 + ns, wall_ns: NOON + ns as i64 };
        let words = notice.words(now, &TimeZone::get(zone).unwrap());
        [words.since, words.next]
    }

    #[test]
    fn since_when_is_told_on_the_clock_on_the_wall() {
        for (seconds, zone, text) in [
            (0, "UTC", "since 14:03:59 UTC"),
            (4, "Europe/Berlin", "since 15:03:59 (4 s)"),
            (119, "Asia/Kolkata", "since 19:33:59 (1 min)"),
            (3600 + 62, "Europe/Berlin", "since 15:03:59 (1 h 1 min)"),
            // In Berlin the day has changed after nine hours.
            (9 * 3600, "Europe/Berlin", "since 2026-11-05 15:03:59 (9 h 0 min)"),
            (9 * 3600, "Europe/London", "since 14:03:59 (9 h 0 min)"),
            (50 * 3600, "UTC", "since 2026-11-05 14:03:59 UTC (2 d 2 h)"),
        ] {
            assert_eq!(said(seconds, None, 0, zone)[0], text);
        }
    }

    #[test]
    fn a_clock_that_is_set_changes_nothing_in_how_long_it_lasts() {
        let since = Times { monotonic_ns: 100, wall_ns: 0 };
        let notice =
            Notice { stream: String::new(), what: String::new(), since, next_attempt: None, attempts: 0 };
        let now = Times { monotonic_ns: 100 + 90 * SECOND as u64, wall_ns: NOON };
        assert_eq!(notice.words(now, &TimeZone::UTC).since, "since 1970-01-01 00:00:00 UTC (1 min)");
        let earlier = Times { monotonic_ns: 0, wall_ns: i64::MIN };
        assert_eq!(notice.words(earlier, &TimeZone::UTC).since, "since 1970-01-01 00:00:00 UTC");
    }

    #[test]
    fn what_comes_next_is_told_in_each_case() {
        let ms = Duration::from_millis;
        for (next, attempts, text) in [
            (Some(ms(3200)), 0, "next attempt in 4 s"),
            (Some(ms(300)), 12, "next attempt in 1 s (12 failed)"),
            (Some(ms(90_000)), 1, "next attempt in 1 min (1 failed)"),
            (Some(Duration::MAX), 0, "next attempt in 213503982334601 d 7 h"),
            (Some(ms(0)), 0, "trying now"),
            (Some(ms(0)), 3, "trying now (3 failed)"),
            (None, 0, "there will be no further attempt"),
        ] {
            assert_eq!(said(0, next, attempts, "UTC")[1], text);
        }
    }

    #[test]
    fn anybodys_text_becomes_one_line() {
        assert_eq!(tidy(" a\tb\r\n\0c\u{1b}[31md\u{85}\u{9f} \u{2028}é 再 "), "a b c [31md é 再");
        assert_eq!(tidy("\n\n"), "");
        assert_eq!(tidy(&"é".repeat(1 << 20)).chars().count(), MAX_MESSAGE);
    }
}
