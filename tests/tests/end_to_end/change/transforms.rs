//! Transforms are added, removed, change places, and take new options while they run.

use mutoscope_tests::{Live, assert_in_order, picture, until};
use std::time::Duration;

#[test]
fn options_change_without_losing_a_frame() {
    let text = |fps: u32, format: &str, quality: u32, width: u32| {
        format!(
            "
source: {{ plugin: simulated, width: 640, height: 360, fps: {fps} }}
transforms:
  - {{ plugin: resize, width: {width} }}
  - {{ plugin: timestamp, format: '{format}' }}
  - {{ plugin: jpeg, quality: {quality} }}
sink: {{ plugin: mjpeg, listen: 127.0.0.1:0 }}
"
        )
    };
    let live = Live::start(&text(5, "%S", 90, 320));
    let viewer = live.watch("camera");
    viewer.more(3);
    let plain = viewer.seen().last().unwrap().len;
    live.change(&text(5, "%S", 15, 320));
    viewer.until("smaller pictures", |seen| seen.len < plain * 2 / 3);
    let small = viewer.seen().last().unwrap().len;
    live.change(&text(5, "THE QUICK BROWN FOX %S", 15, 320));
    viewer.until("a longer text", |seen| seen.len > small + 150);
    live.change(&text(5, "THE QUICK BROWN FOX %S", 15, 256));
    viewer.until("narrower pictures", |seen| seen.size == (256, 144));
    live.change(&text(20, "THE QUICK BROWN FOX %S", 15, 256));
    live.running.logged(&["source simulated has its new options"]);
    until("20 per second, and not 5", || {
        let seen = viewer.seen();
        let [first, .., last] = seen.last_chunk::<6>()?;
        (last.at - first.at < Duration::from_millis(900)).then_some(())
    });
    let seen = viewer.leave();
    live.assert_gapless("camera", &seen);
    assert!(seen.iter().all(|seen| seen.freshness == "live"));
    assert_eq!(live.problem(), None);
    let log = live.running.stop().stderr;
    assert!(!log.contains("changing from source"), "{log}");
}

#[test]
fn transforms_come_go_and_change_places() {
    let text = |transforms: &str, max_fps: &str| {
        format!(
            "
source: {{ plugin: good, fps: 10, width: 64, height: 48, ledger: DIR/ledger.txt }}
transforms: [ {transforms} ]
{max_fps}
sink: {{ plugin: mjpeg, listen: 127.0.0.1:0 }}
"
        )
    };
    const INVERT: &str = "{ plugin: good }";
    const HALF: &str = "{ plugin: good, strength: 50 }";
    const RESIZE: &str = "{ plugin: resize, width: 32 }";
    const TURN: &str = "{ plugin: rotate, angle: 90 }";
    let live = Live::start(&text("", ""));
    let viewer = live.watch("camera");
    viewer.more(1);
    // A picture that counts is dark at first, and turned into its opposite bright.
    let luma = || picture::mean(&picture::decode(&viewer.last().unwrap().picture), [0.0, 0.0, 1.0, 1.0])[0];
    let until_luma = |luma_is: std::ops::Range<f64>| {
        until(&format!("{luma_is:?}"), || luma_is.contains(&luma()).then_some(()));
    };
    live.change(&text(INVERT, ""));
    until_luma(128.0..256.0);
    live.change(&text(&[INVERT, HALF].join(", "), ""));
    until_luma(120.0..136.0);
    live.change(&text(&[RESIZE, INVERT, TURN].join(", "), ""));
    viewer.until("a small picture, turned", |seen| seen.size == (24, 32));
    until_luma(128.0..256.0);
    live.change(&text(&[TURN, RESIZE, INVERT].join(", "), ""));
    viewer.until("another order", |seen| seen.size.0 == 32 && seen.size.1 > 32);
    until_luma(128.0..256.0);
    let stages: Vec<String> = live.stream("camera")["stages"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|stage| stage["stage"].as_str())
        .filter(|stage| stage.starts_with("transforms["))
        .map(str::to_owned)
        .collect();
    for stage in ["transforms[0] rotate", "transforms[1] resize", "transforms[2] good"] {
        assert!(stages.iter().any(|known| known == stage), "{stages:?}");
    }
    assert_eq!(stages.len(), 3, "{stages:?}");
    live.change(&text("", ""));
    viewer.until("a picture as it was", |seen| seen.size == (64, 48));
    let before = viewer.count();
    live.assert_gapless("camera", &viewer.seen());

    live.change(&text("", "max_fps: 2"));
    viewer.more(3);
    let seen = viewer.leave();
    assert!(seen[before..].windows(2).any(|pair| pair[1].sequence >= pair[0].sequence + 4), "{seen:?}");
    assert_in_order(&seen);
    assert_eq!(live.ledger(), ["open 64", "first 64"], "the camera goes on through it all");
    live.running.stop();
}
