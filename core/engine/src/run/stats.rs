//! What there is to tell of a running pipeline.

use mutoscope_plugin::{Format, Times};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// What an instance of a plugin counts for itself.
#[derive(Clone, Default)]
pub(super) struct Counters(Arc<Mutex<BTreeMap<String, u64>>>);

impl Counters {
    /// Names come from plugins: this many and no more.
    const MOST: usize = 64;

    pub(super) fn add(&self, name: &str, add: u64) {
        let mut counters = locked(&self.0);
        if let Some(count) = counters.get_mut(name) {
            *count = count.wrapping_add(add);
        } else if counters.len() < Counters::MOST {
            counters.insert(name.to_owned(), add);
        }
    }

    fn json(&self) -> Value {
        locked(&self.0).iter().map(|(name, count)| (name.clone(), json!(count))).collect::<Map<_, _>>().into()
    }
}

/// One plugin at work in the pipeline: a source, a transform, a conversion, a sink.
#[derive(Default)]
pub(super) struct PartStats {
    pub(super) counters: Counters,
    frames: AtomicU64,
    failures: AtomicU64,
    busy_ns: AtomicU64,
    trouble: Mutex<Option<String>>,
}

impl PartStats {
    pub(super) fn worked(&self, time: Duration) {
        self.frames.fetch_add(1, Ordering::Relaxed);
        self.busy_ns.fetch_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(super) fn failed(&self, why: &str) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        *locked(&self.trouble) = Some(why.to_owned());
    }

    pub(super) fn recovered(&self) {
        *locked(&self.trouble) = None;
    }

    pub(super) fn json(&self) -> Value {
        let frames = self.frames.load(Ordering::Relaxed);
        let busy = self.busy_ns.load(Ordering::Relaxed);
        json!({
            "frames": frames,
            "failures": self.failures.load(Ordering::Relaxed),
            "busy_us_per_frame": busy.checked_div(frames).map(|ns| ns as f64 / 1000.0),
            "trouble": *locked(&self.trouble),
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
    stages: Mutex<Vec<(String, Arc<PartStats>)>>,
    /// Threads that work on it.
    workers: AtomicU64,
}

impl StreamStats {
    pub(super) fn gave(&self, format: Format, captured: Times) {
        self.frames.fetch_add(1, Ordering::Relaxed);
        *locked(&self.last) = Some((format, captured));
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

    pub(super) fn worker_came(&self) {
        self.workers.fetch_add(1, Ordering::Relaxed);
    }

    /// The account of the stage of this name; the workers of a stream share it.
    pub(super) fn stage(&self, name: &str) -> Arc<PartStats> {
        let mut stages = locked(&self.stages);
        if let Some((_, stats)) = stages.iter().find(|(known, _)| known == name) {
            return stats.clone();
        }
        let stats = Arc::new(PartStats::default());
        stages.push((name.to_owned(), stats.clone()));
        stats
    }

    pub(super) fn json(&self) -> Map<String, Value> {
        let count = |counter: &AtomicU64| json!(counter.load(Ordering::Relaxed));
        let mut object = Map::new();
        object.insert("frames".into(), count(&self.frames));
        object.insert("lost".into(), count(&self.lost));
        object.insert("gated".into(), count(&self.gated));
        object.insert("over_rate".into(), count(&self.over_rate));
        object.insert("workers".into(), count(&self.workers));
        if let Some((format, captured)) = *locked(&self.last) {
            let size = format.size();
            object.insert("width".into(), json!(size.width));
            object.insert("height".into(), json!(size.height));
            object.insert(
                "last_captured_ms_ago".into(),
                json!(Times::now().since(captured).as_millis() as u64),
            );
        }
        let stages = locked(&self.stages);
        let stages = stages.iter().map(|(name, stats)| {
            let mut stage = stats.json();
            stage["stage"] = json!(name);
            stage
        });
        object.insert("stages".into(), stages.collect());
        object
    }
}
