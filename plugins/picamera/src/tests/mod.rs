//! The source as the host sees it, with camera programs that behave and that do not.

mod children;
mod options;
mod pictures;
mod raw;
mod splitter;

use crate::{Options, Picamera};
use mutoscope_plugin::testing::TestHost;
use mutoscope_plugin::{Error, Frame, Source};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A JPEG's segment.
fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u16 + 2).to_be_bytes();
    [&[0xff, marker], &length[..], content].concat()
}

/// The start of a scan.
fn scan() -> Vec<u8> {
    segment(0xda, &[1, 1, 0, 0, 63, 0])
}

/// A frame header, grey.
fn size(width: u16, height: u16) -> Vec<u8> {
    let (height, width) = (height.to_be_bytes(), width.to_be_bytes());
    segment(0xc0, &[&[8], &height[..], &width[..], &[1, 1, 0x11, 0]].concat())
}

/// The smallest that counts as a JPEG.
fn small(width: u16, height: u16) -> Vec<u8> {
    [&[0xff, 0xd8][..], &size(width, height), &scan(), &[1, 2, 3], &[0xff, 0xd9]].concat()
}

/// A JPEG with all that could mislead: a thumbnail in APP1, an end and a start in a remark, stuffed bytes, restarts, fill
/// bytes, a second scan.
fn tricky(width: u16, height: u16, mark: u8) -> Vec<u8> {
    let thumbnail = [b"Exif\0\0", &small(16, 8)[..], &[0; 5]].concat();
    [
        &[0xff, 0xd8][..],
        &segment(0xe1, &thumbnail),
        &segment(0xfe, &[0xff, 0xd9, 0xff, 0xd8, 0xff, mark]),
        &[0xff, 0xff],
        &size(width, height),
        &scan(),
        &[mark, 0xff, 0, 7, 0xff, 0xd0, 8, 0xff, 0, 0xff, 0xd7, 9, 0xff, 0xff, 0],
        &segment(0xc4, &[0xff, 0xd9, mark]),
        &scan(),
        &[5, mark, 0xff, 0xff, 0xff, 0xd9],
    ]
    .concat()
}

/// A folder with camera programs in it.
struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(TempDir::new().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Options for a camera program that is this shell script, run in this folder. It leaves its number in `pid`.
    fn camera(&self, script: &str) -> Options {
        let path = self.path().join("camera");
        let text = format!("#!/bin/sh\ncd {}\necho $$ > pid\n{script}\n", self.path().display());
        // Written by another process: a program that is open for writing cannot be run, and between this
        // process's forks and execs for other tests, the other child has.
        let mut writer = Command::new("sh")
            .args(["-c", "cat > \"$1\"; chmod +x \"$1\"", "sh"])
            .arg(&path)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        writer.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(writer.wait().unwrap().success());
        Options { command: Some(path.to_str().unwrap().to_owned()), ..Options::default() }
    }

    /// The number that a script has left in `name`.
    fn number(&self, name: &str) -> u32 {
        let path = self.path().join(name);
        let read = || std::fs::read_to_string(&path).ok()?.trim().parse().ok();
        eventually(|| read().is_some(), "a script's number");
        read().unwrap()
    }
}

/// Waits for what has to become true.
fn eventually(mut ready: impl FnMut() -> bool, what: &str) {
    let start = Instant::now();
    while !ready() {
        assert!(start.elapsed() < Duration::from_secs(30), "no {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The state and the parent of a process, as /proc tells; `None` if there is no such process.
fn process(number: u32) -> Option<(char, u32)> {
    let text = std::fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(") ")?;
    let mut words = rest.split(' ');
    Some((words.next()?.chars().next()?, words.next()?.parse().ok()?))
}

/// The process is gone without a trace: neither running nor a zombie of ours. (One that this process has never been the
/// parent of may wait for the system's first process to look after it.)
fn assert_gone(number: u32) {
    let gone = || match process(number) {
        None => true,
        Some((state, parent)) => state == 'Z' && parent != std::process::id(),
    };
    eventually(gone, &format!("end of process {number}: {:?}", process(number)));
}

/// Opens the source and takes pictures to its end, which is a failure.
fn until_failure(options: Options, stand: &TestHost) -> (Vec<Frame>, Error) {
    let ctx = stand.context();
    let mut frames = Vec::new();
    let mut source = match Picamera::open(options, &ctx) {
        Ok(source) => source,
        Err(error) => return (frames, error),
    };
    loop {
        match source.next_frame(&ctx) {
            Ok(Some(frame)) => frames.push(frame),
            Ok(None) => panic!("an end without a failure"),
            Err(error) => return (frames, error),
        }
    }
}
