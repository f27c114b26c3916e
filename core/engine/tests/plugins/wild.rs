//! A plugin that does what nobody can keep it from, as a dylib: what of it stays without consequences.

use crate::support::{Library, fixture};
use mutoscope_plugin::host::{Failure, Source};
use mutoscope_plugin::testing::TestHost;
use std::fs;
use std::path::Path;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

/// No test waits for it when all is well.
const PATIENCE: Duration = Duration::from_secs(60);

fn open(does: &str, ledger: &Path, stand: &TestHost) -> Result<Source, Failure> {
    let library = Library::new();
    library.put("wild", &fixture("wild"));
    let options = serde_json::json!({ "does": does, "ledger": ledger }).to_string();
    library.load("wild").plugin.source().unwrap().open(&options, stand.host())
}

fn lines(ledger: &Path) -> Vec<String> {
    fs::read_to_string(ledger).unwrap_or_default().lines().map(str::to_owned).collect()
}

#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "waited in vain for {what}");
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_frame_that_says_it_is_larger_than_its_memory_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let stand = TestHost::new();
    let mut source = open("lies", &folder.path().join("ledger"), &stand).unwrap();
    let failure = source.next_frame().unwrap_err();
    assert!(
        failure.message.starts_with("it gave plane 0 of a frame of grey 96x64000 lies outside its buffer"),
        "{failure}"
    );
    assert!(!failure.panicked);
}

#[test]
fn memory_that_was_lent_goes_back_on_any_thread_after_everything_else_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger");
    let stand = TestHost::new();
    let mut source = open("lends", &ledger, &stand).unwrap();
    let frame = source.next_frame().unwrap().unwrap();
    let other = frame.clone();
    drop(source);
    drop(stand);
    drop(frame);
    assert_eq!(lines(&ledger), [""; 0]);
    let last = thread::Builder::new().name("the last holder".into());
    let last = last.spawn(move || assert_eq!(other.plane(0).row(63), [99; 96])).unwrap();
    last.join().unwrap();
    assert_eq!(lines(&ledger), ["back on the last holder"]);
}

#[test]
fn a_thread_that_outlives_its_instance_and_its_host_may_go_on_asking() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("ledger");
    let stand = TestHost::new();
    let mut source = open("threads", &ledger, &stand).unwrap();
    source.next_frame().unwrap().unwrap();
    stand.stop();
    drop(source);
    drop(stand);
    let before = lines(&ledger).len();
    until("ten answers more", || lines(&ledger).len() > before + 10);
    // It hears that it shall stop, if it wants to hear it.
    assert_eq!(lines(&ledger).last().unwrap(), "asked, and was told (true, 1, true, true), true");
}
