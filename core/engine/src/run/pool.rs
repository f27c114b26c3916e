//! Memory for frames, used again and again.

use mutoscope_plugin::host::{Home, NoBuffer, Recycled};
use mutoscope_plugin::{Buffer, Format};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Memory for frames, used again and again. A steady pipeline allocates nothing: each frame's buffer comes home when its
/// last holder (a transform, a viewer's socket) lets it go.
#[derive(Clone, Default)]
pub(super) struct Pool {
    shelf: Arc<Shelf>,
}

#[derive(Default)]
struct Shelf {
    free: Mutex<VecDeque<Free>>,
}

struct Free {
    memory: Recycled,
    since: Instant,
}

/// The largest buffer: a frame of the most pixels, at four bytes each, with its lines padded.
const LARGEST: usize = 4 * Format::MAX_PIXELS as usize + (1 << 22);
/// Buffers that lie unused for this long are given back to the system.
const IDLE: Duration = Duration::from_secs(5);
/// No more than this many lie unused at all.
const MOST_FREE: usize = 32;

/// What one part of a pipeline has out, of all of its instances so far: bytes.
pub(super) type Out = Arc<AtomicUsize>;

/// The pool for one part of a pipeline. It may have a quarter of the machine's memory out, or some frames, whichever is more:
/// whoever keeps every frame has an error in time, and the program has its memory.
pub(super) struct Account {
    lent: Arc<Lent>,
    most: usize,
}

struct Lent {
    shelf: Arc<Shelf>,
    out: Out,
}

/// This many buffers may be out in any case, however large they are.
const SOME: usize = 8;

/// A quarter of the machine's memory, in bytes.
static QUARTER: LazyLock<usize> = LazyLock::new(|| {
    let known = rustix::system::sysinfo();
    usize::try_from(known.totalram * u64::from(known.mem_unit) / 4).unwrap_or(usize::MAX)
});

impl Pool {
    /// The pool for the part of which so much is out.
    pub(super) fn account(&self, out: &Out) -> Account {
        Account { lent: Arc::new(Lent { shelf: self.shelf.clone(), out: out.clone() }), most: *QUARTER }
    }
}

impl Account {
    /// A buffer of `len` bytes.
    ///
    /// # Errors
    /// That is more than any frame may need, or too much is out.
    pub(super) fn buffer(&self, len: usize) -> Result<Buffer, NoBuffer> {
        if len > LARGEST {
            return Err(NoBuffer::TooLarge);
        }
        if self.lent.out.load(Ordering::Relaxed).saturating_add(len) > self.most.max(SOME * room(len)) {
            return Err(NoBuffer::TooMuchOut);
        }
        let found = {
            let mut free = self.lent.shelf.free();
            // The best fit, but never memory of which most would lie idle.
            let fits = |memory: &Recycled| memory.capacity() >= len && memory.capacity() / 2 <= len.max(4096);
            let best = free.iter().enumerate().filter(|(_, free)| fits(&free.memory));
            let best = best.min_by_key(|(_, free)| free.memory.capacity()).map(|(at, _)| at);
            best.and_then(|at| free.remove(at))
        };
        let home: Arc<dyn Home> = self.lent.clone();
        let capacity = found.as_ref().map_or_else(|| room(len), |free| free.memory.capacity());
        self.lent.out.fetch_add(capacity, Ordering::Relaxed);
        Ok(match found {
            Some(free) => free.memory.into_buffer(len, home),
            None => Buffer::with_home(capacity, home).shortened(len),
        })
    }
}

/// How much to allocate for `len` bytes: a little more, since the next JPEG will have a few bytes more.
fn room(len: usize) -> usize {
    let step = (len / 8).next_power_of_two().max(4096);
    len.next_multiple_of(step)
}

impl Shelf {
    fn free(&self) -> MutexGuard<'_, VecDeque<Free>> {
        self.free.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Home for Lent {
    fn take_back(&self, memory: Recycled) {
        self.out.fetch_sub(memory.capacity(), Ordering::Relaxed);
        let now = Instant::now();
        let mut superfluous = Vec::new();
        {
            let mut free = self.shelf.free();
            free.push_back(Free { memory, since: now });
            while free.len() > MOST_FREE || free.front().is_some_and(|oldest| now - oldest.since > IDLE) {
                superfluous.extend(free.pop_front());
            }
        }
        // Given back to the system outside the lock.
        drop(superfluous);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Some part's account.
    fn account() -> Account {
        Pool::default().account(&Out::default())
    }

    #[test]
    fn memory_comes_home_and_serves_again() {
        let pool = account();
        let first = pool.buffer(100_000).unwrap();
        let at = first.as_slice().as_ptr();
        drop(first);
        let second = pool.buffer(99_000).unwrap();
        assert_eq!((second.as_slice().as_ptr(), second.len()), (at, 99_000));
        let third = pool.buffer(99_000).unwrap();
        assert_ne!(third.as_slice().as_ptr(), at);
    }

    #[test]
    fn a_small_need_does_not_take_large_memory() {
        let pool = account();
        let large = pool.buffer(10_000_000).unwrap();
        let at = large.as_slice().as_ptr();
        drop(large);
        assert_ne!(pool.buffer(1000).unwrap().as_slice().as_ptr(), at);
    }

    #[test]
    fn the_shelf_does_not_grow_without_end_and_the_largest_frame_is_the_limit() {
        let pool = account();
        let many: Vec<_> = (0..100).map(|_| pool.buffer(10).unwrap()).collect();
        drop(many);
        assert!(pool.lent.shelf.free().len() <= MOST_FREE);
        assert_eq!(pool.buffer(LARGEST + 1).err(), Some(NoBuffer::TooLarge));
    }

    #[test]
    fn who_gives_nothing_back_gets_no_more_until_something_comes_and_others_do() {
        let (pool, out) = (Pool::default(), Out::default());
        let account = || Account { most: 1 << 20, ..pool.account(&out) };
        let taken = |len| std::iter::from_fn(|| account().buffer(len).ok()).take(100).collect::<Vec<_>>();
        let mut kept = taken(100_000);
        assert!((9..=10).contains(&kept.len()), "{}", kept.len());
        // A new instance of the same part has no more than the old one.
        assert_eq!(account().buffer(100_000).err(), Some(NoBuffer::TooMuchOut));
        assert!(pool.account(&Out::default()).buffer(100_000).is_ok());
        kept.pop();
        kept.push(account().buffer(100_000).unwrap());
        assert_eq!(account().buffer(100_000).err(), Some(NoBuffer::TooMuchOut));
        kept.clear();
        assert_eq!(out.load(Ordering::Relaxed), 0);
        // Large frames: a few of them in any case.
        assert_eq!(taken(1 << 20).len(), SOME);
    }

    #[test]
    fn a_buffer_outlives_its_pool() {
        let buffer = account().buffer(10).unwrap();
        std::thread::spawn(move || drop(buffer)).join().unwrap();
    }
}
