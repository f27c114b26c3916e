//! `${NAME}` in files, and secrets that stand elsewhere.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use mutoscope_engine::config::{Input, OnFailure, Origin, Pipeline, Report, load};
use serde_json::{Value, json};

use crate::fake::{Fakes, environment, gallery, good, reads};

fn source_options(text: &str) -> Value {
    let text = format!("source:\n  plugin: simulated\n  {text}\nsink: {{ plugin: mjpeg }}\n");
    match &good(&text).streams[0].input {
        Input::Source(source) => source.options.clone(),
        Input::From(_) => panic!("a source was written"),
    }
}

#[test]
fn a_value_becomes_what_its_option_wants() {
    assert_eq!(source_options("width: ${W}"), json!({ "width": 640 }));
    assert_eq!(source_options("width: \"${W}\""), json!({ "width": 640 }));
    assert_eq!(source_options("width: ${H:-480}"), json!({ "width": 480 }));
    assert_eq!(source_options("width: ${H:-}"), json!({ "width": null }));
    assert_eq!(source_options("loop: ${L:-true}"), json!({ "loop": true }));
    assert_eq!(source_options("fps: ${F:-0.5}"), json!({ "fps": 0.5 }));
    assert_eq!(source_options("frames: /a/${W}/$${W}"), json!({ "frames": "/a/640/${W}" }));
    assert_eq!(source_options("frames: ${P:-/a}"), json!({ "frames": "/a" }));
}

#[test]
fn text_stays_text_where_text_is_wanted() {
    let pipeline = good("source: { plugin: simulated }\nsink: { plugin: mjpeg, password: \"${DIGITS}\" }\n");
    assert_eq!(pipeline.sinks[0].stage.options["password"], "0123456");
}

#[test]
fn the_hosts_own_keys_take_variables() {
    let pipeline = good(
        "source: { plugin: \"${S:-simulated}\" }\nmax_fps: ${F:-2.5}\nthreads: ${T:-3}\nsink: { plugin: mjpeg }\n",
    );
    assert_eq!((pipeline.streams[0].max_fps, pipeline.threads.map(|n| n.get())), (Some(2.5), Some(3)));
    let pipeline = good(
        "source: { plugin: simulated }\ntimeout_ms: ${W}\nidle_timeout_s: ${I:-0.5}\nwarm_up_ms: \"${W}\"\n\
         always_on: ${A:-false}\non_failure: ${F:-stop}\nsink: { plugin: mjpeg }\n",
    );
    let stream = &pipeline.streams[0];
    assert_eq!(
        (stream.timeout, stream.warm_up),
        (Some(Duration::from_millis(640)), Duration::from_millis(640))
    );
    assert_eq!((stream.idle_timeout, stream.always_on), (Duration::from_millis(500), false));
    assert_eq!(stream.on_failure, OnFailure::Stop);
    let pipeline =
        good("source: { plugin: simulated }\non_failure: { restarts: \"${W}\" }\nsink: { plugin: mjpeg }\n");
    assert_eq!(pipeline.streams[0].on_failure, OnFailure::Restarts(640));
}

#[test]
fn errors() {
    let with = |line: &str| format!("source:\n  plugin: simulated\n  {line}\nsink: {{ plugin: mjpeg }}\n");
    let cases = [
        ("not set", with("width: ${NOT_SET}")),
        ("not closed", with("width: ${W")),
        ("no name", with("width: ${1}")),
        ("a default in a default", with("width: ${A:-${B}}")),
        ("of the wrong type", with("width: ${BAD}")),
        ("the default of the wrong type", with("width: ${H:-tall}")),
        ("of a misspelt plugin", with("").replace("simulated", "${P:-simulatd}")),
    ];
    reads(
        "variables",
        &gallery(&cases.iter().map(|(title, text)| (*title, text.as_str())).collect::<Vec<_>>()),
    );
}

/// A folder with a file for the secret and the pipeline that names it.
fn with_secret(secret: &[u8], mode: u32, form: &str) -> (Result<Pipeline, Report>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    fs::write(&file, secret).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
    let pipeline = folder.path().join("porch.yaml");
    fs::write(
        &pipeline,
        format!("source: {{ plugin: simulated }}\nsink: {{ plugin: mjpeg, password: {form} }}\n"),
    )
    .unwrap();
    (load(&Origin::File(pipeline), &[], &environment, &Fakes), folder)
}

#[test]
fn a_secret_stands_in_a_file() {
    for (written, read) in [
        ("hunter2\n", "hunter2"),
        ("hunter2", "hunter2"),
        ("a\r\n", "a"),
        (" a \n\n", " a \n"),
        ("123\n", "123"),
    ] {
        let (pipeline, _folder) = with_secret(written.as_bytes(), 0o600, "{ file: ./secret }");
        let pipeline = pipeline.unwrap();
        assert_eq!(pipeline.sinks[0].stage.options["password"], read);
        assert!(pipeline.warnings.is_empty());
    }
}

#[test]
fn secrets_that_cannot_be_read() {
    let cases: [(&str, &[u8], u32, &str); 9] = [
        ("that all can read", b"hunter2\n", 0o644, "{ file: secret }"),
        ("missing", b"x", 0o600, "{ file: secrets }"),
        ("empty", b"\n", 0o600, "{ file: secret }"),
        ("a folder", b"x", 0o600, "{ file: . }"),
        ("no text", b"\xff\xfe", 0o600, "{ file: secret }"),
        ("large", &[b'x'; 70_000], 0o600, "{ file: secret }"),
        ("another key", b"x", 0o600, "{ path: secret }"),
        ("no path", b"x", 0o600, "{ file: [secret] }"),
        ("no file", b"x", 0o600, "{}"),
    ];
    let shown = cases.map(|(title, secret, mode, form)| {
        let (result, folder) = with_secret(secret, mode, form);
        let report = result.map_or_else(|report| report, |pipeline| pipeline.warnings);
        format!("## {title}\n\n{}", report.render(false)).replace(folder.path().to_str().unwrap(), "/home/me")
    });
    reads("secrets", &shown.join("\n"));
}
