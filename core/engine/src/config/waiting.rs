//! Files that are read within a time: a pipe may have no writer, or one that never ends.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// The time that a pipe may be without a writer.
const NO_WRITER: Duration = Duration::from_secs(5);
/// The time that its writer may take for all of it. It may have to log in somewhere first (`run <(ssh …)`).
const SLOW_WRITER: Duration = Duration::from_secs(60);

/// Opens a file, and does not wait for the writer of a pipe.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    // For a file on a disk the flag means nothing.
    OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)
}

/// Reads a file that [`open`] has opened: all of it, or `most` bytes and one more.
pub(crate) fn read(file: &File, most: u64) -> io::Result<Vec<u8>> {
    read_within(file, most, NO_WRITER, SLOW_WRITER)
}

fn read_within(file: &File, most: u64, no_writer: Duration, slow_writer: Duration) -> io::Result<Vec<u8>> {
    let is_pipe = file.metadata()?.file_type().is_fifo();
    let start = Instant::now();
    let mut bytes = Vec::new();
    let mut has_writer = !is_pipe;
    let mut from = file.take(most + 1);
    loop {
        let before = bytes.len();
        let end = match from.read_to_end(&mut bytes) {
            Ok(_) => true,
            Err(error) if error.kind() == ErrorKind::WouldBlock => false,
            Err(error) => return Err(error),
        };
        has_writer |= !end || bytes.len() > before;
        // Without a writer a pipe is at its end at once.
        if end && has_writer {
            return Ok(bytes);
        }
        let (time, why) = match (has_writer, is_pipe) {
            (false, _) => (no_writer, "it is a pipe, and nothing writes to it"),
            (true, true) => (slow_writer, "it is a pipe, and its writer does not come to an end"),
            (true, false) => (slow_writer, "it does not come to an end"),
        };
        let left = time.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Err(io::Error::new(ErrorKind::TimedOut, format!("{why} ({} s)", time.as_secs())));
        }
        let left = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() };
        let mut ready = [PollFd::new(file, PollFlags::IN)];
        match poll(&mut ready, Some(&left)) {
            // A writer has come and gone.
            Ok(_) => has_writer |= ready[0].revents().contains(PollFlags::HUP),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::process::Command;

    const SHORT: Duration = Duration::from_millis(20);
    const GENEROUS: Duration = Duration::from_secs(60);

    fn pipe() -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        (folder, path)
    }

    fn writer(path: &Path) -> File {
        OpenOptions::new().write(true).open(path).unwrap()
    }

    #[test]
    fn a_pipe_that_nothing_writes_to_is_given_up() {
        let (_folder, path) = pipe();
        let error = read_within(&open(&path).unwrap(), 10, SHORT, GENEROUS).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(error.to_string().contains("nothing writes to it"), "{error}");
    }

    #[test]
    fn a_writer_that_says_nothing_or_never_ends_is_given_up() {
        for said in ["", "source:"] {
            let (_folder, path) = pipe();
            let file = open(&path).unwrap();
            let mut writer = writer(&path);
            writer.write_all(said.as_bytes()).unwrap();
            let error = read_within(&file, 100, GENEROUS, SHORT).unwrap_err();
            assert!(error.to_string().contains("does not come to an end"), "{error}");
        }
    }

    #[test]
    fn a_writer_may_come_later_and_write_in_pieces() {
        let (_folder, path) = pipe();
        let file = open(&path).unwrap();
        let reader = std::thread::spawn(move || read_within(&file, 100, GENEROUS, GENEROUS));
        let mut writer = writer(&path);
        for piece in ["sou", "rce", ":"] {
            writer.write_all(piece.as_bytes()).unwrap();
            std::thread::yield_now();
        }
        drop(writer);
        assert_eq!(reader.join().unwrap().unwrap(), b"source:");
    }

    #[test]
    fn a_writer_that_has_gone_already_has_written() {
        let (_folder, path) = pipe();
        for (said, read) in [("source:", "source:"), ("", "")] {
            let file = open(&path).unwrap();
            writer(&path).write_all(said.as_bytes()).unwrap();
            let bytes = read_within(&file, 100, GENEROUS, GENEROUS).unwrap();
            assert_eq!(bytes, read.as_bytes());
        }
    }

    #[test]
    fn no_more_is_read_than_is_allowed() {
        let (_folder, path) = pipe();
        let file = open(&path).unwrap();
        let mut writer = writer(&path);
        writer.write_all(&[b'x'; 100]).unwrap();
        assert_eq!(read_within(&file, 10, GENEROUS, GENEROUS).unwrap().len(), 11);
        assert_eq!(read(&open(Path::new("/dev/zero")).unwrap(), 10).unwrap().len(), 11);
    }
}
