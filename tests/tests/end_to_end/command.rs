//! The command line.

use mutoscope_tests::{Folder, Installation, Program, http, in_repository, picture};
use serde_json::Value;

const SMALL: &str = "
source: { plugin: simulated, width: 64, height: 48 }
sink: { plugin: mjpeg, listen: 127.0.0.1:0 }
";

#[test]
fn a_wrong_command_line_ends_with_2_and_help_goes_to_standard_output() {
    for arguments in
        [&["frobnicate"][..], &["run", "--bogus"], &["check"], &[], &["--log", "loud", "plugins"]]
    {
        let ended = Program::new(arguments).output().expect(2);
        // The usage, or where to find it.
        assert!(ended.stdout.is_empty() && ended.stderr.contains("help"), "{arguments:?}: {ended:?}");
    }
    let ended = Program::new(["plugins"]).with("MUTOSCOPE_ALLOW", "everything").output().expect(2);
    assert!(ended.stderr.contains("everything"), "{}", ended.stderr);
    for arguments in [&["--help"][..], &["help", "run"], &["run", "--help"], &["--version"]] {
        let ended = Program::new(arguments).output().expect(0);
        assert!(!ended.stdout.is_empty() && ended.stderr.is_empty(), "{arguments:?}: {ended:?}");
    }
    let help = Program::new(["check", "--help"]).output().expect(0).stdout;
    assert!(help.contains("loads the plugins"), "{help}");
}

#[test]
fn a_pipeline_from_standard_input_finds_files_from_the_working_directory() {
    let folder = Folder::new();
    folder.put("pictures/one.jpg", std::fs::read(in_repository("frames/article/1.jpg")).unwrap());
    let file = "
source: { plugin: simulated, frames: pictures }
sink: { plugin: mjpeg, listen: 127.0.0.1:0 }
";
    let checked = Program::new(["check", "-"]).inside(folder.path()).given(file).output().expect(0);
    assert!(checked.stdout.contains("is good: 1 stream, 1 sink"), "{}", checked.stdout);
    let running = Program::new(["run", "-"]).inside(folder.path()).given(file).start();
    assert_eq!(picture::size(&running.snapshot("camera")), (1280, 720));
    running.stop();
}

#[test]
fn relative_paths_in_a_file_are_relative_to_the_file() {
    let (here, there) = (Folder::new(), Folder::new());
    there.put("pictures/one.jpg", std::fs::read(in_repository("frames/article/1.jpg")).unwrap());
    let text = "
source: { plugin: ./plugins/camera.so, frames: ../pictures }
sink: { plugin: mjpeg, listen: 127.0.0.1:0 }
";
    let file = there.put("pipelines/camera.yaml", text);
    let library = std::fs::read(Installation::shared().library("simulated")).unwrap();
    there.put("pipelines/plugins/camera.so", library);
    let running = Program::new(["run"]).arg(&file).inside(here.path()).start();
    assert_eq!(picture::size(&running.snapshot("camera")), (1280, 720));
    running.stop();
}

#[test]
fn values_are_set_from_the_command_line_and_from_variables() {
    let folder = Folder::with(
        "camera.yaml",
        "
source: { plugin: simulated, width: \"${WIDTH}\", height: \"${HEIGHT:-30}\" }
transforms: [ { plugin: resize, width: 10 } ]
sink: { plugin: mjpeg, listen: 127.0.0.1:8080 }
",
    );
    let sets = ["--set", "transforms[0]={ plugin: rotate, angle: 90 }", "--set", "sink.listen=127.0.0.1:0"];
    let arguments = ["run", "camera.yaml"].into_iter().chain(sets);
    let running = Program::new(arguments).inside(folder.path()).with("WIDTH", "40").start();
    assert_eq!(picture::size(&running.snapshot("camera")), (30, 40));
    running.stop();
}

#[test]
fn without_a_file_there_is_a_camera_with_a_timestamp() {
    let running = Program::new(["run", "--set", "sink.listen=127.0.0.1:0"]).start();
    assert_eq!(picture::size(&running.snapshot("camera")), (1280, 720));
    running.stop();
}

#[test]
fn json_logs_are_json_line_by_line_and_tell_whose_they_are() {
    let running = Program::new(["--log-format", "json", "--log", "debug", "run", "-"]).given(SMALL).start();
    running.snapshot("camera");
    let ended = running.stop();
    let lines: Vec<Value> = ended.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["level"].is_string() && line["timestamp"].is_string()));
    let told = lines.iter().find(|line| line["plugin"] == "mjpeg");
    let message = told.expect("what the sink says, with its name")["message"].as_str().unwrap();
    assert!(message.contains("ssh -N -L"), "how to watch from another machine: {message}");
}

#[test]
fn a_log_level_is_kept_and_addresses_are_told_at_any() {
    let running = Program::new(["--log", "off", "run", "-"]).given(SMALL).start();
    assert_eq!(http::get(&format!("{}/", running.address())).status, 200);
    assert_eq!(running.stop().stderr, "");
}

#[test]
fn plugins_can_be_listed_and_shown() {
    let listed = Program::new(["plugins", "--json"]).output().expect(0).stdout;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let names: Vec<_> =
        listed.as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect();
    let all = "convert gpio jpeg mjpeg picamera resize rotate simulated timestamp v4l2";
    assert_eq!(names.join(" "), all);
    for (name, entry) in names.iter().zip(listed.as_array().unwrap()) {
        assert!(entry["error"].is_null(), "{entry}");
        let shown = Program::new(["plugins", "show", name]).output().expect(0).stdout;
        let about = entry["about"].as_str().unwrap();
        assert!(shown.starts_with(&format!("{name} ")) && shown.contains(about), "{shown}");
        let json = Program::new(["plugins", "show", name, "--json"]).output().expect(0).stdout;
        let json: Value = serde_json::from_str(&json).unwrap();
        assert!(!json["kinds"].as_array().unwrap().is_empty());
    }
    let shown = Program::new(["plugins", "show", "simulated"]).output().expect(0).stdout;
    assert!(shown.contains("fps: number (default 10"), "{shown}");
    let refused = Program::new(["plugins", "show", "simulatd"]).output().expect(1).stderr;
    assert!(refused.contains("simulated"), "the nearest name: {refused}");
}

#[test]
fn what_a_wrong_command_line_quotes_steers_no_terminal() {
    for wrong in ["ch\u{9b}eck", "ch\u{1b}[8meck", "ch\u{202e}eck"] {
        for arguments in [&[wrong][..], &["run", "--log", wrong], &["run", "a.yaml", wrong], &["--", wrong]] {
            let said = Program::new(arguments).output().expect(2).stderr;
            assert!(said.contains(r"ch\u") && !said.contains(['\u{9b}', '\u{1b}', '\u{202e}']), "{said:?}");
        }
    }
}
