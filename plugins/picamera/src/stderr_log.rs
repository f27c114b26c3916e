//! The program's standard error: into the log, and its last words into the error.

use mutoscope_plugin::{Size, tracing};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A longer line is cut.
const MAX_LINE: usize = 400;
/// Last words that are kept.
const TAIL: usize = 8;
/// The same line is told again after this.
const AGAIN: Duration = Duration::from_secs(3600);
/// Different lines that are remembered.
const MAX_LINES: usize = 200;
/// New lines within [`WINDOW`]; what is more is left out.
const BURST: u32 = 40;
const WINDOW: Duration = Duration::from_secs(60);

/// The lines that all instances have logged: a camera that rests and wakes says the same each time.
// A lock, since the instances of a process run on threads of their own.
static TOLD: Mutex<Option<Told>> = Mutex::new(None);

/// The program's standard error, line by line.
pub(crate) struct StderrLog {
    /// The program's name, for the log.
    name: String,
    /// The line that has not ended.
    part: Vec<u8>,
    tail: VecDeque<String>,
    /// The size that libcamera said it gives.
    pub(crate) configured: Option<Size>,
}

impl StderrLog {
    pub(crate) fn new(name: String) -> StderrLog {
        StderrLog { name, part: Vec::new(), tail: VecDeque::new(), configured: None }
    }

    /// Takes what has come.
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                // Progress that overwrites itself ends its lines with CR.
                b'\n' | b'\r' => self.end_line(),
                _ if self.part.len() < MAX_LINE => self.part.push(*byte),
                _ => {}
            }
        }
    }

    /// The program says nothing more.
    pub(crate) fn end_line(&mut self) {
        let line = readable(&self.part);
        self.part.clear();
        if line.is_empty() {
            return;
        }
        if let Some(size) = configured(&line) {
            self.configured = Some(size);
        }
        let repeated = {
            let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
            told.get_or_insert_with(Told::new)
                .again(&format!("{} {}", self.name, pattern(&line)), Instant::now())
        };
        if let Some(repeated) = repeated {
            let times = match repeated {
                0 => String::new(),
                times => format!(" (and {times} more like it since)"),
            };
            if ["ERROR", "FATAL", "WARN"].iter().any(|word| line.contains(word)) {
                tracing::warn!("{}: {line}{times}", self.name);
            } else {
                tracing::info!("{}: {line}{times}", self.name);
            }
        }
        if self.tail.len() == TAIL {
            self.tail.pop_front();
        }
        self.tail.push_back(line);
    }

    /// The last lines, the latest last.
    pub(crate) fn last_words(&self) -> Vec<String> {
        self.tail.iter().cloned().collect()
    }
}

/// Text without what does strange things to a terminal.
fn readable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let clean: String = text.chars().filter(|letter| !letter.is_control()).collect();
    clean.trim().to_owned()
}

/// The common part of lines that differ in their figures: time stamps, counters.
fn pattern(line: &str) -> String {
    let mut pattern = String::with_capacity(line.len());
    for letter in line.chars() {
        match letter {
            '0'..='9' if pattern.ends_with('0') => {}
            '0'..='9' => pattern.push('0'),
            _ => pattern.push(letter),
        }
    }
    pattern
}

/// The size in libcamera's line `configuring streams: (0) 640x480-YUV420 (1) …`.
fn configured(line: &str) -> Option<Size> {
    let (_, rest) = line.split_once("configuring streams: (0) ")?;
    let (size, _) = rest.split_once('-')?;
    let (width, height) = size.split_once('x')?;
    Some(Size::new(width.parse().ok()?, height.parse().ok()?))
}

/// The lines that were logged, each with its time.
struct Told {
    lines: HashMap<String, (Instant, u64)>,
    window: Instant,
    in_window: u32,
}

impl Told {
    fn new() -> Told {
        Told { lines: HashMap::new(), window: Instant::now(), in_window: 0 }
    }

    /// Decides whether a line like this is to be logged at `now`, and tells the number of those kept back since the last.
    fn again(&mut self, pattern: &str, now: Instant) -> Option<u64> {
        if let Some((last, kept_back)) = self.lines.get_mut(pattern) {
            if now.saturating_duration_since(*last) < AGAIN {
                *kept_back += 1;
                return None;
            }
            *last = now;
            return Some(std::mem::take(kept_back));
        }
        if now.saturating_duration_since(self.window) > WINDOW {
            (self.window, self.in_window) = (now, 0);
        }
        self.in_window += 1;
        if self.in_window > BURST {
            return None;
        }
        if self.lines.len() == MAX_LINES {
            self.lines.clear();
        }
        self.lines.insert(pattern.to_owned(), (now, 0));
        Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_told_once_an_hour_whatever_its_figures() {
        let mut told = Told::new();
        let start = Instant::now();
        let line = |n: u32| pattern(&format!("#{n} ({n}.00 fps) exp {n}"));
        assert_eq!(told.again(&line(1), start), Some(0));
        for n in 0..1000 {
            assert_eq!(told.again(&line(n), start + Duration::from_secs(3)), None);
        }
        assert_eq!(told.again(&line(7), start + AGAIN), Some(1000));
        assert_eq!(told.again(&line(7), start + AGAIN + WINDOW), None);
    }

    #[test]
    fn ever_new_lines_are_told_in_bounded_number_and_memory() {
        let mut told = Told::new();
        let start = Instant::now();
        let word = |n: u32| (0..8).map(|bit| if n >> bit & 1 == 1 { 'a' } else { 'b' }).collect::<String>();
        let lines = |told: &mut Told, at| (0..256).filter(|n| told.again(&word(*n), at).is_some()).count();
        assert_eq!(lines(&mut told, start), BURST as usize);
        assert_eq!(lines(&mut told, start + 2 * WINDOW), BURST as usize);
        let mut at = start;
        for n in 0..10_000u32 {
            at += 2 * WINDOW;
            told.again(&format!("{}{}", word(n & 255), word(n >> 8)), at);
            assert!(told.lines.len() <= MAX_LINES);
        }
    }

    #[test]
    fn lines_are_cut_cleaned_and_the_last_ones_kept() {
        let mut stderr_log = StderrLog::new("a test".into());
        stderr_log.take(b"\x1b[31mred\x07 \xff\r\n");
        stderr_log.take(b"half a");
        stderr_log.take(b" line\n\n");
        stderr_log.take(&[b'x'; 100_000]);
        stderr_log.end_line();
        let words = stderr_log.last_words();
        assert_eq!(words[..2], ["[31mred \u{fffd}", "half a line"]);
        assert_eq!(words[2].len(), MAX_LINE);
        for _ in 0..100 {
            stderr_log.take(b"more\n");
        }
        assert_eq!(stderr_log.last_words().len(), TAIL);
    }

    #[test]
    fn the_size_is_taken_from_libcameras_line() {
        let mut stderr_log = StderrLog::new("another test".into());
        stderr_log.take(
            b"[0:05:27.38] [2315] INFO Camera camera.cpp:1183 configuring streams: (0) 1920x1080-YUV420 (1) \
            2304x1296-SBGGR10_CSI2P\n",
        );
        assert_eq!(stderr_log.configured, Some(Size::new(1920, 1080)));
    }
}
