//! The program with a file that changes.

use crate::{Folder, Program, Running, Seen, Signal, Viewer, assert_in_order, http, missing, until};
use serde_json::Value;
use std::path::PathBuf;

/// The program at work on a file that changes under it. `DIR` in the file's text is the folder that it lies in, where the
/// fixtures' own files are as well.
#[derive(Debug)]
pub struct Live {
    /// The program.
    pub running: Running,
    /// The folder of the file.
    pub folder: Folder,
}

/// The pipeline file.
const FILE: &str = "pipeline.yaml";

impl Live {
    /// Starts the program with a file of this text; [`Live::change`] tells it of another.
    pub fn start(text: &str) -> Live {
        Live::with(text, &[])
    }

    /// Starts the program on a file of this text, in a folder that has something in it already.
    pub fn start_in(folder: Folder, text: &str) -> Live {
        Live::at(folder, text, &[])
    }

    /// Starts the program with `--watch`.
    pub fn watching(text: &str) -> Live {
        Live::with(text, &["--watch"])
    }

    /// Starts the program with `--dev`, in a folder that `prepare` has put libraries into.
    pub fn developing(text: &str, prepare: impl FnOnce(&Folder)) -> Live {
        let folder = Folder::new();
        prepare(&folder);
        Live::at(folder, text, &["--dev"])
    }

    fn with(text: &str, arguments: &[&str]) -> Live {
        Live::at(Folder::new(), text, arguments)
    }

    fn at(folder: Folder, text: &str, arguments: &[&str]) -> Live {
        put(&folder, text);
        let program = Program::new(["--log", "debug", "run"]).arg(folder.path().join(FILE)).with_fixtures();
        let program = arguments.iter().fold(program, |program, argument| program.arg(argument));
        let running = program.start();
        Live { running, folder }
    }

    /// The pipeline file.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join(FILE)
    }

    /// Writes another text into the file without waiting for the program.
    pub fn put(&self, text: &str) {
        put(&self.folder, text);
    }

    /// Has the program read the file again.
    pub fn reload(&self) {
        self.running.signal(Signal::HUP);
    }

    /// Changes the file to another good text, and waits until the program goes by it.
    ///
    /// # Panics
    /// It does not; so below.
    #[track_caller]
    pub fn change(&self, text: &str) {
        let before = self.changes();
        self.put(text);
        self.reload();
        until("the change", || (self.changes() > before).then_some(()));
    }

    /// The first sink's URL of this path.
    #[track_caller]
    pub fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.running.address())
    }

    /// Starts a viewer of a stream.
    #[track_caller]
    pub fn watch(&self, stream: &str) -> Viewer {
        Viewer::of(&self.url(&format!("{stream}/stream")))
    }

    /// Returns the whole of `/state`.
    #[track_caller]
    pub fn state(&self) -> Value {
        let answer = http::get(&self.url("state"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        serde_json::from_slice(&answer.body).expect("JSON")
    }

    /// Returns the state of a stream.
    #[track_caller]
    pub fn stream(&self, name: &str) -> Value {
        self.state()["streams"][name].clone()
    }

    /// Checks that a viewer of a stream has missed no picture, but for those that the program says it has left out, since
    /// the machine was busy with something else.
    #[track_caller]
    pub fn assert_gapless(&self, stream: &str, seen: &[Seen]) {
        assert_in_order(seen);
        let state = self.state();
        let skipped = |sink: &Value| sink["counters"]["frames_skipped"].as_u64();
        let skipped = state["sinks"].as_array().into_iter().flatten().filter_map(skipped).sum::<u64>();
        let left_out = state["streams"][stream]["dropped"].as_u64().unwrap_or(0) + skipped;
        let missed = missing(seen);
        assert!(missed <= left_out, "{missed} are missing, of which {left_out} were left out: {seen:?}");
    }

    /// Returns the number of frames from the stream's source; 0 without one.
    #[track_caller]
    pub fn from_source(&self, stream: &str) -> u64 {
        self.stream(stream)["source"]["frames"].as_u64().unwrap_or(0)
    }

    /// Returns the number of changes of the file.
    #[track_caller]
    pub fn changes(&self) -> u64 {
        self.state()["pipeline"]["changes"].as_u64().expect("a number")
    }

    /// Returns the problem of the file.
    #[track_caller]
    pub fn problem(&self) -> Option<String> {
        self.state()["pipeline"]["problem"].as_str().map(str::to_owned)
    }

    /// Waits until the state of a stream is this.
    #[track_caller]
    pub fn until_it_is(&self, stream: &str, state: &str) {
        until(&format!("`{stream}` to be {state}"), || (self.stream(stream)["state"] == state).then_some(()));
    }

    /// Returns the lines that the sources wrote into `ledger.txt`.
    pub fn ledger(&self) -> Vec<String> {
        self.folder.read("ledger.txt").lines().map(str::to_owned).collect()
    }

    /// Waits until so many lines of the ledger are this one.
    #[track_caller]
    pub fn written(&self, line: &str, times: usize) {
        until(&format!("`{line}` {times} times in {:?}", self.ledger()), || {
            (self.ledger().iter().filter(|known| *known == line).count() >= times).then_some(())
        });
    }
}

fn put(folder: &Folder, text: &str) {
    let text = text.replace("DIR", folder.path().to_str().expect("a plain path"));
    // In one step: no reader shall see half of it.
    let new = folder.put("pipeline.yaml.new", text);
    std::fs::rename(new, folder.path().join(FILE)).expect("a writable folder");
}
