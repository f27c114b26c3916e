//! The cost of a picture: processor time of a whole process and its children, without that of its start.

use std::path::Path;
use std::process::Command;

/// The number of pictures with which a command is shown.
pub const SHOWN_FRAMES: u64 = 100;

/// Pictures that every command is started with before any are counted.
pub const FIRST: u64 = 10;

/// bash's own clock of a command and its children, in milliseconds: user and system.
const CLOCK: &str = r#"TIMEFORMAT='%3U %3S'; time "$@" >/dev/null 2>"$0""#;

/// Processor time in seconds, user and system, of a command and everything that it starts.
///
/// # Panics
/// If it does not start, or fails: what it says is shown.
pub fn processor_time(command: &[String], log: &Path) -> f64 {
    let output = Command::new("bash")
        .args(["-c", CLOCK])
        .arg(log)
        .args(command)
        .env("LC_ALL", "C.UTF-8")
        .output()
        .expect("bash, whose `time` is the clock");
    let said = || std::fs::read_to_string(log).unwrap_or_default();
    assert!(output.status.success(), "{} failed: {}\n{}", command[0], command.join(" "), said());
    let time = String::from_utf8_lossy(&output.stderr);
    let seconds: Vec<f64> = time.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    assert_eq!(seconds.len(), 2, "bash's time: {time}");
    seconds.iter().sum()
}

/// Seconds of processor time for one picture: what `frames` more of them cost after the first [`FIRST`], so that the start is
/// in neither. The first are few, since whatever disturbs them is in the result too.
///
/// # Panics
/// As [`processor_time`]; and if more pictures take less, again and again: then they are too few for this clock.
pub fn of_a_picture(command: impl Fn(u64) -> Vec<String>, frames: u64, log: &Path) -> f64 {
    for _ in 0..3 {
        let first = processor_time(&command(FIRST), log);
        let more = processor_time(&command(FIRST + frames), log) - first;
        if more > 0.0 {
            return more / frames as f64;
        }
    }
    panic!("{} pictures more cost nothing that could be measured: --frames", frames);
}
