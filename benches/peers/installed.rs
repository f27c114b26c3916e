//! The installed programs, their versions, and the machine.

use std::process::{Command, Stdio};

/// Returns whether a command runs and succeeds.
pub fn runs(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// A Python that has OpenCV.
pub fn python_with_opencv() -> Option<&'static str> {
    ["python3", "/usr/bin/python3"].into_iter().find(|python| runs(python, &["-c", "import cv2"]))
}

/// The first line of a command's output.
fn says(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().next().map(str::to_owned).filter(|_| output.status.success())
}

/// The versions of everybody who is here.
pub fn versions(program: &str) -> Vec<String> {
    let mut all = Vec::new();
    all.extend(says(program, &["--version"]).map(|line| line.replace("mutoscope", "Mutoscope")));
    let ffmpeg = says("ffmpeg", &["-version"]);
    let word = |line: String, at: usize| line.split(' ').nth(at).unwrap_or_default().to_owned();
    all.extend(ffmpeg.map(|line| format!("ffmpeg {}", word(line, 2))));
    all.extend(says("gst-launch-1.0", &["--version"]).map(|line| format!("GStreamer {}", word(line, 2))));
    let opencv = python_with_opencv()
        .and_then(|python| says(python, &["-c", "import cv2, sys; print(cv2.__version__, sys.version)"]));
    all.extend(opencv.map(|line| format!("OpenCV {} (Python {})", word(line.clone(), 0), word(line, 1))));
    all.extend(says("ustreamer", &["--version"]).map(|line| format!("ustreamer {line}")));
    all
}

/// The processor and the system.
pub fn machine() -> String {
    let about = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let value = |name: &str| {
        let line = about.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let processor = value("model name").unwrap_or_else(|| "an unknown processor".into());
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let system = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let system = system.unwrap_or("Linux").trim_matches('"').to_owned();
    format!("{}, {processor}, {cores} cores, {system}", std::env::consts::ARCH.replace('_', "-"))
}

/// The day, as `2026-01-31`.
pub fn today() -> String {
    says("date", &["+%F"]).unwrap_or_else(|| "an unknown day".into())
}
