//! A camera that gives JPEG alone, as untidy as cameras do.

use crate::copies::{Once, once};
use crate::feeder::Feeder;
use crate::server::{Server, sees};
use mutoscope_frames::Sampling;
use mutoscope_frames::malformed::{picture, without_huffman_tables};
use mutoscope_tests::{picture as shown, until};
use std::collections::BTreeSet;

const SOURCE: &str = "plugin: v4l2, device: /dev/video9";
/// Bytes of the standard Huffman tables, with their marker.
const TABLES: usize = 420;

/// Both of the kernel's names for it are one.
pub fn jpeg() {
    for code in [b"MJPG", b"JPEG"] {
        malformed(code);
    }
}

fn malformed(code: &[u8; 4]) {
    let jpeg = picture(320, 240, Sampling::Yuv422);
    let padded = [&jpeg[..], &[0; 3000]].concat();
    let bare = without_huffman_tables(&jpeg);
    let cut_off = jpeg[..jpeg.len() / 2].to_vec();
    let damaged = [&[0; 16], &jpeg[16..]].concat();
    let pictures = vec![jpeg.clone(), padded, bare.clone(), cut_off, damaged];
    let _feeder = Feeder::start(code, pictures, (320, 240), 20);
    let server = Server::start("jpeg", SOURCE, "");
    let viewer = server.viewer();
    sees(&viewer, 20, "live");
    until("each untidiness", || {
        let counters = server.stream()["source"]["counters"].clone();
        let has = |name: &str| counters[name].as_u64().is_some_and(|count| count > 1);
        ["tables_inserted", "frames_cut_off", "frames_damaged"].into_iter().all(has).then_some(())
    });
    // What comes out is tidy: without padding, and with tables.
    let (least, most) = (jpeg.len().min(bare.len() + TABLES), jpeg.len().max(bare.len() + TABLES));
    let lengths: BTreeSet<_> = viewer.seen().iter().map(|part| part.len).collect();
    assert!(lengths.iter().all(|len| [least, most].contains(len)), "{lengths:?}, and not {least} and {most}");
    let first = shown::decode(&jpeg);
    for len in lengths {
        let part = until("a picture of each kind", || viewer.last().filter(|part| part.picture.len() == len));
        assert_eq!(shown::difference(&shown::decode(&part.picture), &first), 0.0, "of {len} bytes");
    }
    // Each picture by one copy, without its padding, and tables in a third of them; nothing is decoded.
    let state = server.whole_state();
    assert_eq!(once(&state, Once::Copied, least as u64..=most as u64), Ok(()));
    assert_eq!(state["streams"]["camera"]["stages"].as_array().map(Vec::len), Some(0), "{state}");
    // Said once, of whichever kind came first; after that they are counted.
    let log = server.stop();
    assert_eq!(log.matches("a picture is left out: ").count(), 1, "{log}");
}

pub fn feeder_dies() {
    let pictures = vec![picture(320, 240, Sampling::Yuv420)];
    let feeder = Feeder::start(b"MJPG", pictures.clone(), (320, 240), 20);
    let server = Server::start("dies", SOURCE, "");
    let viewer = server.viewer();
    sees(&viewer, 10, "live");
    drop(feeder);
    server.troubled("");
    sees(&viewer, 1, "placeholder");
    let _feeder = Feeder::start(b"MJPG", pictures, (320, 240), 20);
    sees(&viewer, 10, "live");
    server.stop();
}
