//! Streams without a picture: which get a placeholder that says why, and which the last picture again.

use super::Supervisor;
use super::placeholder::{Content, Job};
use super::status::{Fault, Health, Snapshot};
use crate::placeholder::Notice;
use crate::run::data::topology::StreamRef;
use crate::run::host::redact;
use mutoscope_plugin::Times;
use std::time::{Duration, Instant};

/// A stream that has shown nothing for so long is shown something.
const SILENCE: Duration = Duration::from_millis(900);
/// A camera may take so long to start before the picture says that it does.
const START: Duration = Duration::from_secs(2);

impl Supervisor {
    /// Sees to it that every stream that is looked at shows something; `true` if that has to be looked at again soon.
    pub(super) fn show_placeholders(&mut self) -> bool {
        let snapshot = self.snapshot();
        let mut watched = false;
        for (at, node) in snapshot.topology.streams.iter().enumerate() {
            let stream = &node.stream;
            if stream.watched.own() == 0 {
                if self.placeholders.watched.remove(&stream.id).is_some() {
                    stream.last_output.rested();
                }
                continue;
            }
            watched = true;
            let since = self.placeholders.watched.entry(stream.id).or_insert_with(Instant::now).elapsed();
            let silent = stream.last_output.silent_for().map_or(since, |silent| silent.min(since));
            if let Some(content) = self.content_for(&snapshot, at, silent) {
                self.placeholders
                    .show(Job { of: StreamRef { topology: snapshot.topology.clone(), at }, content });
            }
        }
        let topology = &self.topology;
        self.placeholders.watched.retain(|stream, _| topology.position(*stream).is_some());
        watched
    }

    /// Returns what a stream that was silent for so long shows, if anything.
    fn content_for(&self, snapshot: &Snapshot, at: usize, silent: Duration) -> Option<Content> {
        if silent < SILENCE {
            return None;
        }
        let stream = &snapshot.topology.streams[at].stream;
        match snapshot.health(at) {
            Health::Failed(fault) => Some(Content::Notice(notice(&stream.name, &fault))),
            Health::Starting if silent >= START || stream.last_output.silent_for().is_some() => {
                let now = Times::now();
                let silent = i64::try_from(silent.as_nanos()).unwrap_or(0);
                let since = Times {
                    monotonic_ns: now.monotonic_ns.saturating_sub(silent.unsigned_abs()),
                    wall_ns: now.wall_ns - silent,
                };
                Some(Content::Notice(Notice {
                    stream: stream.name.clone(),
                    what: "it is starting".into(),
                    since,
                    next_attempt: Some(Duration::ZERO),
                    attempts: 0,
                }))
            }
            Health::Gated => Some(Content::Held),
            Health::Live => {
                let root = &snapshot.topology.streams[snapshot.topology.root(at)].stream;
                let period = stream.last_output.period().max(self.source_period(root.id)).unwrap_or_default();
                (silent > period * 5 / 2).then_some(Content::Held)
            }
            Health::Starting | Health::Resting | Health::Ended(_) => None,
        }
    }
}

fn notice(stream: &str, fault: &Fault) -> Notice {
    Notice {
        stream: stream.to_owned(),
        what: redact::text(&format!("{}: {}", fault.stage, fault.message)),
        since: fault.since,
        next_attempt: fault.next_attempt(),
        attempts: fault.attempts,
    }
}
