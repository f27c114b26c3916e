//! The threads of a pipeline.

use crate::lock::lock;
use std::io;
use std::num::NonZeroUsize;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Instant;

/// The threads of a pipeline: which of them live, and on how many cores. They are never joined, since one that a plugin
/// blocks would hold up the end for ever; they are waited for, as long as somebody has patience.
#[derive(Clone)]
pub(crate) struct Threads {
    live: Arc<Live>,
    cores: Option<NonZeroUsize>,
}

struct Live {
    names: Mutex<Vec<String>>,
    ended: Condvar,
}

/// Stands for a thread.
struct Alive {
    live: Arc<Live>,
    name: String,
}

impl Live {
    fn names(&self) -> MutexGuard<'_, Vec<String>> {
        lock(&self.names)
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        let mut names = self.live.names();
        if let Some(at) = names.iter().position(|name| *name == self.name) {
            names.swap_remove(at);
        }
        drop(names);
        self.live.ended.notify_all();
    }
}

impl Threads {
    pub(crate) fn new(cores: Option<NonZeroUsize>) -> Threads {
        let live = Live { names: Mutex::default(), ended: Condvar::new() };
        Threads { live: Arc::new(live), cores }
    }

    fn alive(&self, name: &str) -> Alive {
        self.live.names().push(name.to_owned());
        Alive { live: self.live.clone(), name: name.to_owned() }
    }

    /// Starts a thread, bound to as many cores as the file allows. What a plugin starts there inherits that.
    pub(crate) fn spawn(&self, name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let (alive, cores) = (self.alive(name), self.cores);
        // The kernel shows 15 bytes of a thread's name, and refuses zeros in it.
        let short: String = name.chars().filter(|c| *c != '\0').take(15).collect();
        std::thread::Builder::new().name(short).spawn(move || {
            let _alive = alive;
            if let Some(cores) = cores {
                bind(cores);
            }
            run();
        })?;
        Ok(())
    }

    /// Waits until `end` for all threads; gives the names of those that are still there then.
    pub(crate) fn wait(&self, end: Instant) -> Vec<String> {
        let mut names = self.live.names();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if names.is_empty() || left.is_zero() {
                return names.clone();
            }
            let waited = self.live.ended.wait_timeout(names, left);
            names = waited.unwrap_or_else(|poisoned| poisoned.into_inner()).0;
        }
    }
}

/// Binds the calling thread to `cores` of the cores that it may use: the last ones, since the first serve most interrupts.
fn bind(cores: NonZeroUsize) {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let bound = sched_getaffinity(None).and_then(|allowed| {
        let mut set = CpuSet::new();
        let all = (0..CpuSet::MAX_CPU).rev().filter(|cpu| allowed.is_set(*cpu));
        all.take(cores.get()).for_each(|cpu| set.set(cpu));
        sched_setaffinity(None, &set)
    });
    if let Err(error) = bound {
        tracing::warn!("cannot keep to {cores} cores: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    #[test]
    fn one_that_stays_is_named() {
        let threads = Threads::new(None);
        let (let_go, held) = channel::<()>();
        threads.spawn("short", || {}).unwrap();
        threads
            .spawn("stays", move || {
                let _ = held.recv();
            })
            .unwrap();
        let end = Instant::now() + Duration::from_secs(60);
        while threads.wait(Instant::now() + Duration::from_millis(50)) != ["stays"] {
            assert!(Instant::now() < end);
        }
        drop(let_go);
        assert!(threads.wait(Instant::now() + Duration::from_secs(60)).is_empty());
    }

    #[test]
    fn a_thread_keeps_to_its_cores() {
        let (tell, told) = channel();
        let threads = Threads::new(NonZeroUsize::new(1));
        threads
            .spawn("bound", move || {
                let cores = std::thread::available_parallelism().map(NonZeroUsize::get);
                let _ = tell.send(cores.unwrap_or(0));
            })
            .unwrap();
        assert_eq!(told.recv().unwrap(), 1);
    }
}
