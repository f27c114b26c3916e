//! `threads: N`.

use mutoscope_tests::Program;
use std::fs;

/// The value of a line of a `status` file in `/proc`.
fn value(status: &str, key: &str) -> String {
    let value = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    value.unwrap_or_else(|| panic!("no {key} in {status}")).trim().to_owned()
}

/// The threads of the command itself.
const OWN: [&str; 5] = ["mutoscope", "signals", "stdout", "stderr-reads", "stderr-writes"];

#[test]
fn threads_1_keeps_the_whole_pipeline_on_one_core() {
    let file = "
streams:
  large: { source: { plugin: simulated, width: 640, height: 360, fps: 50 } }
  small: { from: large, transforms: [ { plugin: resize, width: 160 }, { plugin: jpeg, quality: 50 } ] }
sink: { plugin: mjpeg, listen: 127.0.0.1:0 }
threads: 1
";
    let running = Program::new(["run", "-"]).given(file).start();
    assert_eq!(running.stream().take(30).count(), 30);
    running.snapshot("small");
    let tasks = running.about("task").read_dir().unwrap().map(|task| task.unwrap().path());
    let all: Vec<(String, String)> = tasks
        .map(|task| fs::read_to_string(task.join("status")).unwrap())
        .map(|status| (value(&status, "Name"), value(&status, "Cpus_allowed_list")))
        .collect();
    // The command's own wait for signals and for text to print, and do no work.
    let (command, pipeline): (Vec<_>, Vec<_>) =
        all.iter().partition(|(name, _)| OWN.contains(&name.as_str()));
    assert!(command.len() <= OWN.len() && pipeline.len() >= 5, "{all:?}");
    let cores: Vec<_> = pipeline.iter().map(|(_, cores)| cores).collect();
    assert!(cores.iter().all(|core| core.parse::<u32>().is_ok() && *core == cores[0]), "{all:?}");
    running.stop();
}
