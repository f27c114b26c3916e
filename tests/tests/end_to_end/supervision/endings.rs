//! Streams that end, well or because they failed.

use crate::scene::{Scene, Told, camera, filter};
use mutoscope_plugin_faulty::{Method, What};
use mutoscope_tests::{PATIENCE, in_repository};
use std::time::Instant;

/// Twelve pictures, and then the end.
fn film(fps: f64) -> String {
    let frames = in_repository("frames/article");
    let frames = [frames.to_str().expect("a plain name"); 4].join(", ");
    format!("{{ plugin: simulated, frames: [{frames}], loop: false, fps: {fps} }}")
}

#[test]
fn when_all_streams_have_ended_the_program_has_too() {
    let file = format!(
        "streams:\n  short: {{ source: {} }}\n  long: {{ source: {} }}\nsink: {{ MJPEG }}\n",
        film(5.0),
        film(4.0)
    );
    let scene = Scene::start(&file);
    let viewers = ["short", "long"].map(|stream| scene.running.viewer(stream));
    let ended = scene.running.waits_until("short", "ended");
    assert!(ended["healthy"] == true && ended["trouble"].is_null(), "{ended}");
    for viewer in viewers {
        let seen = viewer.end();
        let last = seen.last().expect("a picture");
        assert_eq!((last.freshness(), last.part.sequence()), ("live", 11));
    }
    let ended = scene.running.end_within(PATIENCE).expect(0);
    assert!(!ended.stderr.contains("ERROR") && !ended.stderr.contains("error:"), "{}", ended.stderr);
}

/// A stream that is given up ends by itself; the other goes on until it ends too, and then the program says what failed.
fn ends_alone(setting: &str, troubled: &str, stage: &str, orders: Told<'_>, instances: usize) {
    let film = film(2.0);
    let streams = format!("  other: {{ source: {film} }}\n  troubled: {{ {setting}, {troubled} }}\n");
    let scene = Scene::start(&format!("streams:\n{streams}sink: {{ MJPEG }}\n"));
    let start = Instant::now();
    let (other, viewer) = (scene.running.viewer("other"), scene.running.viewer("troubled"));
    viewer.waits_for("live", start);
    let first = scene.tell("it", orders);
    // The response ends as it should.
    assert!(viewer.end().iter().any(|seen| seen.freshness() == "live"));
    assert_eq!(scene.struck(first).len(), instances);
    let state = scene.running.state("troubled");
    assert!(state["state"] == "ended" && state["healthy"] == false, "{state}");
    assert!(state["trouble"]["message"].as_str().is_some_and(|why| why.contains(stage)), "{state}");
    assert_ne!(scene.running.health("troubled"), 200);
    scene.running.logged(&["ERROR", "troubled", "ended, as the file has it", stage]);

    let last = other.end().pop().expect("a picture");
    assert_eq!((last.freshness(), last.part.sequence()), ("live", 11));
    let ended = scene.running.end_within(PATIENCE).expect(1);
    let line = ended.stderr.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
    assert!(line.contains("`troubled` has failed") && line.contains(stage), "{}", ended.stderr);
}

#[test]
fn a_source_that_shall_not_be_restarted_ends_its_stream_and_no_other() {
    let source = format!("source: {{ {} }}", camera("it"));
    ends_alone("on_failure: stop", &source, "source faulty", &[(Method::Next, What::Error)], 1);
}

#[test]
fn a_source_that_may_be_restarted_twice_gets_three_chances() {
    let source = format!("source: {{ {} }}", camera("it"));
    let orders: Told<'_> = &[(Method::Next, What::Error)];
    ends_alone("on_failure: { restarts: 2 }", &source, "source faulty", orders, 3);
}

#[test]
fn a_transform_that_shall_not_be_restarted_ends_its_stream_and_no_other() {
    let branch = format!("from: other, transforms: [ {{ {} }} ]", filter("it"));
    ends_alone("on_failure: stop", &branch, "transforms[0] faulty", &[(Method::Process, What::Panic)], 1);
}

#[test]
fn one_that_fails_for_good_before_anybody_looks_ends_the_program() {
    let file = format!("source: {{ {} }}\non_failure: stop\nsink: {{ MJPEG }}\n", camera("it"));
    let scene = Scene::start_told(&file, &[("it", &[(Method::Open, What::Error)])]);
    let ended = scene.running.end_within(PATIENCE).expect(1);
    assert!(
        ended.stderr.contains("error: the stream `camera` has failed: source faulty: trouble"),
        "{}",
        ended.stderr
    );
}
