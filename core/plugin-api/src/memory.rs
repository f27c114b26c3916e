//! Bytes of a buffer, taken so that the system may refuse them, and given back to it when they are dropped.

use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use std::ffi::c_void;
use std::ptr::NonNull;

/// Bytes that can be written to, at a place that does not change.
pub(crate) enum Memory {
    Heap(Vec<u8>),
    Mapped(Mapped),
}

/// Pages of the system's own, which unmapping really gives back: what `malloc` keeps of a burst of large pieces it keeps for
/// good, between others that are in use.
pub(crate) struct Mapped {
    at: NonNull<c_void>,
    len: usize,
}

// SAFETY: the pages belong to this value alone, on whatever thread it is.
unsafe impl Send for Mapped {}

/// Below this, pages are too coarse.
const LARGE: usize = 64 << 10;

impl Memory {
    /// `len` zeros; `None` if the system has no room for them.
    pub(crate) fn zeroed(len: usize) -> Option<Memory> {
        if len < LARGE {
            let mut bytes = Vec::new();
            bytes.try_reserve_exact(len).ok()?;
            bytes.resize(len, 0);
            return Some(Memory::Heap(bytes));
        }
        // SAFETY: a new mapping at a place that the kernel chooses; nothing else is there.
        let at = unsafe {
            mmap_anonymous(std::ptr::null_mut(), len, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE)
        };
        Some(Memory::Mapped(Mapped { at: NonNull::new(at.ok()?)?, len }))
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Memory::Heap(bytes) => bytes.len(),
            Memory::Mapped(mapped) => mapped.len,
        }
    }

    pub(crate) fn as_mut_ptr(&mut self) -> *mut u8 {
        match self {
            Memory::Heap(bytes) => bytes.as_mut_ptr(),
            Memory::Mapped(mapped) => mapped.at.as_ptr().cast(),
        }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: mapped in `zeroed` with this length, and read no more. It cannot fail for a whole mapping but
        // by running into the limit of mappings, and then the pages stay.
        let _ = unsafe { munmap(self.at.as_ptr(), self.len) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_cannot_have_is_refused_and_ends_nothing() {
        assert!(Memory::zeroed(usize::MAX / 4).is_none());
        let mut large = Memory::zeroed(3 * LARGE).unwrap();
        assert_eq!(large.len(), 3 * LARGE);
        // SAFETY: within its length.
        unsafe {
            large.as_mut_ptr().add(large.len() - 1).write(7);
            assert_eq!(large.as_mut_ptr().read(), 0);
        }
        assert_eq!(Memory::zeroed(10).map(|small| small.len()), Some(10));
    }
}
