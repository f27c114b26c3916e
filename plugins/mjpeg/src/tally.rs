//! The counts of sent bytes and frames, added up between the frames.

use mutoscope_plugin::Services;
use std::sync::atomic::{AtomicU64, Ordering};

/// The counts since the last report to the host: connections add to it often, the host hears of it once a frame.
#[derive(Default)]
pub(crate) struct Tally {
    /// Frames that viewers took.
    pub(crate) frames: AtomicU64,
    /// Frames that a viewer did not get, because newer ones had replaced them when it could take one.
    pub(crate) skipped: AtomicU64,
    /// Bytes that sockets took.
    pub(crate) bytes: AtomicU64,
}

impl Tally {
    /// Adds `n` to one of the fields.
    pub(crate) fn add(field: &AtomicU64, n: u64) {
        field.fetch_add(n, Ordering::Relaxed);
    }

    /// Reports the counts to the host and starts again at zero.
    pub(crate) fn tell(&self, services: &Services) {
        for (name, field) in
            [("frames_sent", &self.frames), ("frames_skipped", &self.skipped), ("bytes_sent", &self.bytes)]
        {
            match field.swap(0, Ordering::Relaxed) {
                0 => {}
                n => services.count(name, n),
            }
        }
    }
}
