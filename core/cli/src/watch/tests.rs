//! Real files, changed in the ways in which editors and others change them.

use super::{FileWatch, Patience};
use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{sleep, spawn};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// The limit for every event; one that does not come within it does not come.
const GENEROUS: Duration = Duration::from_secs(60);
/// Longer than any test.
const NEVER: Duration = Duration::from_secs(3600);

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Files that hold `one`, in all the ways in which a file can be found.
struct Files(TempDir);

impl Files {
    fn new() -> Files {
        let files = Files(tempfile::tempdir().unwrap());
        for folder in ["store", "mount/..1"] {
            fs::create_dir_all(files.at(folder)).unwrap();
        }
        fs::write(files.at("store/file"), "one").unwrap();
        fs::write(files.at("mount/..1/file"), "one").unwrap();
        files.link("..1", "mount/..data");
        files.link("..data/file", "mount/file");
        files.link("store/file", "middle");
        files.link(files.at("middle").to_str().unwrap(), "far");
        files
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.at(path), text).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.at(from), self.at(to)).unwrap();
    }

    fn link(&self, to: &str, path: &str) {
        symlink(to, self.at(path)).unwrap();
    }
}

/// A watch on a thread; each notice is what the file held when it was read, if it was there.
struct Notices {
    notices: Receiver<Option<String>>,
    ask: UnixStream,
}

impl Notices {
    fn of(file: &Path, patience: Patience) -> Notices {
        Notices::with(file, patience, |_| {})
    }

    /// `meanwhile` is what happens while the file is being read for the nth time.
    fn with(file: &Path, patience: Patience, meanwhile: impl Fn(usize) + Send + 'static) -> Notices {
        let (ask, asked) = UnixStream::pair().unwrap();
        let (tell, notices) = channel();
        let (mut watch, file) = (FileWatch::new(file, None, patience).unwrap(), file.to_owned());
        watch.has_been_read().unwrap();
        spawn(move || {
            let mut nth = 0;
            while watch.wait(&asked).unwrap() == ControlFlow::Continue(()) {
                let text = fs::read_to_string(&file).ok();
                nth += 1;
                meanwhile(nth);
                watch.has_been_read().unwrap();
                // The test has its notices.
                let _ = tell.send(text);
            }
        });
        Notices { notices, ask }
    }

    #[track_caller]
    fn expect(&self, text: &str) {
        assert_eq!(self.notices.recv_timeout(GENEROUS), Ok(Some(text.to_owned())));
    }

    /// Nothing comes, in many times the time in which it would.
    #[track_caller]
    fn expect_nothing(&self) {
        sleep(ms(1000));
        assert_eq!(self.notices.try_recv().ok(), None);
    }
}

/// A way to change a file: its name, the file that is watched, and what happens to make it hold `two`.
type Change = (&'static str, &'static str, fn(&Files));

const CHANGES: [Change; 14] = [
    ("written in place", "store/file", |files| files.write("store/file", "two")),
    ("written in pieces", "store/file", |files| {
        let mut file = fs::File::create(files.at("store/file")).unwrap();
        for piece in ["t", "w", "o"] {
            sleep(ms(20));
            file.write_all(piece.as_bytes()).unwrap();
        }
    }),
    ("renamed over", "store/file", |files| {
        files.write("store/.file.swp", "two");
        files.rename("store/.file.swp", "store/file");
    }),
    ("renamed over from elsewhere", "store/file", |files| {
        files.write("new", "two");
        files.rename("new", "store/file");
    }),
    ("kept as a backup and written anew", "store/file", |files| {
        files.rename("store/file", "store/file~");
        files.write("store/file", "two");
        fs::remove_file(files.at("store/file~")).unwrap();
    }),
    ("removed and, after a while, written in pieces", "store/file", |files| {
        fs::remove_file(files.at("store/file")).unwrap();
        sleep(ms(1500));
        let mut file = fs::File::create(files.at("store/file")).unwrap();
        file.write_all(b"t").unwrap();
        sleep(ms(20));
        file.write_all(b"wo").unwrap();
    }),
    ("written by another name", "store/file", |files| {
        fs::hard_link(files.at("store/file"), files.at("other")).unwrap();
        sleep(ms(1500));
        files.write("other", "two");
    }),
    ("its folder removed and made anew", "store/file", |files| {
        fs::remove_dir_all(files.at("store")).unwrap();
        fs::create_dir(files.at("store")).unwrap();
        files.write("store/file", "two");
    }),
    ("its folder exchanged", "store/file", |files| {
        fs::create_dir(files.at("new")).unwrap();
        files.write("new/file", "two");
        files.rename("store", "old");
        files.rename("new", "store");
    }),
    ("behind links, written in place", "far", |files| files.write("store/file", "two")),
    ("behind links, renamed over", "far", |files| {
        files.write("store/new", "two");
        files.rename("store/new", "store/file");
    }),
    ("a link exchanged", "far", |files| {
        files.write("two", "two");
        files.link("two", "new");
        files.rename("new", "far");
    }),
    ("a link between exchanged", "far", |files| {
        files.write("two", "two");
        files.link("two", "new");
        files.rename("new", "middle");
    }),
    ("a mounted folder exchanged", "mount/file", |files| {
        fs::create_dir(files.at("mount/..2")).unwrap();
        files.write("mount/..2/file", "two");
        files.link("..2", "mount/..data_tmp");
        files.rename("mount/..data_tmp", "mount/..data");
        fs::remove_dir_all(files.at("mount/..1")).unwrap();
    }),
];

#[test]
fn a_change_is_noticed_once_however_it_is_made() {
    // All at once: each takes a while.
    let checks = CHANGES.map(|(name, watched, change)| {
        let check = move || {
            let files = Files::new();
            let file = files.at(watched);
            let patience = Patience { quiet: ms(1000), restless: NEVER, gone: NEVER };
            let notices = Notices::of(&file, patience);
            change(&files);
            notices.expect("two");
            // And it goes on being watched, where it is now.
            fs::write(&file, "three").unwrap();
            notices.expect("three");
        };
        (name, spawn(check))
    });
    let failed = checks.into_iter().filter_map(|(name, check)| check.join().is_err().then_some(name));
    assert_eq!(failed.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn the_same_bytes_are_no_change() {
    let files = Files::new();
    let patience = Patience { quiet: ms(100), restless: NEVER, gone: NEVER };
    let notices = Notices::of(&files.at("store/file"), patience);
    let file = fs::File::options().write(true).open(files.at("store/file")).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    notices.expect_nothing();
    files.write("store/file", "one");
    notices.expect_nothing();
    files.write("new", "one");
    files.rename("new", "store/file");
    notices.expect_nothing();
    files.write("store/file", "two");
    notices.expect("two");
}

#[test]
fn a_file_that_is_gone_for_a_moment_is_no_change() {
    let files = Files::new();
    let patience = Patience { quiet: ms(50), restless: NEVER, gone: NEVER };
    let notices = Notices::of(&files.at("store/file"), patience);
    let gone: [fn(&Files); 3] = [
        |files| fs::remove_file(files.at("store/file")).unwrap(),
        |files| files.write("store/file", ""),
        |files| fs::remove_dir_all(files.at("store")).unwrap(),
    ];
    for gone in gone {
        gone(&files);
        notices.expect_nothing();
        fs::create_dir_all(files.at("store")).unwrap();
        files.write("store/file", "one");
        notices.expect_nothing();
    }
    files.write("store/file", "two");
    notices.expect("two");
}

#[test]
fn a_file_that_stays_gone_is_a_change_and_so_is_its_return() {
    let files = Files::new();
    let patience = Patience { quiet: ms(50), restless: NEVER, gone: ms(200) };
    let notices = Notices::of(&files.at("far"), patience);
    fs::remove_file(files.at("store/file")).unwrap();
    assert_eq!(notices.notices.recv_timeout(GENEROUS), Ok(None));
    files.write("store/new", "one");
    files.rename("store/new", "store/file");
    notices.expect("one");
    fs::File::create(files.at("store/file")).unwrap();
    notices.expect("");
    notices.expect_nothing();
}

#[test]
fn a_file_that_never_comes_to_rest_is_read_all_the_same() {
    let files = Files::new();
    let patience = Patience { quiet: NEVER, restless: ms(300), gone: NEVER };
    let notices = Notices::of(&files.at("store/file"), patience);
    let (file, done) = (files.at("store/file"), Arc::new(AtomicBool::new(false)));
    let until = done.clone();
    let writer = spawn(move || {
        let mut file = fs::File::options().append(true).open(file).unwrap();
        while !until.load(Ordering::Relaxed) {
            file.write_all(b"!").unwrap();
            sleep(ms(10));
        }
    });
    let text = notices.notices.recv_timeout(GENEROUS);
    done.store(true, Ordering::Relaxed);
    writer.join().unwrap();
    assert!(text.unwrap().unwrap().starts_with("one!"));
}

#[test]
fn what_happens_beside_it_holds_nothing_up() {
    let files = Files::new();
    let patience = Patience { quiet: ms(500), restless: NEVER, gone: NEVER };
    let notices = Notices::of(&files.at("store/file"), patience);
    let (beside, done) = (files.at("store/log"), Arc::new(AtomicBool::new(false)));
    let until = done.clone();
    let writer = spawn(move || {
        while !until.load(Ordering::Relaxed) {
            fs::write(&beside, "busy").unwrap();
            sleep(ms(10));
        }
    });
    files.write("store/file", "two");
    let text = notices.notices.recv_timeout(GENEROUS);
    done.store(true, Ordering::Relaxed);
    writer.join().unwrap();
    assert_eq!(text, Ok(Some("two".into())));
}

#[test]
fn who_asks_is_answered_at_once() {
    let files = Files::new();
    let patience = Patience { quiet: NEVER, restless: NEVER, gone: NEVER };
    let notices = Notices::of(&files.at("store/file"), patience);
    (&notices.ask).write_all(b"!").unwrap();
    notices.expect("one");
    fs::remove_file(files.at("store/file")).unwrap();
    (&notices.ask).write_all(b"!").unwrap();
    assert_eq!(notices.notices.recv_timeout(GENEROUS), Ok(None));
}

#[test]
fn a_change_and_back_while_the_file_is_read_is_not_missed() {
    let files = Files::new();
    let file = files.at("store/file");
    let patience = Patience { quiet: ms(50), restless: NEVER, gone: NEVER };
    let notices = Notices::with(&file.clone(), patience, move |nth| {
        // The reader may have got any of the two.
        if nth == 1 {
            fs::write(&file, "three").unwrap();
            fs::write(&file, "two").unwrap();
        }
    });
    files.write("store/file", "two");
    notices.expect("two");
    notices.expect("two");
    notices.expect_nothing();
}
