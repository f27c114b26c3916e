//! Crates outside the workspace, as users' plugins are: those that `mutoscope new` writes, and those of `plugins/examples`,
//! with lock files of their own. Each is tested, built, and run by the program that was built without it, which takes
//! minutes: `script/test-all` does it.

use mutoscope_tests::{Folder, Installation, Program, Running, in_repository, picture, until};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Returns their target folder, which is common so that dependencies are built once.
fn target() -> PathBuf {
    let built = Installation::shared().folder.ancestors().nth(2).expect("it is in a profile's folder");
    let target = built.join("outside");
    fs::create_dir_all(&target).unwrap();
    target
}

/// One at a time: a crate's `target` is the same folder for all of them.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Calls cargo in a folder, with nothing that the cargo which runs this test has left in the environment.
#[track_caller]
fn cargo(folder: &Path, arguments: &[&str]) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(arguments).current_dir(folder);
    for name in ["CARGO_TARGET_DIR", "RUSTFLAGS", "CARGO_INCREMENTAL", "MUTOSCOPE_PLUGIN_PATH"] {
        cargo.env_remove(name);
    }
    let output = cargo.output().unwrap();
    let text =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "cargo {arguments:?} in {}:\n{text}", folder.display());
    assert!(!text.contains("warning: "), "cargo {arguments:?} in {}:\n{text}", folder.display());
    text
}

/// Makes a plugin with `mutoscope new`, and goes the way that its README shows. Gives the program at work, and the crate's
/// folder.
fn made(folder: &Folder, kind: &str, name: &str, listen: &str) -> (Running, PathBuf) {
    let told = Program::new(["new", kind, name]).inside(folder.path()).output().expect(0).stdout;
    for step in ["cargo test", "cargo build --release", "mutoscope run pipeline.yaml"] {
        assert!(told.contains(step), "{told}");
    }
    // As on another machine: the crate is elsewhere, and no checkout can be meant.
    let moved = folder.path().join("moved");
    fs::create_dir_all(&moved).unwrap();
    fs::rename(folder.path().join(name), moved.join(name)).unwrap();
    let made = moved.join(name);
    std::os::unix::fs::symlink(target(), made.join("target")).unwrap();
    let told = cargo(&made, &["test"]);
    assert!(told.contains("keeps_what_every_plugin_must_keep ... ok"), "{told}");
    cargo(&made, &["build", "--release"]);
    let listen = format!("{listen}=127.0.0.1:0");
    let running = Program::new(["run", "pipeline.yaml", "--set", &listen]).inside(&made).start();
    (running, made)
}

#[test]
#[ignore = "builds everything anew: script/test-all"]
fn a_new_source_is_tested_built_seen_and_installed() {
    let _turn = turn();
    let folder = Folder::new();
    let (running, made) = made(&folder, "source", "my-camera", "sink.listen");
    let shown = picture::decode(&running.snapshot("camera"));
    assert_eq!(shown.dimensions(), (640, 480));
    let red = || shown.pixels().map(|pixel| pixel.0[0]);
    let contrast = red().max().unwrap() - red().min().unwrap();
    assert!(contrast > 100, "worth looking at: {contrast}");
    assert_eq!(running.state("camera")["source"]["plugin"], "my-camera");
    running.stop();

    // Its options are shown with their comments.
    let library = made.join("target/release/libmutoscope_plugin_my_camera.so");
    let shown = Program::new(["plugins", "show"]).arg(&library).output().expect(0).stdout;
    for part in ["my-camera 0.1.0", "speed: number (default 1", "How fast the rings spread"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }

    // Installing it is copying one file.
    let file = folder.put("pipeline.yaml", "source: { plugin: my-camera }\nsink: { plugin: mjpeg }\n");
    let check = || Program::new(["check"]).arg(&file);
    let refused = check().output().expect(78).stderr;
    assert!(refused.contains("there is no plugin `my-camera`"), "{refused}");
    for place in ["/usr/local/lib/mutoscope/", "/usr/lib/mutoscope/"] {
        assert!(refused.contains(&format!("tried {place}libmutoscope_plugin_my_camera.so")), "{refused}");
    }
    for installed in ["home/.local/lib/mutoscope", "anywhere"] {
        let installed = folder.path().join(installed);
        fs::create_dir_all(&installed).unwrap();
        fs::copy(&library, installed.join("libmutoscope_plugin_my_camera.so")).unwrap();
    }
    check().with("HOME", folder.path().join("home")).output().expect(0);
    check().with("MUTOSCOPE_PLUGIN_PATH", folder.path().join("anywhere")).output().expect(0);
}

#[test]
#[ignore = "builds everything anew: script/test-all"]
fn a_new_transform_is_tested_built_and_seen() {
    let _turn = turn();
    let folder = Folder::new();
    let (running, _) = made(&folder, "transform", "looking_glass", "sink.listen");
    let shown = picture::decode(&running.snapshot("camera"));
    // The upper part, where no time is written.
    let (width, height) = shown.dimensions();
    let pixels = (0..height / 2).flat_map(|y| (0..width / 2).map(move |x| (x, y)));
    let differ = pixels.filter(|(x, y)| {
        let (left, right) = (shown.get_pixel(*x, *y), shown.get_pixel(width - 1 - x, *y));
        left.0.iter().zip(right.0).any(|(left, right)| left.abs_diff(right) > 40)
    });
    let share = differ.count() as f64 / f64::from(width * height / 4);
    assert!(share < 0.02, "the halves mirror each other but for {share} of them");
    running.stop();
}

#[test]
#[ignore = "builds everything anew: script/test-all"]
fn a_new_sink_is_tested_built_and_seen() {
    let _turn = turn();
    let folder = Folder::new();
    let (running, made) = made(&folder, "sink", "album", "sinks[1].listen");
    let file = until("a picture in the album", || {
        let files = fs::read_dir(made.join("pictures")).ok()?.flatten().map(|file| file.path());
        files.into_iter().find(|file| file.extension().is_some_and(|end| end == "jpg"))
    });
    assert_eq!(picture::size(&fs::read(file).unwrap()), (640, 480));
    running.snapshot("camera");
    running.stop();
}

#[test]
#[ignore = "builds everything anew: script/test-all"]
fn the_example_is_tested_built_and_seen() {
    let _turn = turn();
    let example = in_repository("plugins/examples/gif");
    let target = target();
    let target = target.to_str().unwrap();
    cargo(&example, &["test", "--locked", "--target-dir", target]);
    cargo(&example, &["build", "--locked", "--release", "--target-dir", target]);
    let built = format!("plugin_path={target}/release");
    let arguments = ["run", "pipeline.yaml", "--set", "sink.listen=127.0.0.1:0", "--set", &built];
    let running = Program::new(arguments).inside(&example).start();
    // It moves.
    let first = picture::decode(&running.snapshot("camera"));
    until("another picture", || (picture::decode(&running.snapshot("camera")) != first).then_some(()));
    running.stop();
}

/// The blocks of a language in a text of Markdown.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let begin = format!("```{language}\n");
    text.split(&begin).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

#[test]
#[ignore = "builds everything anew: script/test-all"]
fn the_guide_s_own_source_is_short_and_works() {
    let _turn = turn();
    let guide = fs::read_to_string(in_repository("core/plugin-api/GUIDE.md")).unwrap();
    let ([manifest], [code]) = (&blocks(&guide, "toml")[..], &blocks(&guide, "rust")[..]) else {
        panic!("one manifest and one source")
    };
    assert!(code.lines().count() <= 25, "{code}");
    let folder = Folder::with("src/lib.rs", code);
    let sdk = in_repository("core/plugin-api");
    folder.put("Cargo.toml", manifest.replace("../mutoscope/core/plugin-api", sdk.to_str().unwrap()));
    fs::copy(in_repository("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
    std::os::unix::fs::symlink(target(), folder.path().join("target")).unwrap();
    cargo(folder.path(), &["build", "--release"]);
    folder.put(
        "pipeline.yaml",
        "source: { plugin: dawn }\nsink: { plugin: mjpeg, listen: 127.0.0.1:0 }\nplugin_path: target/release\n",
    );
    let running = Program::new(["run", "pipeline.yaml"]).inside(folder.path()).start();
    assert_eq!(picture::size(&running.snapshot("camera")), (64, 48));
    running.stop();
}

#[test]
#[ignore = "builds everything anew: script/test-all"]
fn any_build_is_loaded_but_one_whose_panics_would_end_the_program() {
    let _turn = turn();
    let folder = Folder::new();
    Program::new(["new", "source", "my-camera"]).inside(folder.path()).output().expect(0);
    let made = folder.path().join("my-camera");
    let target = target();
    let run = |built: &Path| {
        let built = format!("plugin_path={}", built.display());
        let arguments = ["run", "pipeline.yaml", "--set", "sink.listen=127.0.0.1:0", "--set", &built];
        let running = Program::new(arguments).inside(&made).start();
        assert_eq!(picture::size(&running.snapshot("camera")), (640, 480), "{built}");
        running.stop();
    };
    cargo(&made, &["build", "--target-dir", target.to_str().unwrap()]);
    run(&target.join("debug"));

    // Another compiler, where there is one.
    let nightly = target.join("nightly");
    let mut rustup = Command::new("rustup");
    rustup.args(["run", "nightly", "cargo", "build", "--target-dir"]).arg(&nightly).current_dir(&made);
    for name in ["RUSTC", "RUSTDOC", "CARGO", "RUSTUP_TOOLCHAIN", "RUSTFLAGS", "CARGO_TARGET_DIR"] {
        rustup.env_remove(name);
    }
    match Command::new("rustup").args(["run", "nightly", "rustc", "--version"]).output() {
        Ok(version) if version.status.success() => {
            let output = rustup.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            run(&nightly.join("debug"));
        }
        _ => eprintln!("not tested: a plugin built by a nightly compiler, since there is none"),
    }

    // What cannot be contained is refused, unless it is allowed.
    let abort = target.join("abort");
    let profile = "profile.dev.panic=\"abort\"";
    cargo(&made, &["build", "--config", profile, "--target-dir", abort.to_str().unwrap()]);
    let built = format!("plugin_path={}/debug", abort.display());
    let check = || Program::new(["check", "pipeline.yaml", "--set", &built]).inside(&made);
    let refused = check().output().expect(78).stderr;
    assert!(refused.contains("it was built with panic=abort"), "{refused}");
    assert!(refused.contains("MUTOSCOPE_ALLOW=panic-abort"), "{refused}");
    check().with("MUTOSCOPE_ALLOW", "panic-abort").output().expect(0);
}
