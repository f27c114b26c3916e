//! A bounded queue in front of a descriptor that may block: a writer of text never waits for its reader.
//!
//! Two threads: one empties a pipe that everything in this process writes to, plugins, libraries and panics among it; the other
//! one writes to where the text is to go, and is the only thing that waits there.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::collections::VecDeque;
use std::io::{self, PipeReader, Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// The bytes that wait at most: a burst of some thousand lines.
const MOST: usize = 256 << 10;
/// The bytes that are read or written in one step.
const STEP: usize = 16 << 10;
const STACK: usize = 256 << 10;
const NOW: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// At the end of the program, text that is still to be written has this long.
pub const LAST_WORDS: Duration = Duration::from_millis(500);

/// The queue in front of standard error, from [`never_wait`](crate::logging::never_wait) on.
pub static RELAY: OnceLock<Relay> = OnceLock::new();

/// Waits for what has been written to standard error to get there, if it does so within [`LAST_WORDS`].
pub fn flush() {
    if let Some(relay) = RELAY.get() {
        relay.flush(LAST_WORDS);
    }
}

/// The queue, with the pipe in front of it.
pub struct Relay(Arc<Shared>);

struct Shared {
    pipe: PipeReader,
    // The thread that reads the pipe fills it, the one that writes empties it, and `flush` waits for both by `changed`.
    queue: Mutex<Queue>,
    changed: Condvar,
    /// Bytes that have been read and not yet written. A signal handler reads it, which must not take the lock.
    unwritten: AtomicUsize,
}

struct Queue {
    bytes: VecDeque<u8>,
    /// Lines that did not fit.
    lost: u64,
    /// No line is taken until all before it are written, so that all that are lost are lost in one place.
    full: bool,
    /// The last byte that came belongs to a line whose beginning was lost.
    in_lost_line: bool,
    /// No text comes any more.
    ended: bool,
}

impl Relay {
    /// Starts to write what comes out of `pipe` to `to`. `notice` makes the line that tells how many are lost.
    pub fn start(
        pipe: PipeReader,
        to: impl Write + Send + 'static,
        notice: impl Fn(u64) -> Vec<u8> + Send + 'static,
    ) -> io::Result<Relay> {
        // Never more than this, and so never moved: the threads take no memory.
        let bytes = VecDeque::with_capacity(MOST);
        let queue = Queue { bytes, lost: 0, full: false, in_lost_line: false, ended: false };
        let shared = Arc::new(Shared {
            pipe,
            queue: Mutex::new(queue),
            changed: Condvar::new(),
            unwritten: AtomicUsize::new(0),
        });
        let (reads, writes) = (shared.clone(), shared.clone());
        let thread = |name: &str| Builder::new().name(name.into()).stack_size(STACK);
        thread("stderr-reads").spawn(move || reads.read())?;
        thread("stderr-writes").spawn(move || writes.write(to, notice))?;
        Ok(Relay(shared))
    }

    /// Waits until everything that came is written, but no longer than `time`.
    pub fn flush(&self, time: Duration) {
        let end = Instant::now() + time;
        let mut queue = self.0.lock();
        while !self.0.is_idle() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let waited = self.0.changed.wait_timeout(queue, left);
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The same for a signal handler: without a lock and without memory, in steps of 5 ms.
    pub fn flush_in_handler(&self, steps: u32) {
        for _ in 0..steps {
            if self.0.is_idle() {
                return;
            }
            // Interrupted is as good as over.
            let _ = poll(&mut [], Some(&Timespec { tv_sec: 0, tv_nsec: 5_000_000 }));
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing is in the pipe, the queue or the writing thread's hands. Exact under the lock.
    fn is_idle(&self) -> bool {
        let mut pipe = [PollFd::new(&self.pipe, PollFlags::IN)];
        let waits = poll(&mut pipe, Some(&NOW)).is_ok() && pipe[0].revents().contains(PollFlags::IN);
        // Acquire, with the Release after a write: at 0 the bytes are written.
        !waits && self.unwritten.load(Ordering::Acquire) == 0
    }

    fn read(&self) {
        let mut text = [0; STEP];
        loop {
            // What can be read is read under the lock: `flush` finds it in the pipe or in the queue.
            let mut pipe = [PollFd::new(&self.pipe, PollFlags::IN)];
            match poll(&mut pipe, None) {
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(_) => return,
            }
            let mut queue = self.lock();
            match (&self.pipe).read(&mut text) {
                Ok(0) => {
                    queue.ended = true;
                    self.changed.notify_all();
                    return;
                }
                Ok(count) => {
                    let taken = queue.push(&text[..count]);
                    self.unwritten.fetch_add(taken, Ordering::Release);
                    self.changed.notify_all();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    fn write(&self, mut to: impl Write, notice: impl Fn(u64) -> Vec<u8>) {
        let mut text = Vec::with_capacity(STEP);
        // Lines that are lost and not told of, and whether the last one that was written has its end.
        let (mut lost, mut ended) = (0, true);
        loop {
            let mut queue = self.lock();
            text.clear();
            while queue.bytes.is_empty() && queue.lost == 0 {
                if queue.ended {
                    return;
                }
                queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
            if queue.bytes.is_empty() {
                lost += std::mem::take(&mut queue.lost);
                queue.full = false;
            }
            let count = queue.bytes.len().min(STEP);
            text.extend(queue.bytes.drain(..count));
            drop(queue);
            if lost > 0 {
                let mut told = if ended { Vec::new() } else { vec![b'\n'] };
                told.extend(notice(lost));
                if to.write_all(&told).is_ok() {
                    (lost, ended) = (0, true);
                }
            }
            // One that cannot tell what was lost cannot write the rest either.
            let written = if lost > 0 { 0 } else { write(&mut to, &text) };
            if let Some(last) = written.checked_sub(1) {
                ended = text[last] == b'\n';
            }
            lost += lines(&text[written..]);
            // Under the lock, so that `flush` does not look just before and wait just after.
            let queue = self.lock();
            self.unwritten.fetch_sub(text.len(), Ordering::Release);
            self.changed.notify_all();
            drop(queue);
        }
    }
}

impl Queue {
    /// Takes whole lines as long as there is room, and counts the others. Gives the bytes that it has taken.
    fn push(&mut self, text: &[u8]) -> usize {
        let before = self.bytes.len();
        for piece in text.split_inclusive(|byte| *byte == b'\n') {
            self.full |= self.bytes.len() + piece.len() > MOST;
            if self.full || self.in_lost_line {
                self.in_lost_line = !piece.ends_with(b"\n");
                self.lost += u64::from(!self.in_lost_line);
            } else {
                self.bytes.extend(piece);
            }
        }
        self.bytes.len() - before
    }
}

/// Writes as much as can be written; gives how much that is.
fn write(to: &mut impl Write, text: &[u8]) -> usize {
    let mut written = 0;
    while written < text.len() {
        match to.write(&text[written..]) {
            Ok(0) => break,
            Ok(count) => written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    written
}

/// The lines that end in `text`, or begin in it and end nowhere.
fn lines(text: &[u8]) -> u64 {
    let ends = text.iter().filter(|byte| **byte == b'\n').count() as u64;
    ends + u64::from(text.last().is_some_and(|last| *last != b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, pipe};
    use std::sync::atomic::AtomicBool;

    const GENEROUS: Duration = Duration::from_secs(60);

    fn notice(lost: u64) -> Vec<u8> {
        format!("lost {lost}\n").into_bytes()
    }

    /// The lines that came, and how many others were told to be lost.
    fn sorted_out(lines: impl Iterator<Item = String>) -> (Vec<u64>, u64) {
        let (mut came, mut lost) = (Vec::new(), 0);
        for line in lines {
            match line.strip_prefix("lost ") {
                Some(count) => lost += count.parse::<u64>().unwrap(),
                None => came.push(line.trim_start().parse().expect("a whole line")),
            }
        }
        (came, lost)
    }

    #[test]
    fn a_reader_that_does_not_read_keeps_no_writer_waiting_and_what_is_lost_is_counted() {
        const LINES: u64 = 20_000;
        let (from, mut text) = pipe().unwrap();
        let (read, to) = pipe().unwrap();
        let relay = Relay::start(from, to, notice).unwrap();
        // 100 bytes each: more than the pipes and the queue have room for. Without the queue this would never end.
        for number in 0..LINES {
            text.write_all(format!("{number:99}\n").as_bytes()).unwrap();
        }
        relay.flush(Duration::ZERO);
        drop((text, relay));
        let (came, lost) = sorted_out(BufReader::new(read).lines().map(Result::unwrap));
        assert!(lost > 0 && came.is_sorted());
        assert_eq!(came.len() as u64 + lost, LINES);
        // What fits is kept: the newest are lost.
        assert!(came.len() > MOST / 100 && came[..MOST / 100].iter().copied().eq(0..MOST as u64 / 100));
    }

    /// A disk that is full until it is not.
    #[derive(Clone, Default)]
    struct Disk {
        has_room: Arc<AtomicBool>,
        written: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Disk {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            if !self.has_room.load(Ordering::Relaxed) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.written.lock().unwrap().write(text)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_a_full_disk_does_not_take_is_told_once_there_is_room() {
        let disk = Disk::default();
        let (from, mut text) = pipe().unwrap();
        let relay = Relay::start(from, disk.clone(), notice).unwrap();
        for line in ["1\n2\n", "3\n"] {
            text.write_all(line.as_bytes()).unwrap();
            relay.flush(GENEROUS);
        }
        disk.has_room.store(true, Ordering::Relaxed);
        text.write_all(b"4\n").unwrap();
        relay.flush(GENEROUS);
        assert_eq!(disk.written.lock().unwrap().as_slice(), b"lost 3\n4\n");
    }

    #[test]
    fn a_line_that_comes_in_pieces_is_lost_whole_or_not_at_all() {
        let mut queue =
            Queue { bytes: VecDeque::new(), lost: 0, full: false, in_lost_line: false, ended: false };
        assert_eq!(queue.push(b"kept\n"), 5);
        assert_eq!(queue.push(&vec![b'x'; MOST]), 0);
        // There is room again before the line has come to its end.
        (queue.full, queue.bytes) = (false, VecDeque::new());
        assert_eq!((queue.push(b"its end\nnext\n"), queue.lost), (5, 1));
    }
}
