//! Pins are left as they were found. (What resistor an input had cannot be asked of this processor.)

use crate::board::{DOORBELL, LIGHT, SENSOR, doorbell, program};
use crate::pin::{ALT0, INPUT, OUTPUT, Pin};
use mutoscope_tests::{Signal, Viewer};
use std::fs;
use std::net::TcpListener;

/// States in which pins may be found.
const FOUND: [(u32, bool); 4] = [(INPUT, false), (OUTPUT, true), (OUTPUT, false), (ALT0, false)];

/// A pin that the doorbell does not name.
const OTHER: u32 = 22;

/// The same function, and the same level where it is an output's: an input's is the wire's, on a real Pi.
#[track_caller]
fn is_as_found(found: Pin) {
    let is = Pin::read(found.number);
    assert_eq!(is.function, found.function, "{is:?}, found as {found:?}");
    assert!(found.function != OUTPUT || is.high == found.high, "{is:?}, found as {found:?}");
}

pub fn at_the_end() {
    for (function, high) in FOUND {
        for signal in [Signal::TERM, Signal::INT] {
            let (sensor, light) = (Pin::put(SENSOR, function, high), Pin::put(LIGHT, function, high));
            let server = doorbell(&[]);
            let viewer = Viewer::of(&format!("{}/stream", server.address()));
            // On at the end.
            Pin::becomes(LIGHT, OUTPUT, true);
            Pin::becomes(SENSOR, INPUT, high);
            server.signal(signal);
            server.end_within(mutoscope_tests::PATIENCE).expect(0);
            drop(viewer);
            is_as_found(sensor);
            is_as_found(light);
        }
    }
}

pub fn after_a_failed_start() {
    let sensor = Pin::put(SENSOR, ALT0, false);
    let light = Pin::put(LIGHT, OUTPUT, true);
    // The doorbell's own port.
    let _taken = TcpListener::bind("127.0.0.1:8080").expect("it is free");
    let ended = program(DOORBELL, &[]).output().expect(1);
    assert!(ended.stderr.contains("8080"), "{}", ended.stderr);
    is_as_found(sensor);
    is_as_found(light);
}

pub fn at_a_change() {
    let light = Pin::put(LIGHT, OUTPUT, true);
    let other = Pin::put(OTHER, INPUT, false);
    let text = fs::read_to_string(DOORBELL).expect("it is there");
    let file = "/tmp/changing.yaml";
    fs::write(file, &text).expect("there is room");
    let server = program(file, &[]).start();
    server.address();
    Pin::becomes(LIGHT, OUTPUT, false);
    fs::write(file, text.replace("pin: 27", "pin: 22")).expect("there is room");
    server.signal(Signal::HUP);
    Pin::becomes(OTHER, OUTPUT, false);
    Pin::becomes(LIGHT, OUTPUT, true);
    server.stop();
    is_as_found(light);
    is_as_found(other);
}
