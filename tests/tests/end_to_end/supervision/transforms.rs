//! Transforms that fail, each in its own way, on a branch of its own.

use super::{is_back, is_shown_as_failed, lines_with, stands_in};
use crate::scene::{Scene, Told, camera, filter};
use mutoscope_plugin_faulty::{Form, Method, What};
use mutoscope_tests::until;
use std::fmt::Write;
use std::time::Instant;

/// Stream, orders for its transform, and the message that follows.
type Case<'a> = (&'a str, Told<'a>, &'a str);

const CASES: [Case<'_>; 6] = [
    ("error", &[(Method::Process, What::Error)], "in Process"),
    ("panic", &[(Method::Process, What::Panic)], "in Process"),
    ("block", &[(Method::Process, What::Block)], "it has worked on one frame for more than 1."),
    ("spin", &[(Method::Process, What::Spin)], "it has worked on one frame for more than 1."),
    ("open", &[(Method::Process, What::Error), (Method::Open, What::Panic)], "in "),
    ("drop", &[(Method::Process, What::Error), (Method::Drop, What::Panic)], "in Process"),
];

#[test]
fn a_transform_that_fails_is_stood_in_for_and_hurts_nobody_else() {
    let mut file = format!("streams:\n  front: {{ source: {{ {} }} }}\n", camera("front"));
    for (stream, ..) in &CASES {
        let transforms = format!("transforms: [ {{ {} }} ]", filter(stream));
        writeln!(file, "  {stream}: {{ from: front, timeout_ms: 1000, {transforms} }}").unwrap();
    }
    let scene = Scene::start(&(file + "sink: { MJPEG }\n"));
    let start = Instant::now();
    let front = scene.running.recorder("front");
    front.waits_for("live", start);
    let viewers = CASES.map(|(stream, ..)| scene.running.recorder(stream));
    viewers.iter().for_each(|viewer| _ = viewer.waits_for("live", start));

    let began = Instant::now();
    CASES.iter().for_each(|(stream, orders, _)| _ = scene.tell(stream, orders));
    let first = viewers.each_ref().map(|viewer| viewer.waits_for("placeholder", start).at);
    for (stream, _, message) in &CASES {
        is_shown_as_failed(&scene, stream, "transforms[0] faulty", message);
    }
    // Two threads are lost to what hears nothing, and told of.
    let left = until("two to be left behind", || {
        let left = scene.running.whole_state()["left_behind"].take();
        let left: Vec<String> = serde_json::from_value(left).expect("names");
        (left.len() >= 2).then_some(left)
    });
    for stream in ["block", "spin"] {
        assert!(left.contains(&format!("{stream}: transforms[0] faulty")), "{left:?}");
    }
    let now = Instant::now();
    for (((stream, ..), viewer), first) in CASES.iter().zip(&viewers).zip(first) {
        stands_in(stream, viewer, first, now);
    }
    assert_eq!(scene.running.health("front"), 200);
    // Ten a second, most of which a busy machine may lose.
    let (seen, time) = (front.since(began), began.elapsed().as_secs_f64());
    assert!(seen.iter().all(|seen| seen.freshness() == "live"));
    assert!(seen.len() as f64 >= time * 2.5 - 1.0, "{} in {time:.1} s", seen.len());

    CASES.iter().for_each(|(stream, ..)| _ = scene.tell(stream, &[]));
    let told = Instant::now();
    for ((stream, ..), viewer) in CASES.iter().zip(&viewers) {
        is_back(&scene, stream, viewer, told);
    }
    let log = scene.running.stop().stderr;
    for (stream, ..) in &CASES {
        // One for each reason.
        let told = lines_with(&log, &["frame lost", &format!("stream=\"{stream}\"")]);
        assert!((1..=2).contains(&told), "{stream}: {told} lines in {log}");
    }
}

#[test]
fn a_transform_that_fails_now_and_then_loses_those_frames_and_no_others() {
    // Each instance does five frames and fails on the sixth.
    let scene = Scene::start(
        "
streams:
  camera: { source: { plugin: simulated, width: 64, height: 48, fps: 50 } }
  bumpy: { from: camera, transforms: [ { plugin: panics, at: process, how: error, after: 5 } ] }
sink: { MJPEG }
",
    );
    let start = Instant::now();
    let viewer = scene.running.recorder("bumpy");
    viewer.waits_for("live", start);
    let state = until("some frames to be lost", || {
        Some(scene.running.state("bumpy")).filter(|state| state["lost"].as_u64() > Some(5))
    });
    assert_eq!(state["state"], "live", "{state}");
    assert_eq!(scene.running.health("bumpy"), 200);
    let (came, lost) = (state["frames"].as_u64().unwrap(), state["lost"].as_u64().unwrap());
    assert!(came.abs_diff(lost * 5) <= 10, "{state}");
    let seen = viewer.since(start);
    assert!(seen.iter().all(|seen| seen.freshness() == "live"), "no placeholder flashes up");
    let log = scene.running.stop().stderr;
    assert_eq!(lines_with(&log, &["frame lost", "bumpy"]), 1, "{log}");
}

#[test]
fn a_transform_that_never_says_how_it_can_work_is_the_failure_and_its_source_is_none() {
    let (source, transforms) = (camera("front"), filter("asked"));
    let scene = Scene::start(&format!(
        "
streams:
  front: {{ timeout_ms: 1000, source: {{ {source} }} }}
  asked: {{ from: front, timeout_ms: 1000, transforms: [ {{ {transforms} }} ] }}
sink: {{ MJPEG }}
"
    ));
    let start = Instant::now();
    let [front, asked] = ["front", "asked"].map(|stream| scene.running.recorder(stream));
    for viewer in [&front, &asked] {
        viewer.waits_for("live", start);
    }
    // Pictures of another format, which is what it is asked about.
    let hangs = scene.tell("asked", &[(Method::Modes, What::Block)]);
    let halved = scene.tell("front", &[(Method::Next, What::Garbage(Form::Half))]);
    until("it to be asked", || (!scene.struck(hangs).is_empty()).then_some(()));
    is_shown_as_failed(
        &scene,
        "asked",
        "transforms[0] faulty",
        "it has not said within 1.0 s how it can work",
    );
    let source = scene.running.state("front");
    assert!(!scene.struck(halved).is_empty());
    assert_eq!(source["source"]["failures"], 0, "{source}");

    scene.tell("asked", &[]);
    let told = Instant::now();
    is_back(&scene, "asked", &asked, told);
    is_back(&scene, "front", &front, told);
    scene.running.stop();
}
