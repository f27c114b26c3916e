//! Controls, in order and live.

use crate::server::{Server, sees, sh};
use mutoscope_tests::until;

pub fn live() {
    let is = |name: &str| sh(&format!("v4l2-ctl -d /dev/video0 -C {name}")).trim().to_owned();
    // With `autogain` on, `gain` belongs to the driver: the order of the file matters.
    sh("v4l2-ctl -d /dev/video0 -c gain_automatic=1,brightness=1");
    let server = Server::start(
        "controls",
        "plugin: v4l2, controls: { gain_automatic: false, gain: 17, brightness: 77 }",
        "",
    );
    let viewer = server.viewer();
    sees(&viewer, 3, "live");
    assert_eq!((is("gain"), is("brightness")), ("gain: 17".into(), "brightness: 77".into()));
    server.edit("plugin: v4l2, controls: { gain_automatic: false, gain: 18 }", "");
    until("the new gain", || (is("gain") == "gain: 18").then_some(()));
    // What the file does not name any more is the camera's own value again.
    assert_eq!(is("brightness"), "brightness: 128");
    sees(&viewer, 3, "live");
    server.edit("plugin: v4l2, controls: { gain: 18, brightness: 999 }", "");
    server.logged(&["`brightness` goes from 0 to 255"]);
    sees(&viewer, 3, "live");
    // It was opened once, and never again.
    assert_eq!(server.stop().matches("(vivid): ").count(), 1);
}
