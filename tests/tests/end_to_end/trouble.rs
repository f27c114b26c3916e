//! Plugins that panic or fail in each of their methods: the program lives on, and so do the other streams.

use mutoscope_tests::{Program, Running, http};

/// A stream that works, served beside one with a plugin that goes wrong.
fn start(troubled: &str, sink: &str) -> Running {
    let file = format!(
        "
streams:
  fine: {{ source: {{ plugin: simulated, width: 64, height: 48, fps: 50 }} }}
  troubled: {{ {troubled} }}
sinks:
  - {{ plugin: mjpeg, listen: 127.0.0.1:0 }}
  - {{ {sink}, streams: [troubled] }}
"
    );
    Program::new(["--log", "debug", "run", "-"]).with_fixtures().given(file).start()
}

/// Another stream flows while one goes wrong, the log says what and where, and the end is a good one.
fn goes_on(running: Running, stage: &str, how: &str, method: &str) {
    let mut parts = running.stream();
    assert!(parts.next().is_some(), "{how} in {method}");
    if method == "Drop" || method == "RemoveStream" {
        // Their turn comes at the end, if there is an instance by then.
        running.logged(&["all sinks are open"]);
        assert!(http::stream(&format!("{}/troubled/stream", running.address())).next().is_some());
    } else {
        let line = running.logged(&["ERROR", &format!("trouble in {method}"), stage]);
        // The place is the plugin's own, with its line.
        assert_eq!(how == "panic", line.contains("panics/src/trouble.rs:"), "{line}");
        assert_eq!(parts.by_ref().take(10).count(), 10);
    }
    drop(parts);
    let log = running.stop().stderr;
    if method == "Drop" {
        assert!(log.contains("trouble in Drop") && log.contains("panics"), "{log}");
    }
}

#[test]
fn sources() {
    for (how, at, method) in [
        ("panic", "open", "Open"),
        ("error", "open", "Open"),
        ("panic", "next_frame, after: 3", "NextFrame"),
        ("error", "next_frame, after: 3", "NextFrame"),
        ("panic", "drop", "Drop"),
    ] {
        let source = format!("source: {{ plugin: panics, how: {how}, at: {at} }}");
        goes_on(start(&source, "plugin: panics"), "troubled", how, method);
    }
}

#[test]
fn transforms() {
    for (how, at, method) in [
        ("panic", "open", "Open"),
        ("error", "open", "Open"),
        ("panic", "process, after: 3", "Process"),
        ("error", "process, after: 3", "Process"),
        ("panic", "drop", "Drop"),
    ] {
        // On frames that the good stream uses too.
        let stream = format!("from: fine, transforms: [ {{ plugin: panics, how: {how}, at: {at} }} ]");
        goes_on(start(&stream, "plugin: panics"), "panics", how, method);
    }
}

#[test]
fn a_transform_that_cannot_start_is_told_of_before_anybody_looks_on() {
    for how in ["panic", "error"] {
        let stream = format!("from: fine, transforms: [ {{ plugin: panics, how: {how}, at: open }} ]");
        let running = start(&stream, "plugin: panics");
        running.logged(&["ERROR", "no start of transforms[0] panics", "trouble in Open"]);
        assert_eq!(running.whole_state().pointer("/streams/troubled/lost").unwrap(), 0, "no frame was lost");
        running.stop();
    }
}

#[test]
fn sinks() {
    for (how, at, method) in [
        ("panic", "receive, after: 3", "Receive"),
        ("error", "receive, after: 3", "Receive"),
        ("panic", "remove_stream", "RemoveStream"),
        ("panic", "drop", "Drop"),
    ] {
        goes_on(start("from: fine", &format!("plugin: panics, how: {how}, at: {at}")), "sink", how, method);
    }
}

#[test]
fn a_sink_that_cannot_start_ends_the_program_with_its_reason() {
    for (how, at, method) in [
        ("panic", "open", "Open"),
        ("error", "open", "Open"),
        ("panic", "add_stream", "AddStream"),
        ("error", "add_stream", "AddStream"),
    ] {
        let running = start("from: fine", &format!("plugin: panics, how: {how}, at: {at}"));
        let ended = running.end_within(mutoscope_tests::PATIENCE).expect(1);
        let line = ended.stderr.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
        assert!(
            line.contains("`panics` cannot start") && line.contains(&format!("trouble in {method}")),
            "{line}"
        );
        assert_eq!(how == "panic", line.contains("panics/src/trouble.rs:"), "{line}");
    }
}
