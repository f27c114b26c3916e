//! Buffers and inboxes under loom, which runs each of these in every order that the steps of its threads can have, with
//! what the memory model allows an earlier write to look like from another thread: `script/sanitize loom`.

use crate::latest::{Bell, Latest, Taken};
use crate::{Buffer, host};
use loom::cell::UnsafeCell;
use loom::sync::{Condvar, Mutex};
use loom::thread;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Memory whose accesses loom watches: a read and a write that are not in order end the model.
#[derive(Clone)]
struct Watched(Arc<UnsafeCell<()>>);

// SAFETY: whether two threads' accesses are in order is what loom looks at here.
unsafe impl Send for Watched {}

impl Watched {
    fn new() -> Watched {
        Watched(Arc::new(UnsafeCell::new(())))
    }

    fn read(&self) {
        self.0.with(|_| ());
    }

    fn write(&self) {
        self.0.with_mut(|_| ());
    }
}

/// A vendor's buffer, which the vendor writes to as soon as it is given back.
struct Vendors(Watched, Arc<AtomicUsize>);

impl AsRef<[u8]> for Vendors {
    fn as_ref(&self) -> &[u8] {
        &[]
    }
}

impl Drop for Vendors {
    fn drop(&mut self) {
        self.0.write();
        self.1.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn loom_memory_is_given_back_once_and_after_the_last_read() {
    loom::model(|| {
        let (memory, given_back) = (Watched::new(), Arc::default());
        let buffer = Buffer::from_owner(Vendors(memory.clone(), Arc::clone(&given_back)));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let (mine, memory) = (buffer.clone(), memory.clone());
                thread::spawn(move || {
                    memory.read();
                    drop(mine);
                })
            })
            .collect();
        memory.read();
        drop(buffer);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(given_back.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn loom_a_holder_may_be_added_while_another_goes() {
    loom::model(|| {
        let (memory, given_back) = (Watched::new(), Arc::default());
        let buffer = Buffer::from_owner(Vendors(memory.clone(), Arc::clone(&given_back)));
        let other = buffer.clone();
        let going = thread::spawn(move || drop(other));
        let added = buffer.clone();
        drop(buffer);
        memory.read();
        drop(added);
        going.join().unwrap();
        assert_eq!(given_back.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn loom_a_sole_holder_writes_after_the_others_have_read() {
    loom::model(|| {
        let memory = Watched::new();
        let mut buffer = Buffer::from_vec(vec![0]);
        let (other, read) = (buffer.clone(), memory.clone());
        let reader = thread::spawn(move || {
            read.read();
            drop(other);
        });
        if buffer.get_mut().is_some() {
            memory.write();
        }
        reader.join().unwrap();
        assert!(buffer.get_mut().is_some());
    });
}

struct Shelf(Mutex<Vec<host::Recycled>>);

impl host::Home for Shelf {
    fn take_back(&self, memory: host::Recycled) {
        self.0.lock().unwrap().push(memory);
    }
}

#[test]
fn loom_pooled_memory_comes_home_once() {
    loom::model(|| {
        let shelf = Arc::new(Shelf(Mutex::new(Vec::new())));
        let buffer = Buffer::with_home(1, shelf.clone()).unwrap();
        let other = buffer.clone();
        let holder = thread::spawn(move || drop(other));
        drop(buffer);
        holder.join().unwrap();
        assert_eq!(shelf.0.lock().unwrap().len(), 1);
    });
}

/// A bell as a descriptor is one.
#[derive(Default)]
struct Chime {
    rung: Mutex<bool>,
    waiting: Condvar,
}

impl Bell for Chime {
    fn ring(&self) {
        *self.rung.lock().unwrap() = true;
        self.waiting.notify_all();
    }

    fn quiet(&self) {
        *self.rung.lock().unwrap() = false;
    }
}

impl Chime {
    fn wait(&self) -> bool {
        let mut rung = self.rung.lock().unwrap();
        while !*rung {
            rung = self.waiting.wait(rung).unwrap();
        }
        true
    }
}

/// Takes until the end; loom finds a missing wake-up.
fn taken(latest: &Latest<u32, Chime>) -> (Vec<u32>, u64) {
    let (mut pictures, mut lost) = (Vec::new(), 0);
    while let Some(Taken::Picture { picture, replaced }) = latest.take(Chime::wait) {
        pictures.push(picture);
        lost += replaced;
    }
    (pictures, lost)
}

#[test]
fn loom_no_picture_and_no_end_is_missed() {
    loom::model(|| {
        let latest = Arc::new(Latest::new(Chime::default()));
        let theirs = latest.clone();
        let sdk = thread::spawn(move || {
            theirs.put(1);
            theirs.put(2);
            theirs.end(None);
        });
        let (pictures, lost) = taken(&latest);
        sdk.join().unwrap();
        assert_eq!(pictures.last(), Some(&2));
        assert!(pictures.is_sorted() && pictures.len() as u64 + lost == 2);
    });
}

#[test]
fn loom_two_threads_may_fill_it() {
    loom::model(|| {
        let latest = Arc::new(Latest::new(Chime::default()));
        let threads: Vec<_> = (1..=2)
            .map(|picture| {
                let theirs = latest.clone();
                thread::spawn(move || theirs.put(picture))
            })
            .collect();
        // The first to come may be replaced by the second.
        let first = latest.take(Chime::wait);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        latest.end(None);
        let (rest, lost) = taken(&latest);
        let Some(Taken::Picture { replaced, .. }) = first else { panic!("no picture") };
        assert_eq!(1 + replaced + rest.len() as u64 + lost, 2);
    });
}
