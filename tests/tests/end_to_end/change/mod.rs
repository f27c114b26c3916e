//! The file changes while viewers watch: what is the same goes on, what differs is replaced.
//!
//! # Layout
//!
//! `files` tests the notice of a change, and bad files. `sources`, `transforms`, `sinks` and whole `streams` come, go and
//! change places.

mod files;
mod sinks;
mod sources;
mod streams;
mod transforms;

use mutoscope_tests::{Seen, Viewer, assert_in_order};

/// A camera that writes down what becomes of it.
fn good(width: u32, rest: &str) -> String {
    format!("source: {{ plugin: good, fps: 25, width: {width}, ledger: DIR/ledger.txt, {rest} }}")
}

/// A file with this camera, and another stream beside it that nothing happens to.
fn beside(camera: &str) -> String {
    format!(
        "
streams:
  camera: {{ {camera} }}
  other: {{ source: {{ plugin: simulated, width: 64, height: 48, fps: 5 }} }}
sink: {{ plugin: mjpeg, listen: 127.0.0.1:0 }}
"
    )
}

/// Checks that pictures of the first size come before those of the second, each at least once, in order.
#[track_caller]
fn assert_swapped(seen: &[Seen], from: u32, to: u32) {
    assert_in_order(seen);
    let widths: Vec<_> =
        seen.iter().filter(|seen| seen.freshness == "live").map(|seen| seen.size.0).collect();
    let first = widths.iter().position(|width| *width == to).unwrap_or_else(|| panic!("no {to}: {widths:?}"));
    assert!(first > 0 && widths[..first].iter().all(|width| *width == from), "{widths:?}");
    assert!(widths[first..].iter().all(|width| *width == to), "{widths:?}");
}

/// Waits for a live picture of this width.
#[track_caller]
fn until_width(viewer: &Viewer, width: u32) {
    let what = format!("a picture {width} wide");
    viewer.until(&what, |seen| seen.freshness == "live" && seen.size.0 == width);
}
