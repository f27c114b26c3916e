//! Files held against the hardware: `check --devices` and `explain --devices`.

use mutoscope_tests::{Ended, Folder, Program};
use serde_json::Value;
use std::time::{Duration, Instant};

/// Runs a command on a file of this text, with the plugins that are made for tests.
fn run(arguments: &[&str], text: &str, code: i32) -> (Ended, Folder) {
    let folder = Folder::with("porch.yaml", text);
    let program = Program::new(arguments).arg("porch.yaml").inside(folder.path()).with_fixtures();
    (program.output().expect(code), folder)
}

/// Returns the error of a file, without the name of the folder.
fn wrong(text: &str, code: i32) -> String {
    let (checked, _) = run(&["check", "--devices"], text, code);
    let (explained, _) = run(&["explain", "--devices", "--json"], text, code);
    assert!(checked.stdout.is_empty() && explained.stdout.is_empty(), "{checked:?}");
    assert_eq!(checked.stderr, explained.stderr);
    checked.stderr
}

const SINK: &str = "sink: { plugin: mjpeg }\n";

#[test]
fn what_a_source_gives_is_told() {
    let text = format!("source: {{ plugin: simulated, width: 320, height: 240 }}\n{SINK}");
    let (checked, _) = run(&["check", "--devices"], &text, 0);
    assert_eq!(
        checked.stdout,
        "porch.yaml is good: 1 stream, 1 sink\nthe source of `camera` gives YUV 4:2:0 320x240\n"
    );
    assert_eq!(checked.stderr, "");
    let (explained, _) = run(&["explain", "--devices", "--json"], &text, 0);
    let json: Value = serde_json::from_str(&explained.stdout).unwrap();
    assert_eq!(json["streams"][0]["asked"], true);
    assert_eq!(json["streams"][0]["format"], "YUV 4:2:0 320x240");
    let (explained, _) = run(&["explain", "--json"], &text, 0);
    let json: Value = serde_json::from_str(&explained.stdout).unwrap();
    assert_eq!(json["streams"][0]["asked"], false);
}

#[test]
fn what_a_camera_decides_when_it_opens_is_shown_both_ways() {
    let text = format!("source: {{ plugin: v4l2, width: 640, height: 480 }}\n{SINK}");
    let (explained, _) = run(&["explain"], &text, 0);
    insta::assert_snapshot!(explained.stdout);
    // Pixels are wanted, and what is left of both ways is the camera's to decide.
    let (explained, _) =
        run(&["explain", "--json"], &format!("{text}transforms: [ {{ plugin: timestamp }} ]\n"), 0);
    let json: Value = serde_json::from_str(&explained.stdout).unwrap();
    let stream = &json["streams"][0];
    assert_eq!(
        (&stream["format"], &stream["otherwise"][0]["format"]),
        (&"YUV 4:2:2 640x480".into(), &"JPEG 640x480".into())
    );
    assert_eq!(stream["asked"], false);
}

#[test]
fn the_plans_wish_decides_what_it_gives() {
    let text = format!("source: {{ plugin: good, either: true }}\n{SINK}");
    let (explained, _) = run(&["explain", "--devices"], &text, 0);
    let wanted = explained.stdout.lines().nth(1).unwrap();
    assert!(wanted.contains("grey 64x48"), "{}", explained.stdout);
    assert!(
        explained.stdout.contains("the source was opened, and this is what it gave"),
        "{}",
        explained.stdout
    );
    let (explained, _) = run(&["explain"], &text, 0);
    assert!(
        explained.stdout.contains("otherwise, if the source gives YUV 4:2:0 64x48"),
        "{}",
        explained.stdout
    );
}

#[test]
fn what_the_device_refuses_is_underlined() {
    let text = format!("source: {{ plugin: good, fault: option, width: 4000 }}\n{SINK}");
    insta::assert_snapshot!(wrong(&text, 78));
}

#[test]
fn what_is_wrong_now_and_not_in_the_file_ends_it_with_1() {
    let text = format!(
        "streams:
  closed: {{ source: {{ plugin: good, fault: open }} }}
  silent: {{ timeout_ms: 500, source: {{ plugin: good, fault: silence }} }}
  hangs: {{ timeout_ms: 500, source: {{ plugin: panics, at: open, how: block }} }}
  spins: {{ timeout_ms: 500, source: {{ plugin: panics, at: next_frame, how: spin }} }}
  crashes: {{ source: {{ plugin: panics, at: open, how: abort }} }}
  panics: {{ source: {{ plugin: panics, at: next_frame }} }}
  fine: {{ source: {{ plugin: simulated, width: 64, height: 48 }} }}
{SINK}"
    );
    let start = Instant::now();
    let said = wrong(&text, 1);
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    insta::assert_snapshot!(said);
    // A mistake in the file is the worse one.
    let both = format!("{text}  refuses: {{ source: {{ plugin: good, fault: option }} }}\n");
    let both = both.replace(SINK, "") + SINK;
    run(&["check", "--devices"], &both, 78);
}

#[test]
fn sources_of_one_device_are_not_open_at_the_same_time() {
    let text = format!(
        "streams:
  a: {{ source: {{ plugin: good, device: camera, ledger: ledger.txt, width: 16, start_ms: 300 }} }}
  b: {{ source: {{ plugin: good, device: camera, ledger: ledger.txt, width: 32, start_ms: 300 }} }}
{SINK}"
    );
    let (checked, folder) = run(&["check", "--devices"], &text, 0);
    assert!(checked.stderr.contains("the stream `a` holds the same device"), "{}", checked.stderr);
    let ledger = folder.read("ledger.txt");
    let events: Vec<_> = ledger.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(events, ["open", "first", "drop", "open", "first", "drop"], "{ledger}");
}

#[test]
fn nothing_is_opened_that_nobody_asked_for() {
    let text = format!("source: {{ plugin: good, ledger: ledger.txt }}\n{SINK}");
    for command in ["check", "explain"] {
        let (_, folder) = run(&[command], &text, 0);
        assert!(!folder.path().join("ledger.txt").exists());
    }
}
