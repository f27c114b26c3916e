//! Services for a source whose clock shall not count.

use super::services::Services;
use mutoscope_plugin::host::{NoBuffer, Serve};
use mutoscope_plugin::{Buffer, FormatHint, StreamId};
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// An instance whose first sleep for each frame is over at once: where a source waits for the next frame's time, it does not
/// wait. Whatever it sleeps for after that it does sleep for, since it may be looking for something again and again.
pub(crate) struct Unclocked {
    instance: Services,
    /// It may sleep for nothing once more.
    may_skip: AtomicBool,
    skipped: AtomicBool,
}

impl Unclocked {
    pub(crate) fn new(instance: Services) -> Unclocked {
        Unclocked { instance, may_skip: AtomicBool::new(false), skipped: AtomicBool::new(false) }
    }

    /// It is asked for the next frame, now.
    pub(crate) fn next(&self) {
        self.may_skip.store(true, Ordering::Relaxed);
    }

    /// Returns whether the times of its frames mean nothing, since a sleep was left out.
    pub(crate) fn has_skipped(&self) -> bool {
        self.skipped.load(Ordering::Relaxed)
    }
}

impl Serve for Unclocked {
    fn sleep(&self, time: Duration) -> bool {
        if self.may_skip.swap(false, Ordering::Relaxed) && !self.stopped() {
            self.skipped.store(true, Ordering::Relaxed);
            return true;
        }
        self.instance.sleep(time)
    }

    fn stopped(&self) -> bool {
        self.instance.stopped()
    }

    fn stop_descriptor(&self) -> BorrowedFd<'_> {
        self.instance.stop_descriptor()
    }

    fn buffer(&self, len: usize) -> Result<Buffer, NoBuffer> {
        self.instance.buffer(len)
    }

    fn demand(&self) -> u32 {
        self.instance.demand()
    }

    fn set_demand(&self, stream: StreamId, viewers: u32) {
        self.instance.set_demand(stream, viewers);
    }

    fn count(&self, name: &str, add: u64) {
        self.instance.count(name, add);
    }

    fn announce(&self, at: &str) {
        self.instance.announce(at);
    }

    fn state(&self) -> String {
        self.instance.state()
    }

    fn format_hint(&self) -> FormatHint {
        self.instance.format_hint()
    }
}
