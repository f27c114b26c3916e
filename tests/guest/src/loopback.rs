//! A camera that gives JPEG alone.

use crate::feeder::Feeder;
use crate::server::Server;
use crate::viewer::Viewer;
use mutoscope_frames::Sampling;
use mutoscope_frames::untidy::{picture, without_huffman_tables};
use mutoscope_tests::until;

const SOURCE: &str = "plugin: v4l2, device: /dev/video9";

pub fn jpeg() {
    let jpeg = picture(320, 240, Sampling::Yuv422);
    let padded = [&jpeg[..], &[0; 3000]].concat();
    let bare = without_huffman_tables(&jpeg);
    let cut_off = jpeg[..jpeg.len() / 2].to_vec();
    let _feeder = Feeder::start(vec![jpeg.clone(), padded, bare, cut_off], (320, 240), 20);
    let server = Server::start("jpeg", SOURCE, "");
    let viewer = Viewer::of(&server.address());
    viewer.sees(20, "live");
    until("each untidiness", || {
        let counters = server.stream()["source"]["counters"].clone();
        let has = |name: &str| counters[name].as_u64().is_some_and(|count| count > 1);
        (has("tables_inserted") && has("frames_cut_off")).then_some(())
    });
    let stream = server.stream();
    assert_eq!(stream["stages"].as_array().map(Vec::len), Some(0), "nothing is decoded: {stream}");
    let counters = &stream["source"]["counters"];
    let (copied, frames) =
        (counters["bytes_copied"].as_u64().unwrap(), stream["source"]["frames"].as_u64().unwrap());
    // Each picture once, without its padding, and tables of 420 bytes in a third of them.
    let (least, most) = (jpeg.len() as u64 - 420, jpeg.len() as u64 + 420);
    assert!(
        (least * frames..=most * (frames + 2)).contains(&copied),
        "{copied} bytes of {frames} pictures: {counters}"
    );
    assert!(counters["bytes_converted"].is_null(), "{counters}");
    let shown = server.snapshot();
    assert!(shown == jpeg || shown.len().abs_diff(jpeg.len()) <= 420, "{} bytes", shown.len());
    assert_eq!(mutoscope_tests::picture::size(&shown), (320, 240));
}

pub fn feeder_dies() {
    let pictures = vec![picture(320, 240, Sampling::Yuv420)];
    let feeder = Feeder::start(pictures.clone(), (320, 240), 20);
    let server = Server::start("dies", SOURCE, "");
    let viewer = Viewer::of(&server.address());
    viewer.sees(10, "live");
    drop(feeder);
    server.troubled("");
    let _feeder = Feeder::start(pictures, (320, 240), 20);
    viewer.sees(10, "live");
}
