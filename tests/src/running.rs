//! The program at work.

use crate::http::Answer;
use crate::{Ended, Parts, Recorder, Signal, Transcript, http, patience, until};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// The program at work. It is killed when this is dropped; a test that failed shows its log.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: Transcript,
    stderr: Transcript,
    ended: bool,
}

impl Running {
    /// Starts a command, with nothing to read.
    ///
    /// # Panics
    /// It cannot be started.
    #[track_caller]
    pub fn of(mut command: Command) -> Running {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it can be started");
        let stdout = Transcript::of(child.stdout.take().expect("piped"));
        let stderr = Transcript::of(child.stderr.take().expect("piped"));
        Running::new(child, stdout, stderr)
    }

    pub(crate) fn new(child: Child, stdout: Transcript, stderr: Transcript) -> Running {
        Running { child, stdout, stderr, ended: false }
    }

    /// The address of the first HTTP server, without a `/` at its end: `http://127.0.0.1:39561`.
    ///
    /// # Panics
    /// It is not told in time.
    #[track_caller]
    pub fn address(&self) -> String {
        self.stdout.find("an address", |line| {
            Some(line.strip_prefix("listening on http://")?.strip_suffix('/')?)
                .map(|address| format!("http://{address}"))
        })
    }

    /// The addresses of `count` sinks, in the order in which they were told, without a `/` at their ends.
    ///
    /// # Panics
    /// They are not told in time.
    #[track_caller]
    pub fn addresses(&self, count: usize) -> Vec<String> {
        until("all addresses", || {
            let text = self.stdout.text();
            let told = text.lines().filter_map(|line| line.strip_prefix("listening on "));
            let told: Vec<_> = told.map(|at| at.trim_end_matches('/').to_owned()).collect();
            (told.len() == count).then_some(told)
        })
    }

    /// The first stream.
    #[track_caller]
    pub fn stream(&self) -> Parts {
        http::stream(&format!("{}/stream", self.address()))
    }

    /// The picture of the moment of the stream of this name.
    ///
    /// # Panics
    /// There is none.
    #[track_caller]
    pub fn snapshot(&self, stream: &str) -> Vec<u8> {
        let answer = http::get(&format!("{}/{stream}/snapshot", self.address()));
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("content-type"), "image/jpeg");
        answer.body
    }

    /// Starts a recorder of the stream of this name.
    #[track_caller]
    pub fn recorder(&self, stream: &str) -> Recorder {
        Recorder::of(&format!("{}/{stream}/stream", self.address()))
    }

    /// Returns the first server's answer at a path, which begins with `/`.
    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        http::get(&format!("{}{path}", self.address()))
    }

    /// Returns the stream's state from `/state`.
    ///
    /// # Panics
    ///
    /// It is not there.
    #[track_caller]
    pub fn state(&self, stream: &str) -> Value {
        self.whole_state()["streams"][stream].take()
    }

    /// Returns the whole of `/state`.
    ///
    /// # Panics
    ///
    /// It is not there.
    #[track_caller]
    pub fn whole_state(&self) -> Value {
        let answer = self.get("/state");
        assert_eq!(answer.status, 200, "{}", answer.text());
        serde_json::from_slice(&answer.body).expect("JSON")
    }

    /// Waits until `/state` says this of a stream (`live`, `failed`…), and gives all that it says of it then.
    ///
    /// # Panics
    /// It does not come to that in time.
    #[track_caller]
    pub fn waits_until(&self, stream: &str, is: &str) -> Value {
        until(&format!("`{stream}` to be {is}"), || {
            Some(self.state(stream)).filter(|state| state["state"] == is)
        })
    }

    /// The status that `/healthz` answers with for the stream of this name.
    #[track_caller]
    pub fn health(&self, stream: &str) -> u16 {
        self.get(&format!("/{stream}/healthz")).status
    }

    /// Returns the log so far.
    pub fn log(&self) -> String {
        self.stderr.text()
    }

    /// Waits for a line of the log that has all of `words`, and gives it.
    ///
    /// # Panics
    /// None comes in time.
    #[track_caller]
    pub fn logged(&self, words: &[&str]) -> String {
        self.stderr.find(&format!("a line with {words:?}"), |line| {
            words.iter().all(|word| line.contains(word)).then(|| line.to_owned())
        })
    }

    /// Sends a signal.
    ///
    /// # Panics
    /// The process is gone.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, signal).expect("it is still there");
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// A file of the kernel's about the process, in `/proc/ID/`.
    pub fn about(&self, file: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{file}", self.child.id()))
    }

    /// Returns whether the program has ended.
    ///
    /// # Panics
    ///
    /// The system does not say.
    pub fn has_ended(&mut self) -> bool {
        self.status().is_some()
    }

    /// Returns the exit status, once the program has ended.
    ///
    /// # Panics
    ///
    /// The system does not say.
    pub fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child of this process")
    }

    /// Waits for the end.
    ///
    /// # Panics
    /// It has not come within the time.
    #[track_caller]
    pub fn end_within(mut self, time: Duration) -> Ended {
        let status = patience::within(time, || self.child.try_wait().expect("a child of this process"));
        let Some(status) = status else { panic!("no end within {time:?}") };
        self.ended = true;
        Ended { status, stdout: self.stdout.whole(), stderr: self.stderr.whole() }
    }

    /// Ends it as a service manager does, and gives what it said.
    ///
    /// # Panics
    /// It does not end, or not with exit code 0.
    #[track_caller]
    pub fn stop(self) -> Ended {
        self.signal(Signal::TERM);
        self.end_within(patience::PATIENCE).expect(0)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        // It may have ended of its own.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!(
                "--- standard output:\n{}\n--- standard error:\n{}",
                self.stdout.text(),
                self.stderr.text()
            );
        }
    }
}
