//! What is tried on real drivers. Runs as root inside of the guest, which `tests/guest/run` boots: cameras there are vivid
//! (`/dev/video0`, raw formats) and v4l2loopback (`/dev/video9`, MJPG).
//!
//! # Layout
//! Each file but the last three is something that somebody with a camera does: `devices`, `ask`, `capture`, `refuse`, `controls`,
//! `trouble`, `loopback`, `swap`. They use the program at work ([`server`]), somebody who looks on ([`viewer`]), and what feeds
//! v4l2loopback ([`feeder`]).

mod ask;
mod capture;
mod controls;
mod devices;
mod feeder;
mod loopback;
mod refuse;
mod server;
mod swap;
mod trouble;
mod viewer;

use std::panic::catch_unwind;
use std::process::ExitCode;
use std::time::Instant;

/// One thing to be tried: its name, and what panics if it is not so.
type Check = (&'static str, fn());

const CHECKS: [Check; 15] = [
    ("devices are listed, each with a line that opens it", devices::listed),
    ("a file is held against the cameras", ask::cameras),
    ("every raw format shows the same picture, by one conversion", capture::formats),
    ("a pipeline that wants pixels gets raw ones from auto", capture::auto),
    ("what the camera cannot do is refused with what it can", refuse::sizes_rates_formats_controls),
    ("a camera in use is said to be, with who holds it", refuse::busy),
    ("controls are set in the file's order and change live", controls::live),
    ("unplugged by its own doing and back", trouble::disconnected),
    ("unplugged with its device file and back", trouble::unbound),
    ("an error of the transfer, and on", trouble::broken_transfer),
    ("silence, and on", trouble::stalled),
    ("not there at start, there later", trouble::late),
    ("JPEG comes by one copy, untidy ones made tidy", loopback::jpeg),
    ("a feeder that dies is silence, one that returns is a camera", loopback::feeder_dies),
    ("one line changed swaps the camera under a viewer outside", swap::by_one_line),
];

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let chosen =
        CHECKS.iter().filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|word| name.contains(word)));
    let mut failed = 0;
    for (name, check) in chosen {
        let start = Instant::now();
        let passed = catch_unwind(check).is_ok();
        failed += u32::from(!passed);
        println!(
            "{} {name} ({:.1} s)",
            if passed { "ok    " } else { "FAILED" },
            start.elapsed().as_secs_f64()
        );
    }
    println!("{failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
