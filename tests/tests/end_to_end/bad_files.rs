//! Files that would take memory and time, if one let them.

use mutoscope_tests::{Folder, Live, Program, picture};
use std::fmt::Write;

/// Limit of address space for a check: the program and its libraries, and not much more.
const KILOBYTES: u32 = 400_000;

#[test]
fn huge_deep_and_multiplying_files_are_refused_within_a_little_memory() {
    let folder = Folder::new();
    let mut aliases = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..12 {
        let before = format!("*a{}", n - 1);
        writeln!(aliases, "a{n}: &a{n} [{}]", [before.as_str(); 10].join(", ")).unwrap();
    }
    for (name, content, reason) in [
        ("large.yaml", format!("# {}\n", "x".repeat(50 << 20)), "larger than 1 MiB"),
        ("deep.yaml", format!("source: {}{}\n", "[".repeat(100_000), "]".repeat(100_000)), "nested too deep"),
        ("open.yaml", format!("source: {}\n", "{ a: ".repeat(100_000)), "nested too deep"),
        ("aliases.yaml", aliases, "too many values"),
        ("long.yaml", format!("source: {{ plugin: {} }}\n", "x".repeat(900_000)), "plugin"),
    ] {
        folder.put(name, content);
        let refused =
            Program::within_memory(KILOBYTES, ["check", name]).inside(folder.path()).output().expect(78);
        assert!(refused.stderr.contains(reason), "{name}: {}", refused.stderr);
        assert!(refused.stderr.len() < 4096, "{name}: {} bytes of message", refused.stderr.len());
        assert_eq!(refused.stdout, "");
    }
    // Nor is anything read without end.
    let refused = Program::within_memory(KILOBYTES, ["check", "/dev/zero"]).output().expect(78);
    assert!(refused.stderr.contains("/dev/zero"), "{}", refused.stderr);
}

#[test]
fn what_is_no_text_is_named() {
    let folder = Folder::new();
    folder.put("nothing.yaml", "");
    folder.put("zeros.yaml", [0; 4096]);
    folder
        .put("picture.yaml", std::fs::read(mutoscope_tests::in_repository("frames/article/1.jpg")).unwrap());
    std::fs::create_dir(folder.path().join("folder.yaml")).unwrap();
    for (name, reason) in [
        ("nothing.yaml", "this file is empty"),
        ("zeros.yaml", "it looks like a binary file"),
        ("picture.yaml", "not UTF-8 text"),
        ("folder.yaml", "this is a folder"),
        ("missing.yaml", "no such file"),
    ] {
        for command in ["check", "explain", "run"] {
            let refused = Program::new([command, name]).inside(folder.path()).output().expect(78);
            assert!(refused.stderr.contains(name) && refused.stderr.contains(reason), "{}", refused.stderr);
        }
    }
}

/// A stream with a source, and so many more, each of which takes the frames of the one before it.
fn row(streams: usize) -> String {
    let mut file = "streams:\n  s0: { source: { plugin: simulated, width: 64, height: 48 } }\n".to_owned();
    (1..streams).for_each(|at| writeln!(file, "  s{at}: {{ from: s{} }}", at - 1).unwrap());
    file + "sink: { plugin: mjpeg, listen: 127.0.0.1:0 }\n"
}

#[test]
fn a_long_row_of_streams_is_checked_explained_and_taken_by_a_program_that_runs() {
    let folder = Folder::with("row.yaml", row(1_500));
    for command in ["check", "explain"] {
        Program::new([command, "row.yaml"]).inside(folder.path()).output().expect(0);
    }
    // Each stream has a thread and a descriptor, of which there are 1,024 on most machines.
    let live = Live::start(&row(1));
    live.change(&row(300));
    assert_eq!(picture::size(&live.running.snapshot("s299")), (64, 48));
    live.running.stop();
}
