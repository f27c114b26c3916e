//! Sources that fail, each in its own way.

use super::{is_back, is_shown_as_failed, lines_with, stands_in};
use crate::scene::{Scene, Told, camera};
use mutoscope_plugin_faulty::{Method, What};
use mutoscope_tests::until;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// Stream, orders for its camera, and the message that follows.
type Case<'a> = (&'a str, Told<'a>, &'a str);

const CASES: [Case<'_>; 11] = [
    ("next_error", &[(Method::Next, What::Error)], "in Next"),
    ("next_panic", &[(Method::Next, What::Panic)], "in Next"),
    ("next_block", &[(Method::Next, What::Block)], "no frame for 1."),
    ("next_spin", &[(Method::Next, What::Spin)], "no frame for 1."),
    ("next_silent", &[(Method::Next, What::Silent)], "no frame for 1."),
    ("next_end", &[(Method::Next, What::End)], "a live source"),
    ("open_error", &[(Method::Next, What::Error), (Method::Open, What::Error)], "in "),
    ("open_panic", &[(Method::Next, What::Error), (Method::Open, What::Panic)], "in "),
    ("open_block", &[(Method::Next, What::Error), (Method::Open, What::Block)], ""),
    ("drop_panic", &[(Method::Next, What::Error), (Method::Drop, What::Panic)], "in Next"),
    ("drop_block", &[(Method::Next, What::Error), (Method::Drop, What::Block)], ""),
];

/// A stream for each case, and one that has no trouble.
fn pipeline(cases: &[Case<'_>]) -> String {
    let mut file =
        "streams:\n  fine: { source: { plugin: simulated, width: 64, height: 48, fps: 20 } }\n".to_owned();
    for (stream, ..) in cases {
        writeln!(file, "  {stream}: {{ timeout_ms: 1000, source: {{ {} }} }}", camera(stream)).unwrap();
    }
    file + "sink: { MJPEG }\n"
}

#[test]
fn a_source_that_fails_is_stood_in_for_and_started_anew() {
    let scene = Scene::start(&pipeline(&CASES));
    let start = Instant::now();
    let viewers = CASES.map(|(stream, ..)| scene.running.recorder(stream));
    viewers.iter().for_each(|viewer| _ = viewer.waits_for("live", start));

    let mut openings = 0;
    for (stream, orders, _) in &CASES {
        let first = scene.tell(stream, orders);
        if *stream == "open_error" {
            openings = first + 1;
        }
    }
    let streams = CASES.map(|(stream, ..)| stream);
    let first = viewers.each_ref().map(|viewer| viewer.waits_for("placeholder", start).at);
    for (stream, _, message) in &CASES {
        is_shown_as_failed(&scene, stream, "source faulty", message);
    }
    assert_eq!(scene.running.get("/healthz").status, 503, "of all of them");
    assert_eq!(scene.running.health("fine"), 200);
    // Three attempts to open, with pauses of half a second, one and two before them.
    let attempts = until("three attempts", || Some(scene.struck(openings)).filter(|times| times.len() >= 3));
    let now = Instant::now();
    for ((stream, viewer), first) in streams.iter().zip(&viewers).zip(first) {
        stands_in(stream, viewer, first, now);
    }
    // Chance takes an eighth off at most.
    assert!(attempts[1] - attempts[0] >= 800_000_000, "{attempts:?}");
    assert!(attempts[2] - attempts[1] >= 1_700_000_000, "{attempts:?}");

    streams.iter().for_each(|stream| _ = scene.tell(stream, &[]));
    let told = Instant::now();
    for (stream, viewer) in streams.iter().zip(&viewers) {
        is_back(&scene, stream, viewer, told);
        let numbers: Vec<u64> = viewer.since(start).iter().map(|seen| seen.part.sequence()).collect();
        assert!(numbers.is_sorted(), "{stream}: {numbers:?}");
    }
    assert_eq!(scene.running.get("/healthz").status, 200);
    until("those that were left behind", || {
        scene.running.whole_state()["left_behind"].as_array().is_some_and(Vec::is_empty).then_some(())
    });
    let log = scene.running.stop().stderr;
    for (stream, ..) in &CASES {
        // One for each reason, however many attempts there were.
        let told = lines_with(&log, &["source failed", &format!("stream=\"{stream}\"")]);
        assert!((1..=2).contains(&told), "{stream}: {told} lines in {log}");
    }
}

#[test]
fn a_source_that_fails_from_the_start_has_its_viewers_all_the_same() {
    let cases: [Case<'_>; 3] = [
        ("error", &[(Method::Open, What::Error)], "in Open"),
        ("panic", &[(Method::Open, What::Panic)], "in Open"),
        ("block", &[(Method::Open, What::Block)], "it has not opened within 1."),
    ];
    let told = cases.map(|(stream, orders, _)| (stream, orders));
    let scene = Scene::start_told(&pipeline(&cases), &told);
    let start = Instant::now();
    let viewers = cases.map(|(stream, ..)| scene.running.recorder(stream));
    for ((stream, _, message), viewer) in cases.iter().zip(&viewers) {
        let first = viewer.waits_for("placeholder", start).at;
        is_shown_as_failed(&scene, stream, "source faulty", message);
        std::thread::sleep((first + Duration::from_millis(1500)).saturating_duration_since(Instant::now()));
        // There was no picture yet: the size is the planned one.
        stands_in(stream, viewer, first, Instant::now());
    }
    for (stream, ..) in &cases {
        scene.tell(stream, &[]);
    }
    let told = Instant::now();
    for ((stream, ..), viewer) in cases.iter().zip(&viewers) {
        is_back(&scene, stream, viewer, told);
    }
    scene.running.stop();
}
