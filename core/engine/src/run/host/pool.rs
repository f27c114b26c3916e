//! Memory for frames, used again and again.

use super::memory_limit::MemoryLimit;
use crate::lock::lock;
use mutoscope_plugin::host::{Home, NoBuffer, Recycled};
use mutoscope_plugin::{Buffer, Format};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Memory for frames, used again and again. A steady pipeline allocates nothing: each frame's buffer comes home when its
/// last holder (a transform, a viewer's socket) lets it go.
#[derive(Clone)]
pub(crate) struct Pool {
    shelf: Arc<Shelf>,
}

struct Shelf {
    books: Mutex<Books>,
    room: MemoryLimit,
}

/// The memory that is out, and the memory that lies here.
#[derive(Default)]
struct Books {
    /// Bytes that frames have, of all parts.
    out: usize,
    /// The oldest first.
    free: VecDeque<Free>,
    /// Bytes of `free`.
    kept: usize,
    /// The limit for all frames when memory was last taken from the system.
    most: usize,
    /// Buffers that were refused.
    refused: u64,
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
/// While anything is out, it is looked at this often whether something has come home.
const LOOK: Duration = Duration::from_secs(60);

/// Memory that one stage of a pipeline has out, over all of its instances, and requests that were refused.
#[derive(Default)]
pub(crate) struct Outstanding {
    bytes: AtomicUsize,
    refused: AtomicU64,
}

impl Outstanding {
    /// Returns how many buffers it was refused so far.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

/// The pool for one part of a pipeline. It may have as much out as is left for all the others: one that keeps every frame has
/// half of the whole in the end, two of them a third each, and the next one can always begin.
pub(crate) struct Account {
    lent: Arc<Lent>,
}

struct Lent {
    shelf: Arc<Shelf>,
    out: Arc<Outstanding>,
}

impl Default for Pool {
    fn default() -> Pool {
        Pool::within(MemoryLimit::of_system())
    }
}

impl Pool {
    fn within(room: MemoryLimit) -> Pool {
        let books = Books { most: room.most(0), ..Books::default() };
        Pool { shelf: Arc::new(Shelf { books: Mutex::new(books), room }) }
    }

    /// The pool for the part of which so much is out.
    pub(crate) fn account(&self, out: &Arc<Outstanding>) -> Account {
        Account { lent: Arc::new(Lent { shelf: self.shelf.clone(), out: out.clone() }) }
    }

    /// Gives back to the system what lies unused for long; gives when to look again.
    pub(crate) fn give_back(&self, now: Instant) -> Option<Instant> {
        let (superfluous, next) = {
            let mut books = lock(&self.shelf.books);
            let superfluous = books.superfluous(now);
            let next = books.free.front().map(|oldest| oldest.since + IDLE);
            (superfluous, next.or_else(|| (books.out > 0).then_some(now + LOOK)))
        };
        // Given back outside the lock.
        drop(superfluous);
        next
    }

    /// Returns what it holds: bytes that frames have, that lie here, and that frames may have in all; and how many buffers were
    /// refused.
    pub(crate) fn json(&self) -> Value {
        let books = lock(&self.shelf.books);
        json!({ "out": books.out, "kept": books.kept, "most": books.most, "refused": books.refused })
    }
}

impl Account {
    /// A buffer of `len` bytes.
    ///
    /// # Errors
    /// That is more than any frame may need, or too much is out, or the system has no room.
    pub(crate) fn buffer(&self, len: usize) -> Result<Buffer, NoBuffer> {
        if len > LARGEST {
            return Err(NoBuffer::TooLarge);
        }
        let Lent { shelf, out } = &*self.lent;
        let mut superfluous = Vec::new();
        let (found, capacity) = {
            let mut books = lock(&shelf.books);
            let found = books.fitting(len);
            let capacity = found.as_ref().map_or_else(|| room(len), Recycled::capacity);
            if found.is_none() {
                books.most = shelf.room.most(books.out + books.kept);
                // What lies here makes room for what is needed.
                while books.out + books.kept + capacity > books.most
                    && let Some(free) = books.take(0)
                {
                    superfluous.push(free);
                }
            }
            let left = books.most.saturating_sub(books.out);
            if out.bytes.load(Ordering::Relaxed).saturating_add(capacity) > left {
                books.refused += 1;
                out.refused.fetch_add(1, Ordering::Relaxed);
                if let Some(memory) = found {
                    books.keep(memory, Instant::now());
                }
                return Err(NoBuffer::TooMuchOut);
            }
            books.out += capacity;
            out.bytes.fetch_add(capacity, Ordering::Relaxed);
            (found, capacity)
        };
        drop(superfluous);
        let home: Arc<dyn Home> = self.lent.clone();
        let buffer = match found {
            Some(memory) => Some(memory.into_buffer(len, home)),
            None => Buffer::with_home(capacity, home).map(|buffer| buffer.shortened(len)),
        };
        buffer.ok_or_else(|| {
            let mut books = lock(&shelf.books);
            books.out -= capacity;
            books.refused += 1;
            out.refused.fetch_add(1, Ordering::Relaxed);
            out.bytes.fetch_sub(capacity, Ordering::Relaxed);
            NoBuffer::TooMuchOut
        })
    }
}

/// Returns how much to allocate for `len` bytes: a little more, since the next JPEG will have a few bytes more.
fn room(len: usize) -> usize {
    let step = (len / 8).next_power_of_two().max(4096);
    len.next_multiple_of(step)
}

impl Books {
    /// The best fit for `len` bytes, but never memory of which most would lie idle. Of equal ones the newest: the others lie
    /// until they are given back, instead of taking turns for ever.
    fn fitting(&mut self, len: usize) -> Option<Recycled> {
        let fits = |memory: &Recycled| memory.capacity() >= len && memory.capacity() / 2 <= len.max(4096);
        let fitting = self.free.iter().enumerate().rev().filter(|(_, free)| fits(&free.memory));
        let best = fitting.min_by_key(|(_, free)| free.memory.capacity()).map(|(at, _)| at);
        best.and_then(|at| self.take(at))
    }

    fn take(&mut self, at: usize) -> Option<Recycled> {
        let Free { memory, .. } = self.free.remove(at)?;
        self.kept -= memory.capacity();
        Some(memory)
    }

    fn keep(&mut self, memory: Recycled, since: Instant) {
        self.kept += memory.capacity();
        self.free.push_back(Free { memory, since });
    }

    /// Returns what is not to be kept any longer.
    fn superfluous(&mut self, now: Instant) -> Vec<Recycled> {
        let mut superfluous = Vec::new();
        while self.free.len() > MOST_FREE
            || self.free.front().is_some_and(|oldest| now.saturating_duration_since(oldest.since) >= IDLE)
        {
            superfluous.extend(self.take(0));
        }
        superfluous
    }
}

impl Home for Lent {
    fn take_back(&self, memory: Recycled) {
        let (capacity, now) = (memory.capacity(), Instant::now());
        let superfluous = {
            let mut books = lock(&self.shelf.books);
            self.out.bytes.fetch_sub(capacity, Ordering::Relaxed);
            books.out -= capacity;
            books.keep(memory, now);
            books.superfluous(now)
        };
        // Given back to the system outside the lock.
        drop(superfluous);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pool of so many bytes, of which a part has its account.
    fn within(most: usize) -> (Pool, Account) {
        let pool = Pool::within(MemoryLimit::of(most));
        let account = pool.account(&Arc::<Outstanding>::default());
        (pool, account)
    }

    /// Some part's account.
    fn account() -> Account {
        within(1 << 30).1
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
        let (pool, account) = within(1 << 30);
        let many: Vec<_> = (0..100).map(|_| account.buffer(10).unwrap()).collect();
        drop(many);
        assert!(lock(&pool.shelf.books).free.len() <= MOST_FREE);
        assert_eq!(account.buffer(LARGEST + 1).err(), Some(NoBuffer::TooLarge));
    }

    #[test]
    fn what_only_a_burst_needed_goes_back_while_others_are_in_use() {
        let (pool, account) = within(1 << 30);
        let kept = || {
            let books = lock(&pool.shelf.books);
            (books.kept, books.out)
        };
        let burst: Vec<_> = (0..20).map(|_| account.buffer(100_000).unwrap()).collect();
        let one = room(100_000);
        assert_eq!(kept(), (0, 20 * one));
        drop(burst);
        assert_eq!(kept(), (20 * one, 0));
        let after = Instant::now();
        // One at a time, as a steady pipeline has it: always the same.
        for _ in 0..100 {
            drop(account.buffer(100_000).unwrap());
        }
        let next = pool.give_back(after + IDLE);
        assert_eq!(kept(), (one, 0), "of the burst nothing is left");
        assert!(next.is_some_and(|next| next > after + IDLE));
        assert_eq!(pool.give_back(after + 2 * IDLE + LOOK), None);
        assert_eq!(kept(), (0, 0));
    }

    #[test]
    fn who_gives_nothing_back_gets_no_more_until_something_comes_and_others_do() {
        let (pool, _) = within(2 << 20);
        let out = Arc::<Outstanding>::default();
        let account = || pool.account(&out);
        let taken = |account: &Account| {
            std::iter::from_fn(|| account.buffer(100_000).ok()).take(100).collect::<Vec<_>>()
        };
        let mut kept = taken(&account());
        assert!((9..=10).contains(&kept.len()), "half of it: {}", kept.len());
        // A new instance of the same part has no more than the old one.
        assert_eq!(account().buffer(100_000).err(), Some(NoBuffer::TooMuchOut));
        // One bound for all: what others have comes out of the same.
        let others: Vec<_> = (0..3).map(|_| taken(&pool.account(&Arc::<Outstanding>::default()))).collect();
        let counts: Vec<_> = others.iter().map(Vec::len).collect();
        assert!((4..=5).contains(&counts[0]) && counts[1] >= 2 && counts[2] >= 1, "{counts:?}");
        assert!(lock(&pool.shelf.books).out <= 2 << 20);
        drop(others);
        kept.pop();
        kept.push(account().buffer(100_000).unwrap());
        assert_eq!(account().buffer(100_000).err(), Some(NoBuffer::TooMuchOut));
        kept.clear();
        assert_eq!((out.bytes.load(Ordering::Relaxed), out.refused()), (0, 3));
        assert_eq!((pool.json()["out"].as_u64(), pool.json()["refused"].as_u64()), (Some(0), Some(6)));
    }

    #[test]
    fn what_lies_unused_makes_room_for_what_is_needed() {
        let (pool, account) = within(1 << 20);
        drop(account.buffer(400_000).unwrap());
        assert!(lock(&pool.shelf.books).kept > 400_000);
        let large = account.buffer(600_000).unwrap();
        assert_eq!(lock(&pool.shelf.books).kept, 0);
        drop(large);
    }

    #[test]
    fn what_the_system_cannot_have_is_refused_and_forgotten() {
        let (pool, account) = within(usize::MAX);
        let huge = LARGEST.min(usize::MAX / 8);
        // As much as there is address space for, which ends somewhere; and where it does not, nothing is refused.
        let taken: Vec<_> = std::iter::from_fn(|| account.buffer(huge).ok()).take(4).collect();
        let out = lock(&pool.shelf.books).out;
        assert_eq!(out, taken.len() * room(huge));
        drop(taken);
        assert_eq!(lock(&pool.shelf.books).out, 0);
    }

    #[test]
    fn a_buffer_outlives_its_pool() {
        let buffer = account().buffer(10).unwrap();
        std::thread::spawn(move || drop(buffer)).join().unwrap();
    }
}
