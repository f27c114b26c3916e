//! `mutoscope devices`.

use crate::feeder::Feeder;
use crate::server::{Server, mutoscope, output};
use mutoscope_frames::Sampling;
use mutoscope_frames::malformed::picture;
use serde_json::Value;

pub fn listed() {
    let _feeder = Feeder::start(b"MJPG", vec![picture(320, 240, Sampling::Yuv420)], (320, 240), 10);
    let json = output(mutoscope(&["devices", "--json"])).expect(0);
    assert_eq!(json.stderr, "");
    let devices: Vec<Value> = serde_json::from_str(&json.stdout).unwrap();
    let find = |path: &str| {
        let found = devices.iter().find(|device| device["details"]["path"] == path);
        found.unwrap_or_else(|| panic!("no {path} in {}", json.stdout))
    };
    let vivid = find("/dev/video0");
    assert_eq!((&vivid["plugin"], &vivid["details"]["driver"]), (&"v4l2".into(), &"vivid".into()));
    for format in
        ["yuyv", "uyvy", "nv12", "nv21", "yu12", "yv12", "422p", "grey", "y16", "rgb24", "bgr24", "rggb"]
    {
        let rates = &vivid["details"]["formats"][format]["640x360"];
        assert!(rates.as_array().is_some_and(|rates| rates.contains(&30.0.into())), "{format}: {rates}");
    }
    let brightness = &vivid["details"]["controls"]["brightness"];
    assert_eq!((&brightness["minimum"], &brightness["maximum"]), (&0.into(), &255.into()));
    let loopback = find("/dev/video9");
    assert!(loopback["details"]["formats"]["mjpg"]["320x240"].is_array(), "{loopback}");
    let text = output(mutoscope(&["devices"])).expect(0).stdout;
    for words in [
        "source: { plugin: v4l2, device: /dev/video0 }",
        "640x360: ",
        "    brightness: type integer, minimum 0",
    ] {
        assert!(text.contains(words), "no {words:?} in\n{text}");
    }
    // The line that is shown opens the device.
    let line = vivid["source"].as_str().unwrap();
    let source = line.trim_start_matches("source: { ").trim_end_matches(" }");
    Server::start("devices", source, "").fresh();
}
