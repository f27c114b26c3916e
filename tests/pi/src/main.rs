//! What is tried on an emulated Raspberry Pi 3B. Runs there as root, booted by `tests/pi/run`, with the program, its plugins and
//! `pipelines/doorbell.yaml` beside it.
//!
//! # Layout
//! `light`, `gate`, `given_back` and `refuse` are what somebody with a doorbell sees. They use [`board`], the machine and the
//! program at work on it, and [`pin`], which reads the processor's registers past that program.

mod board;
mod gate;
mod given_back;
mod light;
mod pin;
mod refuse;

use mutoscope_tests::checks::{self, Check};
use std::process::ExitCode;

const CHECKS: [Check; 13] = [
    ("the light is on while somebody watches", light::watched),
    ("the light is on while the camera is well", light::live),
    ("a light for which low is on", light::active_low),
    ("the gate passes pictures while its pin is high", gate::opens_and_closes),
    ("the gate passes pictures while its pin is low", gate::active_low),
    ("a closed gate is no failure and holds the last picture", gate::holds),
    ("pins are left as they were found, whatever they were", given_back::at_the_end),
    ("pins are left as they were found where the start fails", given_back::after_a_failed_start),
    ("pins are left as they were found when the file names others", given_back::at_a_change),
    ("a light's pin that another program has is refused", refuse::taken_light),
    ("a gate's pin that another program has is refused, then had", refuse::taken_gate),
    ("a pin named twice and a pin of the SD card are refused", refuse::twice_and_inner),
    ("a user without permission is told the way out", refuse::no_permission),
];

fn main() -> ExitCode {
    checks::run(&CHECKS)
}
