//! The plugin `wild` in the program: it does what the SDK cannot prevent.

use mutoscope_tests::{Folder, Program, until};
use serde_json::Value;

fn file(does: &str) -> Folder {
    let text = format!(
        "source: {{ plugin: wild, does: {does}, ledger: ledger.txt }}\nsink: {{ plugin: mjpeg, listen: 127.0.0.1:0 }}\n"
    );
    Folder::with("pipeline.yaml", text)
}

fn program(folder: &Folder, arguments: &[&str]) -> Program {
    Program::new(arguments).inside(folder.path()).with_fixtures()
}

#[test]
fn what_a_plugin_prints_is_not_mistaken_for_what_the_program_says() {
    let folder = file("nothing");
    let running = program(&folder, &["run", "pipeline.yaml"]).start();
    running.snapshot("camera");
    let ended = running.stop();
    assert!(ended.stdout.lines().all(|line| line.starts_with("listening on http://")), "{}", ended.stdout);
    assert!(ended.stderr.contains("noise"), "{}", ended.stderr);
    // Nor where another program reads it.
    let shown = program(&folder, &["plugins", "show", "wild", "--json"]).output().expect(0).stdout;
    let shown: Value = serde_json::from_str(&shown).unwrap_or_else(|error| panic!("{error}: {shown}"));
    assert_eq!(shown["name"], "wild");
    let checked = program(&folder, &["check", "pipeline.yaml"]).output().expect(0).stdout;
    assert_eq!(checked, "pipeline.yaml is good: 1 stream, 1 sink\n");
}

#[test]
fn threads_that_nobody_ends_do_not_keep_the_program_from_ending() {
    let folder = file("threads");
    let running = program(&folder, &["run", "pipeline.yaml"]).start();
    running.snapshot("camera");
    until("a word of its thread", || folder.read("ledger.txt").contains("asked").then_some(()));
    let asked = running.state("camera")["source"]["counters"]["asked"].as_u64();
    assert!(asked.is_some_and(|asked| asked > 0), "{asked:?}");
    running.stop();
}

#[test]
fn who_forgets_memory_of_the_programs_is_refused_more_before_there_is_none_left() {
    let folder = file("forgets");
    let running = program(&folder, &["run", "pipeline.yaml"]).start();
    // Nobody has written to it, so that the machine has not had to find it.
    let failed = running.waits_until("camera", "failed");
    let message = failed["trouble"]["message"].as_str().unwrap();
    assert!(message.contains("no buffer of 256 MiB: it has as much out as one plugin may have"), "{message}");
    running.stop();
}

#[test]
fn a_source_whose_frames_lie_has_failed_and_nothing_else_has() {
    let folder = file("lies");
    let running = program(&folder, &["run", "pipeline.yaml"]).start();
    let failed = running.waits_until("camera", "failed");
    let message = failed["trouble"]["message"].as_str().unwrap();
    assert!(
        message.contains("it gave plane 0 of a frame of grey 96x64000 lies outside its buffer"),
        "{message}"
    );
    running.stop();
}
