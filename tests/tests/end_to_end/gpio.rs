//! The plugin gpio on a machine without pins; `tests/pi` has what it does on one that has them.

use mutoscope_tests::{Folder, Program};

/// Returns the program's error for a pipeline with `below` under its source.
fn refused(below: &str) -> String {
    let file = format!("source: {{ plugin: simulated, width: 64, height: 48, fps: 5 }}\n{below}\n");
    let folder = Folder::with("doorbell.yaml", file);
    Program::new(["run", "doorbell.yaml"]).inside(folder.path()).output().expect(78).stderr
}

/// Returns whether this is a Raspberry Pi, whose pins may be in use.
fn is_raspberry_pi() -> bool {
    let model = std::fs::read_to_string("/proc/device-tree/model").unwrap_or_default();
    model.starts_with("Raspberry Pi")
}

#[test]
fn where_there_are_no_pins_the_start_says_so_in_the_file() {
    if is_raspberry_pi() {
        return;
    }
    let mjpeg = "{ plugin: mjpeg, listen: 127.0.0.1:0 }";
    for below in [
        format!("sinks: [{mjpeg}, {{ plugin: gpio, pin: 27 }}]"),
        // There are no viewers, and the message comes all the same.
        format!("transforms: [{{ plugin: gpio, pin: 17 }}]\nsink: {mjpeg}"),
    ] {
        let said = refused(&below);
        assert!(said.contains("error: this machine is not a Raspberry Pi"), "{said}");
        assert!(said.contains("--> doorbell.yaml:2:") && said.contains("^^"), "{said}");
    }
}
