//! What good files come to.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mutoscope_engine::config::{
    IDLE_TIMEOUT, Input, KeyPath, OnFailure, Origin, PluginRef, Stream, StreamIndex, load,
};
use serde_json::json;

use crate::fake::{Fakes, Mjpeg, Simulated, V4l2, environment, good, reads};

const SHORT: &str = "
source: { plugin: simulated, frames: ../frames, fps: 10 }
transforms:
  - { plugin: resize, width: 640 }
  - { plugin: timestamp, format: \"%Y-%m-%d %H:%M:%S\" }
max_fps: 5
sink: { plugin: mjpeg, listen: 127.0.0.1:8080 }
";

const LONG: &str = "
streams:
  camera:
    source: { plugin: simulated, frames: ../frames, fps: 10 }
    transforms:
      - { plugin: resize, width: 640 }
      - { plugin: timestamp, format: \"%Y-%m-%d %H:%M:%S\" }
    max_fps: 5
sinks:
  - { plugin: mjpeg, listen: 127.0.0.1:8080, streams: [camera] }
";

#[test]
fn both_forms_come_to_the_same() {
    let (short, long) = (good(SHORT), good(LONG));
    assert_eq!(short.streams.len(), 1);
    let (a, b) = (&short.streams[0], &long.streams[0]);
    assert_eq!((&a.name, a.max_fps), (&b.name, b.max_fps));
    assert_eq!((a.name.as_str(), a.max_fps), ("camera", Some(5.0)));
    let (Input::Source(a_source), Input::Source(b_source)) = (&a.input, &b.input) else { panic!() };
    assert_eq!((&a_source.plugin, &a_source.options), (&b_source.plugin, &b_source.options));
    assert_eq!(a_source.origin.to_string(), "source");
    assert_eq!(b_source.origin.to_string(), "streams.camera.source");
    for (a, b) in a.transforms.iter().zip(&b.transforms) {
        assert_eq!((&a.plugin, &a.options), (&b.plugin, &b.options));
    }
    assert_eq!(b.transforms[1].origin.to_string(), "streams.camera.transforms[1]");
    let (a, b) = (&short.sinks[0], &long.sinks[0]);
    assert_eq!((&a.stage.options, &a.streams), (&b.stage.options, &b.streams));
    assert_eq!(a.stage.options, json!({ "listen": "127.0.0.1:8080" }));
    assert_eq!((a.stage.origin.to_string(), b.stage.origin.to_string()), ("sink".into(), "sinks[0]".into()));
}

#[test]
fn several_streams_and_sinks() {
    let pipeline = good(
        "
threads: 2
plugin_path: [plugins, /opt/mutoscope]
streams:
  small: { from: porch, transforms: [ { plugin: resize, width: 320 } ] }
  porch: { source: { plugin: v4l2, device: /dev/video0, controls: { exposure: -5 } } }
  1: { source: { plugin: my_camera, anything: { goes: [1, null, true] } }, transforms: }
sinks:
  - { plugin: mjpeg, listen: '[::1]:8080', streams: [porch, small] }
  - { plugin: mjpeg, listen: localhost:8081, streams: [1] }
  - plugin: mjpeg
",
    );
    let names: Vec<_> = pipeline.streams.iter().map(|stream| stream.name.as_str()).collect();
    assert_eq!(names, ["small", "porch", "1"]);
    assert_eq!(pipeline.streams[0].input, Input::From(StreamIndex(1)));
    let served: Vec<_> = pipeline.sinks.iter().map(|sink| sink.streams.clone()).collect();
    assert_eq!(
        served,
        [
            vec![StreamIndex(1), StreamIndex(0)],
            vec![StreamIndex(2)],
            vec![StreamIndex(0), StreamIndex(1), StreamIndex(2)]
        ]
    );
    assert_eq!(pipeline.threads.map(|n| n.get()), Some(2));
    let here = std::env::current_dir().unwrap();
    assert_eq!(pipeline.plugin_path, [here.join("plugins"), PathBuf::from("/opt/mutoscope")]);
    let Input::Source(source) = &pipeline.streams[2].input else { panic!() };
    assert_eq!(source.options, json!({ "anything": { "goes": [1, null, true] } }));
    let warnings = pipeline.warnings.to_string();
    assert_eq!(warnings.matches("warning: ").count(), 2, "{warnings}");
    assert_eq!(warnings.matches("there is no folder").count(), 2, "{warnings}");
}

#[test]
fn paths_are_relative_to_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("porch.yaml");
    let text = "source: { plugin: simulated, frames: ./pictures, more: [a, /b, ~/c, '~'] }\nsink: { plugin: ./mjpeg.so }\n";
    std::fs::write(&file, text).unwrap();
    let pipeline = load(&Origin::File(file), &[], &environment, &Fakes).unwrap();
    assert_eq!(pipeline.base_dir, folder.path());
    let Input::Source(source) = &pipeline.streams[0].input else { panic!() };
    let absolute = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    assert_eq!(
        source.options,
        json!({ "frames": absolute("pictures"), "more": [absolute("a"), "/b", "/home/me/c", "/home/me"] })
    );
    assert_eq!(pipeline.sinks[0].stage.plugin, PluginRef::File(folder.path().join("mjpeg.so")));
}

/// A stream with these settings, in either form.
fn with_settings(settings: &str) -> Stream {
    let comma = if settings.is_empty() { "" } else { ", " };
    let source = "source: { plugin: simulated }";
    let short = good(&format!("{{ {source}{comma}{settings}, sink: {{ plugin: mjpeg }} }}"));
    let long =
        good(&format!("streams: {{ camera: {{ {source}{comma}{settings} }} }}\nsink: {{ plugin: mjpeg }}"));
    let settings = |stream: &Stream| Stream {
        input: Input::From(StreamIndex(0)),
        origin: KeyPath::default(),
        ..stream.clone()
    };
    let (short, long) = (settings(&short.streams[0]), settings(&long.streams[0]));
    assert_eq!(short, long);
    short
}

#[test]
fn settings_of_a_stream() {
    let default = with_settings("");
    assert_eq!((default.max_fps, default.timeout, default.always_on), (None, None, false));
    assert_eq!((default.idle_timeout, default.warm_up), (IDLE_TIMEOUT, Duration::ZERO));
    assert_eq!((IDLE_TIMEOUT, default.on_failure), (Duration::from_secs(10), OnFailure::Restart));
    // Each changes what it names, and nothing else.
    let ms = Duration::from_millis;
    let cases = [
        ("max_fps: 0.5", Stream { max_fps: Some(0.5), ..default.clone() }),
        ("timeout_ms: 100", Stream { timeout: Some(ms(100)), ..default.clone() }),
        ("timeout_ms: 3600000.0", Stream { timeout: Some(ms(3_600_000)), ..default.clone() }),
        ("idle_timeout_s: 0", Stream { idle_timeout: Duration::ZERO, ..default.clone() }),
        ("idle_timeout_s: 0.25", Stream { idle_timeout: ms(250), ..default.clone() }),
        ("idle_timeout_s: 86400", Stream { idle_timeout: ms(86_400_000), ..default.clone() }),
        ("warm_up_ms: 0", default.clone()),
        ("warm_up_ms: 1500", Stream { warm_up: ms(1500), ..default.clone() }),
        ("always_on: false", default.clone()),
        ("always_on: true", Stream { always_on: true, ..default.clone() }),
        ("on_failure: restart", default.clone()),
        ("on_failure: stop", Stream { on_failure: OnFailure::Stop, ..default.clone() }),
        ("on_failure: { restarts: 1 }", Stream { on_failure: OnFailure::Restarts(1), ..default.clone() }),
        (
            "on_failure: { restarts: 4294967295 }",
            Stream { on_failure: OnFailure::Restarts(u32::MAX), ..default.clone() },
        ),
        (
            "timeout_ms: 5000, warm_up_ms: 1, idle_timeout_s: 2, on_failure: stop",
            Stream {
                timeout: Some(ms(5000)),
                warm_up: ms(1),
                idle_timeout: ms(2000),
                on_failure: OnFailure::Stop,
                ..default.clone()
            },
        ),
    ];
    for (settings, stream) in cases {
        assert_eq!(with_settings(settings), stream, "{settings}");
    }
}

/// A stream of another one's frames has transforms that may fail, and no source.
#[test]
fn settings_of_a_stream_without_a_source() {
    let pipeline = good(
        "
streams:
  porch: { source: { plugin: simulated }, idle_timeout_s: 60 }
  small: { from: porch, timeout_ms: 500, on_failure: stop, max_fps: 2 }
sink: { plugin: mjpeg }
",
    );
    let small = &pipeline.streams[1];
    assert_eq!((small.timeout, small.on_failure), (Some(Duration::from_millis(500)), OnFailure::Stop));
    assert_eq!((small.max_fps, small.idle_timeout), (Some(2.0), IDLE_TIMEOUT));
    assert_eq!(pipeline.streams[0].idle_timeout, Duration::from_secs(60));
}

/// What was checked is what serde takes.
#[test]
fn checked_options_become_the_plugins_own() {
    let pipeline = good(
        "
streams:
  a: { source: { plugin: simulated, fps: 5, width: 640.0, height: 0x1e0, loop: true } }
  b: { source: { plugin: v4l2, device: video0, fps: 30.0, controls: { gain: 3.0 } } }
sink: { plugin: mjpeg, public: true }
",
    );
    let Input::Source(a) = &pipeline.streams[0].input else { panic!() };
    let a: Simulated = serde_json::from_value(a.options.clone()).unwrap();
    assert_eq!(
        (a.fps, a.width, a.height, a.looped, a.frames),
        (Some(5.0), Some(640), Some(480), Some(true), None)
    );
    assert!(a.more.is_empty());
    let Input::Source(b) = &pipeline.streams[1].input else { panic!() };
    let b: V4l2 = serde_json::from_value(b.options.clone()).unwrap();
    assert_eq!((b.fps, b.controls["gain"]), (Some(30), 3));
    assert!(b.device.ends_with("/video0"));
    let sink: Mjpeg = serde_json::from_value(pipeline.sinks[0].stage.options.clone()).unwrap();
    assert_eq!((sink.listen.as_str(), sink.public, sink.password), ("127.0.0.1:8080", true, None));
}

#[test]
fn an_alias_repeats_a_value() {
    let pipeline = good(
        "
streams:
  a: { source: { plugin: simulated }, transforms: &small [ { plugin: resize, width: 320 } ] }
  b: { source: { plugin: simulated }, transforms: *small }
sink: { plugin: mjpeg }
",
    );
    assert_eq!(pipeline.streams[0].transforms[0].options, pipeline.streams[1].transforms[0].options);
}

#[test]
fn what_a_plugin_refuses_is_underlined() {
    let pipeline = good(SHORT);
    let transform = &pipeline.streams[0].transforms[1].origin;
    let source = KeyPath::parse("source").unwrap();
    let refusals = [
        pipeline.refuse(transform, "format", "`%Q` is no conversion\nthe conversions are strftime's"),
        pipeline.refuse(&source, "frames", "this folder is empty"),
        pipeline.refuse(&source, "width", "cannot be so for pictures of several sizes"),
        pipeline.refuse(&source, "zones[3].x", "is not inside the picture"),
        pipeline.refuse(&pipeline.sinks[0].stage.origin, "", "the port is in use"),
    ];
    let shown: Vec<_> = refusals.iter().map(|report| report.render(false)).collect();
    reads("refusals", &shown.join("\n"));
}

#[test]
fn the_current_directory_is_the_folder_of_what_has_none() {
    let here = std::env::current_dir().unwrap();
    assert_eq!(good(SHORT).base_dir, here);
    assert!(matches!(Origin::from_argument(Path::new("-")), Origin::StandardInput));
    assert!(matches!(Origin::from_argument(Path::new("./-")), Origin::File(_)));
}
