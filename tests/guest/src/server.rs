//! The program at work in the guest.

use crate::machine::{self, Belongings};
use mutoscope_tests::{Ended, Running, Viewer, until};
use serde_json::Value;
use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folder that the guest shares with the machine outside.
pub const SHARE: &str = "/share";
/// Path of the program and its plugins: in memory, since the shared folder is slow.
const PROGRAM: &str = "/tmp/bin/mutoscope";
/// The sink of pipelines that name none.
const SINK: &str = "sink: { plugin: mjpeg, listen: 127.0.0.1:0 }\n";

/// The program at work.
pub struct Server {
    running: Running,
    file: PathBuf,
}

/// The program, about to be called.
pub fn mutoscope(arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments);
    command
}

/// Runs a command to its end.
#[track_caller]
pub fn output(mut command: Command) -> Ended {
    let output = command.stdin(Stdio::null()).output().expect("it starts");
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Ended { status: output.status, stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// Runs a line of shell, which must succeed.
#[track_caller]
pub fn sh(line: &str) -> String {
    let mut command = Command::new("sh");
    command.args(["-c", line]);
    output(command).expect(0).stdout
}

/// Sets controls of vivid.
#[track_caller]
pub fn control(settings: &str) {
    sh(&format!("v4l2-ctl -d /dev/video0 -c {settings}"));
}

/// A pipeline file with this source and what stands below it.
pub fn pipeline(name: &str, source: &str, below: &str) -> PathBuf {
    put(name, &text(source, below))
}

fn put(name: &str, text: &str) -> PathBuf {
    let file = PathBuf::from(format!("/tmp/{name}.yaml"));
    fs::write(&file, text).expect("there is room");
    file
}

/// Its text.
pub fn text(source: &str, below: &str) -> String {
    let sink = if below.contains("sink:") { "" } else { SINK };
    format!("source: {{ {source} }}\n{below}{sink}")
}

impl Server {
    /// Runs a pipeline whose file it watches.
    #[track_caller]
    pub fn start(name: &str, source: &str, below: &str) -> Server {
        Server::written(name, &text(source, below))
    }

    /// The same with the whole text of the file.
    #[track_caller]
    pub fn written(name: &str, text: &str) -> Server {
        let file = put(name, text);
        Server {
            running: Running::of(mutoscope(&["run", "--watch", file.to_str().expect("a plain path")])),
            file,
        }
    }

    /// Runs a file of the repository as it stands there, but for these settings and its address.
    #[track_caller]
    pub fn of(name: &str, settings: &[&str]) -> Server {
        let file = Path::new(SHARE).join("pipelines").join(name);
        let mut command = mutoscope(&["run"]);
        command.arg(&file);
        for setting in ["sink.listen=127.0.0.1:0"].iter().chain(settings) {
            command.args(["--set", setting]);
        }
        Server { running: Running::of(command), file }
    }

    /// Starts a viewer of the stream of this name.
    #[track_caller]
    pub fn watch(&self, stream: &str) -> Viewer {
        Viewer::of(&format!("{}/{stream}/stream", self.address()))
    }

    /// Starts a viewer of the camera.
    #[track_caller]
    pub fn viewer(&self) -> Viewer {
        self.watch("camera")
    }

    /// Rewrites the pipeline file, which the program watches.
    pub fn edit(&self, source: &str, below: &str) {
        fs::write(&self.file, text(source, below)).expect("there is room");
    }

    /// Returns the stream's state from `/state`.
    #[track_caller]
    pub fn stream(&self) -> Value {
        self.state("camera")
    }

    /// Waits until the stream is in trouble with these words.
    #[track_caller]
    pub fn troubled(&self, words: &str) -> String {
        until(&format!("trouble with {words:?}"), || {
            let message = self.stream()["trouble"]["message"].as_str()?.to_owned();
            message.contains(words).then_some(message)
        })
    }

    /// A live picture, fresh from the camera.
    #[track_caller]
    pub fn fresh(&self) -> Vec<u8> {
        until("a live picture", || {
            let answer = self.get("/snapshot");
            (answer.status == 200 && answer.header("x-frame") == "live").then_some(answer.body)
        })
    }

    /// Returns the process's present resources.
    pub fn belongings(&self) -> Belongings {
        Belongings::of(self.id())
    }

    /// Ends it as a service manager does, and gives its log. Nothing may be left of it.
    #[track_caller]
    pub fn stop(self) -> String {
        let log = self.running.stop().stderr;
        machine::nothing_is_left();
        log
    }

    /// Kills it, without a chance to put anything in order.
    #[track_caller]
    pub fn kill(self) {
        self.signal(mutoscope_tests::Signal::KILL);
        let ended = self.running.end_within(mutoscope_tests::PATIENCE);
        assert!(!ended.status.success(), "{}", ended.status);
    }
}

impl Deref for Server {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.running
    }
}

/// Waits until a viewer has seen so many parts more of this freshness.
#[track_caller]
pub fn sees(viewer: &Viewer, count: usize, freshness: &str) {
    let of = || viewer.seen().iter().filter(|seen| seen.freshness == freshness).count();
    let before = of();
    until(&format!("{count} more {freshness} pictures"), || (of() >= before + count).then_some(()));
}
