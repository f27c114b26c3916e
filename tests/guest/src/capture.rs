//! Pictures in every format that vivid has and the plugin takes.

use crate::server::{Server, control, sh};
use crate::viewer::Viewer;
use image::RgbImage;
use mutoscope_tests::picture;

/// Bytes of a picture of 640x360 in the driver's buffer.
const FORMATS: [(&str, u64); 14] = [
    ("rgb24", 3 * 640 * 360),
    ("bgr24", 3 * 640 * 360),
    ("yuyv", 2 * 640 * 360),
    ("uyvy", 2 * 640 * 360),
    ("nv12", 640 * 360 * 3 / 2),
    ("nv21", 640 * 360 * 3 / 2),
    ("yu12", 640 * 360 * 3 / 2),
    ("yv12", 640 * 360 * 3 / 2),
    ("422p", 2 * 640 * 360),
    ("nv16", 2 * 640 * 360),
    ("rggb", 640 * 360),
    ("bggr", 640 * 360),
    ("grey", 640 * 360),
    ("y16", 2 * 640 * 360),
];

pub fn formats() {
    // Bars that stand still, and no text on them.
    control("test_pattern=0,osd_text_mode=2,horizontal_movement=3");
    let mut first: Option<RgbImage> = None;
    for (format, bytes) in FORMATS {
        let source = format!("plugin: v4l2, width: 640, height: 360, fps: 30, format: {format}");
        let server = Server::start(format, &source, "");
        let viewer = Viewer::of(&server.address());
        viewer.sees(10, "live");
        let shown = picture::decode(&server.snapshot());
        let first = first.get_or_insert_with(|| shown.clone());
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
        let stream = server.stream();
        let counters = &stream["source"]["counters"];
        let count = |name: &str| counters[name].as_u64().unwrap_or(0);
        let frames = stream["source"]["frames"].as_u64().unwrap();
        let moved = count("bytes_converted") + count("bytes_copied");
        assert!(count("bytes_converted") == 0 || count("bytes_copied") == 0, "{format}: {counters}");
        // A picture may be under way between the two numbers.
        assert!(moved.abs_diff(frames * bytes) <= 2 * bytes, "{format}: {moved} bytes in {frames} frames");
        let stages: Vec<_> =
            stream["stages"].as_array().unwrap().iter().map(|stage| &stage["counters"]).collect();
        assert!(stages.iter().all(|counters| counters["bytes_copied"].is_null()), "{format}: {stages:?}");
        let log = server.stop();
        assert!(log.contains(&format!("{format} 640x360 at 30 fps")), "{log}");
        assert!(!log.contains("ERROR"), "{log}");
    }
    control("horizontal_movement=3,osd_text_mode=0");
}

pub fn auto() {
    let below = "transforms:\n  - { plugin: timestamp }\n";
    let server = Server::start("auto", "plugin: v4l2, width: 640, height: 360, fps: 30", below);
    server.snapshot();
    let log = server.stop();
    assert!(log.contains(": yu12 640x360 at 30 fps"), "the cheapest to bring to planes: {log}");
    // It is released: another may have it at once.
    sh("v4l2-ctl -d /dev/video0 --set-fmt-video=width=320,height=180 --stream-mmap --stream-count=3");
}
