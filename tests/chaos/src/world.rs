//! The state that all threads of a run share.

use crate::book::Book;
use crate::findings::Findings;
use crate::pipeline::{Manner, Pipeline};
use crate::stalls::Stalls;
use crate::wire;
use mutoscope_plugin_faulty::{Entry, Orders};
use mutoscope_tests::{Folder, Program, Running, Signal};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The server, its files, and the results so far.
pub struct World {
    /// `127.0.0.1:PORT`
    pub address: String,
    /// Observations of viewers.
    pub book: Book,
    /// Violations.
    pub findings: Findings,
    /// Moments without CPU time.
    pub stalls: Stalls,
    /// Start of the run.
    pub start: Instant,
    ending: AtomicBool,
    stopped: Arc<AtomicBool>,
    folder: Folder,
    file: Mutex<Pipeline>,
    server: Mutex<Running>,
    order: AtomicU64,
}

impl World {
    /// Starts the server with a pipeline file, which is told the folder that the run's files lie in.
    ///
    /// # Panics
    /// It does not start.
    pub fn start(text: impl FnOnce(&Path) -> String) -> World {
        let start = Instant::now();
        let folder = Folder::new();
        let file = folder.put("pipeline.yaml", text(folder.path()));
        let server = Program::new(["run", "--watch"]).arg(file).with_fixtures().start();
        let address = server.address().trim_start_matches("http://").to_owned();
        World {
            address,
            book: Book::default(),
            findings: Findings::new(start),
            stalls: Stalls::default(),
            start,
            ending: AtomicBool::new(false),
            stopped: Arc::default(),
            folder,
            file: Mutex::default(),
            server: Mutex::new(server),
            order: AtomicU64::new(1),
        }
    }

    /// Returns whether the run is over, for loops.
    pub fn is_over(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Returns whether the run is over or the server is being ended: connections may break.
    pub fn is_ending(&self) -> bool {
        self.is_over() || self.ending.load(Ordering::Relaxed)
    }

    /// Returns `is_over` as a closure that outlives the borrow.
    pub fn over(&self) -> impl Fn() -> bool + Send + 'static {
        let stopped = self.stopped.clone();
        move || stopped.load(Ordering::Relaxed)
    }

    /// The server is being ended.
    pub fn end(&self) {
        self.ending.store(true, Ordering::Relaxed);
    }

    /// The run is over.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Sleeps; `false` if the run was over first, or something is wrong.
    pub fn sleep(&self, time: Duration) -> bool {
        let end = Instant::now() + time;
        loop {
            if self.is_over() || !self.findings.none() {
                return false;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            sleep(left.min(Duration::from_millis(20)));
        }
    }

    /// Waits until there is something, but no longer than `time`, or the run, or until something is wrong.
    pub fn wait<T>(&self, time: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
        let end = Instant::now() + time;
        loop {
            let found = look();
            if found.is_some() || Instant::now() >= end || self.is_over() || !self.findings.none() {
                return found;
            }
            sleep(Duration::from_millis(50));
        }
    }

    /// A number that no order has had.
    pub fn order(&self) -> u64 {
        self.order.fetch_add(1, Ordering::Relaxed)
    }

    /// Something that was waited for did not come: wrong, unless the wait ended early.
    pub fn in_vain(&self, what: impl FnOnce() -> String) {
        if !self.is_over() && self.findings.none() {
            self.findings.wrong(what());
        }
    }

    /// Tells a stage what shall go wrong from now on.
    ///
    /// # Panics
    /// The run's own folder cannot be written; so below.
    pub fn tell(&self, stage: &str, orders: &Orders) {
        let path = self.folder.path().join(format!("{stage}.json"));
        let text = serde_json::to_string(orders).expect("a map of plain values");
        Manner::Rename.write(&path, &text).expect("the run's own folder");
    }

    /// Reads the events that the plugins wrote down.
    pub fn ledger(&self) -> Vec<Entry> {
        let text = self.folder.read("ledger");
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Locks the pipeline file: while the guard is held, no other thread changes it.
    pub fn file(&self) -> MutexGuard<'_, Pipeline> {
        self.file.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Writes the pipeline file.
    pub fn write(&self, text: &str, manner: Manner) {
        manner.write(&self.path(), text).expect("the run's own folder");
    }

    /// Returns the path of the pipeline file.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("pipeline.yaml")
    }

    /// The text of a pipeline file with this run's folders.
    pub fn text(&self, pipeline: &Pipeline) -> String {
        pipeline.text(self.folder.path())
    }

    /// Sends the server a signal.
    pub fn signal(&self, signal: Signal) {
        self.server().signal(signal);
    }

    /// The server.
    pub fn server(&self) -> MutexGuard<'_, Running> {
        self.server.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Status and text of an answer; `None`, and a finding, if there is none.
    pub fn get(&self, path: &str) -> Option<(u16, String)> {
        let answer = wire::whole(&self.address, path, Duration::from_secs(10));
        answer.inspect_err(|error| self.findings.wrong(format!("{path}: {error}"))).ok()
    }
}
