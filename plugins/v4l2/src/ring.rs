//! The driver's buffers: mapped, queued, and lent one at a time.

use crate::kernel::{self, Plain};
use crate::node::Node;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use std::ffi::c_void;
use std::io;
use std::sync::Arc;

/// The driver's buffers, streaming until dropped.
pub(crate) struct Ring {
    // Unmapped before the device is closed: some drivers are free for others only then.
    maps: Vec<Arc<Map>>,
    node: Node,
}

/// A buffer of the driver's, mapped to be read.
struct Map {
    address: *mut c_void,
    length: usize,
}

// SAFETY: memory that is only read, and unmapped by the last holder.
unsafe impl Send for Map {}
// SAFETY: as above.
unsafe impl Sync for Map {}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: mapped by `Ring::start` with this length, and there is no other holder.
        let _ = unsafe { munmap(self.address, self.length) };
    }
}

/// The bytes that the driver filled, for as long as this is held.
pub(crate) struct Filled {
    map: Arc<Map>,
    used: usize,
}

impl AsRef<[u8]> for Filled {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: mapped for at least `used` bytes; the driver does not write to a buffer that is not queued, and none is
        // queued while there is a holder.
        unsafe { std::slice::from_raw_parts(self.map.address.cast(), self.used) }
    }
}

/// The driver's description of a picture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About {
    /// The driver knows that it is not whole.
    pub(crate) damaged: bool,
    /// The time of capture, on the monotonic clock, if the driver uses that clock.
    pub(crate) monotonic_ns: Option<u64>,
    /// Counted by the driver; a gap is a picture that it had no buffer for.
    pub(crate) sequence: u32,
}

impl Ring {
    /// Maps `count` buffers (or as many as the driver gives), queues them and starts the capture.
    pub(crate) fn start(node: Node, count: u32) -> io::Result<Ring> {
        let mut wanted = kernel::RequestBuffers {
            count,
            kind: kernel::CAPTURE,
            memory: kernel::MMAP,
            ..kernel::RequestBuffers::zeroed()
        };
        node.ask(&kernel::REQBUFS, &mut wanted)?;
        let mut ring = Ring { maps: Vec::new(), node };
        for index in 0..wanted.count {
            let mut buffer = buffer(index);
            ring.node.ask(&kernel::QUERYBUF, &mut buffer)?;
            let length = buffer.length as usize;
            // SAFETY: a new mapping at an address that the kernel chooses.
            let address = unsafe {
                mmap(
                    std::ptr::null_mut(),
                    length,
                    ProtFlags::READ,
                    MapFlags::SHARED,
                    &ring.node,
                    // The union holds an offset of 32 bits here.
                    buffer.offset & u64::from(u32::MAX),
                )
            }?;
            ring.maps.push(Arc::new(Map { address, length }));
        }
        for index in 0..wanted.count {
            ring.node.ask(&kernel::QBUF, &mut buffer(index))?;
        }
        ring.node.ask(&kernel::STREAMON, &mut (kernel::CAPTURE as i32))?;
        Ok(ring)
    }

    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    /// Lends the next picture to `work` and gives the buffer back to the driver. `None`: there is none yet.
    ///
    /// # Errors
    /// The device failed.
    pub(crate) fn next<T>(&self, work: impl FnOnce(Filled, About) -> T) -> io::Result<Option<T>> {
        let mut buffer = buffer(0);
        match self.node.ask(&kernel::DQBUF, &mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            other => other?,
        }
        let Some(map) = self.maps.get(buffer.index as usize) else {
            return Err(io::Error::other(format!(
                "the driver gave buffer {}, which it never had",
                buffer.index
            )));
        };
        let about = About {
            damaged: buffer.flags & kernel::DAMAGED != 0,
            monotonic_ns: (buffer.flags & kernel::CLOCKS == kernel::MONOTONIC)
                .then(|| buffer.seconds as u64 * 1_000_000_000 + buffer.microseconds as u64 * 1_000),
            sequence: buffer.sequence,
        };
        let used = (buffer.bytes_used as usize).min(map.length);
        let result = work(Filled { map: map.clone(), used }, about);
        if Arc::strong_count(map) > 1 {
            return Err(io::Error::other("a picture was kept in the driver's memory"));
        }
        self.node.ask(&kernel::QBUF, &mut buffer)?;
        Ok(Some(result))
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // A device that is gone has stopped anyway.
        let _ = self.node.ask(&kernel::STREAMOFF, &mut (kernel::CAPTURE as i32));
    }
}

fn buffer(index: u32) -> kernel::Buffer {
    kernel::Buffer { index, kind: kernel::CAPTURE, memory: kernel::MMAP, ..kernel::Buffer::zeroed() }
}
