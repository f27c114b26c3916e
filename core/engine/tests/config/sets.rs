//! `--set PATH=VALUE`.

use std::time::Duration;

use mutoscope_engine::config::{Input, OnFailure, Pipeline};
use serde_json::json;

use crate::fake::{load_with, reads, shown};

const SHORT: &str = "
source: { plugin: simulated, fps: 10 }
transforms:
  - { plugin: resize, width: 640 }
sink: { plugin: mjpeg }
";

const LONG: &str = "
streams:
  porch: { source: { plugin: simulated } }
  lab: { source: { plugin: simulated } }
sinks:
  - { plugin: mjpeg, listen: 127.0.0.1:8080 }
  - { plugin: mjpeg, listen: 127.0.0.1:8081 }
";

const ONE: &str = "
streams: { porch: { source: { plugin: simulated } } }
sinks: [ { plugin: mjpeg } ]
";

fn set(text: &str, sets: &[&str]) -> Pipeline {
    load_with(text, sets).unwrap_or_else(|report| panic!("{report}"))
}

fn source(pipeline: &Pipeline) -> &serde_json::Value {
    match &pipeline.streams[0].input {
        Input::Source(source) => &source.options,
        Input::From(_) => panic!("a source was written"),
    }
}

#[test]
fn values_are_put_over_the_file() {
    let pipeline = set(
        SHORT,
        &[
            "sink.listen=127.0.0.1:0",
            "transforms[0].width=320",
            "source.fps=5",
            "source.fps=2.5",
            "max_fps=1",
        ],
    );
    assert_eq!(pipeline.sinks[0].stage.options, json!({ "listen": "127.0.0.1:0" }));
    assert_eq!(pipeline.streams[0].transforms[0].options, json!({ "width": 320 }));
    assert_eq!(source(&pipeline), &json!({ "fps": 2.5 }));
    assert_eq!(pipeline.streams[0].max_fps, Some(1.0));
}

#[test]
fn settings_can_be_set() {
    let sets = [
        "timeout_ms=500",
        "idle_timeout_s=0",
        "warm_up_ms=20",
        "on_failure={ restarts: 3 }",
        "on_failure.restarts=4",
    ];
    let file = SHORT.replace("sink:", "on_failure: stop\nsink:");
    let everywhere = [(file.as_str(), ""), (ONE, ""), (ONE, "streams.porch."), (LONG, "streams.porch.")];
    for (text, start) in everywhere {
        let sets = sets.map(|set| format!("{start}{set}"));
        let pipeline = set(text, &sets.each_ref().map(String::as_str));
        let porch = &pipeline.streams[0];
        assert_eq!(porch.timeout, Some(Duration::from_millis(500)), "{start}");
        assert_eq!((porch.idle_timeout, porch.warm_up), (Duration::ZERO, Duration::from_millis(20)));
        assert_eq!((porch.on_failure, porch.always_on), (OnFailure::Restarts(4), false));
        assert!(set(text, &[&format!("{start}always_on=true")]).streams[0].always_on);
    }
}

#[test]
fn whole_stages_can_be_set() {
    let pipeline = set(
        SHORT,
        &[
            "source={ plugin: v4l2, device: /dev/video0 }",
            "transforms[1].plugin=rotate",
            "transforms[1].hflip=true",
            "threads=2",
        ],
    );
    assert_eq!(source(&pipeline), &json!({ "device": "/dev/video0" }));
    assert_eq!(pipeline.streams[0].transforms[1].options, json!({ "hflip": true }));
    assert_eq!(set(SHORT, &["transforms="]).streams[0].transforms, []);
    assert_eq!(set(SHORT, &["source.width=${W}"]).streams[0].transforms.len(), 1);
}

#[test]
fn either_form_is_understood_where_there_is_one() {
    for text in [SHORT, ONE] {
        for path in ["source.fps", "sink.listen", "sinks[0].listen"] {
            let value = if path.ends_with("fps") { "7" } else { "127.0.0.1:7" };
            let pipeline = set(text, &[&format!("{path}={value}")]);
            let seven =
                source(&pipeline)["fps"] == 7 || pipeline.sinks[0].stage.options["listen"] == "127.0.0.1:7";
            assert!(seven, "{path}");
        }
    }
    assert_eq!(source(&set(SHORT, &["streams.camera.source.fps=7"])), &json!({ "fps": 7 }));
    assert_eq!(source(&set(ONE, &["streams.porch.source.fps=7"])), &json!({ "fps": 7 }));
    assert_eq!(
        set(LONG, &["sinks[1].listen=127.0.0.1:7"]).sinks[1].stage.options,
        json!({ "listen": "127.0.0.1:7" })
    );
}

#[test]
fn errors() {
    let cases: [(&str, &str, &[&str]); 25] = [
        ("no value", SHORT, &["source.fps"]),
        ("no path", SHORT, &["=5"]),
        ("a broken path", SHORT, &["transforms[x].width=5"]),
        ("an unknown option", SHORT, &["sink.lisen=127.0.0.1:0"]),
        ("an unknown option of an unknown option", SHORT, &["sink.page.title=Porch"]),
        ("a value of the wrong type", SHORT, &["transforms[0].width=wide"]),
        ("a port alone", SHORT, &["sink.listen=8080"]),
        ("inside a value", SHORT, &["source={ plugin: v4l2, devise: /dev/video0 }"]),
        ("a misspelt plugin", SHORT, &["source.plugin=webcam"]),
        ("YAML that is none", SHORT, &["sink.listen=[::]:8080"]),
        (
            "an item of a list that is not there",
            "source: { plugin: simulated }\nsink: { plugin: mjpeg }\n",
            &["transforms.0.width=3"],
        ),
        ("a percent sign", SHORT, &["transforms[0].format=%H:%M"]),
        ("beyond the list", SHORT, &["transforms[5].width=5"]),
        ("a key of a list", SHORT, &["transforms.width=5"]),
        ("inside a number", SHORT, &["source.fps.max=5"]),
        ("a key at the top", SHORT, &["listen=127.0.0.1:0"]),
        ("a key twice in the value", SHORT, &["source={ plugin: simulated, fps: 5, fps: 6 }"]),
        ("one of two sinks", LONG, &["sink.listen=127.0.0.1:0"]),
        ("one of two streams", LONG, &["source.fps=5"]),
        ("a setting of one of two streams", LONG, &["timeout_ms=500"]),
        ("a setting with a unit", ONE, &["timeout_ms=3s"]),
        ("a setting without its unit", SHORT, &["idle_timeout=3"]),
        ("settings that contradict each other", SHORT, &["idle_timeout_s=3", "always_on=true"]),
        ("a variable", SHORT, &["source.width=${NOT_SET}"]),
        (
            "the file's own errors too",
            "source: { plugin: simulated, fsp: 5 }\nsink: { plugin: mjpeg }\n",
            &["sink.public=no", "sink.listen=:80"],
        ),
    ];
    let shown = cases.map(|(title, text, sets)| format!("## {title}\n\n{}", shown(text, sets)));
    reads("sets", &shown.join("\n"));
}
