//! What there is to tell of a running pipeline.

use super::care::{Care, Trouble};
use super::lock::lock;
use super::pool::Out;
use super::told;
use mutoscope_plugin::host::Failure;
use mutoscope_plugin::{Format, Times};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What an instance of a plugin counts for itself.
#[derive(Clone, Default)]
pub(super) struct Counters(Arc<Mutex<BTreeMap<String, u64>>>);

impl Counters {
    /// Names come from plugins: this many and no more.
    const MOST: usize = 64;

    pub(super) fn add(&self, name: &str, add: u64) {
        let mut counters = lock(&self.0);
        if let Some(count) = counters.get_mut(name) {
            *count = count.wrapping_add(add);
        } else if counters.len() < Counters::MOST {
            counters.insert(name.to_owned(), add);
        }
    }

    /// How much has been added under a name so far.
    pub(super) fn count(&self, name: &str) -> u64 {
        lock(&self.0).get(name).copied().unwrap_or(0)
    }

    fn json(&self) -> Value {
        lock(&self.0).iter().map(|(name, count)| (name.clone(), json!(count))).collect::<Map<_, _>>().into()
    }
}

/// One plugin at work in the pipeline: a source, a transform, a conversion, a sink.
pub(super) struct Part {
    /// Unique in the process: instances that follow one another in the same place with the same options have it in common.
    pub(super) id: u64,
    /// As people call it: `transforms[0] resize`, `jpeg (decode at 1/2)`.
    pub(super) name: String,
    pub(super) counters: Counters,
    /// Of the pool, in its frames, wherever they are.
    pub(super) memory_out: Out,
    frames: AtomicU64,
    failures: AtomicU64,
    busy_ns: AtomicU64,
    care: Mutex<Care>,
    /// There is something in `care`.
    in_trouble: AtomicBool,
}

impl Part {
    pub(super) fn new(name: impl Into<String>) -> Arc<Part> {
        static IDS: AtomicU64 = AtomicU64::new(1);
        Arc::new(Part {
            id: IDS.fetch_add(1, Ordering::Relaxed),
            name: name.into(),
            counters: Counters::default(),
            memory_out: Out::default(),
            frames: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            busy_ns: AtomicU64::new(0),
            care: Mutex::default(),
            in_trouble: AtomicBool::new(false),
        })
    }

    /// It has done what it should, in so much time.
    pub(super) fn worked(&self, time: Duration) {
        self.frames.fetch_add(1, Ordering::Relaxed);
        self.busy_ns.fetch_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        if self.in_trouble.load(Ordering::Relaxed) {
            let mut care = lock(&self.care);
            care.well();
            self.in_trouble.store(false, Ordering::Relaxed);
        }
    }

    /// It failed: when it may be tried again. See [`Care::failed`].
    pub(super) fn failed(&self, failure: &Failure, at_once: bool) -> Instant {
        self.failures.fetch_add(1, Ordering::Relaxed);
        let mut care = lock(&self.care);
        self.in_trouble.store(true, Ordering::Relaxed);
        care.failed(failure.clone(), at_once)
    }

    /// There will be no other attempt.
    pub(super) fn give_up(&self) {
        lock(&self.care).give_up();
    }

    /// Something else has its place: what was the matter is the matter no more.
    pub(super) fn forgive(&self) {
        *lock(&self.care) = Care::default();
        self.in_trouble.store(false, Ordering::Relaxed);
    }

    /// What is the matter with it, if anything.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        if !self.in_trouble.load(Ordering::Relaxed) {
            return None;
        }
        lock(&self.care).trouble().cloned()
    }

    /// How many frames it has worked on, and how long in all.
    pub(super) fn work(&self) -> (u64, Duration) {
        let busy = Duration::from_nanos(self.busy_ns.load(Ordering::Relaxed));
        (self.frames.load(Ordering::Relaxed), busy)
    }

    pub(super) fn json(&self) -> Value {
        let frames = self.frames.load(Ordering::Relaxed);
        let busy = self.busy_ns.load(Ordering::Relaxed);
        json!({
            "frames": frames,
            "failures": self.failures.load(Ordering::Relaxed),
            "busy_us_per_frame": busy.checked_div(frames).map(|ns| ns as f64 / 1000.0),
            "trouble": self.trouble().map(|trouble| told::failure(&trouble.failure)),
            "counters": self.counters.json(),
        })
    }
}

/// One stream.
#[derive(Default)]
pub(super) struct StreamStats {
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
    stages: Mutex<Vec<Arc<Part>>>,
}

impl StreamStats {
    pub(super) fn gave(&self, format: Format, captured: Times) {
        self.frames.fetch_add(1, Ordering::Relaxed);
        *lock(&self.last) = Some((format, captured));
    }

    pub(super) fn lost(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn gated(&self) {
        self.gated.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn over_rate(&self) {
        self.over_rate.fetch_add(1, Ordering::Relaxed);
    }

    /// How many frames were lost, and how many held back, so far.
    pub(super) fn withheld(&self) -> (u64, u64) {
        (self.lost.load(Ordering::Relaxed), self.gated.load(Ordering::Relaxed))
    }

    /// The account of the stage of this name; the workers of a stream share it.
    pub(super) fn stage(&self, name: &str) -> Arc<Part> {
        let mut stages = lock(&self.stages);
        if let Some(part) = stages.iter().find(|part| part.name == name) {
            return part.clone();
        }
        let part = Part::new(name);
        stages.push(part.clone());
        part
    }

    /// The accounts of all its stages.
    pub(super) fn stages(&self) -> Vec<Arc<Part>> {
        lock(&self.stages).clone()
    }

    /// The stages are others: those that `keep` does not want are forgotten.
    pub(super) fn retain_stages(&self, keep: impl Fn(&str) -> bool) {
        lock(&self.stages).retain(|part| keep(&part.name));
    }

    pub(super) fn json(&self) -> Map<String, Value> {
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
        let stages = stages.iter().map(|part| {
            let mut stage = part.json();
            stage["stage"] = json!(part.name);
            stage
        });
        object.insert("stages".into(), stages.collect());
        object
    }
}
