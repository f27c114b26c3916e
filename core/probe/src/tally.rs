//! Counts of the frames that viewers saw.

use crate::headers::Freshness;
use crate::multipart::{Event, Fault, Part};
use hdrhistogram::Histogram;
use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The counts of one viewer.
#[derive(Clone, Debug)]
pub(crate) struct Watched {
    /// The start of its connection.
    pub(crate) started: Instant,
    pub(crate) pictures: u64,
    pub(crate) first: Option<Instant>,
    pub(crate) last: Option<Instant>,
    /// The reason for which it saw no more.
    pub(crate) trouble: Option<String>,
    last_fault: Option<Fault>,
}

impl Watched {
    pub(crate) fn new(started: Instant) -> Watched {
        Watched { started, pictures: 0, first: None, last: None, trouble: None, last_fault: None }
    }

    /// Pictures a second from its first one to `end`; a silence at the end that is longer than `usual` counts.
    pub(crate) fn rate(&self, end: Instant, usual: Duration) -> Option<f64> {
        let (first, last) = (self.first?, self.last?);
        let silence = end.saturating_duration_since(last).saturating_sub(usual);
        let time = (last - first + silence).as_secs_f64();
        (time > 0.0 && self.pictures > 1).then(|| (self.pictures - 1) as f64 / time)
    }
}

/// The counts of all viewers of a kind.
pub(crate) struct Tally {
    clock: Clock,
    /// Pictures from then on show whether the stream lags behind.
    late: Instant,
    /// Microseconds between the pictures of one viewer.
    pub(crate) gaps: Histogram<u64>,
    /// Microseconds from a picture's time stamp to its last byte; 0 for those from the future.
    pub(crate) ages: Histogram<u64>,
    /// Those of the late pictures, counted from [`HISTORY`] before that of the first.
    late_ages: Histogram<u64>,
    first_age: Option<i64>,
    /// Of the youngest picture; below 0 where the server's clock is ahead.
    pub(crate) youngest: Option<i64>,
    pub(crate) pictures: u64,
    pub(crate) bytes: u64,
    pub(crate) broken: BTreeMap<Fault, u64>,
    pub(crate) placeholders: u64,
    pub(crate) with_length: u64,
}

/// Microseconds by which a picture may be younger than the first one.
const HISTORY: i64 = 10_000_000;

impl Tally {
    /// For a time from `start` to `end`.
    pub(crate) fn new(start: Instant, end: Instant) -> Tally {
        // A microsecond to an hour, to a hundredth.
        let histogram = || {
            Histogram::new_with_bounds(1, 3_600_000_000, 2).unwrap_or_else(|_| unreachable!("fixed bounds"))
        };
        Tally {
            clock: Clock::new(),
            late: start + (end - start) * 3 / 4,
            gaps: histogram(),
            ages: histogram(),
            late_ages: histogram(),
            first_age: None,
            youngest: None,
            pictures: 0,
            bytes: 0,
            broken: BTreeMap::new(),
            placeholders: 0,
            with_length: 0,
        }
    }

    /// A viewer saw this.
    pub(crate) fn take(&mut self, watched: &mut Watched, event: Event) {
        match event {
            Event::Part(part) => self.part(watched, &part),
            Event::WrongLength => {
                // What seemed to be wrong with it was its length.
                if let Some(count) = watched.last_fault.take().and_then(|fault| self.broken.get_mut(&fault)) {
                    *count -= 1;
                }
                self.broken.retain(|_, count| *count > 0);
                *self.broken.entry(Fault::Length).or_default() += 1;
            }
        }
    }

    fn part(&mut self, watched: &mut Watched, part: &Part) {
        watched.pictures += 1;
        watched.first.get_or_insert(part.came);
        watched.last_fault = part.fault;
        self.pictures += 1;
        self.bytes += part.bytes;
        self.with_length += u64::from(part.headers.length.is_some());
        if let Some(fault) = part.fault {
            *self.broken.entry(fault).or_default() += 1;
        }
        self.placeholders += u64::from(part.headers.freshness == Some(Freshness::Placeholder));
        // A viewer's first picture may be the last one of a camera that is slow, or rests.
        if let Some(last) = watched.last {
            let gap = part.came.saturating_duration_since(last);
            self.gaps.saturating_record(u64::try_from(gap.as_micros()).unwrap_or(u64::MAX).max(1));
            let live = matches!(part.headers.freshness, None | Some(Freshness::Live));
            if let Some(stamp) = part.headers.timestamp.filter(|_| live) {
                self.age(self.clock.since(stamp, part.came), part.came);
            }
        }
        watched.last = Some(part.came);
    }

    fn age(&mut self, age: i64, came: Instant) {
        self.ages.saturating_record(u64::try_from(age).unwrap_or(0).max(1));
        self.youngest = Some(self.youngest.map_or(age, |youngest| youngest.min(age)));
        let first = *self.first_age.get_or_insert(age);
        if came >= self.late {
            let later = age.saturating_sub(first).saturating_add(HISTORY);
            self.late_ages.saturating_record(u64::try_from(later).unwrap_or(0).max(1));
        }
    }

    /// The usual delay of late pictures, compared with the quickest one; whatever the clocks say.
    pub(crate) fn lag(&self) -> Option<Duration> {
        let (first, youngest) = (self.first_age?, self.youngest?);
        if self.late_ages.is_empty() {
            return None;
        }
        let late = i64::try_from(self.late_ages.value_at_quantile(0.5)).unwrap_or(i64::MAX);
        let lag = late.saturating_sub(HISTORY).saturating_add(first).saturating_sub(youngest);
        Some(Duration::from_micros(u64::try_from(lag).unwrap_or(0)))
    }
}

/// The wall clock, reckoned from the one that does not jump.
#[derive(Clone, Copy)]
struct Clock {
    at: Instant,
    wall: Duration,
}

impl Clock {
    fn new() -> Clock {
        // A clock before 1970 was never set.
        Clock { at: Instant::now(), wall: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() }
    }

    /// Microseconds from a time stamp (seconds since 1970) to `now`.
    fn since(&self, stamp: f64, now: Instant) -> i64 {
        let wall = self.wall.as_secs_f64() + now.saturating_duration_since(self.at).as_secs_f64();
        ((wall - stamp) * 1e6) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::Headers;

    fn tally(seconds: u64) -> (Tally, Instant) {
        let start = Instant::now();
        (Tally::new(start, start + Duration::from_secs(seconds)), start)
    }

    fn part(came: Instant, age: Option<f64>, clock: &Clock, fault: Option<Fault>) -> Event {
        let wall = clock.wall.as_secs_f64() + (came - clock.at).as_secs_f64();
        let headers = Headers { timestamp: age.map(|age| wall - age), ..Headers::default() };
        Event::Part(Part { came, bytes: 100, headers, fault })
    }

    /// Ten pictures a second for ten seconds, each of the age that `age` gives for its time.
    fn lag(age: impl Fn(f64) -> f64) -> f64 {
        let (mut tally, start) = tally(10);
        let (clock, mut watched) = (tally.clock, Watched::new(start));
        for n in 1..100 {
            let came = start + Duration::from_millis(100) * n;
            tally.take(&mut watched, part(came, Some(age(f64::from(n) / 10.0)), &clock, None));
        }
        tally.lag().unwrap().as_secs_f64()
    }

    #[test]
    fn a_lag_is_seen_whatever_the_clocks_say() {
        for skew in [0.0, 3600.0, -3600.0] {
            assert!(lag(|_| skew + 0.1) < 0.2, "{skew}");
            let grows = lag(|second| skew + second / 2.0);
            assert!((4.0..4.7).contains(&grows), "{skew}: {grows}");
        }
    }

    #[test]
    fn a_wrong_length_is_one_broken_part_and_not_two() {
        let (mut tally, start) = tally(10);
        let (clock, mut watched) = (tally.clock, Watched::new(start));
        tally.take(&mut watched, part(start, None, &clock, Some(Fault::End)));
        tally.take(&mut watched, Event::WrongLength);
        tally.take(&mut watched, part(start, None, &clock, None));
        tally.take(&mut watched, Event::WrongLength);
        assert_eq!(tally.broken, BTreeMap::from([(Fault::Length, 2)]));
        assert_eq!((tally.pictures, tally.lag()), (2, None));
    }

    #[test]
    fn a_silence_at_the_end_counts_as_one() {
        let (mut tally, start) = tally(10);
        let (clock, mut watched) = (tally.clock, Watched::new(start));
        for n in 0..11 {
            tally.take(&mut watched, part(start + Duration::from_millis(100) * n, None, &clock, None));
        }
        let rate =
            |end: u64| watched.rate(start + Duration::from_millis(end), Duration::from_millis(100)).unwrap();
        assert_eq!((rate(1000).round(), rate(1100).round()), (10.0, 10.0));
        assert!((rate(10_000) - 10.0 / 9.9).abs() < 0.01);
    }
}
