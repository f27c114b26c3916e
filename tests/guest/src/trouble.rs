//! Cameras that go, fail, fall silent and come back, while somebody looks on.

use crate::server::{Server, control, sh};
use crate::viewer::Viewer;
use mutoscope_tests::until;

const SOURCE: &str = "plugin: v4l2, width: 640, height: 360, fps: 30, format: yuyv";

/// A camera that somebody looks at; what happens to it; what is said; how it is helped; and on it goes for the same viewer.
fn survives(name: &str, happens: impl FnOnce(), said: &str, help: impl FnOnce()) {
    let server = Server::start(name, SOURCE, "");
    let viewer = Viewer::of(&server.address());
    viewer.sees(10, "live");
    happens();
    let message = server.troubled(said);
    assert!(!message.contains('\n'), "one sentence: {message}");
    help();
    viewer.sees(10, "live");
    server.live();
    let numbers: Vec<_> =
        viewer.seen().iter().filter(|seen| seen.freshness == "live").map(|seen| seen.sequence).collect();
    assert!(numbers.is_sorted(), "{numbers:?}");
}

pub fn disconnected() {
    survives("disconnected", || control("disconnect=1"), "was unplugged", || {});
}

pub fn unbound() {
    let driver = |what: &str| sh(&format!("echo vivid.0 > /sys/bus/platform/drivers/vivid/{what}"));
    survives(
        "unbound",
        || {
            driver("unbind");
        },
        "there is no camera at /dev/video0",
        || {
            driver("bind");
        },
    );
}

pub fn broken_transfer() {
    survives("broken", || control("inject_fatal_streaming_error=1"), "Input/output error", || {});
}

pub fn stalled() {
    survives(
        "stalled",
        || control("percentage_of_dropped_buffers=100"),
        "no frame for",
        || control("percentage_of_dropped_buffers=0"),
    );
}

pub fn late() {
    sh("echo vivid.0 > /sys/bus/platform/drivers/vivid/unbind");
    let server = Server::start("late", SOURCE, "");
    let viewer = Viewer::of(&server.address());
    server.troubled("there is no camera at /dev/video0");
    viewer.sees(1, "placeholder");
    sh("echo vivid.0 > /sys/bus/platform/drivers/vivid/bind");
    until("the device file", || std::path::Path::new("/dev/video0").exists().then_some(()));
    viewer.sees(5, "live");
}
