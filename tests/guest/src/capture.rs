//! Pictures in every format that vivid has and the plugin takes.

use crate::copies::{Once, once};
use crate::server::{Server, control, sees, sh};
use image::RgbImage;
use mutoscope_tests::{picture, until};

const SIZE: u64 = 640 * 360;

/// The formats, with the bytes of a picture of 640x360 in the driver's buffer. The first is what the others are compared with.
const FORMATS: [(&str, u64); 21] = [
    ("rgb24", 3 * SIZE),
    ("bgr24", 3 * SIZE),
    ("rgba32", 4 * SIZE),
    ("bgra32", 4 * SIZE),
    ("yuyv", 2 * SIZE),
    ("uyvy", 2 * SIZE),
    ("yvyu", 2 * SIZE),
    ("vyuy", 2 * SIZE),
    ("nv12", SIZE * 3 / 2),
    ("nv21", SIZE * 3 / 2),
    ("nv16", 2 * SIZE),
    ("nv24", 3 * SIZE),
    ("yu12", SIZE * 3 / 2),
    ("yv12", SIZE * 3 / 2),
    ("422p", 2 * SIZE),
    ("bggr", SIZE),
    ("gbrg", SIZE),
    ("grbg", SIZE),
    ("rggb", SIZE),
    ("grey", SIZE),
    ("y16", 2 * SIZE),
];

pub fn formats() {
    // Bars that stand still, and no text on them.
    control("test_pattern=0,osd_text_mode=2,horizontal_movement=3");
    let source = |format| format!("plugin: v4l2, width: 640, height: 360, fps: 30, format: {format}");
    let server = Server::start("formats", &source(FORMATS[0].0), "");
    let viewer = server.viewer();
    let mut first: Option<RgbImage> = None;
    for (format, bytes) in FORMATS {
        // The next one replaces the one before, and its account begins at zero.
        server.edit(&source(format), "");
        server.logged(&[&format!(": {format} 640x360 at 30 fps")]);
        // What was on its way when the last one ended has come by then.
        sees(&viewer, 6, "live");
        until("an account of some frames", || {
            (server.stream()["source"]["frames"].as_u64()? >= 10).then_some(())
        });
        let shown = picture::decode(&server.fresh());
        let first = first.get_or_insert_with(|| shown.clone());
        assert_eq!(shown.dimensions(), first.dimensions());
        let grey = matches!(format, "grey" | "y16");
        for bar in 0..8 {
            let middle = [(f64::from(bar) + 0.3) / 8.0, 0.4, (f64::from(bar) + 0.7) / 8.0, 0.6];
            let (expected, is) = (picture::mean(first, middle), picture::mean(&shown, middle));
            // What vivid makes luma alone of: Rec. 709's weights.
            let luma = |[r, g, b]: [f64; 3]| 0.2126 * r + 0.7152 * g + 0.0722 * b;
            let off = match grey {
                true => (luma(expected) - luma(is)).abs(),
                false => expected.iter().zip(is).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max),
            };
            assert!(off < 12.0, "bar {bar} in {format}: {is:?}, in rgb24: {expected:?}");
        }
        // One conversion or, where the planes are as a JPEG's already, one copy; and nothing else but the encoder.
        assert_eq!(once(&server.whole_state(), Once::Any, bytes..=bytes), Ok(()), "{format}");
    }
    let log = server.stop();
    assert!(!log.contains("ERROR"), "{log}");
    control("horizontal_movement=3,osd_text_mode=0");
}

pub fn auto() {
    let below = "transforms:\n  - { plugin: timestamp }\n";
    let server = Server::start("auto", "plugin: v4l2, width: 640, height: 360, fps: 30", below);
    server.fresh();
    let log = server.stop();
    assert!(log.contains(": yu12 640x360 at 30 fps"), "the cheapest to bring to planes: {log}");
    // It is released: another may have it at once.
    sh("v4l2-ctl -d /dev/video0 --set-fmt-video=width=320,height=180 --stream-mmap --stream-count=3");
}

/// `pipelines/v4l2.yaml` as it stands.
pub fn shipped() {
    let server = Server::of("v4l2.yaml", &[]);
    sees(&server.viewer(), 10, "live");
    let size = picture::decode(&server.fresh()).dimensions();
    let stream = server.stream();
    assert_eq!(
        (Some(size.0.into()), Some(size.1.into())),
        (stream["width"].as_u64(), stream["height"].as_u64())
    );
    let log = server.stop();
    assert!(log.contains("/dev/video0 (vivid)") && !log.contains("ERROR"), "{log}");
}
