//! Every file in `pipelines/` does what it says.

use mutoscope_tests::{Program, in_repository, picture};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The files.
pub fn all() -> Vec<PathBuf> {
    let entries = in_repository("pipelines").read_dir().unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "yaml")).collect();
    files.sort();
    assert!(files.len() >= 5, "{files:?}");
    files
}

/// The width and height in a format as `explain` shows it: `JPEG 640x480 4:2:0`.
fn planned_size(format: &str) -> (u32, u32) {
    let size = format.split(' ').find_map(|word| {
        let (width, height) = word.split_once('x')?;
        Some((width.parse().ok()?, height.parse().ok()?))
    });
    size.unwrap_or_else(|| panic!("no size in {format:?}"))
}

#[test]
fn each_is_good_and_can_be_explained() {
    for file in all() {
        let checked = Program::new(["check"]).arg(&file).output().expect(0);
        assert!(checked.stdout.contains("is good: "), "{}", checked.stdout);
        assert_eq!(checked.stderr, "", "{}", file.display());
        let explained = Program::new(["explain"]).arg(&file).output().expect(0);
        assert!(explained.stdout.starts_with("stream "), "{}", explained.stdout);
    }
}

/// Returns whether a file needs a camera, which is tried where there is one (`tests/guest`), or a Raspberry Pi, which is
/// emulated (`tests/pi`).
fn wants_a_camera(file: &Path) -> bool {
    let text = std::fs::read_to_string(file).unwrap();
    ["plugin: v4l2", "plugin: picamera"].iter().any(|source| text.contains(source))
}

#[test]
fn each_runs_gives_the_pictures_that_were_planned_and_stops() {
    for file in all().into_iter().filter(|file| !wants_a_camera(file)) {
        let plan = plan(&file);
        let running = Program::new(["run"]).arg(&file).arg("--set").arg("sink.listen=127.0.0.1:0").start();
        for stream in plan["streams"].as_array().unwrap() {
            let (name, output) = (stream["name"].as_str().unwrap(), stream["output"].as_str().unwrap());
            let size = picture::size(&running.snapshot(name));
            assert_eq!(size, planned_size(output), "{name} of {}", file.display());
        }
        assert_eq!(running.stream().take(3).count(), 3);
        let ended = running.stop();
        assert!(!ended.stderr.contains("ERROR"), "{}", ended.stderr);
    }
}

/// The plan of a shipped file.
fn plan(file: &Path) -> Value {
    let json = Program::new(["explain", "--json"]).arg(file).output().expect(0).stdout;
    serde_json::from_str(&json).unwrap()
}

#[test]
fn nothing_is_decoded_where_nothing_needs_pixels_and_once_where_several_do() {
    let file = |name: &str| in_repository("pipelines").join(name);
    let hops = |stream: &Value| -> Vec<Value> { stream["hops"].as_array().unwrap().clone() };
    assert_eq!(hops(&plan(&file("article.yaml"))["streams"][0]), [] as [Value; 0]);
    let turned = hops(&plan(&file("turned.yaml"))["streams"][0]);
    assert!(turned.iter().all(|hop| hop["plugin"] == "rotate"), "{turned:?}");
    let sizes = plan(&file("several-sizes.yaml"));
    assert_eq!(hops(&sizes["streams"][0]), [] as [Value; 0]);
    for stream in &sizes["streams"].as_array().unwrap()[1..] {
        let decodes: Vec<_> = hops(stream)
            .into_iter()
            .filter(|hop| hop["input"].as_str().unwrap().starts_with("JPEG"))
            .collect();
        assert!(decodes.len() == 1 && decodes[0]["shared"] == true, "{decodes:?}");
    }
}

#[test]
fn each_names_its_schema_and_keeps_its_source_on_one_line() {
    for file in all() {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.display();
        assert_eq!(
            text.lines().next().unwrap(),
            "# yaml-language-server: $schema=../docs/pipeline.schema.json",
            "{name}"
        );
        let source = text.lines().find(|line| line.trim_start().starts_with("source:"));
        let source = source.unwrap_or_else(|| panic!("no source in {name}"));
        assert!(source.ends_with('}'), "{name}: {source}");
    }
}
