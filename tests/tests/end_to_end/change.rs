//! The file changes while viewers look on: what is the same goes on, what differs is replaced.

use mutoscope_tests::{Live, Program, Seen, Viewer, assert_in_order, http, picture, until};
use std::fs;
use std::net::TcpListener;
use std::time::Duration;

/// A camera that writes down what becomes of it.
fn good(width: u32, rest: &str) -> String {
    format!("source: {{ plugin: good, fps: 25, width: {width}, ledger: DIR/ledger.txt, {rest} }}")
}

/// A file with this camera, and another stream beside it that nothing happens to.
fn beside(camera: &str) -> String {
    format!(
        "
streams:
  camera: {{ {camera} }}
  other: {{ source: {{ plugin: simulated, width: 64, height: 48, fps: 5 }} }}
sink: {{ plugin: mjpeg, listen: 127.0.0.1:0 }}
"
    )
}

/// Checks that pictures of the first size come before those of the second, each at least once, in order.
#[track_caller]
fn assert_swapped(seen: &[Seen], from: u32, to: u32) {
    assert_in_order(seen);
    let widths: Vec<_> =
        seen.iter().filter(|seen| seen.freshness == "live").map(|seen| seen.size.0).collect();
    let first = widths.iter().position(|width| *width == to).unwrap_or_else(|| panic!("no {to}: {widths:?}"));
    assert!(first > 0 && widths[..first].iter().all(|width| *width == from), "{widths:?}");
    assert!(widths[first..].iter().all(|width| *width == to), "{widths:?}");
}

/// Waits for a live picture of this width.
#[track_caller]
fn until_width(viewer: &Viewer, width: u32) {
    let what = format!("a picture {width} wide");
    viewer.until(&what, |seen| seen.freshness == "live" && seen.size.0 == width);
}

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
    viewer.more(8);
    let seen = viewer.leave();
    live.assert_gapless("camera", &seen);
    assert!(seen.iter().all(|seen| seen.freshness == "live"));
    let last = &seen[seen.len() - 6..];
    assert!(last[5].at - last[0].at < Duration::from_millis(900), "20 per second, and not 5: {last:?}");
    assert_eq!(live.problem(), None);
    let log = live.running.stop().stderr;
    assert!(!log.contains("changing from source"), "{log}");
}

#[test]
fn a_bad_file_changes_nothing_and_is_shown_until_a_good_one_comes() {
    let text = |width: &str| beside(&good(64, width));
    let live = Live::watching(&text(""));
    let (viewer, other) = (live.watch("camera"), live.watch("other"));
    viewer.more(2);

    live.put(&text("heigth: 9"));
    let problem = until("the problem", || live.problem());
    let check = Program::new(["check"]).arg(live.file()).with_fixtures().output().expect(78);
    assert_eq!(problem, check.stderr.trim_end(), "as `check` prints it");
    assert!(problem.contains("heigth") && problem.contains("height"), "{problem}");
    until("the same on standard error", || live.running.log().contains(&problem).then_some(()));
    assert_eq!(live.changes(), 0);
    viewer.more(3);
    assert_eq!(http::get(&live.url("healthz")).status, 200);

    // Another mistake takes its place.
    live.put("streams: [");
    until("the other problem", || live.problem().filter(|other| *other != problem));

    live.put(&text("height: 32"));
    viewer.until("the corrected file", |seen| seen.size == (64, 32));
    assert_eq!(live.problem(), None);
    assert_eq!(live.changes(), 1);
    other.more(1);
    live.assert_gapless("other", &other.leave());
    assert_in_order(&viewer.leave());
    live.running.stop();
}

#[test]
fn editors_and_links_that_are_exchanged_are_noticed() {
    let text = |width: u32| beside(&good(width, ""));
    let live = Live::watching(&text(64));
    let viewer = live.watch("camera");
    viewer.more(1);
    let real = |name: &str, width: u32| {
        let text = text(width).replace("DIR", live.folder.path().to_str().unwrap());
        live.folder.put(name, text)
    };
    let file = live.file();

    // Written where it is, in two halves.
    let text = text(80).replace("DIR", live.folder.path().to_str().unwrap());
    fs::write(&file, &text[..text.len() / 2]).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    fs::write(&file, &text).unwrap();
    until_width(&viewer, 80);

    // Taken away, and put back.
    fs::rename(&file, live.folder.path().join("old")).unwrap();
    fs::rename(real("new", 96), &file).unwrap();
    until_width(&viewer, 96);

    // A link to a file in a folder, which is a link itself, as mounted configuration is.
    real("first/pipeline.yaml", 112);
    real("second/pipeline.yaml", 128);
    let link = |to: &str, from: &str| {
        let new = live.folder.path().join("link");
        std::os::unix::fs::symlink(to, &new).unwrap();
        fs::rename(new, live.folder.path().join(from)).unwrap();
    };
    link("first", "data");
    link("data/pipeline.yaml", "pipeline.yaml");
    until_width(&viewer, 112);
    link("second", "data");
    until_width(&viewer, 128);
    assert_in_order(&viewer.leave());
    live.running.stop();
}

#[test]
fn a_camera_that_may_be_open_beside_the_old_one_takes_over_with_its_first_picture() {
    let live = Live::start(&beside(&good(64, "")));
    let (viewer, other) = (live.watch("camera"), live.watch("other"));
    viewer.more(2);
    live.change(&beside(&good(96, "start_ms: 500")));
    live.written("open 96", 1);
    until_width(&viewer, 96);
    live.written("drop 64", 1);
    assert_eq!(live.ledger(), ["open 64", "first 64", "open 96", "first 96", "drop 64"]);

    // Another plugin.
    live.change(&beside("source: { plugin: simulated, width: 128, height: 96 }"));
    until_width(&viewer, 128);
    live.written("drop 96", 1);
    let log = live.running.log();
    assert!(log.contains("changing from source good to simulated"), "{log}");
    assert_eq!(live.stream("camera")["source"]["plugin"], "simulated");
    other.more(1);

    let seen = viewer.leave();
    let first = seen.iter().position(|seen| seen.size.0 == 128).unwrap();
    assert_swapped(&seen[..first], 64, 96);
    assert_swapped(&seen[first - 1..], 96, 128);
    assert!(seen.iter().all(|seen| seen.freshness == "live"), "never without a picture");
    live.assert_gapless("other", &other.leave());
    assert_eq!(live.problem(), None);
    live.running.stop();
}

#[test]
fn a_camera_on_the_same_device_opens_after_the_old_one_has_let_go() {
    let live = Live::start(&beside(&good(64, "device: DIR/device")));
    let (viewer, other) = (live.watch("camera"), live.watch("other"));
    viewer.more(2);
    for (from, to) in [(64, 96), (96, 64)] {
        live.change(&beside(&good(to, "device: DIR/device")));
        until_width(&viewer, to);
        let ledger = live.ledger();
        let at = |line: String| ledger.iter().rposition(|known| *known == line).unwrap();
        assert!(at(format!("drop {from}")) < at(format!("open {to}")), "{ledger:?}");
        assert!(!ledger.iter().any(|line| line.starts_with("busy")), "{ledger:?}");
    }
    other.more(1);
    live.assert_gapless("other", &other.leave());
    assert_in_order(&viewer.leave());
    live.running.stop();
}

#[test]
fn two_streams_exchange_their_cameras() {
    let text = |front: (u32, &str), back: (u32, &str)| {
        let camera = |(width, device): (u32, &str)| good(width, &format!("device: DIR/{device}"));
        format!(
            "
streams:
  front: {{ {} }}
  back: {{ {} }}
sink: {{ plugin: mjpeg, listen: 127.0.0.1:0 }}
",
            camera(front),
            camera(back)
        )
    };
    let live = Live::start(&text((64, "one"), (96, "two")));
    let (front, back) = (live.watch("front"), live.watch("back"));
    front.more(2);
    back.more(2);
    live.change(&text((96, "two"), (64, "one")));
    until_width(&front, 96);
    until_width(&back, 64);
    assert_eq!(live.problem(), None);
    assert!(!live.ledger().iter().any(|line| line.starts_with("busy")), "{:?}", live.ledger());
    // And under other names.
    live.change(&text((96, "two"), (64, "one")).replace("front:", "left:"));
    let left = live.watch("left");
    until_width(&left, 96);
    assert_swapped(&back.leave(), 96, 64);
    assert!(!live.ledger().iter().any(|line| line.starts_with("busy")), "{:?}", live.ledger());
    live.running.stop();
}

#[test]
fn a_camera_that_does_not_start_leaves_its_place_to_the_old_one() {
    for device in ["", "device: DIR/device, "] {
        let text = |width: u32, more: &str| beside(&good(width, &format!("{device}{more}")));
        let live = Live::start(&text(64, ""));
        let (viewer, other) = (live.watch("camera"), live.watch("other"));
        viewer.more(2);
        for (fault, why) in [
            ("open", "the lens cap is on"),
            ("option", "96 is more than the sensor has"),
            ("silence", "no frame for"),
        ] {
            let timeout = ", timeout_ms: 300";
            let bad = text(96, &format!("fault: {fault}"))
                .replace(" }\n  other", &format!("{timeout} }}\n  other"));
            assert!(bad.contains(timeout));
            live.change(&bad);
            let problem = until(why, || live.problem().filter(|problem| problem.contains(why)));
            if fault == "option" {
                assert!(problem.contains("pipeline.yaml:") && problem.contains("width: 96"), "{problem}");
            } else {
                assert!(problem.contains("camera: the new source good could not start"), "{problem}");
            }
            live.running.logged(&[why]);
            // It goes on, or comes back.
            until_width(&viewer, 64);
            live.until_it_is("camera", "live");
            assert_eq!(http::get(&live.url("healthz")).status, 200, "{fault}");
            assert!(live.problem().is_some(), "it stands there until the next change");
        }
        if device.is_empty() {
            assert_gapless_source(&live);
        }
        live.change(&text(80, ""));
        until_width(&viewer, 80);
        assert_eq!(live.problem(), None);
        assert_swapped(&viewer.leave(), 64, 80);
        other.more(1);
        live.assert_gapless("other", &other.leave());
        live.running.stop();
    }
}

/// The first instance was never closed.
#[track_caller]
fn assert_gapless_source(live: &Live) {
    let ledger = live.ledger();
    assert!(!ledger.contains(&"drop 64".to_owned()), "{ledger:?}");
    assert_eq!(ledger.iter().filter(|line| *line == "open 64").count(), 1, "{ledger:?}");
}

#[test]
fn changes_that_come_at_once_end_with_the_last() {
    for device in ["", "device: DIR/device, "] {
        let text = |width: u32| beside(&good(width, &format!("{device}start_ms: 200")));
        let live = Live::start(&text(64));
        let viewer = live.watch("camera");
        viewer.more(1);
        // The second comes while the first is on its way; and the way back before it has got anywhere.
        live.change(&text(80));
        live.change(&text(96));
        until_width(&viewer, 96);
        live.change(&text(80));
        live.change(&text(96));
        // The same once more is no change, also while one is on its way.
        live.change(&text(112));
        live.change(&(text(112) + "\n# the same"));
        until_width(&viewer, 112);
        viewer.more(10);
        let seen = viewer.leave();
        assert_eq!(seen.last().unwrap().size.0, 112);
        assert_in_order(&seen);
        assert!(!live.ledger().iter().any(|line| line.starts_with("busy")), "{:?}", live.ledger());
        assert_eq!(live.problem(), None);
        // Nothing is left of those on the way: as many were dropped as were opened, but for one.
        let count = |what: &str| live.ledger().iter().filter(|line| line.starts_with(what)).count();
        until("the others to end", || (count("open") == count("drop") + 1).then_some(()));
        live.running.stop();
    }
}

#[test]
fn a_change_helps_a_source_that_fails_rests_or_starts() {
    let live = Live::start(&beside(&good(64, "fault: open")));
    let viewer = live.watch("camera");
    live.until_it_is("camera", "failed");
    viewer.until("a placeholder", |seen| seen.freshness == "placeholder");
    live.change(&beside(&good(64, "start_ms: 60000")));
    live.written("open 64", 1);
    live.until_it_is("camera", "starting");
    live.change(&beside(&good(80, "")));
    until_width(&viewer, 80);
    live.until_it_is("camera", "live");
    let seen = viewer.leave();
    assert_in_order(&seen);

    let resting = |width: u32| beside(&(good(width, "") + ", idle_timeout_s: 0"));
    live.change(&resting(80));
    live.written("drop 80", 1);
    live.change(&resting(96));
    live.until_it_is("camera", "resting");
    std::thread::sleep(Duration::from_millis(200));
    assert!(!live.ledger().contains(&"open 96".to_owned()), "nobody looks on");
    let viewer = live.watch("camera");
    viewer.more(1);
    assert!(viewer.leave().iter().all(|seen| seen.size.0 == 96));
    live.running.stop();
}

#[test]
fn streams_come_go_and_stand_on_others() {
    let text = |streams: &str| {
        format!(
            "
streams:
  fixed: {{ source: {{ plugin: simulated, width: 48, height: 48, fps: 5 }} }}
  {streams}
sink: {{ plugin: mjpeg, listen: 127.0.0.1:0 }}
"
        )
    };
    let camera = good(64, "");
    let live = Live::start(&text(&format!("camera: {{ {camera} }}")));
    let (fixed, viewer) = (live.watch("fixed"), live.watch("camera"));
    viewer.more(2);
    let gone = |stream: &str| http::get(&live.url(&format!("{stream}/stream"))).status == 404;
    assert!(gone("copy"));

    // Added.
    live.change(&text(&format!("camera: {{ {camera} }}\n  copy: {{ from: camera, max_fps: 10 }}")));
    until("the new stream", || (http::get(&live.url("copy/snapshot")).status == 200).then_some(()));
    let copy = live.watch("copy");
    copy.more(2);

    // From another stream to a source of its own, and back: same connection.
    live.change(&text(&format!("camera: {{ {camera} }}\n  copy: {{ {} }}", good(80, ""))));
    until_width(&copy, 80);
    live.change(&text(&format!("camera: {{ {camera} }}\n  copy: {{ from: camera }}")));
    until_width(&copy, 64);
    live.written("drop 80", 1);
    // The stream that it stands on becomes one that stands on it.
    live.change(&text(&format!("camera: {{ from: copy }}\n  copy: {{ {} }}", good(96, ""))));
    until_width(&copy, 96);
    until_width(&viewer, 96);
    live.written("drop 64", 1);

    // Removed: its viewers see a proper end. Renamed: the old name goes, the new one comes.
    live.change(&text(&format!("camera: {{ {} }}", good(96, ""))));
    until("the end of the stream", || copy.has_ended().then_some(()));
    assert_in_order(&copy.leave());
    assert!(gone("copy"));
    live.change(&text(&format!("garden: {{ {} }}", good(96, ""))));
    until("the end of the stream", || viewer.has_ended().then_some(()));
    assert_in_order(&viewer.leave());
    until_width(&live.watch("garden"), 96);
    assert!(gone("camera"));

    live.assert_gapless("fixed", &fixed.leave());
    assert_eq!(live.problem(), None);
    live.running.stop();
}

#[test]
fn sinks_come_go_and_move() {
    let port = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text = |sinks: &str| {
        format!(
            "
source: {{ plugin: simulated, width: 64, height: 48, fps: 5 }}
sinks:
  - {{ plugin: mjpeg, listen: 127.0.0.1:0 }}
  {sinks}
"
        )
    };
    let server =
        |port: u16, more: &str| text(&format!("- {{ plugin: mjpeg, listen: 127.0.0.1:{port}, {more} }}"));
    let is_open = |port: u16| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
    let (first, second) = (port(), port());
    let live = Live::start(&text(""));
    let viewer = live.watch("camera");
    viewer.more(1);

    // Added, with a port of its own and a viewer.
    live.change(&server(first, ""));
    live.running.addresses(2);
    let there = Viewer::of(&format!("http://127.0.0.1:{first}/stream"));
    there.more(1);
    // Other options, the same sockets.
    live.change(&server(first, "max_connections: 50, send_timeout_ms: 5000"));
    there.more(2);
    live.assert_gapless("camera", &there.seen());
    // Another port: that is announced, and the old one is free.
    live.change(&server(second, ""));
    let addresses = live.running.addresses(3);
    assert_eq!(addresses[2], format!("http://127.0.0.1:{second}"));
    until("the old server's end", || there.has_ended().then_some(()));
    assert_in_order(&there.leave());
    assert!(!is_open(first));
    TcpListener::bind(("127.0.0.1", first)).unwrap();
    Viewer::of(&format!("http://127.0.0.1:{second}/stream")).more(1);

    // A port that somebody else has: it stays where it is.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    live.change(&server(taken.local_addr().unwrap().port(), ""));
    let problem = until("the problem", || live.problem());
    assert!(problem.contains("mjpeg") && problem.contains("holds that port"), "{problem}");
    until("the server where it was", || is_open(second).then_some(()));

    // A sink that takes the place of another, port and all, and one of another kind.
    live.change(&text(&format!(
        "- {{ plugin: good, path: DIR/list.txt }}\n  - {{ plugin: mjpeg, listen: 127.0.0.1:{second}, streams: [camera] }}"
    )));
    until("the list", || (live.folder.read("list.txt").lines().count() > 2).then_some(()));
    assert_eq!(live.problem(), None);
    until("the server where it was", || is_open(second).then_some(()));
    live.change(&text(""));
    until("the server's end", || (!is_open(second)).then_some(()));
    let lines = live.folder.read("list.txt").lines().count();
    viewer.more(2);
    assert!(live.folder.read("list.txt").lines().count() <= lines + 1, "it gets nothing any more");

    live.assert_gapless("camera", &viewer.leave());
    live.running.stop();
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
