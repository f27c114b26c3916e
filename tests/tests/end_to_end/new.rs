//! `mutoscope new`: what it refuses. What it writes is tried in `outside`.

use mutoscope_tests::{Folder, Installation, Program, in_repository};
use std::fs;
use std::process::Command;

fn new(arguments: &[&str]) -> Program {
    Program::new(["new"].iter().chain(arguments))
}

#[test]
fn names_that_no_plugin_can_have_are_refused() {
    let folder = Folder::new();
    for (arguments, why) in [
        (["source", "my camera"], "\"my camera\" is no plugin's name"),
        (["source", "../camera"], "\"../camera\" is a path: the folder is made where you are"),
        (["sink", "MyCamera"], "\"MyCamera\" has capital letters; `mycamera` would do"),
        (["transform", ""], "a plugin's name is missing"),
        (["camera", "x"], "invalid value 'camera'"),
    ] {
        let ended = new(&arguments).inside(folder.path()).output().expect(2);
        assert!(ended.stderr.contains(why), "{}", ended.stderr);
        assert_eq!(ended.stdout, "");
    }
    // A pipeline file could only have one of the two.
    let ended = new(&["sink", "mjpeg"]).inside(folder.path()).output().expect(1);
    let why = "there is a plugin `mjpeg` already";
    assert!(ended.stderr.contains(why) && ended.stderr.contains("take another name"), "{}", ended.stderr);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_is_in_the_way_is_left_as_it_is() {
    let folder = Folder::with("my-camera/src/lib.rs", "mine");
    let ended = new(&["source", "my-camera"]).inside(folder.path()).output().expect(1);
    assert_eq!(
        ended.stderr,
        "error: my-camera is there already, and nothing was written: take another name, or put it aside\n"
    );
    assert_eq!(folder.read("my-camera/src/lib.rs"), "mine");
    assert_eq!(fs::read_dir(folder.path().join("my-camera")).unwrap().count(), 1);
    // No folder can be made there.
    let ended = new(&["source", "my-camera"]).inside("/proc".as_ref()).output().expect(1);
    assert!(ended.stderr.contains("no folder my-camera can be made here: "), "{}", ended.stderr);
}

#[test]
fn the_sdk_is_the_program_s_own_or_named() {
    let folder = Folder::new();
    // A program that was copied away from where it was built.
    let program = folder.path().join("bin/mutoscope");
    fs::create_dir_all(folder.path().join("bin")).unwrap();
    fs::copy(&Installation::shared().program, &program).unwrap();
    let run = |name: &str, sdk: Option<&str>| {
        let mut command = Command::new(&program);
        command.args(["new", "source", name]).current_dir(folder.path());
        command.env_remove("MUTOSCOPE_SDK").env_remove("MUTOSCOPE_PLUGIN_PATH");
        if let Some(sdk) = sdk {
            command.env("MUTOSCOPE_SDK", sdk);
        }
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(run("a", None), (Some(0), String::new()));
    let manifest = folder.read("a/Cargo.toml");
    assert!(
        manifest.contains("mutoscope-plugin = { version = \"") && manifest.contains("[patch."),
        "{manifest}"
    );
    let repository = in_repository("");
    for file in
        ["a/Cargo.toml", "a/sdk/mutoscope-plugin/Cargo.toml", "a/sdk/mutoscope-plugin-macros/Cargo.toml"]
    {
        let text = folder.read(file);
        assert!(!text.contains(repository.to_str().unwrap()) && !text.contains("../"), "{file}: {text}");
    }
    let (code, stderr) = run("b", Some("/nowhere"));
    assert_eq!(code, Some(1));
    assert!(stderr.contains("MUTOSCOPE_SDK names /nowhere, where no mutoscope-plugin is"), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(!folder.path().join("b").exists());

    assert_eq!(run("b", repository.to_str()).0, Some(0));
    let crate_folder = in_repository("core/plugin-api");
    assert!(folder.read("b/Cargo.toml").contains(&format!("path = \"{}\"", crate_folder.display())));
    assert!(!folder.path().join("b/sdk").exists());
}

#[test]
fn what_it_writes_depends_on_nothing_outside_of_its_folder() {
    let folder = Folder::new();
    new(&["source", "my-camera"]).inside(folder.path()).output().expect(0);
    // As on another machine: neither is where it was when it was written.
    let moved = Folder::new();
    let made = fs::canonicalize(moved.path()).unwrap().join("elsewhere");
    let copied = Command::new("cp").arg("-r").arg(folder.path().join("my-camera")).arg(&made).status();
    assert!(copied.unwrap().success());
    drop(folder);
    let mut tree = Command::new(env!("CARGO"));
    tree.args(["tree", "--offline", "-e", "normal,build,dev", "--prefix", "none"]).current_dir(&made);
    let output = tree.env_remove("CARGO_TARGET_DIR").output().unwrap();
    let (tree, errors) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success() && !errors.contains("warning"), "{errors}");
    let paths: std::collections::BTreeSet<_> = tree
        .lines()
        .filter_map(|line| Some(line.split_once(" (/")?.1.split(')').next()?.to_owned()))
        .collect();
    let made = made.display().to_string();
    let own = ["", "/sdk/mutoscope-plugin", "/sdk/mutoscope-plugin-macros"];
    assert_eq!(paths, own.map(|path| format!("{}{path}", &made[1..])).into(), "{tree}");
}
