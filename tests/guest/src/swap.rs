//! From no camera to a camera by one line, the camera unplugged and plugged again, and the way back, while a viewer outside
//! of the guest watches.

use crate::outside;
use crate::server::{Server, text};
use crate::trouble::driver;
use mutoscope_tests::{assert_in_order, picture};

const SIMULATED: &str = "plugin: simulated, width: 320, height: 240, fps: 10";
const CAMERA: &str = "plugin: v4l2, width: 640, height: 360, fps: 30";

pub fn by_one_line() {
    let sink = format!("sink: {{ plugin: mjpeg, listen: {}, public: true }}\n", outside::ADDRESS);
    let (before, after) = (text(SIMULATED, &sink), text(CAMERA, &sink));
    let changed = before.lines().zip(after.lines()).filter(|(before, after)| before != after).count();
    assert_eq!(changed, 1);
    let server = Server::start("swap", SIMULATED, &sink);
    server.address();
    let viewer = outside::viewer();
    let live = |size: (u32, u32)| {
        viewer.until(&format!("a live picture of {size:?}"), |seen| {
            (&seen.freshness[..], seen.size) == ("live", size)
        });
    };
    live((320, 240));
    let first = viewer.last().expect("it has seen something").picture;
    picture::counter(&first);
    server.edit(CAMERA, &sink);
    live((640, 360));
    driver("unbind");
    viewer.until("a placeholder", |seen| (&seen.freshness[..], seen.size) == ("placeholder", (640, 360)));
    driver("bind");
    live((640, 360));
    let seen = viewer.last().expect("it has seen something").picture;
    assert_eq!(picture::size(&seen), (640, 360));
    server.edit(SIMULATED, &sink);
    live((320, 240));
    assert_in_order(&viewer.seen());
    server.stop();
}
