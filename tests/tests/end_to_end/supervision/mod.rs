//! A failed stage is shown, replaced, and no trouble for other streams.
//!
//! # Layout
//!
//! `sources`, `transforms` and `sinks` fail in each way that there is; `updates` while they are offered new options.
//! `left_behind` is about calls that block for good, `overload` about slow stages, `silence` about what only looks like a
//! failure. `endings` are streams that are not started again, and `snapshot` is the answer to a client that asks for one
//! picture.

mod endings;
mod left_behind;
mod overload;
mod silence;
mod sinks;
mod snapshot;
mod sources;
mod transforms;
mod updates;

use crate::scene::{SIZE, Scene};
use mutoscope_tests::{Recorded, Recorder, picture};
use std::time::{Duration, Instant};

/// Longest time between two placeholders: one a second is promised, and the machine may be busy.
const BETWEEN_PLACEHOLDERS: Duration = Duration::from_secs(3);

/// Checks that what a viewer got between two times stands in for a picture: whole, in the size of the camera, often enough, and
/// without a live one among it.
#[track_caller]
fn stands_in(stream: &str, viewer: &Recorder, from: Instant, to: Instant) {
    assert!(!viewer.has_ended(), "{stream}: the connection is lost");
    let seen: Vec<Recorded> = viewer.since(from).into_iter().filter(|seen| seen.at <= to).collect();
    let mut times = vec![from];
    for seen in &seen {
        assert_eq!(seen.freshness(), "placeholder", "{stream}");
        assert_eq!(picture::size(&seen.part.picture), SIZE, "{stream}");
        times.push(seen.at);
    }
    times.push(to);
    for pair in times.windows(2) {
        assert!(pair[1] - pair[0] <= BETWEEN_PLACEHOLDERS, "{stream}: {} in {:?}", seen.len(), to - from);
    }
}

/// Checks that `/state` and `/healthz` say of a stream that it has failed, where and why.
#[track_caller]
fn is_shown_as_failed(scene: &Scene, stream: &str, stage: &str, message: &str) {
    let failed = scene.running.waits_until(stream, "failed");
    let trouble = &failed["trouble"];
    assert_eq!(failed["healthy"], false, "{failed}");
    assert_eq!(trouble["stage"], stage, "{failed}");
    assert!(trouble["message"].as_str().is_some_and(|told| told.contains(message)), "{stream}: {trouble}");
    assert!(trouble["since"].as_str().is_some_and(|since| since.ends_with('Z')), "{stream}: {trouble}");
    assert!(trouble["attempts"].as_u64() >= Some(1), "{stream}: {trouble}");
    assert!(trouble["next_attempt_ms"].is_u64(), "{stream}: {trouble}");
    let health = scene.running.get(&format!("/{stream}/healthz"));
    assert_eq!(health.status, 503, "{stream}");
    assert!(health.text().contains(stage), "{stream}: {}", health.text());
}

/// Checks that a stream shows pictures again to a viewer that stayed, and that state and health agree.
#[track_caller]
fn is_back(scene: &Scene, stream: &str, viewer: &Recorder, since: Instant) {
    viewer.waits_for("live", since);
    assert!(!viewer.has_ended(), "{stream}: the connection is lost");
    let live = scene.running.waits_until(stream, "live");
    assert!(live["healthy"] == true && live["trouble"].is_null(), "{stream}: {live}");
    assert_eq!(scene.running.health(stream), 200, "{stream}");
}

/// Returns the number of lines of a log that have all of these words.
fn lines_with(log: &str, words: &[&str]) -> usize {
    log.lines().filter(|line| words.iter().all(|word| line.contains(word))).count()
}
