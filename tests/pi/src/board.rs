//! The emulated Pi, the program on it, and the camera that it has not.

use mutoscope_frames::{Sampling, jpeg::encode};
use mutoscope_tests::{Program, Running, until};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// The program, its plugins beside it, and the file that is tried.
const PROGRAM: &str = "/mutoscope/mutoscope";
pub const DOORBELL: &str = "/mutoscope/doorbell.yaml";

/// The doorbell's pins: the motion sensor's and the light's.
pub const SENSOR: u32 = 17;
pub const LIGHT: u32 = 27;

/// The picture that `rpicam-vid`, which stands in for the program of this name, shows all the time.
const PICTURE: &str = "/tmp/picture.jpg";
/// While this file is there, it says that it has no camera.
const UNPLUGGED: &str = "/tmp/unplugged";

/// The program, about to run a pipeline.
pub fn program(file: impl AsRef<Path>, settings: &[&str]) -> Program {
    plug_in();
    let program = Program::at(Path::new(PROGRAM), ["--log", "debug", "run"]).arg(file.as_ref());
    settings.iter().fold(program, |program, setting| program.arg("--set").arg(setting))
}

/// The doorbell at work, with these settings put over the file's.
pub fn doorbell(settings: &[&str]) -> Running {
    program(DOORBELL, settings).start()
}

/// The camera gives pictures.
pub fn plug_in() {
    let _ = fs::remove_file(UNPLUGGED);
    if !Path::new(PICTURE).exists() {
        let shades: Vec<u8> =
            (0..1280 * 720).flat_map(|i| [(i % 1280 / 5) as u8, (i / 1280 / 3) as u8, 90]).collect();
        fs::write(PICTURE, encode(&shades, 1280, 720, 80, Sampling::Yuv422)).expect("there is room");
    }
}

/// The camera ends after the picture that it is at.
pub fn unplug() {
    fs::write(UNPLUGGED, "").expect("there is room");
}

/// Runs a line of shell, which must succeed.
#[track_caller]
pub fn sh(line: &str) -> String {
    let output = Command::new("sh").args(["-c", line]).stdin(Stdio::null()).output().expect("a shell");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "`{line}`: {}, {said:?}, {:?}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    said
}

/// Waits until a part of the stream's state, `/stages/0/counters/gate_opened`, is a number of at least `least`.
#[track_caller]
pub fn counts(server: &Running, pointer: &str, least: u64) {
    until(&format!("{pointer} of {least}"), || {
        let count = server.whole_state().pointer(pointer)?.as_u64()?;
        (count >= least).then_some(())
    });
}
