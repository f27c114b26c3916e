//! Sources that are refused at the start, and may become right later.

use crate::machine::camera_maps;
use crate::server::{Server, control, mutoscope, output, pipeline};
use mutoscope_tests::until;
use std::process::{Command, Stdio};

/// Returns the program's error for a source, with its exit code.
fn refused(source: &str) -> String {
    let file = pipeline("refused", &format!("plugin: v4l2, {source}"), "");
    // Should it go on instead, it is ended.
    let mut command = Command::new("timeout");
    command.arg("60").arg(mutoscope(&["run"]).get_program()).arg("run").arg(file);
    output(command).expect(78).stderr
}

pub fn sizes_rates_formats_controls() {
    let says = |source: &str, words: &[&str]| {
        let said = refused(source);
        for word in words {
            assert!(said.contains(word), "{source}: no {word:?} in\n{said}");
        }
    };
    says(
        "width: 650, height: 360",
        &["no 650x360", "nearest first: 640x360", "accept_nearest: true", "refused.yaml:1:"],
    );
    says("width: 640, height: 360, fps: 29, format: yuyv", &["no 29 pictures", "yuyv at 30"]);
    says("format: mjpg", &["no mjpg; it has: "]);
    says("controls: { brightnes: 5 }", &["did you mean `brightness`?"]);
    says("controls: { brightness: 300 }", &["`brightness` goes from 0 to 255", "refused.yaml:1:"]);
    says("input: 7", &["no input 7; it has: 0 ("]);
    says("device: /dev/null", &["is no camera"]);
    let near =
        Server::start("near", "plugin: v4l2, width: 650, height: 350, fps: 29, accept_nearest: true", "");
    assert_eq!(mutoscope_tests::picture::size(&near.fresh()), (640, 360));
    assert!(near.stop().contains("640x360 at 30 fps"));
}

pub fn busy() {
    control("brightness=128");
    let mut holder = Command::new("v4l2-ctl")
        .args(["-d", "/dev/video0", "--stream-mmap", "--stream-count=100000"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("v4l2-ctl");
    until("a holder of the camera", || (camera_maps(holder.id()) > 0).then_some(()));
    let server = Server::start("busy", "plugin: v4l2", "always_on: true\n");
    let said = server.troubled("in use");
    assert!(said.contains(&format!("in use by `v4l2-ctl` (process {})", holder.id())), "{said}");
    holder.kill().expect("it is there");
    holder.wait().expect("a child");
    server.fresh();
    server.stop();
}
