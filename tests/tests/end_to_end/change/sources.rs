//! Cameras take over from one another.

use super::{assert_swapped, beside, good, until_width};
use mutoscope_tests::{Live, assert_in_order, http, until};
use std::time::Duration;

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
            if fault == "option" {
                live.running.logged(&[why]);
                live.running.logged(&["pipeline.yaml:"]);
                live.running.logged(&["width: 96"]);
            } else {
                live.running.logged(&["camera: the new source good could not start", why]);
            }
            let problem = until("the problem", || live.problem());
            assert!(problem.contains("the log says") && !problem.contains("96"), "{problem}");
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
