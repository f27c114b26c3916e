//! The statistics of a running pipeline.

use super::backoff::{Backoff, Trouble};
use super::left_out::LeftOut;
use super::pool::Outstanding;
use super::redact;
use crate::lock::lock;
use mutoscope_plugin::host::Failure;
use mutoscope_plugin::{Format, Times};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The counters of an instance of a plugin.
#[derive(Clone, Default)]
pub(crate) struct Counters(Arc<Mutex<BTreeMap<String, u64>>>);

impl Counters {
    /// Names come from plugins: this many and no more.
    const MOST: usize = 64;
    /// Reasons for which frames are left out: this many and no more.
    const MOST_REASONS: usize = 8;

    pub(crate) fn add(&self, name: &str, add: u64) {
        let mut counters = lock(&self.0);
        let is_reason = |name: &str| name.starts_with(LEFT_OUT);
        let reasons = || counters.keys().filter(|name| is_reason(name)).count();
        let name = match is_reason(name) && !counters.contains_key(name) {
            true if reasons() >= Counters::MOST_REASONS => "left out: other reasons",
            _ => name,
        };
        if let Some(count) = counters.get_mut(name) {
            *count = count.wrapping_add(add);
        } else if counters.len() < Counters::MOST {
            counters.insert(name.to_owned(), add);
        }
    }

    /// Returns how much has been added under a name so far.
    pub(crate) fn count(&self, name: &str) -> u64 {
        lock(&self.0).get(name).copied().unwrap_or(0)
    }

    fn json(&self) -> Value {
        lock(&self.0).iter().map(|(name, count)| (name.clone(), json!(count))).collect::<Map<_, _>>().into()
    }
}

/// The prefix of counters that are reasons for leaving frames out.
const LEFT_OUT: &str = mutoscope_plugin::host::LEFT_OUT;

/// One plugin at work in the pipeline: a source, a transform, a conversion, a sink.
pub struct StageStats {
    /// Unique in the process: instances that follow one another in the same place with the same options have it in common.
    pub(crate) id: u64,
    /// As people call it: `transforms[0] resize`, `jpeg (decode at 1/2)`.
    pub name: String,
    pub(crate) counters: Counters,
    /// Of the pool, in its frames, wherever they are.
    pub(crate) memory_out: Arc<Outstanding>,
    frames: AtomicU64,
    failures: AtomicU64,
    busy_ns: AtomicU64,
    backoff: Mutex<Backoff>,
    /// Frames that came and were left out since the last good one.
    left_out: Mutex<LeftOut>,
    /// Lent frames that wait to be given back to the plugin.
    pub(super) unreturned: AtomicUsize,
    /// There is something in `backoff` or in `left_out`.
    in_trouble: AtomicBool,
}

impl StageStats {
    /// Lent frames that may wait to be given back; beyond that the stage gets no work.
    pub(super) const MOST_UNRETURNED: usize = 8;

    pub(crate) fn new(name: impl Into<String>) -> Arc<StageStats> {
        static IDS: AtomicU64 = AtomicU64::new(1);
        Arc::new(StageStats {
            id: IDS.fetch_add(1, Ordering::Relaxed),
            name: name.into(),
            counters: Counters::default(),
            memory_out: Arc::default(),
            frames: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            busy_ns: AtomicU64::new(0),
            backoff: Mutex::default(),
            left_out: Mutex::default(),
            unreturned: AtomicUsize::new(0),
            in_trouble: AtomicBool::new(false),
        })
    }

    /// It has done what it should, in so much time.
    pub(crate) fn worked(&self, time: Duration) {
        self.frames.fetch_add(1, Ordering::Relaxed);
        self.busy_ns.fetch_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.well();
    }

    /// Records success: the stage has no trouble any more.
    pub(crate) fn well(&self) {
        if self.in_trouble.load(Ordering::Relaxed) {
            let mut backoff = lock(&self.backoff);
            backoff.well();
            *lock(&self.left_out) = LeftOut::default();
            self.in_trouble.store(false, Ordering::Relaxed);
        }
    }

    /// It counts something; frames that it leaves out, too, which is no failure as long as others come.
    pub(crate) fn count(&self, name: &str, add: u64) {
        self.counters.add(name, add);
        if let Some(why) = name.strip_prefix(LEFT_OUT) {
            lock(&self.left_out).add(why, add);
            self.in_trouble.store(true, Ordering::Relaxed);
        }
    }

    /// Returns how much its instances have added to one of their counters so far.
    pub fn counted(&self, counter: &str) -> u64 {
        self.counters.count(counter)
    }

    /// Returns why there is no frame for so long: what came meanwhile and was left out, and why.
    pub(crate) fn no_frame_for(&self, time: Duration) -> String {
        let left_out = lock(&self.left_out);
        let silent = format!("no frame for {:.1} s", time.as_secs_f64());
        match left_out.total() {
            0 => silent,
            1 => format!("{silent}, but one that was left out: {left_out}"),
            count => format!("{silent}, but {count} that were left out: {left_out}"),
        }
    }

    /// It failed: when it may be tried again. See [`Care::failed`].
    pub(crate) fn failed(&self, failure: &Failure, at_once: bool) -> Instant {
        self.failures.fetch_add(1, Ordering::Relaxed);
        let mut backoff = lock(&self.backoff);
        self.in_trouble.store(true, Ordering::Relaxed);
        backoff.failed(failure.clone(), at_once)
    }

    /// It could not work on one frame: whether it is made anew for the next one. See [`Care::damaged`].
    pub(crate) fn damaged(&self, failure: &Failure) -> bool {
        self.failures.fetch_add(1, Ordering::Relaxed);
        let mut backoff = lock(&self.backoff);
        self.in_trouble.store(true, Ordering::Relaxed);
        backoff.damaged(failure.clone())
    }

    /// There will be no other attempt.
    pub(crate) fn give_up(&self) {
        lock(&self.backoff).give_up();
    }

    /// Something else has its place: what was the matter is the matter no more.
    pub(crate) fn reset(&self) {
        *lock(&self.backoff) = Backoff::default();
        self.in_trouble.store(false, Ordering::Relaxed);
    }

    /// Returns what is the matter with it, if anything.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        if !self.in_trouble.load(Ordering::Relaxed) {
            return None;
        }
        lock(&self.backoff).trouble().cloned()
    }

    /// Returns whether it does not take back what it has lent: it gets no work until it does.
    pub(crate) fn is_stuck(&self) -> bool {
        self.unreturned.load(Ordering::Relaxed) >= StageStats::MOST_UNRETURNED
    }

    /// Returns how many frames it has worked on, and how long in all.
    pub(crate) fn work(&self) -> (u64, Duration) {
        let busy = Duration::from_nanos(self.busy_ns.load(Ordering::Relaxed));
        (self.frames.load(Ordering::Relaxed), busy)
    }

    pub(crate) fn json(&self) -> Value {
        let frames = self.frames.load(Ordering::Relaxed);
        let busy = self.busy_ns.load(Ordering::Relaxed);
        json!({
            "frames": frames,
            "failures": self.failures.load(Ordering::Relaxed),
            "busy_us_per_frame": busy.checked_div(frames).map(|ns| ns as f64 / 1000.0),
            "trouble": self.trouble().map(|trouble| redact::failure(&trouble.failure)),
            "counters": self.counters.json(),
        })
    }
}

/// One stream.
#[derive(Default)]
pub(crate) struct StreamStats {
    /// Frames that left it.
    frames: AtomicU64,
    /// Frames that went no further because of a failure.
    lost: AtomicU64,
    /// Frames that a transform held back.
    gated: AtomicU64,
    /// Frames above `max_fps`.
    over_rate: AtomicU64,
    last: Mutex<Option<(Format, Times)>>,
    /// Transforms and conversions by name, in the order in which they were first used.
    stages: Mutex<Vec<Arc<StageStats>>>,
}

impl StreamStats {
    pub(crate) fn gave(&self, format: Format, captured: Times) {
        self.frames.fetch_add(1, Ordering::Relaxed);
        *lock(&self.last) = Some((format, captured));
    }

    pub(crate) fn lost(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn gated(&self) {
        self.gated.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn over_rate(&self) {
        self.over_rate.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns how many frames were lost, and how many held back, so far.
    pub(crate) fn withheld(&self) -> (u64, u64) {
        (self.lost.load(Ordering::Relaxed), self.gated.load(Ordering::Relaxed))
    }

    /// The account of the stage of this name; the workers of a stream share it.
    pub(crate) fn stage(&self, name: &str) -> Arc<StageStats> {
        let mut stages = lock(&self.stages);
        if let Some(stats) = stages.iter().find(|stats| stats.name == name) {
            return stats.clone();
        }
        let stats = StageStats::new(name);
        stages.push(stats.clone());
        stats
    }

    /// The accounts of all its stages.
    pub(crate) fn stages(&self) -> Vec<Arc<StageStats>> {
        lock(&self.stages).clone()
    }

    /// The stages are others: those that `keep` does not want are forgotten.
    pub(crate) fn retain_stages(&self, keep: impl Fn(&str) -> bool) {
        lock(&self.stages).retain(|stats| keep(&stats.name));
    }

    pub(crate) fn json(&self) -> Map<String, Value> {
        let count = |counter: &AtomicU64| json!(counter.load(Ordering::Relaxed));
        let mut object = Map::new();
        object.insert("frames".into(), count(&self.frames));
        object.insert("lost".into(), count(&self.lost));
        object.insert("gated".into(), count(&self.gated));
        object.insert("over_rate".into(), count(&self.over_rate));
        if let Some((format, captured)) = *lock(&self.last) {
            let size = format.size();
            object.insert("width".into(), json!(size.width));
            object.insert("height".into(), json!(size.height));
            object.insert(
                "last_captured_ms_ago".into(),
                json!(Times::now().since(captured).as_millis() as u64),
            );
        }
        let stages = lock(&self.stages);
        let stages = stages.iter().map(|stats| {
            let mut stage = stats.json();
            stage["stage"] = json!(stats.name);
            stage
        });
        object.insert("stages".into(), stages.collect());
        object
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_told_with_what_came_and_was_left_out() {
        let stats = StageStats::new("source");
        let reported = || stats.no_frame_for(Duration::from_secs(3));
        assert_eq!(reported(), "no frame for 3.0 s");
        stats.count("frames_broken", 1);
        assert_eq!(reported(), "no frame for 3.0 s", "a counter is no reason");
        stats.count("left out: cut off", 1);
        assert_eq!(reported(), "no frame for 3.0 s, but one that was left out: cut off");
        stats.count("left out: cut off", 30);
        stats.count("left out: not a JPEG", 2);
        assert_eq!(
            reported(),
            "no frame for 3.0 s, but 33 that were left out: cut off (31 frames), not a JPEG (2 frames)"
        );
        stats.worked(Duration::ZERO);
        assert_eq!(reported(), "no frame for 3.0 s", "what came since the last good one");
    }

    #[test]
    fn reasons_do_not_take_the_place_of_counters() {
        let stats = StageStats::new("source");
        (0..1000).for_each(|n| stats.count(&format!("left out: {n} bytes"), 1));
        stats.count("frames_broken", 1000);
        assert_eq!(stats.counters.count("frames_broken"), 1000);
        assert_eq!(stats.counters.count("left out: other reasons"), 1000 - Counters::MOST_REASONS as u64);
    }
}
