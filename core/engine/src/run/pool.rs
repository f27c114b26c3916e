//! Memory for frames, used again and again.

use mutoscope_plugin::host::{Home, Recycled};
use mutoscope_plugin::{Buffer, Format};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
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

impl Pool {
    /// A buffer of `len` bytes; `None` if that is more than any frame may need.
    pub(super) fn buffer(&self, len: usize) -> Option<Buffer> {
        if len > LARGEST {
            return None;
        }
        let found = {
            let mut free = self.shelf.free();
            // The best fit, but never memory of which most would lie idle.
            let fits = |memory: &Recycled| memory.capacity() >= len && memory.capacity() / 2 <= len.max(4096);
            let best = free.iter().enumerate().filter(|(_, free)| fits(&free.memory));
            let best = best.min_by_key(|(_, free)| free.memory.capacity()).map(|(at, _)| at);
            best.and_then(|at| free.remove(at))
        };
        let home: Arc<dyn Home> = self.shelf.clone();
        Some(match found {
            Some(free) => free.memory.into_buffer(len, home),
            None => Buffer::with_home(room(len), home.clone()).shortened(len),
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

impl Home for Shelf {
    fn take_back(&self, memory: Recycled) {
        let now = Instant::now();
        let mut superfluous = Vec::new();
        {
            let mut free = self.free();
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

    #[test]
    fn memory_comes_home_and_serves_again() {
        let pool = Pool::default();
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
        let pool = Pool::default();
        let large = pool.buffer(10_000_000).unwrap();
        let at = large.as_slice().as_ptr();
        drop(large);
        assert_ne!(pool.buffer(1000).unwrap().as_slice().as_ptr(), at);
    }

    #[test]
    fn the_shelf_does_not_grow_without_end_and_the_largest_frame_is_the_limit() {
        let pool = Pool::default();
        let many: Vec<_> = (0..100).map(|_| pool.buffer(10).unwrap()).collect();
        drop(many);
        assert!(pool.shelf.free().len() <= MOST_FREE);
        assert!(pool.buffer(LARGEST + 1).is_none());
    }

    #[test]
    fn a_buffer_outlives_its_pool() {
        let buffer = Pool::default().buffer(10).unwrap();
        std::thread::spawn(move || drop(buffer)).join().unwrap();
    }
}
