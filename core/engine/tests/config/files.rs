//! Files that are no pipeline files at all.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use mutoscope_engine::config::{Origin, load};

use crate::fake::{Fakes, environment, reads};

fn shown(folder: &Path, name: &str) -> String {
    let report = load(&Origin::File(folder.join(name)), &[], &environment, &Fakes).unwrap_err();
    report.render(false).replace(folder.to_str().unwrap(), "/home/me")
}

#[test]
fn errors() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::create_dir(here.join("pipelines")).unwrap();
    fs::write(here.join("pipelines/porch.yaml"), "source: {}\n").unwrap();
    fs::write(here.join("empty.yaml"), "").unwrap();
    fs::write(here.join("picture.jpg"), b"\xff\xd8\xff\xe0\0\x10JFIF").unwrap();
    fs::write(here.join("plugin.so"), b"\x7fELF\x02\x01\x01\0\0").unwrap();
    fs::write(here.join("zeros"), [0; 100]).unwrap();
    fs::write(here.join("latin1.yaml"), b"# T\xfcr\nsource: {}\n").unwrap();
    fs::write(here.join("utf16.yaml"), b"\xff\xfes\0o\0u\0").unwrap();
    let names = [
        "pipelines/proch.yaml",
        "nothing.yaml",
        "pipelines",
        "empty.yaml",
        "picture.jpg",
        "plugin.so",
        "zeros",
        "latin1.yaml",
        "utf16.yaml",
    ];
    let texts = names.map(|name| format!("## {name}\n\n{}", shown(here, name)));
    reads("files", &texts.join("\n"));
}

/// Its size on the disk is nothing, and it is not read to its end.
#[test]
fn a_file_of_50_megabytes_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    fs::File::create(folder.path().join("video.yaml")).unwrap().set_len(50 << 20).unwrap();
    let shown = shown(folder.path(), "video.yaml");
    assert!(
        shown.starts_with("error: /home/me/video.yaml: larger than 1 MiB, not read further\n"),
        "{shown}"
    );
    let endless = load(&Origin::File("/dev/zero".into()), &[], &environment, &Fakes).unwrap_err();
    assert!(endless.to_string().contains("larger than 1 MiB"));
}

/// `run <(…)` and a pipe by its name.
#[test]
fn a_pipe_is_read_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.yaml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let writer = pipe.clone();
    let writer = std::thread::spawn(move || {
        fs::write(writer, "source: { plugin: simulated }\nsink: { plugin: mjpeg }\n").unwrap();
    });
    load(&Origin::File(pipe), &[], &environment, &Fakes).unwrap();
    writer.join().unwrap();
}

#[test]
fn a_pipe_without_a_writer_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let secret = format!(
        "source: {{ plugin: simulated }}\nsink: {{ plugin: mjpeg, password: {{ file: {} }} }}\n",
        pipe.display()
    );
    let of_secret = Origin::BuiltIn { name: "porch.yaml".into(), text: secret };
    for origin in [Origin::File(pipe), of_secret] {
        let report = load(&origin, &[], &environment, &Fakes).unwrap_err().to_string();
        assert!(report.contains("it is a pipe, and nothing writes to it (5 s)"), "{report}");
    }
}

/// As large as a file may be, and as bad as it can be: still an answer within seconds, on a slow machine too.
#[test]
fn the_largest_files_get_an_answer() {
    let fill = |text: &str| text.repeat((1 << 20) / text.len());
    for text in [
        fill("[[],"),
        fill("- "),
        fill("? "),
        fill("\"a\" "),
        fill("a: b\n"),
        fill("- &a x\n- *a\n"),
        fill("---\n"),
        fill("x"),
        fill("{a: 1}\n"),
    ] {
        let start = Instant::now();
        let origin = Origin::BuiltIn { name: "large.yaml".into(), text };
        let report = load(&origin, &[], &environment, &Fakes).unwrap_err();
        assert!(report.render(false).len() < 100_000);
        assert!(start.elapsed() < Duration::from_secs(60), "{report}");
    }
}
