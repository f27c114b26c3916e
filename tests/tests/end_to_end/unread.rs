//! Standard output and standard error without a reader, and full disks: cameras go on.

use mutoscope_tests::{Folder, Installation, PATIENCE, Program, Running, Signal, free_port, http, until};
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat, open};
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const FILE: &str = "
source: { plugin: simulated, width: 64, height: 48, fps: 50 }
sink: { plugin: mjpeg, listen: 127.0.0.1:0 }
";

/// Starts the program with its output where `to` says, as a shell does it.
fn start(file: &Path, to: &str) -> Running {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &format!("exec \"$0\" --log debug run \"$1\" {to}")]);
    command.arg(&Installation::shared().program).arg(file).env("HOME", file.parent().unwrap());
    Running::of(command)
}

/// A pipe that is full, and kept open: a terminal that was stopped, a collector that hangs.
fn full_pipe(folder: &Folder) -> (PathBuf, File) {
    let path = folder.path().join("pipe");
    mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let mut pipe = File::from(open(&path, OFlags::RDWR | OFlags::NONBLOCK, Mode::empty()).unwrap());
    for some in [&[b'x'; 4096][..], b"x"] {
        let full = std::iter::repeat_with(|| pipe.write(some)).find_map(Result::err);
        assert_eq!(full.unwrap().kind(), ErrorKind::WouldBlock);
    }
    (path, pipe)
}

#[test]
fn a_pipe_that_nobody_reads_stops_neither_a_stream_nor_the_end() {
    let folder = Folder::with("camera.yaml", FILE);
    let (pipe, _kept) = full_pipe(&folder);
    let running = start(&folder.path().join("camera.yaml"), &format!("2> {}", pipe.display()));
    assert_eq!(running.stream().take(20).count(), 20);
    // Each reload is logged, again and again.
    for _ in 0..20 {
        running.signal(Signal::HUP);
    }
    assert_eq!(running.stream().take(20).count(), 20);
    running.stop();
}

#[test]
fn a_terminal_that_was_stopped_stops_nothing() {
    let folder = Folder::new();
    let (pipe, _kept) = full_pipe(&folder);
    // Where nothing can be told, the port must be known.
    let port = free_port();
    let file = folder.put("camera.yaml", FILE.replace("127.0.0.1:0", &format!("127.0.0.1:{port}")));
    let running = start(&file, &format!("> {} 2>&1", pipe.display()));
    let answers = || std::net::TcpStream::connect(("127.0.0.1", port)).ok();
    until("the server", answers);
    // It may answer before it has its streams.
    let snapshot = || http::get(&format!("http://127.0.0.1:{port}/snapshot")).status;
    until("a picture", || (snapshot() == 200).then_some(()));
    running.stop();
}

#[test]
fn a_full_disk_behind_standard_output_is_told_in_the_log_and_ends_nothing() {
    let folder = Folder::with("camera.yaml", FILE);
    let running = start(&folder.path().join("camera.yaml"), "> /dev/full");
    let line = running.logged(&["ERROR", "cannot write to standard output", "listening on http://"]);
    let address = &line[line.find("http://").unwrap()..];
    assert_eq!(http::get(&format!("{address}snapshot")).status, 200);
    running.stop();
    // What is asked once and cannot be told has failed.
    let to = |command: &str| {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &format!("exec \"$0\" {command} \"$1\" > /dev/full")]);
        shell.arg(&Installation::shared().program).arg(folder.path().join("camera.yaml"));
        Running::of(shell).end_within(PATIENCE).expect(1).stderr
    };
    assert!(to("check").contains("cannot write to standard output"));
}

#[test]
fn last_words_are_told_and_an_abort_is_one() {
    let file = "
source: { plugin: panics, how: abort, at: next_frame, after: 3 }
sink: { plugin: mjpeg, listen: 127.0.0.1:0 }
";
    let aborted = Program::new(["--log", "debug", "run", "-"]).with_fixtures().given(file).start();
    drop(aborted.recorder("camera"));
    let ended = aborted.end_within(PATIENCE);
    assert_eq!(ended.status.signal(), Some(Signal::ABORT.as_raw()));
    assert!(ended.stderr.contains("all sinks are open") && ended.stderr.ends_with('\n'), "{}", ended.stderr);
    // One from outside, as a service manager's watchdog sends it, is one as well.
    let running = Program::new(["run", "-"]).given(FILE).start();
    running.stream().next();
    running.signal(Signal::ABORT);
    assert_eq!(running.end_within(PATIENCE).status.signal(), Some(Signal::ABORT.as_raw()));
}

/// Returns whether SIGHUP ends the process: it is neither blocked nor handled.
fn hangup_kills(process: &Path) -> Option<bool> {
    let status = fs::read_to_string(process.join("status")).ok()?;
    let bit = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key)).expect("a set of signals");
        u64::from_str_radix(line.trim(), 16).expect("a set of signals") & 1 != 0
    };
    Some(!bit("SigBlk:") && !bit("SigCgt:"))
}

#[test]
fn sighup_is_kept_before_the_command_line_is_read() {
    // So many arguments that it takes a while; the last one is wrong, so that it comes to nothing else.
    let many = std::iter::repeat_n(["--set", "a=b"], 40_000).flatten();
    let mut running = Program::new(["run"].into_iter().chain(many).chain(["--no-such-option"])).start();
    let process = running.about("");
    let kept = until("SIGHUP to be kept", || {
        let kept = hangup_kills(&process) == Some(false);
        (kept || running.has_ended()).then_some(kept)
    });
    assert!(kept, "it came to its end first");
    running.end_within(PATIENCE).expect(2);
}

#[test]
fn sighup_ends_what_has_nothing_to_read_again() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", server.local_addr().unwrap());
    let probe = Program::new(["probe", &url, "--seconds", "600"]).start();
    // It has come so far that it asks.
    let _asked = server.accept().unwrap();
    probe.signal(Signal::HUP);
    assert_eq!(probe.end_within(PATIENCE).status.signal(), Some(Signal::HUP.as_raw()));
}
