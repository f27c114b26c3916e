//! Pipelines that are refused at the start, with the way out.

use crate::board::{DOORBELL, LIGHT, SENSOR, doorbell, program, sh};
use crate::pin::{INPUT, OUTPUT, Pin};
use mutoscope_tests::Viewer;
use std::fs;
use std::path::PathBuf;

/// User id without an account.
const NOBODY: u32 = 65534;
const GPIOMEM: &str = "/dev/gpiomem";

/// A pin held by another program until this is dropped, by the kernel's older interface for pins.
struct Held(u32);

impl Held {
    fn pin(number: u32) -> Held {
        // The kernel counts pins from where the chip's first one is.
        let chips = fs::read_dir("/sys/class/gpio").expect("the kernel's pins").flatten();
        let labelled = |folder: &PathBuf| {
            fs::read_to_string(folder.join("label")).is_ok_and(|label| label.starts_with("pinctrl-bcm"))
        };
        let chip = chips.map(|chip| chip.path()).find(labelled).expect("the processor's pins");
        let first: u32 = fs::read_to_string(chip.join("base")).unwrap().trim().parse().expect("a number");
        fs::write("/sys/class/gpio/export", format!("{}", first + number)).expect("it is free");
        Held(first + number)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = fs::write("/sys/class/gpio/unexport", format!("{}", self.0));
    }
}

pub fn taken_light() {
    Pin::put(LIGHT, INPUT, true);
    let _held = Held::pin(LIGHT);
    let found = Pin::read(LIGHT);
    let ended = program(DOORBELL, &[]).output().expect(1);
    assert!(
        ended.stderr.contains("GPIO 27 is taken by sysfs: end that, or choose another"),
        "{}",
        ended.stderr
    );
    assert_eq!(Pin::read(LIGHT), found, "it is not touched");
}

pub fn taken_gate() {
    Pin::put(SENSOR, OUTPUT, true);
    let held = Held::pin(SENSOR);
    let found = Pin::read(SENSOR);
    let server = doorbell(&[]);
    // At the start, before there are viewers.
    server.logged(&["ERROR", "transforms[0] gpio", "GPIO 17 is taken by sysfs"]);
    assert_eq!(Pin::read(SENSOR), found, "it is not touched");
    let viewer = Viewer::of(&format!("{}/stream", server.address()));
    let state = server.waits_until("camera", "failed");
    assert!(state["trouble"]["message"].to_string().contains("GPIO 17 is taken"), "{state}");
    drop(held);
    Pin::drive(SENSOR, true);
    viewer.until("a live picture", |seen| seen.freshness == "live");
    server.stop();
}

pub fn twice_and_inner() {
    let twice = "sinks=[{ plugin: mjpeg }, { plugin: gpio, pin: 27 }, { plugin: gpio, pin: 27 }]";
    let said = program(DOORBELL, &[twice]).output().expect(1).stderr;
    assert!(said.contains("GPIO 27 is used elsewhere in this pipeline"), "{said}");
    // This processor has it, and the SD card is on it.
    let said = program(DOORBELL, &["sinks[1].pin=48"]).output().expect(78).stderr;
    assert!(said.contains("sinks[1].pin") && said.contains("45"), "{said}");
}

pub fn no_permission() {
    let found = Pin::put(LIGHT, OUTPUT, true);
    let refused = |settings: &[&str]| {
        let said = program(DOORBELL, settings).as_user(NOBODY).output().expect(78).stderr;
        assert!(said.contains("doorbell.yaml:"), "{said}");
        said
    };
    // Debian's kernel has no /dev/gpiomem.
    let light = "transforms=[]";
    let said = refused(&[light]);
    assert!(said.contains("GPIO 27: there is no /dev/gpiomem") && said.contains("as root"), "{said}");
    // Of the gate as well, though there are no viewers.
    let said = refused(&["sinks=[{ plugin: mjpeg }]"]);
    assert!(said.contains("GPIO 17: there is no /dev/gpiomem"), "{said}");
    // Where it is there, and this user may not open it.
    sh(&format!("mknod -m 660 {GPIOMEM} c 1 1"));
    let said = refused(&[light]);
    fs::remove_file(GPIOMEM).expect("it was just made");
    assert!(said.contains("GPIO 27: this user may not open /dev/gpiomem"), "{said}");
    assert!(said.contains("usermod -aG gpio"), "{said}");
    assert_eq!(Pin::read(LIGHT), found, "it is not touched");
}
