//! The texts of errors, as a person reads them.

use mutoscope_tests::{Folder, Installation, Program, in_repository};
use std::net::TcpListener;

/// Collects the output of checking these files, one after the other, without this machine's own paths.
fn gallery(cases: &[(&str, &str)]) -> String {
    let folder = Folder::new();
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    folder.put("broken/1.jpg", "This is no picture.\n");
    let mut gallery = String::new();
    for (title, text) in cases {
        folder.put("porch.yaml", text);
        let ended = Program::new(["check", "porch.yaml"]).inside(folder.path()).output().expect(78);
        assert_eq!(ended.stdout, "");
        gallery += &format!("## {title}\n\n{}\n\n", ended.stderr.trim_end());
    }
    let mine = [folder.path(), &Installation::shared().folder, &in_repository("")];
    let names = ["[folder]", "[program]", "[repository]"];
    for (path, name) in mine.iter().zip(names) {
        gallery = gallery.replace(path.to_str().unwrap().trim_end_matches('/'), name);
    }
    gallery
}

#[test]
fn what_the_program_refuses() {
    let gallery = gallery(&[
        ("a misspelt plugin", "source: { plugin: simulatd }\nsink: { plugin: mjpeg }\n"),
        ("another program's word", "source: { plugin: webcam }\nsink: { plugin: mjpeg }\n"),
        ("a plugin of another kind", "source: { plugin: resize }\nsink: { plugin: mjpeg }\n"),
        ("a misspelt option", "source: { plugin: simulated, fsp: 5 }\nsink: { plugin: mjpeg }\n"),
        ("a wrong type", "source: { plugin: simulated, fps: fast }\nsink: { plugin: mjpeg }\n"),
        ("out of range", "source: { plugin: simulated, fps: 0 }\nsink: { plugin: mjpeg }\n"),
        ("a wrong choice", "source: { plugin: simulated, order: clock }\nsink: { plugin: mjpeg }\n"),
        ("a key twice", "source: { plugin: simulated, fps: 5, fps: 6 }\nsink: { plugin: mjpeg }\n"),
        (
            "a variable that is not set",
            "source: { plugin: simulated, fps: \"${PORCH_FPS}\" }\nsink: { plugin: mjpeg }\n",
        ),
        ("a port alone", "source: { plugin: simulated }\nsink: { plugin: mjpeg, listen: 8080 }\n"),
        (
            "a format without quotes",
            "source: { plugin: simulated }\ntransforms:\n  - { plugin: timestamp, format: %H:%M }\nsink: { plugin: mjpeg }\n",
        ),
        ("a unit in a value", "source: { plugin: simulated }\nsink: { plugin: mjpeg }\ntimeout_ms: 3s\n"),
        (
            "a stream with the name of a path",
            "streams:\n  snapshot: { source: { plugin: simulated } }\nsink: { plugin: mjpeg }\n",
        ),
        (
            "everything at once",
            "source: { plugin: simulated, fsp: 5, width: -1 }\ntransforms:\n  - { plugin: resize, widht: 640 }\n\
             sink: { plugin: mjpeg, public: 1 }\nthreats: 1\n",
        ),
    ]);
    insta::assert_snapshot!(gallery);
}

#[test]
fn what_plugins_refuse() {
    let with = |stage: &str| {
        format!(
            "source: {{ plugin: simulated }}\ntransforms:\n  - {{ {stage} }}\nsink: {{ plugin: mjpeg }}\n"
        )
    };
    let gallery = gallery(&[
        ("an empty folder", "source: { plugin: simulated, frames: empty }\nsink: { plugin: mjpeg }\n"),
        (
            "a folder that is not there",
            "source: { plugin: simulated, frames: nowhere }\nsink: { plugin: mjpeg }\n",
        ),
        (
            "a folder of broken pictures",
            "source: { plugin: simulated, frames: broken }\nsink: { plugin: mjpeg }\n",
        ),
        (
            "options that exclude each other",
            "source: { plugin: simulated, frames: broken, width: 5 }\nsink: { plugin: mjpeg }\n",
        ),
        (
            "an address that others can reach",
            "source: { plugin: simulated }\nsink: { plugin: mjpeg, listen: 0.0.0.0:8080 }\n",
        ),
        (
            "an address without a port",
            "source: { plugin: simulated }\nsink: { plugin: mjpeg, listen: 127.0.0.1 }\n",
        ),
        ("an unknown code", &with("plugin: timestamp, format: \"%!\"")),
        ("an unknown time zone", &with("plugin: timestamp, time_zone: Europe/Berln")),
        ("an unknown colour", &with("plugin: timestamp, colour: whyte")),
        ("no size at all", &with("plugin: resize")),
        ("a quality without a JPEG", &with("plugin: jpeg, to: planes, quality: 5")),
    ]);
    insta::assert_snapshot!(gallery);
}

#[test]
fn what_the_command_line_gets_wrong_is_shown_in_its_own_words() {
    let folder = Folder::with("porch.yaml", "source: { plugin: simulated }\nsink: { plugin: mjpeg }\n");
    let sets = ["sink.lisen=127.0.0.1:0", "source.fps=fast", "transforms[3].width=5", "source=["];
    let arguments = ["check", "porch.yaml"].into_iter().chain(sets.iter().flat_map(|set| ["--set", set]));
    let ended = Program::new(arguments).inside(folder.path()).output().expect(78);
    insta::assert_snapshot!(ended.stderr);

    // Not a value for the file, but no argument at all.
    let ended =
        Program::new(["check", "porch.yaml", "--set", "threads"]).inside(folder.path()).output().expect(2);
    assert!(ended.stderr.contains("`--set threads`: this has no `=`"), "{}", ended.stderr);
}

/// It is the moment that is wrong, not the file.
#[test]
fn a_port_in_use_ends_it_with_1_and_is_named() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap();
    let file = format!("source: {{ plugin: simulated }}\nsink: {{ plugin: mjpeg, listen: {address} }}\n");
    Program::new(["check", "-"]).given(file.as_str()).output().expect(0);
    let ended = Program::new(["run", "-"]).given(file).output().expect(1);
    assert!(ended.stderr.contains(&format!("cannot listen on {address}")), "{}", ended.stderr);
    let holder = format!("(process {}) holds that port", std::process::id());
    assert!(ended.stderr.contains(&holder), "{}", ended.stderr);
}
