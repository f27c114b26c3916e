//! The gate: frames that pass, and what is reported.

use crate::board::{SENSOR, counts, doorbell};
use crate::pin::{INPUT, Pin};
use mutoscope_tests::{Running, Viewer};

/// The shipped half minute would be waited for.
const BRIEF: &str = "transforms[0].hold_s=0.2";

fn viewer(server: &Running) -> Viewer {
    Viewer::of(&format!("{}/stream", server.address()))
}

fn is_live(viewer: &Viewer) {
    for _ in 0..3 {
        viewer.until("a live picture", |seen| seen.freshness == "live");
    }
}

/// Opens and closes the gate twice by these levels of its pin, while one viewer stays.
fn swings(server: &Running, active: bool) {
    let viewer = viewer(server);
    for times in 1..=2 {
        Pin::drive(SENSOR, active);
        server.waits_until("camera", "live");
        is_live(&viewer);
        counts(server, "/streams/camera/stages/0/counters/gate_opened", times);
        Pin::drive(SENSOR, !active);
        server.waits_until("camera", "gated");
        counts(server, "/streams/camera/stages/0/counters/gate_closed", times);
    }
    assert!(!viewer.has_ended());
}

pub fn opens_and_closes() {
    Pin::put(SENSOR, INPUT, false);
    let server = doorbell(&[BRIEF]);
    swings(&server, true);
    let log = server.stop().stderr;
    assert!(log.contains("the gate at GPIO 17 opens") && log.contains("the gate at GPIO 17 closes"), "{log}");
}

pub fn active_low() {
    Pin::put(SENSOR, INPUT, true);
    let server = doorbell(&[BRIEF, "transforms[0].active_low=true"]);
    swings(&server, false);
    server.stop();
}

pub fn holds() {
    Pin::put(SENSOR, INPUT, true);
    let server = doorbell(&[BRIEF]);
    let viewer = viewer(&server);
    is_live(&viewer);
    Pin::drive(SENSOR, false);
    let state = server.waits_until("camera", "gated");
    assert_eq!((&state["healthy"], state["trouble"].is_null()), (&true.into(), true), "{state}");
    assert_eq!(server.health("camera"), 200);
    // Longer than silence may last that is a failure.
    let before = state["gated"].as_u64();
    let last = viewer.last().expect("it saw pictures");
    counts(&server, "/streams/camera/gated", before.unwrap_or(0) + 50);
    assert_eq!(server.state("camera")["state"], "gated");
    assert_eq!(server.health("camera"), 200);
    assert!(!viewer.has_ended());
    assert_eq!(server.snapshot("camera"), last.picture);
    Pin::drive(SENSOR, true);
    is_live(&viewer);
    let log = server.stop().stderr;
    assert!(!log.contains("ERROR"), "{log}");
}
