//! `check --devices` and `explain --devices`.

use crate::feeder::Feeder;
use crate::server::{mutoscope, output, pipeline, sh};
use mutoscope_frames::Sampling;
use mutoscope_frames::malformed::picture;
use mutoscope_tests::Ended;
use serde_json::Value;

fn ask(command: &[&str], source: &str, below: &str, code: i32) -> Ended {
    let file = pipeline("ask", &format!("plugin: v4l2, {source}"), below);
    let mut program = mutoscope(command);
    program.arg(file);
    output(program).expect(code)
}

pub fn cameras() {
    let _feeder = Feeder::start(b"MJPG", vec![picture(320, 240, Sampling::Yuv420)], (320, 240), 10);
    let stream = |source: &str, below: &str| {
        let explained = ask(&["explain", "--devices", "--json"], source, below, 0);
        let json: Value = serde_json::from_str(&explained.stdout).expect("JSON");
        json["streams"][0].clone()
    };
    // One can do JPEG alone and the other none: `auto` takes what there is, and the plan is for that.
    let jpeg = stream("device: /dev/video9", "transforms: [ { plugin: timestamp } ]\n");
    assert!(
        jpeg["asked"] == true && jpeg["format"].as_str().is_some_and(|it| it.starts_with("JPEG 320x240")),
        "{jpeg}"
    );
    let raw = stream("width: 640, height: 360", "");
    assert_eq!(raw["format"], "YUV 4:2:0 640x360", "{raw}");
    let decides = ask(&["explain"], "width: 640, height: 360", "", 0).stdout;
    assert!(decides.contains("decided when the source opens"), "{decides}");

    let refused = |source: &str, words: &[&str]| {
        let said = ask(&["check", "--devices"], source, "", 78).stderr;
        for word in words {
            assert!(said.contains(word), "{source}: no {word:?} in\n{said}");
        }
    };
    refused(
        "width: 650, height: 360",
        &["no 650x360", "nearest first: 640x360", "ask.yaml:1:", "width: 650"],
    );
    refused("width: 640, height: 360, fps: 29, format: yuyv", &["no 29 pictures", "yuyv at 30"]);
    refused("controls: { brightness: 300 }", &["`brightness` goes from 0 to 255"]);
    let good = ask(&["check", "--devices"], "width: 640, height: 360, fps: 30", "", 0).stdout;
    assert!(good.contains("the source of `camera` gives YUV 4:2:0 640x360"), "{good}");
    let gone = ask(&["check", "--devices"], "device: /dev/video7", "", 1).stderr;
    assert!(gone.contains("there is no camera at /dev/video7"), "{gone}");
    // It was released: another may have it at once.
    sh("v4l2-ctl -d /dev/video0 --set-fmt-video=width=320,height=180 --stream-mmap --stream-count=3");
}
