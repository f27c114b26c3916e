//! What is tried on real drivers. Runs as root inside of the guest, which `tests/guest/run` boots: cameras there are vivid
//! (`/dev/video0`, raw formats), v4l2loopback (`/dev/video9`, JPEG) and libcamera's virtual one.
//!
//! # Layout
//! Each file of the first group is something that somebody with a camera does or suffers. They use the program at work
//! ([`server`]), somebody who looks on from [`outside`], the program's account held against a viewer's ([`account`]), its
//! counters of bytes ([`copies`]), what feeds v4l2loopback ([`feeder`]), and what the kernel tells of processes ([`machine`]).

mod ask;
mod capture;
mod controls;
mod devices;
mod libcamera;
mod loopback;
mod refuse;
mod swap;
mod trouble;

mod account;
mod copies;
mod feeder;
mod machine;
mod outside;
mod server;

use mutoscope_tests::checks::{self, Check};
use std::process::ExitCode;

const CHECKS: [Check; 21] = [
    ("devices are listed, each with a line that opens it", devices::listed),
    ("a file is held against the cameras", ask::cameras),
    ("every raw format shows the same picture, by one conversion", capture::formats),
    ("a pipeline that wants pixels gets raw ones from auto", capture::auto),
    ("a second copy is found out", copies::one_too_many),
    ("pipelines/v4l2.yaml runs as it stands", capture::shipped),
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
    ("libcamera's pictures come through a child, as JPEG and raw", libcamera::pictures),
    ("a camera program that is killed is started again, and never left behind", libcamera::killed),
    ("what a camera program refuses is said in its words", libcamera::refused),
    ("pipelines/picamera.yaml runs as it stands", libcamera::shipped),
    ("one line swaps the camera under a viewer outside, who sees it unplugged and back", swap::by_one_line),
];

fn main() -> ExitCode {
    checks::run(&CHECKS)
}
