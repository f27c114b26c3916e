//! The options in the pipeline file, through the tables that the host calls.

use super::{Folder, small};
use crate::Options;
use mutoscope_plugin::serde_json::{Value, from_str, json};
use mutoscope_plugin::testing::Conformance;

fn refused(options: Value) -> (String, String) {
    let error = crate::plugin().source().unwrap().caps(&options.to_string()).unwrap_err();
    (error.option, error.message)
}

fn schema() -> Value {
    from_str(&crate::plugin().source().unwrap().schema()).unwrap()
}

/// The names in the first column of the README's table.
fn documented() -> Vec<String> {
    let text = include_str!("../../README.md");
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn it_keeps_what_every_plugin_must_keep() {
    let folder = Folder::new();
    folder.put("picture", &small(64, 48));
    let camera = |script: &str| folder.camera(script).command.unwrap();
    let running = camera("while :; do cat picture; sleep 0.01; done");
    Conformance::of(crate::plugin()).options(json!({ "command": running })).check();
    Conformance::of(crate::plugin()).needs("the system's camera program and a camera").check();
}

#[test]
fn each_option_is_described_in_the_readme() {
    let schema = schema();
    let properties = schema["properties"].as_object().unwrap();
    let mut names: Vec<_> = properties.keys().cloned().collect();
    let mut documented = documented();
    names.sort();
    documented.sort();
    assert_eq!(names, documented);
    assert_eq!(properties["tuning_file"]["format"], "path");
    for (name, low, high) in
        [("brightness", -1.0, 1.0), ("contrast", 0.0, 15.99), ("ev", -10.0, 10.0), ("quality", 1.0, 100.0)]
    {
        assert_eq!(properties[name]["minimum"].as_f64(), Some(low), "{name}");
        assert_eq!(properties[name]["maximum"].as_f64(), Some(high), "{name}");
    }
}

#[test]
fn every_option_can_be_given() {
    let all = json!({
        "camera": 1, "width": 640, "height": 480, "fps": 15, "format": "auto", "stride": 640, "quality": 80,
        "rotation": 180, "hflip": true, "vflip": true, "shutter": 10000, "gain": 1.5, "ev": -1, "awb": "daylight",
        "metering": "spot", "exposure": "sport", "denoise": "cdn_off", "hdr": "single-exp", "mode": "2304:1296:10:P",
        "brightness": 0.1, "contrast": 1.1, "saturation": 0, "sharpness": 2, "autofocus_mode": "continuous",
        "lens_position": 0.5, "roi": "0.25,0.25,0.5,0.5", "tuning_file": "/etc/imx477.json",
        "extra_args": ["--awbgains", "1.5,1.2"], "command": "rpicam-vid",
    });
    let properties = schema()["properties"].as_object().unwrap().clone();
    assert_eq!(properties.len(), all.as_object().unwrap().len());
    crate::plugin().source().unwrap().caps(&all.to_string()).unwrap();
    let options: Options = mutoscope_plugin::serde_json::from_value(all).unwrap();
    let line = crate::arguments::arguments(&options, false);
    for name in properties.keys() {
        let word = match name.as_str() {
            // These say how the program is run and read.
            "format" | "stride" | "command" | "extra_args" => continue,
            "fps" => "framerate".to_owned(),
            name => name.replace('_', "-"),
        };
        let given = line.iter().any(|argument| argument.to_str().unwrap().starts_with(&format!("--{word}")));
        assert!(given, "{name} does not reach the program: {line:?}");
    }
}

#[test]
fn what_cannot_be_is_refused_with_its_place() {
    let (option, message) = refused(json!({ "width": 640 }));
    assert_eq!((option.as_str(), message.as_str()), ("width", "`width: 640` needs a `height` beside it"));
    assert_eq!(refused(json!({ "height": 480 })).0, "height");
    assert_eq!(refused(json!({ "width": 60_000, "height": 60_000 })).0, "width");
    assert_eq!(refused(json!({ "format": "yuv420" })).0, "format");
    let sized = |name: &str, value: Value| {
        let mut options = json!({ "width": 640, "height": 480, "format": "yuv420" });
        options[name] = value;
        options
    };
    assert_eq!(refused(sized("quality", json!(50))).0, "quality");
    assert_eq!(refused(sized("stride", json!(638))).0, "stride");
    assert_eq!(refused(json!({ "stride": 640 })).0, "stride");
    assert_eq!(refused(json!({ "stride": 640, "format": "mjpeg" })).0, "stride");
    for roi in ["0.5,0.5,0.6,0.5", "0,0,0,1", "1,0,1,1", "a,b,c,d", "0.1,0.1,0.1"] {
        assert_eq!(refused(json!({ "roi": roi })).0, "roi", "{roi}");
    }
    assert_eq!(refused(json!({ "command": "./rpicam-vid" })).0, "command");
    assert_eq!(refused(json!({ "command": "" })).0, "command");
    let (option, message) = refused(json!({ "extra_args": ["--info-text", "x", "--codec=h264"] }));
    assert_eq!(option, "extra_args[2]");
    assert_eq!(message, "--codec=h264 is the source's own business: leave it out");
    let (option, message) = refused(json!({ "extra_args": ["--framerate", "10"] }));
    assert_eq!(
        (option.as_str(), message.as_str()),
        ("extra_args[0]", "--framerate is the option `fps`: give it there")
    );
    for own in ["-t", "-o", "-n", "--timeout", "--tuning-file"] {
        assert_eq!(refused(json!({ "extra_args": [own] })).0, "extra_args[0]", "{own}");
    }
    assert_eq!(refused(json!({ "framerate": 10 })).0, "framerate");
}
