//! A host for single instances of plugins, whose buffers are used again as the engine's are.

use mutoscope_plugin::host::{Home, NoBuffer, Recycled, Serve};
use mutoscope_plugin::testing::TestHost;
use mutoscope_plugin::{Buffer, FormatHint, StreamId};
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A host for single instances of plugins, whose buffers are used again as the engine's are.
pub struct Host {
    /// Everything but the memory.
    rest: Arc<dyn Serve>,
    shelf: Arc<Shelf>,
}

#[derive(Default)]
struct Shelf(Mutex<Vec<Recycled>>);

impl Home for Shelf {
    fn take_back(&self, memory: Recycled) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
    }
}

impl Host {
    /// A host without memory yet.
    pub fn new() -> Arc<Host> {
        Arc::new(Host { rest: TestHost::new().host(), shelf: Arc::default() })
    }
}

impl Serve for Host {
    fn buffer(&self, len: usize) -> Result<Buffer, NoBuffer> {
        let mut shelf = self.shelf.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = shelf.iter().position(|memory| memory.capacity() == len);
        let home: Arc<dyn Home> = self.shelf.clone();
        Ok(match found.map(|at| shelf.swap_remove(at)) {
            Some(memory) => memory.into_buffer(len, home),
            None => Buffer::with_home(len, home).ok_or(NoBuffer::TooMuchOut)?,
        })
    }

    fn stopped(&self) -> bool {
        self.rest.stopped()
    }

    fn stop_descriptor(&self) -> BorrowedFd<'_> {
        self.rest.stop_descriptor()
    }

    fn sleep(&self, time: Duration) -> bool {
        self.rest.sleep(time)
    }

    fn demand(&self) -> u32 {
        self.rest.demand()
    }

    fn set_demand(&self, stream: StreamId, viewers: u32) {
        self.rest.set_demand(stream, viewers);
    }

    fn count(&self, name: &str, add: u64) {
        self.rest.count(name, add);
    }

    fn announce(&self, at: &str) {
        self.rest.announce(at);
    }

    fn state(&self) -> String {
        self.rest.state()
    }

    fn format_hint(&self) -> FormatHint {
        self.rest.format_hint()
    }
}
