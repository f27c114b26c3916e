//! A chain that is heavier than the machine.

use super::lines_with;
use crate::scene::{Scene, camera, filter};
use mutoscope_plugin_faulty::{Method, What};
use mutoscope_tests::{Recorded, until};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Returns the present age of a picture.
fn age(seen: &Recorded, now: SystemTime) -> Duration {
    let captured: f64 = seen.part.header("X-Timestamp").parse().expect("a time");
    let came =
        now.duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64() - seen.at.elapsed().as_secs_f64();
    Duration::from_secs_f64((came - captured).max(0.0))
}

#[test]
fn what_is_too_much_is_left_out_and_what_is_shown_is_new() {
    // On one core there are no helpers.
    let camera = camera("camera").replace("fps: 10", "fps: 40");
    let file = format!(
        "threads: 1\nsource: {{ {camera} }}\ntransforms: [ {{ {} }} ]\nsink: {{ MJPEG }}\n",
        filter("slow")
    );
    let scene = Scene::start_told(&file, &[("slow", &[(Method::Process, What::Late(100))])]);
    let viewer = scene.running.recorder("camera");
    let state = until("the overload to be told", || {
        Some(scene.running.state("camera")).filter(|state| !state["overload"].is_null())
    });
    let overload = &state["overload"];
    assert_eq!(overload["stage"], "transforms[0] faulty");
    let figure = |name: &str| overload[name].as_f64().unwrap_or_else(|| panic!("{overload}"));
    assert!(figure("ms_per_frame") >= 99.0, "{overload}");
    assert!((20.0..80.0).contains(&figure("ms_between_frames")), "{overload}");
    assert!(figure("dropped_per_s") > 5.0, "{overload}");
    assert!(state["state"] == "live" && state["healthy"] == true, "{state}");
    let line = scene.running.logged(&["WARN", "transforms[0] faulty is too slow"]);
    assert!(line.contains("ms for a frame, and one comes every"), "{line}");

    // Long enough for anything that queues to show: 30 frames a second are too many, and what waits would be 3 s old.
    let start = Instant::now();
    let seen = until("forty pictures", || Some(viewer.since(start)).filter(|seen| seen.len() >= 40));
    let now = SystemTime::now();
    let oldest = seen.iter().map(|seen| age(seen, now)).max();
    // At most one frame in work and one that waits: 200 ms, and what a busy machine makes of it.
    assert!(oldest < Some(Duration::from_secs(2)), "{oldest:?}");
    assert_eq!(lines_with(&scene.running.log(), &["is too slow"]), 1);

    scene.tell("slow", &[]);
    until("the end of the overload", || scene.running.state("camera")["overload"].is_null().then_some(()));
    scene.running.logged(&["keeps up again"]);
    let log = scene.running.stop().stderr;
    assert_eq!(lines_with(&log, &["is too slow"]), 1, "{log}");
}
