//! From no camera to a camera by one line, while somebody outside of the guest looks on.

use crate::server::{SHARE, Server, text};
use mutoscope_tests::until;
use std::fs;
use std::path::Path;

const SINK: &str = "sink: { plugin: mjpeg, listen: 0.0.0.0:8080, public: true }\n";
const SIMULATED: &str = "plugin: simulated, width: 320, height: 240, fps: 10";
const CAMERA: &str = "plugin: v4l2, width: 640, height: 360, fps: 30";

pub fn by_one_line() {
    let (before, after) = (text(SIMULATED, SINK), text(CAMERA, SINK));
    let changed = before.lines().zip(after.lines()).filter(|(before, after)| before != after).count();
    assert_eq!(changed, 1);
    let server = Server::start("swap", SIMULATED, SINK);
    server.address();
    // The machine outside sees this and starts to look on; what it sees is written beside it.
    fs::write(format!("{SHARE}/watch"), "").expect("the share can be written");
    let view = format!("{SHARE}/view");
    let seen = |width: u32, height: u32| sizes(Path::new(&view)).contains(&(width, height));
    until("a viewer outside that sees the simulated camera", || seen(320, 240).then_some(()));
    server.edit(CAMERA, SINK);
    until("the real camera in the same view", || seen(640, 360).then_some(()));
    fs::write(format!("{SHARE}/enough"), "").expect("the share can be written");
}

/// The sizes of the whole pictures in a stream as it came over the wire.
fn sizes(view: &Path) -> Vec<(u32, u32)> {
    let bytes = fs::read(view).unwrap_or_default();
    assert!(bytes.windows(9).filter(|window| window == b"HTTP/1.0 ").count() <= 1, "one connection");
    let starts = bytes.windows(3).enumerate().filter(|(_, window)| window == &[0xff, 0xd8, 0xff]);
    let starts: Vec<usize> = starts.map(|(at, _)| at).collect();
    let whole = starts.windows(2).filter_map(|pair| {
        let picture =
            image::load_from_memory_with_format(&bytes[pair[0]..pair[1]], image::ImageFormat::Jpeg).ok()?;
        Some((picture.width(), picture.height()))
    });
    // The first ones and the last one are enough, and decoding all of them would take the guest long.
    let whole: Vec<_> = whole.take(1).collect();
    let last = starts.len().checked_sub(2).and_then(|at| {
        let picture =
            image::load_from_memory_with_format(&bytes[starts[at]..starts[at + 1]], image::ImageFormat::Jpeg)
                .ok()?;
        Some((picture.width(), picture.height()))
    });
    whole.into_iter().chain(last).collect()
}
