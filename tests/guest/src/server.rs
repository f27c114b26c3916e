//! The program at work in the guest.

use mutoscope_tests::{Ended, Transcript, http, until};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// The folder that the guest shares with the machine outside.
pub const SHARE: &str = "/share";
/// Where the program and its plugins are: in memory, since the shared folder is slow.
const PROGRAM: &str = "/tmp/bin/mutoscope";

/// The program at work; it is ended when this is dropped.
pub struct Server {
    child: Child,
    pub log: Transcript,
    said: Transcript,
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
    let file = PathBuf::from(format!("/tmp/{name}.yaml"));
    fs::write(&file, text(source, below)).expect("there is room");
    file
}

/// Its text.
pub fn text(source: &str, below: &str) -> String {
    let sink = if below.contains("sink:") { "" } else { "sink: { plugin: mjpeg, listen: 127.0.0.1:0 }\n" };
    format!("source: {{ {source} }}\n{below}{sink}")
}

impl Server {
    /// Runs a pipeline.
    #[track_caller]
    pub fn start(name: &str, source: &str, below: &str) -> Server {
        let file = pipeline(name, source, below);
        let mut command = mutoscope(&["run", "--watch"]);
        let mut child = command
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let said = Transcript::of(child.stdout.take().expect("a pipe"));
        let log = Transcript::of(child.stderr.take().expect("a pipe"));
        Server { child, log, said, file }
    }

    /// Its address, `http://127.0.0.1:39561`.
    #[track_caller]
    pub fn address(&self) -> String {
        self.said.find("an address", |line| {
            Some(line.strip_prefix("listening on ")?.trim_end_matches('/').to_owned())
        })
    }

    /// Writes its pipeline file anew, which it watches.
    pub fn edit(&self, source: &str, below: &str) {
        fs::write(&self.file, text(source, below)).expect("there is room");
    }

    #[track_caller]
    pub fn state(&self) -> Value {
        let answer = http::get(&format!("{}/state", self.address()));
        serde_json::from_str(&answer.text()).expect("JSON")
    }

    /// The engine's word on the stream.
    #[track_caller]
    pub fn stream(&self) -> Value {
        self.state()["streams"]["camera"].clone()
    }

    /// Waits until the stream is in trouble with these words.
    #[track_caller]
    pub fn troubled(&self, words: &str) -> String {
        until(&format!("trouble with {words:?}; the log:\n{}\n", self.log.text()), || {
            let message = self.stream()["trouble"]["message"].as_str()?.to_owned();
            message.contains(words).then_some(message)
        })
    }

    /// Waits until it is live.
    #[track_caller]
    pub fn live(&self) {
        until("a live stream", || (self.stream()["state"] == "live").then_some(()));
    }

    /// A live picture, fresh from the camera.
    #[track_caller]
    pub fn snapshot(&self) -> Vec<u8> {
        until("a live picture", || {
            let answer = http::get(&format!("{}/snapshot", self.address()));
            (answer.status == 200 && answer.header("x-frame") == "live").then_some(answer.body)
        })
    }

    /// Ends it and waits until it is gone.
    pub fn stop(mut self) -> String {
        self.end();
        self.log.text()
    }

    fn end(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let asked = Command::new("kill").arg(self.child.id().to_string()).status();
            asked.and_then(|_| self.child.wait()).expect("a child of this process");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
        if std::thread::panicking() {
            eprintln!("--- log of {}:\n{}", self.file.display(), self.log.text());
        }
    }
}
