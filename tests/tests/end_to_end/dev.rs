//! `run --dev`: a plugin's library is rebuilt while viewers watch.

use image::{Rgb, RgbImage};
use mutoscope_plugin::abi::header::{Header, MAGIC};
use mutoscope_tests::{Folder, Installation, Live, Program, assert_in_order, picture, tool, until};
use std::fs::{self, File};
use std::io::Write;
use std::ops::Range;
use std::path::PathBuf;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

/// The file's own `plugin_path` has one plugin, `camera`. Its pictures' size tells which build it is: the fixture's are as
/// high as wide or lower, the simulated camera's are 720 lines high.
const FILE: &str = "
source: { plugin: camera, width: 64, fps: 25 }
sink: { plugin: mjpeg, listen: 127.0.0.1:0 }
plugin_path: DIR/plugins
";
const LIBRARY: &str = "plugins/libmutoscope_plugin_camera.so";

fn build(plugin: &str) -> Vec<u8> {
    fs::read(Installation::shared().library(plugin)).unwrap()
}

fn library(live: &Live) -> PathBuf {
    live.folder.path().join(LIBRARY)
}

fn start() -> Live {
    Live::developing(FILE, |folder| drop(folder.put(LIBRARY, build("good"))))
}

#[test]
fn a_plugin_that_was_built_anew_takes_over_under_its_viewers() {
    let live = start();
    let viewer = live.watch("camera");
    viewer.more(3);
    let old = viewer.seen().last().unwrap().size;
    assert_ne!(old, (64, 720));

    // As cargo does it: the old name is taken away, and given to the new file.
    fs::remove_file(library(&live)).unwrap();
    sleep(Duration::from_millis(50));
    fs::rename(live.folder.put("new", build("simulated")), library(&live)).unwrap();
    live.running.logged(&["libmutoscope_plugin_camera.so was built anew"]);
    viewer.until("the new build's pictures", |seen| seen.size == (64, 720));

    // Overwritten in place, in many steps with pauses between them, as a slow linker does it.
    let bytes = build("good");
    let mut file = File::create(library(&live)).unwrap();
    for piece in bytes.chunks(bytes.len() / 8) {
        file.write_all(piece).unwrap();
        sleep(Duration::from_millis(40));
    }
    drop(file);
    viewer.until("the old build's pictures", |seen| seen.size == old);

    // The file counts as well; and the same library once more is no news.
    live.put(&FILE.replace("width: 64", "width: 80"));
    viewer.until("the changed file's pictures", |seen| seen.size.0 == 80);
    assert_eq!(live.problem(), None);
    assert_in_order(&viewer.leave());
    live.running.stop();
}

#[test]
fn a_build_that_cannot_be_loaded_leaves_the_old_one_at_work() {
    let live = start();
    let viewer = live.watch("camera");
    viewer.more(3);
    let old = viewer.seen().last().unwrap().size;
    let whole = build("simulated");
    let header = header(&whole);
    let mut other_abi = whole.clone();
    // Behind the magic and the size.
    other_abi[header.start + 12] = 77;
    let bytes: Vec<_> = whole[header].iter().map(ToString::to_string).collect();
    // Its file says nothing of what happens when it is loaded.
    let crashing = compiled(&format!(
        "#include <stdlib.h>
        __attribute__((section(\".mutoscope\"), used)) const unsigned char MUTOSCOPE_PLUGIN[] = {{{}}};
        __attribute__((constructor)) static void crash(void) {{ abort(); }}",
        bytes.join(",")
    ));
    let refused: [(&[u8], &str); 5] = [
        (&whole[..whole.len() / 2], "it is truncated"),
        (b"oops", "it is no library"),
        (&other_abi, "ABI 77"),
        (&compiled("int add(int a, int b) { return a + b; }"), "it is a library, but no Mutoscope plugin"),
        (&crashing, "loading it ended the process that tried it: signal: 6"),
    ];
    for (bytes, why) in refused {
        fs::write(library(&live), bytes).unwrap();
        live.running.logged(&[why]);
        live.running.logged(&["pipeline.yaml:2:19"]);
        live.running.logged(&["the pipeline goes on as it was"]);
        until("the problem", || live.problem());
        viewer.more(3);
        assert_eq!(viewer.seen().last().unwrap().size, old);
    }
    fs::remove_file(library(&live)).unwrap();
    live.running.logged(&["there is no plugin"]);
    viewer.more(3);
    live.folder.put(LIBRARY, &whole);
    viewer.until("the new build's pictures", |seen| seen.size == (64, 720));
    assert_eq!(live.problem(), None);
    assert_in_order(&viewer.leave());
    live.running.stop();
}

/// Returns the place of the plugin's header in a library.
fn header(library: &[u8]) -> Range<usize> {
    let size = size_of::<Header>();
    let is_it = |at: &usize| {
        library[*at..].starts_with(&MAGIC) && library[*at + 8..].starts_with(&(size as u32).to_le_bytes())
    };
    let at = (0..library.len() - size).find(is_it).expect("a plugin");
    at..at + size
}

/// A library of a few lines of C.
fn compiled(code: &str) -> Vec<u8> {
    let folder = Folder::with("code.c", code);
    let mut cc = Command::new(tool("cc"));
    cc.current_dir(folder.path()).args(["-shared", "-fPIC", "-o", "code.so", "code.c"]);
    assert!(cc.status().unwrap().success());
    fs::read(folder.path().join("code.so")).unwrap()
}

#[test]
fn transforms_and_sinks_are_exchanged_as_well() {
    let text = "
source: { plugin: simulated, frames: DIR/white.png, fps: 25 }
transforms:
  - { plugin: filter }
sinks:
  - { plugin: mjpeg, listen: 127.0.0.1:0 }
  - { plugin: writer, path: DIR/frames.txt }
plugin_path: DIR/plugins
";
    let (filter, writer) = ("plugins/libmutoscope_plugin_filter.so", "plugins/libmutoscope_plugin_writer.so");
    let live = Live::developing(text, |folder| {
        RgbImage::from_pixel(160, 120, Rgb([255; 3])).save(folder.path().join("white.png")).unwrap();
        folder.put(filter, build("good"));
        folder.put(writer, build("good"));
    });
    let viewer = live.watch("camera");
    viewer.more(3);
    let brightness = || {
        let [red, ..] =
            picture::mean(&picture::decode(&viewer.last().unwrap().picture), [0.0, 0.0, 1.0, 1.0]);
        red
    };
    // The fixture inverts; `timestamp` writes a line.
    until("black pictures", || (brightness() < 30.0).then_some(()));
    until("a list of frames", || (!live.folder.read("frames.txt").is_empty()).then_some(()));
    let exchange = |library: &str, plugin: &str| {
        fs::rename(live.folder.put("new", build(plugin)), live.folder.path().join(library)).unwrap();
    };
    exchange(filter, "timestamp");
    until("the new build's pictures", || (brightness() > 120.0).then_some(()));

    // The sink's own code once more, as another file: it writes on.
    exchange(writer, "good");
    live.running.logged(&["libmutoscope_plugin_writer.so was built anew"]);
    live.running.logged(&["sink starts anew"]);
    let lines = live.folder.read("frames.txt").lines().count();
    until("more frames", || (live.folder.read("frames.txt").lines().count() > lines).then_some(()));
    assert!(viewer.seen().iter().all(|seen| seen.freshness == "live"), "never without a picture");
    assert_in_order(&viewer.leave());
    assert_eq!(live.problem(), None);
    live.running.stop();
}

#[test]
fn it_needs_a_file_that_can_change() {
    for (program, why) in [
        (Program::new(["run", "--dev"]), "`--dev` needs a file that can change: no file was named"),
        (
            Program::new(["run", "--dev", "-"]).given("x"),
            "`--dev` needs a file that can change: standard input",
        ),
    ] {
        let ended = program.output().expect(2);
        assert!(ended.stderr.contains(why), "{}", ended.stderr);
    }
}
