//! A viewer outside of the guest, through its forwarded port: `tests/guest/run` starts it on request and writes what it gets
//! to the shared folder as it comes.

use crate::server::SHARE;
use mutoscope_tests::{PATIENCE, Parts, Viewer, until};
use std::fs::{self, File};
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

/// The address that the forwarded port leads to.
pub const ADDRESS: &str = "0.0.0.0:8080";

/// Calls them, and gives what they see: one connection, for as long as it holds.
#[track_caller]
pub fn viewer() -> Viewer {
    let view = PathBuf::from(SHARE).join("view");
    fs::write(format!("{SHARE}/watch"), "").expect("the share can be written");
    let file = until("somebody outside", || {
        File::open(&view).ok().filter(|file| file.metadata().is_ok_and(|it| it.len() > 0))
    });
    Viewer::reading(Parts::of(BufReader::new(Growing(file))))
}

/// A file that is still being written: its end is not the end.
struct Growing(File);

impl Read for Growing {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            match self.0.read(room) {
                Ok(0) => thread::sleep(Duration::from_millis(50)),
                done => return done,
            }
        }
        Err(ErrorKind::TimedOut.into())
    }
}
