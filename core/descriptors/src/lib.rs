//! The limit on open files. The usual soft limit of 1,024 is a courtesy to programs that use `select`; a program that serves
//! or opens a thousand connections raises it.

#![forbid(unsafe_code)]

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Counts the files that this process has open now. Where that cannot be found out, the answer is a guess.
pub fn open_now() -> u64 {
    const GUESS: u64 = 64;
    // The folder itself is open while it is read.
    std::fs::read_dir("/proc/self/fd").map_or(GUESS, |open| open.count().saturating_sub(1) as u64)
}

/// Raises the soft limit to `needed` open files, or as far as the hard limit lets it. Never lowers it.
///
/// Returns how many files may be open afterwards; [`u64::MAX`] stands for no limit.
pub fn allow(needed: u64) -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let current = limit.current.unwrap_or(u64::MAX);
    let wanted = needed.min(limit.maximum.unwrap_or(u64::MAX));
    if current >= wanted {
        return current;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum }) {
        Ok(()) => wanted,
        // A sandbox may forbid it.
        Err(_) => current,
    }
}
