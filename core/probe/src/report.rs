//! The report of a probe: figures, as they are shown and as JSON.

use crate::answer::Answer;
use crate::multipart::Fault;
use crate::process::Server;
use crate::tally::{Tally, Watched};
use crate::target::Target;
use hdrhistogram::Histogram;
use serde::Serialize;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// The report of a probe.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Report {
    /// True if there is no fault.
    pub healthy: bool,
    /// The length of the probe, in seconds.
    pub seconds: f64,
    /// The probed streams, in the order in which they were named.
    pub streams: Vec<Stream>,
    /// The use of the server's process.
    pub server: Option<Server>,
    /// The reason for which that is not known.
    pub server_trouble: Option<String>,
}

/// One URL.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Stream {
    /// The URL, without a password.
    pub url: String,
    /// The faults; empty, if it is healthy.
    pub problems: Vec<String>,
    /// The server's answer, if that was a stream.
    pub answer: Option<Answer>,
    /// The number of viewers.
    pub viewers: usize,
    /// The reasons for which some viewers saw less than they should, with the number of viewers for each.
    pub troubles: BTreeMap<String, usize>,
    /// From connecting to the end of the first picture, in milliseconds.
    pub first_picture_ms: Option<Spread>,
    /// Pictures that all of them saw.
    pub pictures: u64,
    /// The number of parts that said their length.
    pub with_length: u64,
    /// Pictures a second: the median of the viewers.
    pub fps: Option<f64>,
    /// And of the slowest.
    pub slowest_fps: Option<f64>,
    /// Between two pictures of a viewer, in milliseconds.
    pub gaps_ms: Option<Spread>,
    /// The longest time that a viewer waited for a picture, the end included, in milliseconds.
    pub longest_gap_ms: Option<f64>,
    /// Bytes of pictures.
    pub bytes: u64,
    /// From a picture's time stamp (`X-Timestamp`) to its last byte, where the server gives one.
    pub age: Option<Age>,
    /// Parts that are no whole picture, by what is wrong with them.
    pub broken: Vec<Broken>,
    /// Pictures that stand in for one, as Mutoscope marks them.
    pub placeholders: u64,
    /// The slow viewers, who count in none of the above.
    pub slow: Option<Slow>,
}

/// The distribution of values.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Spread {
    /// The median.
    pub p50: f64,
    /// Of a hundred, the second largest.
    pub p99: f64,
}

/// The age of pictures when they come.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Age {
    /// In milliseconds; without sense where the clocks differ.
    pub ms: Spread,
    /// The least time by which the server's clock is ahead of this one, in milliseconds: then pictures come from the future.
    pub clock_ahead_ms: Option<f64>,
    /// The delay of pictures at the end, compared with the quickest one, in milliseconds.
    pub lag_ms: Option<f64>,
}

/// Parts that are broken in one way.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Broken {
    /// In which.
    pub how: &'static str,
    /// The number of parts.
    pub parts: u64,
}

/// Viewers that read slowly.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Slow {
    /// The number of viewers.
    pub viewers: usize,
    /// The bytes per second that each of them reads.
    pub bytes_per_s: u64,
    /// Pictures a second: their median.
    pub fps: Option<f64>,
    /// The age of their pictures.
    pub age: Option<Age>,
    /// Parts that are no whole picture.
    pub broken: Vec<Broken>,
    /// The reasons for which some saw less, with the number of viewers for each.
    pub troubles: BTreeMap<String, usize>,
}

/// The frames that viewers of one kind saw.
pub(crate) struct Seen {
    pub(crate) watched: Vec<Watched>,
    pub(crate) answer: Option<Answer>,
    pub(crate) tally: Rc<RefCell<Tally>>,
}

impl Report {
    pub(crate) fn new(
        streams: Vec<Stream>,
        time: Duration,
        server: Option<Result<Server, String>>,
    ) -> Report {
        let (server, server_trouble) = match server {
            Some(Ok(server)) => (Some(server), None),
            Some(Err(trouble)) => (None, Some(trouble)),
            None => (None, None),
        };
        let healthy = server_trouble.is_none() && streams.iter().all(|stream| stream.problems.is_empty());
        Report { healthy, seconds: rounded(time.as_secs_f64()), streams, server, server_trouble }
    }
}

impl Stream {
    pub(crate) fn of(target: &Target, quick: Seen, slow: Option<(Seen, u64)>, end: Instant) -> Stream {
        let tally = quick.tally.borrow();
        let rates = quick.rates(end);
        let silences = quick.watched.iter().map(|watched| {
            // Who never saw a picture has waited for it all the time.
            end.saturating_duration_since(watched.last.unwrap_or(watched.started)).as_secs_f64() * 1e3
        });
        let longest =
            silences.chain((!tally.gaps.is_empty()).then(|| tally.gaps.max() as f64 / 1e3)).reduce(f64::max);
        Stream {
            url: target.to_string(),
            problems: Vec::new(),
            viewers: quick.watched.len(),
            troubles: quick.troubles(),
            first_picture_ms: quick.first_pictures(),
            pictures: tally.pictures,
            with_length: tally.with_length,
            fps: median(&rates),
            slowest_fps: rates.first().copied().map(rounded),
            gaps_ms: spread(&tally.gaps),
            longest_gap_ms: longest.map(rounded),
            bytes: tally.bytes,
            age: age(&tally),
            broken: broken(&tally),
            placeholders: tally.placeholders,
            slow: slow.map(|(slow, rate)| slow.as_slow(rate, end)),
            answer: quick.answer.clone(),
        }
    }
}

impl Seen {
    /// Pictures a second, the slowest viewer first. Who saw none but looked on has 0.
    fn rates(&self, end: Instant) -> Vec<f64> {
        let tally = self.tally.borrow();
        let usual =
            Duration::from_micros(if tally.gaps.is_empty() { 0 } else { tally.gaps.value_at_quantile(0.5) });
        let mut rates: Vec<_> = self.watched.iter().filter_map(|watched| watched.rate(end, usual)).collect();
        rates.sort_by(f64::total_cmp);
        rates
    }

    fn first_pictures(&self) -> Option<Spread> {
        let mut times: Vec<_> =
            self.watched.iter().filter_map(|watched| Some(watched.first? - watched.started)).collect();
        times.sort();
        let at = |quantile: f64| {
            let rank = (quantile * times.len() as f64).ceil() as usize;
            times.get(rank.max(1) - 1).map(|time| rounded(time.as_secs_f64() * 1e3))
        };
        Some(Spread { p50: at(0.5)?, p99: at(0.99)? })
    }

    fn troubles(&self) -> BTreeMap<String, usize> {
        let mut troubles = BTreeMap::new();
        for trouble in self.watched.iter().filter_map(|watched| watched.trouble.clone()) {
            *troubles.entry(trouble).or_default() += 1;
        }
        troubles
    }

    fn as_slow(&self, bytes_per_s: u64, end: Instant) -> Slow {
        let tally = self.tally.borrow();
        Slow {
            viewers: self.watched.len(),
            bytes_per_s,
            fps: median(&self.rates(end)),
            age: age(&tally),
            broken: broken(&tally),
            troubles: self.troubles(),
        }
    }
}

fn spread(microseconds: &Histogram<u64>) -> Option<Spread> {
    let at = |quantile| rounded(microseconds.value_at_quantile(quantile) as f64 / 1e3);
    (!microseconds.is_empty()).then(|| Spread { p50: at(0.5), p99: at(0.99) })
}

fn age(tally: &Tally) -> Option<Age> {
    let youngest = tally.youngest?;
    Some(Age {
        ms: spread(&tally.ages)?,
        // Less is the clocks' own business.
        clock_ahead_ms: (youngest < -1000).then(|| rounded(-youngest as f64 / 1e3)),
        lag_ms: tally.lag().map(|lag| rounded(lag.as_secs_f64() * 1e3)),
    })
}

fn broken(tally: &Tally) -> Vec<Broken> {
    tally.broken.iter().map(|(fault, parts)| Broken { how: words(*fault), parts: *parts }).collect()
}

fn words(fault: Fault) -> &'static str {
    match fault {
        Fault::Headers => "headers that are none",
        Fault::Type => "another type than image/jpeg",
        Fault::Empty => "empty",
        Fault::Start => "does not start as a JPEG",
        Fault::End => "does not end as a JPEG",
        Fault::Length => "no boundary where Content-Length says",
    }
}

fn median(sorted: &[f64]) -> Option<f64> {
    sorted.get(sorted.len() / 2).copied().map(rounded)
}

/// To a thousandth: a microsecond of milliseconds, and more than is meant otherwise.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
