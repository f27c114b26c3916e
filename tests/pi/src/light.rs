//! The light: when it is on.

use crate::board::{self, LIGHT, SENSOR, counts, doorbell};
use crate::pin::{INPUT, OUTPUT, Pin};
use mutoscope_tests::{Viewer, until};

pub fn watched() {
    Pin::put(SENSOR, INPUT, true);
    Pin::put(LIGHT, INPUT, false);
    // The file as it is.
    let server = doorbell(&[]);
    let stream = format!("{}/stream", server.address());
    Pin::becomes(LIGHT, OUTPUT, false);
    for times in 1..=2 {
        let viewer = Viewer::of(&stream);
        Pin::becomes(LIGHT, OUTPUT, true);
        viewer.until("a live picture", |seen| seen.freshness == "live");
        assert_eq!(server.state("camera")["viewers"], 1, "the light is none");
        viewer.leave();
        Pin::becomes(LIGHT, OUTPUT, false);
        counts(&server, "/sinks/1/counters/switched_on", times);
        counts(&server, "/sinks/1/counters/switched_off", times);
    }
    let log = server.stop().stderr;
    assert!(!log.contains("ERROR"), "{log}");
}

pub fn live() {
    Pin::put(SENSOR, INPUT, true);
    Pin::put(LIGHT, INPUT, false);
    let server = doorbell(&["sinks[1].while=live", "always_on=true"]);
    let viewer = Viewer::of(&format!("{}/stream", server.address()));
    Pin::becomes(LIGHT, OUTPUT, true);
    viewer.until("a live picture", |seen| seen.freshness == "live");
    board::unplug();
    Pin::becomes(LIGHT, OUTPUT, false);
    let trouble = server.waits_until("camera", "failed")["trouble"]["message"].to_string();
    assert!(trouble.contains("finds no camera"), "{trouble}");
    board::plug_in();
    Pin::becomes(LIGHT, OUTPUT, true);
    viewer.until("a live picture", |seen| seen.freshness == "live");
    viewer.leave();
    // Without a viewer it is as well as before.
    until("no viewer", || (server.state("camera")["viewers"] == 0).then_some(()));
    assert_eq!(Pin::read(LIGHT), Pin { number: LIGHT, function: OUTPUT, high: true });
    server.stop();
}

pub fn active_low() {
    Pin::put(SENSOR, INPUT, true);
    Pin::put(LIGHT, INPUT, false);
    let server = doorbell(&["sinks[1].active_low=true"]);
    let stream = format!("{}/stream", server.address());
    Pin::becomes(LIGHT, OUTPUT, true);
    let viewer = Viewer::of(&stream);
    Pin::becomes(LIGHT, OUTPUT, false);
    viewer.leave();
    Pin::becomes(LIGHT, OUTPUT, true);
    server.stop();
}
