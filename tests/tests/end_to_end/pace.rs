//! Frame rates, and the end of frames.

use mutoscope_tests::{Folder, Part, Program, in_repository};

fn captured(part: &Part) -> f64 {
    part.header("X-Timestamp").parse().unwrap()
}

#[test]
fn max_fps_is_kept() {
    let file = "
source: { plugin: simulated, width: 64, height: 48, fps: 100 }
max_fps: 10
sink: { plugin: mjpeg, listen: 127.0.0.1:0 }
";
    let running = Program::new(["run", "-"]).given(file).start();
    let parts: Vec<_> = running.stream().take(11).collect();
    // A busy machine only makes it longer.
    let took = captured(&parts[10]) - captured(&parts[0]);
    assert!(took > 0.9, "eleven frames in {took} s at 10 frames/s");
    assert!(parts[10].sequence() - parts[0].sequence() > 10, "the source goes on at its own pace");
    running.stop();
}

#[test]
fn a_film_without_loop_ends_and_so_does_the_program() {
    let folder = Folder::new();
    let frames = in_repository("frames/article");
    let file = format!(
        "source: {{ plugin: simulated, frames: {}, fps: 10, loop: false }}\n\
         sink: {{ plugin: good, path: {}/list.txt }}\n",
        frames.display(),
        folder.path().display()
    );
    let ended = Program::new(["run", "-"]).with_fixtures().given(file).output().expect(0);
    assert!(!ended.stderr.contains("ERROR"), "{}", ended.stderr);
    let list = folder.read("list.txt");
    // A busy machine may lose one on the way, but never the last.
    let last = list.lines().last().unwrap_or_default();
    assert!(last.starts_with("camera 2 JPEG 1280x720"), "{list}");
}
