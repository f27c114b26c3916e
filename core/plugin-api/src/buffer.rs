//! The memory of a frame: reference-counted, of any origin, read-only while it is shared.

use crate::abi::crossing;
use crate::abi::growth::{TableRef, Whole};
use crate::abi::tables::{BufferTable, BufferTableGrown};
use crate::memory::Memory;
use crate::sync::{AtomicUsize, Ordering};
use std::ffi::c_void;
use std::sync::Arc;

crossing! {
    /// Memory with a count of its holders, behind a table of functions, so that it can come from anywhere: a `Vec`, a
    /// mapped file, a driver. A clone is one holder more and copies nothing; the last holder gives the memory back,
    /// on whatever thread it happens to be.
    pub struct Buffer {
        ptr: *const u8,
        len: usize,
        owner: *const c_void,
        table: *const BufferTable,
    }
}

// SAFETY: the memory is only read while it is shared, the count is atomic, and owners are `Send`: the last
// release may happen on any thread.
unsafe impl Send for Buffer {}
// SAFETY: as above; `&Buffer` gives read access only.
unsafe impl Sync for Buffer {}

/// The place that memory goes back to when its last holder is gone; a pool implements it.
pub trait Home: Send + Sync {
    /// Takes memory back. Called on the thread of the last holder.
    fn take_back(&self, memory: Recycled);
}

/// Memory that came home: to be made a [`Buffer`] again, or dropped.
pub struct Recycled(Box<Owned>);

impl Recycled {
    /// Bytes in it; as many as it was made with, however short its last buffer.
    pub fn capacity(&self) -> usize {
        self.0.bytes.len()
    }

    /// A buffer of its first `len` bytes, which will come home again to `home`.
    ///
    /// # Panics
    /// If `len` is more than [`capacity`](Recycled::capacity).
    pub fn into_buffer(mut self, len: usize, home: Arc<dyn Home>) -> Buffer {
        assert!(len <= self.0.bytes.len(), "a buffer of {len} bytes out of {}", self.0.bytes.len());
        self.0.holders = AtomicUsize::new(1);
        self.0.home = Some(home);
        Buffer::from_owned(self.0, len)
    }
}

struct Owned {
    holders: AtomicUsize,
    bytes: Memory,
    home: Option<Arc<dyn Home>>,
}

struct Foreign<T> {
    holders: AtomicUsize,
    // Only ever dropped; read through the pointer that was taken once.
    _owner: T,
}

unsafe extern "C" fn retain<H: Holders>(owner: *const c_void) {
    // SAFETY: `owner` is the `H` that the buffer was made with; the caller is a holder, so it lives.
    let holders = unsafe { (*owner.cast::<H>()).holders() };
    // As Arc: past this many the count is wrong, and going on would free memory in use.
    if holders.fetch_add(1, Ordering::Relaxed) > usize::MAX / 2 {
        std::process::abort();
    }
}

unsafe extern "C" fn unique<H: Holders>(owner: *const c_void) -> u32 {
    // SAFETY: as in `retain`.
    let holders = unsafe { (*owner.cast::<H>()).holders() };
    // Acquire: what the other holders read must be done before the sole one writes.
    u32::from(holders.load(Ordering::Acquire) == 1)
}

unsafe extern "C" fn release<H: Holders>(owner: *const c_void) {
    // SAFETY: as in `retain`; nothing touches it after the count went down, but for the last.
    let holders = unsafe { (*owner.cast::<H>()).holders() };
    if holders.fetch_sub(1, Ordering::Release) != 1 {
        return;
    }
    // Acquire: what the others read must be done before the memory goes back. A fence would do, but ThreadSanitizer knows
    // none.
    let _ = holders.load(Ordering::Acquire);
    // SAFETY: this was the last holder, and every owner was made by `Box::into_raw`.
    let owner = unsafe { Box::from_raw(owner.cast_mut().cast::<H>()) };
    // A vendor's drop may panic; that must neither unwind over the boundary nor take the process down.
    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| H::end(owner)));
    if let Err(payload) = dropped {
        crate::adapter::discard(payload);
    }
}

/// The owner behind a buffer's owner pointer.
trait Holders {
    const TABLE: Whole<BufferTable>;
    fn holders(&self) -> &AtomicUsize;
    fn end(this: Box<Self>);
}

impl Holders for Owned {
    const TABLE: Whole<BufferTable> = table::<Self>(true);

    fn holders(&self) -> &AtomicUsize {
        &self.holders
    }

    fn end(mut this: Box<Self>) {
        if let Some(home) = this.home.take() {
            home.take_back(Recycled(this));
        }
    }
}

impl<T: Send + 'static> Holders for Foreign<T> {
    const TABLE: Whole<BufferTable> = table::<Self>(false);

    fn holders(&self) -> &AtomicUsize {
        &self.holders
    }

    fn end(this: Box<Self>) {
        drop(this);
    }
}

const fn table<H: Holders>(writable: bool) -> Whole<BufferTable> {
    let frozen = BufferTable {
        size: size_of::<Whole<BufferTable>>(),
        writable: writable as u32,
        retain: retain::<H>,
        release: release::<H>,
        unique: unique::<H>,
    };
    Whole { frozen, grown: BufferTableGrown {} }
}

impl Buffer {
    /// The memory of a `Vec`, without a copy. Writable for a sole holder.
    pub fn from_vec(bytes: Vec<u8>) -> Buffer {
        let len = bytes.len();
        let bytes = Memory::Heap(bytes);
        Buffer::from_owned(Box::new(Owned { holders: AtomicUsize::new(1), bytes, home: None }), len)
    }

    /// `len` zeroed bytes that will go to `home` when the last holder is gone: what a pool is made of. `None` if the system
    /// has no room for them.
    pub fn with_home(len: usize, home: Arc<dyn Home>) -> Option<Buffer> {
        let bytes = Memory::zeroed(len)?;
        let owned = Owned { holders: AtomicUsize::new(1), bytes, home: Some(home) };
        Some(Buffer::from_owned(Box::new(owned), len))
    }

    /// The same memory, of which only the first `len` bytes count: a JPEG in a buffer that was taken larger. No effect if
    /// there are no more than that.
    pub fn shortened(mut self, len: usize) -> Buffer {
        self.len = self.len.min(len);
        self
    }

    /// Memory with an owner of any type: a vendor SDK's buffer, a mapped file. Never written to; `owner` is dropped, which
    /// gives the memory back, when the last holder is gone, on whatever thread that is.
    ///
    /// `owner` is asked for its bytes once, here: they must stay where they are while it lives.
    pub fn from_owner<T: AsRef<[u8]> + Send + 'static>(owner: T) -> Buffer {
        let foreign = Box::new(Foreign { holders: AtomicUsize::new(1), _owner: owner });
        // Asked after the owner has found its place on the heap: bytes inside it do not move any more.
        let bytes = foreign._owner.as_ref();
        let (ptr, len) = (bytes.as_ptr(), bytes.len());
        Buffer {
            ptr,
            len,
            owner: Box::into_raw(foreign).cast(),
            table: const { TableRef::new(&<Foreign<T> as Holders>::TABLE) }.as_ptr(),
        }
    }

    fn from_owned(mut owned: Box<Owned>, len: usize) -> Buffer {
        let ptr = owned.bytes.as_mut_ptr().cast_const();
        Buffer {
            ptr,
            len,
            owner: Box::into_raw(owned).cast(),
            table: const { TableRef::new(&<Owned as Holders>::TABLE) }.as_ptr(),
        }
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: the owner keeps `len` bytes at `ptr` alive and unchanged while there is a holder, and `self` is one.
        unsafe { std::slice::from_raw_parts(self.ptr, self.len) }
    }

    /// Bytes in it.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Returns whether the buffer has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Write access, if this is the sole holder and the memory is the project's own.
    pub fn get_mut(&mut self) -> Option<&mut [u8]> {
        // SAFETY: tables are static in a library that is never unloaded.
        let table = unsafe { &*self.table };
        // SAFETY: `owner` belongs to that table.
        if table.writable != 1 || unsafe { (table.unique)(self.owner) } != 1 {
            return None;
        }
        if self.len == 0 {
            return Some(&mut []);
        }
        // SAFETY: the memory is writable (made from a Vec by this module, in either library's copy of it), there is no
        // other holder, and `&mut self` keeps it so for the life of the slice.
        Some(unsafe { std::slice::from_raw_parts_mut(self.ptr.cast_mut(), self.len) })
    }

    /// Returns whether the memory is the project's own, so that a sole holder may write to it.
    pub fn is_writable(&self) -> bool {
        // SAFETY: as in `get_mut`.
        unsafe { (*self.table).writable == 1 }
    }

    /// Returns whether a write now would need a copy.
    pub fn is_shared(&self) -> bool {
        // SAFETY: as in `get_mut`.
        unsafe { ((*self.table).unique)(self.owner) != 1 }
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Self {
        // SAFETY: as in `get_mut`; the new holder is counted before it exists.
        unsafe { ((*self.table).retain)(self.owner) };
        Buffer { ptr: self.ptr, len: self.len, owner: self.owner, table: self.table }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: as in `get_mut`; this holder is gone afterwards.
        unsafe { ((*self.table).release)(self.owner) };
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl std::fmt::Debug for Buffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Buffer({} bytes{})", self.len, if self.is_shared() { ", shared" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn a_shared_buffer_is_read_only_and_a_sole_one_is_not() {
        let mut buffer = Buffer::from_vec(vec![1, 2, 3]);
        assert!(buffer.get_mut().is_some());
        let other = buffer.clone();
        assert!(buffer.get_mut().is_none());
        drop(other);
        buffer.get_mut().unwrap()[0] = 9;
        assert_eq!(buffer.as_slice(), [9, 2, 3]);
    }

    #[test]
    fn a_buffer_of_a_newer_build_is_used_as_far_as_this_one_knows() {
        #[repr(C)]
        struct Newer {
            table: Whole<BufferTable>,
            more: usize,
        }
        static NEWER: Newer = {
            let mut table = <Owned as Holders>::TABLE;
            table.frozen.size = size_of::<Newer>();
            Newer { table, more: 7 }
        };
        let mut buffer = Buffer::from_vec(vec![1, 2, 3]);
        buffer.table = (&raw const NEWER).cast();
        // SAFETY: a static table with its size.
        let table = unsafe { TableRef::from_ptr(buffer.table) }.unwrap();
        // SAFETY: the field of `Newer`, which this build's own tables do not have.
        assert_eq!(unsafe { table.later::<usize>(std::mem::offset_of!(Newer, more)) }, Some(NEWER.more));
        let other = buffer.clone();
        assert!(buffer.is_writable() && buffer.get_mut().is_none());
        drop(other);
        assert_eq!(buffer.get_mut(), Some(&mut [1, 2, 3][..]));
    }

    struct Lent(Vec<u8>, Arc<AtomicBool>);
    impl AsRef<[u8]> for Lent {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }
    impl Drop for Lent {
        fn drop(&mut self) {
            self.1.store(true, Ordering::SeqCst);
            panic!("a vendor's drop");
        }
    }

    #[test]
    fn foreign_memory_is_never_written_and_given_back_once_on_the_last_thread() {
        let given_back = Arc::new(AtomicBool::new(false));
        let mut buffer = Buffer::from_owner(Lent(vec![7; 10], given_back.clone()));
        assert!(buffer.get_mut().is_none());
        assert!(!buffer.is_writable() && Buffer::from_vec(vec![7]).is_writable());
        let other = buffer.clone();
        drop(buffer);
        assert!(!given_back.load(Ordering::SeqCst));
        std::thread::spawn(move || assert_eq!(other.as_slice(), [7; 10])).join().unwrap();
        assert!(given_back.load(Ordering::SeqCst));
    }

    #[derive(Default)]
    struct Shelf(Mutex<Vec<Recycled>>);
    impl Home for Shelf {
        fn take_back(&self, memory: Recycled) {
            self.0.lock().unwrap().push(memory);
        }
    }

    #[test]
    fn pooled_memory_comes_home_and_is_used_again() {
        let shelf = Arc::new(Shelf::default());
        let buffer = Buffer::with_home(100, shelf.clone()).unwrap();
        let at = buffer.as_slice().as_ptr();
        drop(buffer.clone());
        assert!(shelf.0.lock().unwrap().is_empty());
        drop(buffer);
        let memory = shelf.0.lock().unwrap().pop().unwrap();
        assert_eq!(memory.capacity(), 100);
        let again = memory.into_buffer(60, shelf.clone());
        assert_eq!((again.as_slice().as_ptr(), again.len()), (at, 60));
    }

    #[test]
    fn many_threads_share_one_buffer() {
        let buffer = Buffer::from_vec((0..=255).collect());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let mine = buffer.clone();
                scope.spawn(move || {
                    for _ in 0..1000 {
                        assert_eq!(mine.clone().as_slice()[255], 255);
                    }
                });
            }
        });
        assert!(!buffer.is_shared());
    }
}
