//! Threads that a plugin blocks for good.

use crate::scene::Scene;
use mutoscope_tests::until;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// Greatest number of threads that the program leaves behind.
const MOST: usize = 8;

#[test]
fn no_more_than_eight_threads_are_left_behind_and_the_rest_goes_on() {
    let mut file =
        "streams:\n  fine: { source: { plugin: simulated, width: 64, height: 48, fps: 20 } }\n".to_owned();
    let count = MOST + 2;
    for n in 0..count {
        let transforms = "transforms: [ { plugin: panics, at: process, how: block, after: 3 } ]";
        writeln!(file, "  stream{n}: {{ from: fine, timeout_ms: 500, {transforms} }}").unwrap();
    }
    let scene = Scene::start(&(file + "sink: { MJPEG }\n"));
    let start = Instant::now();
    let fine = scene.running.recorder("fine");
    let viewers: Vec<_> = (0..count).map(|n| scene.running.recorder(&format!("stream{n}"))).collect();
    let left = || scene.running.whole_state()["left_behind"].as_array().map_or(0, Vec::len);
    until("as many as there may be", || (left() == MOST).then_some(()));
    scene.running.logged(&["8 threads are left behind", "a restart of the program helps"]);
    // Their places have gone to others, which block too.
    let end = Instant::now() + Duration::from_secs(2);
    while Instant::now() < end {
        assert!(left() <= MOST);
        std::thread::sleep(Duration::from_millis(50));
    }
    for (n, viewer) in viewers.iter().enumerate() {
        let stream = scene.running.state(&format!("stream{n}"));
        assert_eq!(stream["state"], "failed", "{stream}");
        assert!(stream["trouble"]["message"].as_str().unwrap().contains("0.5 s"), "{stream}");
        viewer.waits_for("placeholder", end - Duration::from_secs(2));
        assert!(!viewer.has_ended());
    }
    assert_eq!(scene.running.health("fine"), 200);
    assert!(fine.since(start).iter().all(|seen| seen.freshness() == "live"));
    let log = scene.running.stop().stderr;
    assert_eq!(super::lines_with(&log, &["threads are left behind"]), 1, "{log}");
}
