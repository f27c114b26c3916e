//! Sinks that fail beside one that works.

use crate::scene::{Scene, filter};
use mutoscope_plugin_faulty::{Method, What};
use mutoscope_tests::until;
use serde_json::Value;
use std::fmt::Write;
use std::time::{Duration, Instant};

const CASES: [(&str, What); 4] =
    [("error", What::Error), ("panic", What::Panic), ("block", What::Block), ("spin", What::Spin)];

#[test]
fn a_sink_that_fails_is_nothing_to_those_that_look_at_another() {
    let mut file = "
source: { plugin: simulated, width: 64, height: 48, fps: 20 }
sinks:
  - { MJPEG }
"
    .to_owned();
    CASES.iter().for_each(|(sink, _)| writeln!(file, "  - {{ {} }}", filter(sink)).unwrap());
    let scene = Scene::start(&file);
    let start = Instant::now();
    let viewer = scene.running.recorder("camera");
    viewer.waits_for("live", start);

    let began = Instant::now();
    let sinks = || match scene.running.whole_state()["sinks"].take() {
        Value::Array(sinks) => sinks,
        other => panic!("{other}"),
    };
    let orders = CASES.map(|(sink, what)| scene.tell(sink, &[(Method::Receive, what)]));
    // The first is the one with the viewer.
    until("all to be in trouble", || {
        sinks()[1..].iter().all(|sink| sink["trouble"].is_string()).then_some(())
    });
    until("two to be left behind", || {
        let left = scene.running.whole_state()["left_behind"].as_array().map_or(0, Vec::len);
        (left == 2).then_some(())
    });
    // Twenty a second, most of which a busy machine may lose; a sink that waits for another's would get none for seconds.
    let (seen, time) = (viewer.since(began), began.elapsed().as_secs_f64());
    assert!(seen.iter().all(|seen| seen.freshness() == "live"));
    assert!(seen.len() as f64 >= time * 5.0 - 1.0, "{} in {time:.1} s", seen.len());
    let gaps = seen.windows(2).map(|pair| pair[1].at - pair[0].at);
    assert!(gaps.max() < Some(Duration::from_secs(3)));
    assert_eq!(scene.running.health("camera"), 200);
    for ((sink, _), order) in CASES.iter().zip(orders) {
        // Each instance once: at first, at once, and then after pauses that grow from half a second.
        let struck = scene.struck(order).len();
        assert!((1..=10).contains(&struck), "{sink}: {struck} instances");
    }

    CASES.iter().for_each(|(sink, _)| _ = scene.tell(sink, &[]));
    let received =
        || sinks()[1..].iter().map(|sink| sink["counters"]["received"].as_u64()).collect::<Vec<_>>();
    let before = received();
    until("all to receive again", || {
        before.iter().zip(received()).all(|(before, now)| now > *before).then_some(())
    });
    let log = scene.running.stop().stderr;
    assert_eq!(super::lines_with(&log, &["sink failed"]), CASES.len(), "{log}");
}
