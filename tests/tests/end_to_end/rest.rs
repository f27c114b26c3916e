//! Stages without viewers do not work.

use mutoscope_frames::Sampling;
use mutoscope_frames::jpeg::encode;
use mutoscope_tests::{Folder, Live, assert_in_order, http, picture, until};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A camera that rests after a moment, and its settings.
fn camera(source: &str, settings: &str) -> Live {
    Live::start(&format!(
        "
source: {{ plugin: good, fps: 50, ledger: DIR/ledger.txt, device: DIR/device, {source} }}
idle_timeout_s: 0.3
sink: {{ plugin: mjpeg, listen: 127.0.0.1:0, snapshot_timeout_ms: 20000 }}
{settings}
"
    ))
}

/// Waits until the source rests for the `time`th time.
fn until_it_rests(live: &Live, time: usize) {
    live.written("drop 64", time);
    live.until_it_is("camera", "resting");
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

#[test]
fn a_source_rests_when_nobody_looks_on_and_the_first_viewer_wakes_it() {
    let live = camera("", "");
    until_it_rests(&live, 1);
    assert!(!live.folder.path().join("device").exists(), "its device is free");
    // Its instance is gone, and another one would be in the ledger below.
    let frames = live.from_source("camera");
    assert_eq!(live.stream("camera")["healthy"], true);
    assert_eq!(http::get(&live.url("healthz")).status, 200, "a camera that rests is healthy");
    assert_eq!(live.from_source("camera"), frames, "it stands still");
    assert_eq!(live.ledger(), ["open 64", "first 64", "drop 64"]);

    // A picture that is on its way to the sink when the source ends is no stale one; after this time none is on its way.
    sleep(Duration::from_millis(300));
    let woken = now();
    let first = http::watch(&live.url("stream")).next().unwrap();
    assert_eq!(first.header("X-Frame"), "live");
    assert!(first.header("X-Timestamp").parse::<f64>().unwrap() >= woken, "none from before it rested");
    let viewer = live.watch("camera");
    viewer.more(3);
    live.until_it_is("camera", "live");
    let last = viewer.last().unwrap();
    assert!(last.header("X-Timestamp").parse::<f64>().unwrap() >= woken, "a picture of now");
    // At 50 a second, these take twice the time after which it would rest.
    viewer.more(30);
    assert_eq!(live.ledger().len(), 5, "it goes on while somebody looks: {:?}", live.ledger());
    let seen = viewer.leave();
    assert!(seen.iter().all(|seen| seen.freshness == "live"), "{seen:?}");
    assert_in_order(&seen);
    // Numbers do not start again.
    assert!(seen[0].sequence > 0);

    until_it_rests(&live, 2);
    live.running.stop();
}

#[test]
fn a_stream_has_its_headers_at_once_and_its_pictures_when_there_are_some() {
    let live = camera("start_ms: 4000", "");
    until_it_rests(&live, 1);
    // Comes back when the headers are there.
    let viewer = live.watch("camera");
    let firsts = live.ledger().iter().filter(|line| *line == "first 64").count();
    assert_eq!(firsts, 1, "the camera is not ready yet");
    live.until_it_is("camera", "starting");
    assert_eq!(http::get(&live.url("healthz")).status, 200);
    // On a slow machine a placeholder says first that it is starting.
    live.until_it_is("camera", "live");
    viewer.more(1);
    let seen = viewer.leave();
    assert_eq!(seen.last().unwrap().freshness, "live");
    live.running.stop();
}

#[test]
fn a_snapshot_wakes_the_source_and_waits_for_it_to_warm_up() {
    let live = camera("start_ms: 300", "warm_up_ms: 700");
    until_it_rests(&live, 1);
    let (asked, began) = (now(), Instant::now());
    let answer = http::get(&live.url("snapshot"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(began.elapsed() >= Duration::from_millis(700));
    assert_eq!(answer.header("x-frame"), "live");
    assert!(answer.header("x-timestamp").parse::<f64>().unwrap() >= asked);
    until_it_rests(&live, 2);
    live.running.stop();
}

#[test]
fn a_snapshot_says_in_time_that_a_camera_takes_too_long() {
    let live = Live::start(
        "
source: { plugin: good, ledger: DIR/ledger.txt, start_ms: 3000 }
idle_timeout_s: 0
sink: { plugin: mjpeg, listen: 127.0.0.1:0, snapshot_timeout_ms: 500, max_age_ms: 0 }
",
    );
    until_it_rests(&live, 1);
    let answer = http::get(&live.url("snapshot"));
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(answer.text().contains("within 500 ms"), "{}", answer.text());
    live.running.stop();
}

#[test]
fn the_first_pictures_are_not_shown_while_the_camera_warms_up() {
    let live = camera("", "warm_up_ms: 400");
    until_it_rests(&live, 1);
    let viewer = live.watch("camera");
    viewer.until("a picture", |seen| seen.freshness == "live");
    viewer.leave();
    let discarded = live.stream("camera")["source"]["counters"]["warm_up_frames"].as_u64().unwrap();
    assert!(discarded >= 6, "{discarded}");
    until_it_rests(&live, 2);

    // The picture's luma is its number.
    let answer = http::get(&live.url("snapshot"));
    let [luma, ..] = picture::mean(&picture::decode(&answer.body), [0.0, 0.0, 1.0, 1.0]);
    assert!(luma >= 3.0, "picture {luma}, which is dark");
    live.running.stop();
}

#[test]
fn what_is_always_on_and_what_may_end_does_not_rest() {
    let live = Live::start(
        "
streams:
  rests: { source: { plugin: good, width: 16, fps: 20, ledger: DIR/ledger.txt }, idle_timeout_s: 0.2 }
  works: { source: { plugin: good, width: 32, fps: 20, ledger: DIR/ledger.txt }, idle_timeout_s: 0.2, always_on: true }
  film: { source: { plugin: good, width: 48, fps: 20, ledger: DIR/ledger.txt, frames: 100000 }, idle_timeout_s: 0.2 }
  waits: { source: { plugin: good, width: 80, fps: 20, ledger: DIR/ledger.txt }, idle_timeout_s: 600 }
sink: { plugin: mjpeg, listen: 127.0.0.1:0 }
",
    );
    live.written("drop 16", 1);
    for stream in ["works", "film", "waits"] {
        let frames = live.from_source(stream);
        // At 20 a second, these take three times as long as it would need to rest.
        until("more frames", || (live.from_source(stream) > frames + 12).then_some(()));
    }
    assert!(!live.ledger().iter().any(|line| ["drop 32", "drop 48", "drop 80"].contains(&line.as_str())));
    // A change of the file is enough to send the others to rest.
    live.change(
        "
streams:
  works: { source: { plugin: good, width: 32, fps: 20, ledger: DIR/ledger.txt }, idle_timeout_s: 0.2 }
  waits: { source: { plugin: good, width: 80, fps: 20, ledger: DIR/ledger.txt }, idle_timeout_s: 0.2 }
sink: { plugin: mjpeg, listen: 127.0.0.1:0 }
",
    );
    live.written("drop 32", 1);
    live.written("drop 80", 1);
    live.running.stop();
}

#[test]
fn a_branch_that_nobody_looks_at_does_no_work() {
    let live = Live::start(
        "
streams:
  camera: { source: { plugin: good, fps: 50, ledger: DIR/ledger.txt }, idle_timeout_s: 0.3 }
  seen: { from: camera, transforms: [ { plugin: good } ] }
  unseen: { from: camera, transforms: [ { plugin: good, strength: 50 } ] }
sink: { plugin: mjpeg, listen: 127.0.0.1:0 }
",
    );
    let viewer = live.watch("seen");
    viewer.more(10);
    let stages = |stream: &str| live.stream(stream)["stages"].as_array().unwrap().clone();
    assert!(!stages("seen").is_empty());
    assert!(stages("unseen").iter().all(|stage| stage["frames"] == 0), "{:?}", stages("unseen"));
    assert_eq!(live.stream("unseen")["frames"], 0);
    assert_eq!(live.stream("unseen")["state"], "resting");
    assert_eq!(live.stream("seen")["state"], "live");
    // A viewer of a branch keeps the source awake, and when they have gone, nothing does.
    viewer.more(30);
    assert_eq!(live.ledger(), ["open 64", "first 64"]);
    viewer.leave();
    live.written("drop 64", 1);
    let other = live.watch("unseen");
    other.more(3);
    assert!(stages("unseen").iter().any(|stage| stage["frames"].as_u64() > Some(0)));
    live.running.stop();
}

/// Streams `one` and `other` that show the same three pictures, of 8, 16 and 24 columns. A picture is due when a source is
/// opened, and then in a quarter of an hour.
fn slide_shows(fps: f64) -> String {
    let stream =
        format!("{{ source: {{ plugin: simulated, frames: pictures, fps: {fps} }}, idle_timeout_s: 0 }}");
    format!(
        "
streams:
  one: {stream}
  other: {stream}
sink: {{ plugin: mjpeg, listen: 127.0.0.1:0, snapshot_timeout_ms: 60000, max_age_ms: 0 }}
"
    )
}

/// The width of a snapshot of a stream that rests; it rests again afterwards.
fn snapshot_width(live: &Live, stream: &str) -> u32 {
    live.until_it_is(stream, "resting");
    let answer = http::get(&live.url(&format!("{stream}/snapshot")));
    assert_eq!(answer.status, 200, "{}", answer.text());
    picture::size(&answer.body).0
}

#[test]
fn a_slide_show_goes_on_where_it_was_before_it_rested() {
    let folder = Folder::new();
    for (number, width) in [8, 16, 24].into_iter().enumerate() {
        let picture = encode(&vec![90; 3 * width * 8], width, 8, 80, Sampling::Yuv420);
        folder.put(&format!("pictures/{number}.jpg"), picture);
    }
    let live = Live::start_in(folder, &slide_shows(0.001));
    // Opened at the start, and at rest with the first picture shown.
    let first = ["one", "other"].map(|stream| snapshot_width(&live, stream));
    let next = |width: u32| if width == 24 { 8 } else { width + 8 };
    let [mut one, other] = first;
    for _ in 0..4 {
        let shown = snapshot_width(&live, "one");
        assert_eq!(shown, next(one));
        one = shown;
    }
    assert_eq!(snapshot_width(&live, "other"), next(other), "a place of its own");
    live.change(&slide_shows(0.0011));
    assert_eq!(snapshot_width(&live, "one"), 8, "other options begin anew");
    live.running.stop();
}
