//! Plugin libraries that are damaged, or change under the running program.

use mutoscope_tests::{Folder, Installation, Program};
use std::fs::{self, File};
use std::io::Write;

#[test]
fn a_library_that_is_overwritten_in_place_changes_nothing_that_runs() {
    let folder = Folder::new();
    let library = fs::read(Installation::shared().library("simulated")).unwrap();
    let path = folder.put("plugins/libmutoscope_plugin_camera.so", &library);
    let file = "
source: { plugin: camera, width: 64, height: 48, fps: 50 }
sink: { plugin: mjpeg, listen: 127.0.0.1:0 }
plugin_path: plugins
";
    let file = folder.put("camera.yaml", file);
    let running = Program::new(["run"]).arg(&file).start();
    let mut parts = running.stream();
    assert_eq!(parts.by_ref().take(3).count(), 3);
    // The same file, as `cp` writes it: every byte another, and then none left. Mapped memory would change with it.
    File::options().write(true).open(&path).unwrap().write_all(&vec![0xcc; library.len()]).unwrap();
    assert_eq!(parts.by_ref().take(20).count(), 20);
    File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
    assert_eq!(parts.by_ref().take(20).count(), 20);
    running.stop();
}

#[test]
fn damaged_libraries_are_listed_with_their_reasons_and_refused_by_name() {
    let folder = Folder::new();
    let library = fs::read(Installation::shared().library("good")).unwrap();
    folder.put("plugins/libmutoscope_plugin_half.so", &library[..library.len() / 2]);
    folder.put("plugins/libmutoscope_plugin_start.so", &library[..100]);
    folder.put("plugins/libmutoscope_plugin_empty.so", "");
    folder.put("plugins/libmutoscope_plugin_text.so", "#!/bin/sh\necho this is no library\n");
    // Among them one that works.
    folder.put("plugins/libmutoscope_plugin_whole.so", &library);
    let program = |arguments: &[&str]| {
        let plugins = folder.path().join("plugins");
        Program::new(arguments).inside(folder.path()).with("MUTOSCOPE_PLUGIN_PATH", plugins)
    };
    let listed = program(&["plugins"]).output().expect(0);
    for (name, reason) in [
        ("half", "it is truncated"),
        ("start", "it is truncated"),
        ("empty", "it is empty"),
        ("text", "it is no library (it does not start as an ELF file)"),
    ] {
        let line = listed.stdout.lines().find(|line| line.starts_with(&format!("{name} ")));
        let line = line.unwrap_or_else(|| panic!("no {name} in:\n{}", listed.stdout));
        assert!(line.contains("cannot be loaded") && line.contains(reason), "{line}");
        let text = format!("source: {{ plugin: {name} }}\nsink: {{ plugin: mjpeg }}\n");
        folder.put("camera.yaml", text);
        let refused = program(&["check", "camera.yaml"]).output().expect(78);
        assert!(
            refused.stderr.contains(reason) && refused.stderr.contains("camera.yaml:1:19"),
            "{}",
            refused.stderr
        );
    }
    assert!(listed.stdout.lines().any(|line| line.starts_with("whole ") && line.contains("source")));
    folder.put("camera.yaml", "source: { plugin: whole }\nsink: { plugin: mjpeg }\n");
    program(&["check", "camera.yaml"]).output().expect(0);
}
