//! Sources that are rightly silent.

use crate::scene::Scene;
use mutoscope_tests::{PATIENCE, Recorded, Recorder, until};
use std::time::{Duration, Instant};

#[test]
fn a_picture_every_ten_seconds_is_no_silence() {
    let scene = Scene::start(
        "
streams:
  slow: { source: { plugin: simulated, width: 64, height: 48, fps: 0.1 } }
  slower_than_said: { timeout_ms: 500, source: { plugin: simulated, width: 64, height: 48, fps: 0.1 } }
sink: { MJPEG }
",
    );
    let streams = ["slow", "slower_than_said"];
    let start = Instant::now();
    let viewers = streams.map(|stream| scene.running.recorder(stream));
    viewers.iter().for_each(|viewer| _ = viewer.waits_for("live", start));
    // A camera of more usual rate would have failed after three seconds; the second picture comes after ten.
    let is_live = |seen: &&Recorded| seen.freshness() == "live";
    let has_two = |viewer: &Recorder| viewer.since(start).iter().filter(is_live).count() > 1;
    let end = Instant::now() + PATIENCE;
    while !viewers.iter().all(has_two) {
        assert!(Instant::now() < end, "no second picture");
        for stream in streams {
            let state = scene.running.state(stream);
            assert_eq!(state["state"], "live", "{state}");
            assert_eq!(scene.running.health(stream), 200);
        }
        std::thread::sleep(Duration::from_millis(250));
    }
    for viewer in viewers {
        assert!(viewer.since(start).iter().all(|seen| seen.freshness() != "placeholder"));
    }
    let log = scene.running.stop().stderr;
    assert!(!log.contains("failed"), "{log}");
}

#[test]
fn a_closed_gate_holds_the_last_picture() {
    let scene = Scene::start(
        "
source: { plugin: simulated, width: 64, height: 48, fps: 20 }
transforms: [ { plugin: panics, at: process, how: end, after: 10 } ]
timeout_ms: 500
sink: { MJPEG }
",
    );
    let start = Instant::now();
    let viewer = scene.running.recorder("camera");
    let held = viewer.waits_for("held", start);
    let state = scene.running.waits_until("camera", "gated");
    assert!(state["healthy"] == true && state["trouble"].is_null(), "{state}");
    assert_eq!(scene.running.get("/healthz").status, 200);
    let live: Vec<_> = viewer.since(start).into_iter().filter(|seen| seen.freshness() == "live").collect();
    let last = live.last().expect("ten");
    assert!(live.len() <= 10 && held.part.picture == last.part.picture);
    for name in ["X-Sequence", "X-Timestamp"] {
        assert_eq!(held.part.header(name), last.part.header(name), "of when it was captured");
    }
    // Longer than the camera itself might be silent.
    until("three more", || (viewer.since(held.at).len() > 3).then_some(()));
    assert!(viewer.since(held.at).iter().all(|seen| seen.freshness() == "held"));
    assert_eq!(scene.running.state("camera")["state"], "gated");
    let snapshot = scene.running.get("/snapshot");
    assert_eq!((snapshot.status, snapshot.header("x-frame")), (200, "held"));
    assert!(snapshot.body == last.part.picture);
    scene.running.stop();
}
