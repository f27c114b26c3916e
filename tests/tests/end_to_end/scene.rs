//! A pipeline whose plugins go wrong when they are told to.

use mutoscope_plugin_faulty::{Entry, Method, Order, Orders, What};
use mutoscope_tests::{Folder, Program, Running, Signal};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// A pipeline whose plugins go wrong when they are told to, each by the name of its stage.
pub struct Scene {
    pub running: Running,
    folder: Folder,
    orders: AtomicU64,
}

/// The orders for a stage.
pub type Told<'a> = &'a [(Method, What)];

/// Ten pictures a second, of the size that [`SIZE`] says.
pub fn camera(stage: &str) -> String {
    let (width, height) = SIZE;
    let picture = format!("id: 0, width: {width}, height: {height}, fps: 10");
    format!("plugin: faulty, {picture}, stage: {stage}, control: {stage}.json, ledger: ledger.txt")
}

/// The size of a camera's pictures.
pub const SIZE: (u32, u32) = (192, 108);

/// Returns a transform that changes nothing, or a sink that only observes.
pub fn filter(stage: &str) -> String {
    format!("plugin: faulty, stage: {stage}, control: {stage}.json, ledger: ledger.txt")
}

impl Scene {
    /// Starts the program with this pipeline, in whose text `MJPEG` is a server.
    pub fn start(file: &str) -> Scene {
        Scene::start_told(file, &[])
    }

    /// The same with stages that are told something before.
    pub fn start_told(file: &str, told: &[(&str, Told<'_>)]) -> Scene {
        let folder = Folder::with("pipeline.yaml", with_server(file));
        let orders = AtomicU64::new(1);
        told.iter().for_each(|(stage, what)| _ = write(&folder, &orders, stage, what));
        let running = Program::new(["run", "pipeline.yaml"]).inside(folder.path()).with_fixtures().start();
        Scene { running, folder, orders }
    }

    /// Tells a stage what shall happen in it from now on. Gives the number of the first order.
    pub fn tell(&self, stage: &str, what: Told<'_>) -> u64 {
        write(&self.folder, &self.orders, stage, what)
    }

    /// Has the program read another pipeline.
    pub fn change(&self, file: &str) {
        self.folder.put("pipeline.yaml", with_server(file));
        self.running.signal(Signal::HUP);
    }

    /// Returns the times, in nanoseconds, at which the instances followed an order.
    pub fn struck(&self, order: u64) -> Vec<u64> {
        let ledger = self.folder.read("ledger.txt");
        let entries = ledger.lines().map(|line| serde_json::from_str::<Entry>(line).expect("an entry"));
        let struck = entries.filter(|entry| entry.event == "struck" && entry.order == Some(order));
        struck.map(|entry| entry.at).collect()
    }
}

fn with_server(file: &str) -> String {
    file.replace("MJPEG", "plugin: mjpeg, listen: 127.0.0.1:0")
}

/// Puts a control file in its place in one step, so that it is never read half written.
fn write(folder: &Folder, orders: &AtomicU64, stage: &str, what: Told<'_>) -> u64 {
    let first = orders.fetch_add(what.len() as u64, Ordering::SeqCst);
    let order =
        |(id, (method, what)): (u64, &(Method, What))| (*method, Order { id, what: *what, for_good: false });
    let all: Orders = (first..).zip(what).map(order).collect();
    let new: PathBuf = folder.put(&format!("{stage}.new"), serde_json::to_vec(&all).expect("JSON"));
    fs::rename(&new, new.with_extension("json")).expect("a writable folder");
    first
}
