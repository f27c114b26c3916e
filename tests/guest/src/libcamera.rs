//! The source `picamera` with real libcamera in a real child process: GStreamer instead of `rpicam-vid`, which only a Raspberry
//! Pi has, and libcamera's virtual camera, whose picture is eight coloured bars that move.

use crate::account::Account;
use crate::machine::{self, Process};
use crate::server::{Server, sees};
use image::RgbImage;
use mutoscope_tests::{picture, until};

/// Takes `rpicam-vid`'s arguments: `tests/guest/camera`.
const COMMAND: &str = "command: /tmp/bin/camera";
/// Name of the child process.
const CHILD: &str = "gst-launch-1.0";

/// Checks that a picture is the virtual camera's.
#[track_caller]
fn shows_bars(picture: &RgbImage) {
    let colour = |x: u32, y: u32| picture.get_pixel(x, y).0.map(|channel| channel > 127);
    let (width, height) = picture.dimensions();
    let mut shares = [0; 8];
    for x in 0..width {
        // They stand upright from top to bottom: a picture whose lines are not where they are taken to be shows slanted ones.
        let [red, green, blue] = colour(x, height / 4);
        shares[(usize::from(red) << 2) | (usize::from(green) << 1) | usize::from(blue)] += 1;
    }
    assert!(shares.iter().all(|share| *share > width / 16), "of black to white, eight colours: {shares:?}");
    let same = (0..width).filter(|x| colour(*x, height / 4) == colour(*x, height * 3 / 4)).count() as u32;
    assert!(same > width * 9 / 10, "{same} of {width} columns are of one colour");
}

/// The one child of the program.
#[track_caller]
fn child(server: &Server) -> u32 {
    until("the camera program", || {
        let children = Process::children(server.id());
        let [child] = &children[..] else { return None };
        (child.name == CHILD && child.state != 'Z').then_some(child.id)
    })
}

pub fn pictures() {
    for format in ["mjpeg", "yuv420"] {
        let source =
            format!("plugin: picamera, {COMMAND}, width: 640, height: 480, fps: 15, format: {format}");
        let server = Server::start(format, &source, "");
        sees(&server.viewer(), 10, "live");
        let shown = picture::decode(&server.fresh());
        assert_eq!(shown.dimensions(), (640, 480));
        shows_bars(&shown);
        child(&server);
        let stream = server.stream();
        let copied = &stream["source"]["counters"]["bytes_copied"];
        let stages = stream["stages"].as_array().map(Vec::len);
        if format == "mjpeg" {
            assert!(
                copied.as_u64() > Some(10_000) && stages == Some(0),
                "one copy, and nothing is decoded: {stream}"
            );
        } else {
            assert!(copied.is_null() && stages == Some(1), "read to where they stay, and encoded: {stream}");
        }
        let log = server.stop();
        // What the program says is in the log.
        assert!(log.contains("camera, camera 0: ") && log.contains("configuring streams"), "{log}");
        assert!(!log.contains("ERROR "), "{log}");
        machine::all_gone(CHILD);
    }
}

/// `pipelines/picamera.yaml` as it stands, but for the program.
pub fn shipped() {
    let server = Server::of("picamera.yaml", &["source.command=/tmp/bin/camera"]);
    sees(&server.viewer(), 5, "live");
    let shown = picture::decode(&server.fresh());
    assert_eq!(shown.dimensions(), (1280, 720));
    shows_bars(&shown);
    server.stop();
    machine::all_gone(CHILD);
}

pub fn killed() {
    let source = format!("plugin: picamera, {COMMAND}, width: 640, height: 480, fps: 15");
    let server = Server::start("killed", &source, "");
    let mut account = Account::open(&server, server.viewer());
    let first = child(&server);
    crate::server::sh(&format!("kill -KILL {first}"));
    server.logged(&["source failed", "`camera` was killed (signal 9) after", "pictures"]);
    account.until("the camera again", |seen| {
        // It may be back before a placeholder was due.
        seen.iter().filter(|part| part.freshness == "live").count() >= 10
    });
    assert_ne!(child(&server), first);
    // Which of the last pictures before the end were still on their way is in nobody's account.
    drop(account);
    // No process is left to end the program, but the kernel is told to.
    server.kill();
    machine::all_gone(CHILD);
    machine::nothing_is_left();
}

pub fn refused() {
    // The virtual camera has no such size, and GStreamer says so.
    let source = format!("plugin: picamera, {COMMAND}, width: 324, height: 242, fps: 15");
    let server = Server::start("refused-size", &source, "always_on: true\n");
    let message = server.troubled("ended with code 1 before its first picture");
    assert!(message.contains("its last words: ") && message.contains("stream error"), "{message}");
    server.logged(&["camera, camera 0: ", "ERROR", "libcamerasrc"]);
    assert_eq!(server.get("/healthz").status, 503);
    until("another attempt", || (server.stream()["trouble"]["attempts"].as_u64() > Some(1)).then_some(()));
    let zombies = Process::children(server.id()).into_iter().filter(|process| process.state == 'Z').count();
    assert!(zombies <= 1, "one may just have ended: {zombies}");
    server.stop();
    machine::all_gone(CHILD);
}
