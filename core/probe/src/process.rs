//! A process's use of processor time and memory, from `/proc` (proc(5)).

use serde::Serialize;
use std::fs;
use std::time::Duration;

/// The processor time and memory of a process at one time.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Usage {
    name: String,
    /// The process's start, in the kernel's own count: the same number may be another process later.
    started: u64,
    processor: Duration,
    resident_kib: u64,
    peak_kib: u64,
    threads: u64,
}

/// A server's use of processor time and memory during the probe.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Server {
    /// The process.
    pub pid: u32,
    /// Its name.
    pub name: String,
    /// Seconds of processor time.
    pub processor_s: f64,
    /// Of one core, in percent.
    pub core_percent: f64,
    /// Seconds of processor time for a gigabyte of pictures, if that much can be told.
    pub processor_s_per_gb: Option<f64>,
    /// Resident memory at the end, in KiB.
    pub resident_kib: u64,
    /// The most that there ever was, in KiB.
    pub peak_kib: u64,
    /// Threads at the end.
    pub threads: u64,
}

impl Usage {
    /// Reads the processor time and memory that a process has used so far.
    ///
    /// # Errors
    /// There is none, or it may not be looked at.
    pub(crate) fn of(pid: u32) -> Result<Usage, String> {
        let read = |file: &str| {
            let path = format!("/proc/{pid}/{file}");
            fs::read_to_string(&path).map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound => format!("there is no process {pid}"),
                _ => format!("{path}: {error}"),
            })
        };
        let ticks = rustix::param::clock_ticks_per_second();
        Usage::parse(&read("stat")?, &read("status")?, ticks)
            .ok_or_else(|| format!("/proc/{pid} says nothing of use"))
    }

    fn parse(stat: &str, status: &str, ticks: u64) -> Option<Usage> {
        // The name may have anything in it, brackets and ends of lines too.
        let (front, rest) = (stat.find('(')?, stat.rfind(')')?);
        let name = stat.get(front + 1..rest)?.escape_debug().to_string();
        let fields: Vec<&str> = stat.get(rest + 1..)?.split_whitespace().collect();
        // The first of these is field 3.
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        let processor = Duration::from_secs_f64((field(14)? + field(15)?) as f64 / ticks as f64);
        // A process at its end has no memory any more.
        let line = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
            line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
        };
        Some(Usage {
            name,
            started: field(22)?,
            processor,
            resident_kib: line("VmRSS"),
            peak_kib: line("VmHWM"),
            threads: line("Threads"),
        })
    }

    /// The use of process `pid` since, in `time`, for `bytes` bytes.
    ///
    /// # Errors
    /// It has ended meanwhile.
    pub(crate) fn until_now(&self, pid: u32, time: Duration, bytes: u64) -> Result<Server, String> {
        let now = Usage::of(pid).ok().filter(|now| now.started == self.started && now.threads > 0);
        let now = now.ok_or_else(|| format!("the process {pid} ({}) has ended", self.name))?;
        let processor_s = now.processor.saturating_sub(self.processor).as_secs_f64();
        Ok(Server {
            pid,
            name: now.name,
            processor_s,
            core_percent: 100.0 * processor_s / time.as_secs_f64(),
            // Below, the kernel's ticks are all that is seen.
            processor_s_per_gb: (bytes >= 100_000_000).then(|| processor_s / bytes as f64 * 1e9),
            resident_kib: now.resident_kib,
            peak_kib: now.peak_kib,
            threads: now.threads,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_seen() {
        let pid = std::process::id();
        let before = Usage::of(pid).unwrap();
        assert!(before.resident_kib > 100 && before.peak_kib >= before.resident_kib && before.threads >= 1);
        let server = before.until_now(pid, Duration::from_secs(1), 0).unwrap();
        assert_eq!((server.name, server.processor_s_per_gb), (before.name, None));
    }

    #[test]
    fn a_name_may_have_brackets() {
        let stat = "7 (a) b (c\n) S 1 7 7 0 -1 4194560 1 2 3 4 150 50 7 8 20 0 9 0 12345 0";
        let usage = Usage::parse(stat, "VmRSS:\t  12 kB\nVmHWM:\t  13 kB\nThreads:\t9\n", 100).unwrap();
        let expected = Usage {
            name: "a) b (c\\n".into(),
            started: 12345,
            processor: Duration::from_secs(2),
            resident_kib: 12,
            peak_kib: 13,
            threads: 9,
        };
        assert_eq!(usage, expected);
        assert_eq!(Usage::parse("", "", 100), None);
    }

    #[test]
    fn one_that_is_not_there_is_told() {
        assert!(Usage::of(u32::MAX / 2).unwrap_err().contains("there is no process"));
        let mut gone = Usage::of(std::process::id()).unwrap();
        gone.started += 1;
        assert!(
            gone.until_now(std::process::id(), Duration::from_secs(1), 0).unwrap_err().contains("has ended")
        );
    }
}
