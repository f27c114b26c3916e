//! Memory that plugins have lent, given back on threads of their own.

use super::call_guard::{Call, CallGuard, CallRegistry, Owner};
use super::stats::StageStats;
use super::threads::Threads;
use crate::lock::lock;
use mutoscope_plugin::{Buffer, Frame};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Weak};
use std::time::Duration;

/// The lenders of a pipeline.
pub(crate) struct Lenders {
    calls: Arc<CallRegistry>,
    threads: Threads,
    /// By the number of the stage.
    by_stage: Mutex<HashMap<u64, Arc<Lender>>>,
}

/// Takes back the memory that one plugin has lent (`Frame::from_owner`). Giving it back runs the plugin's code, which may never
/// return, and the last holder of a frame may be any thread: a source's, a viewer's. So a thread of its own does it, under a
/// deadline.
struct Lender {
    stats: Weak<StageStats>,
    calls: Arc<CallRegistry>,
    threads: Threads,
    returned: Mutex<Returned>,
    ready: Condvar,
}

#[derive(Default)]
struct Returned {
    waiting: VecDeque<Buffer>,
    /// The thread that gives it back; none while there is nothing.
    guard: Option<Arc<CallGuard>>,
}

/// The deadline for returning one frame.
const ALLOWED: Duration = Duration::from_secs(3);
/// The thread ends when nothing came back for so long.
const LINGER: Duration = Duration::from_millis(250);

/// A plugin's memory inside a frame on its way through the engine.
struct Lent {
    memory: Option<Buffer>,
    lender: Arc<Lender>,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        self.memory.as_ref().map_or(&[], Buffer::as_slice)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(memory) = self.memory.take() {
            self.lender.take_back(memory);
        }
    }
}

impl Lenders {
    pub(crate) fn new(calls: Arc<CallRegistry>, threads: Threads) -> Lenders {
        Lenders { calls, threads, by_stage: Mutex::default() }
    }

    /// Wraps a frame that a stage has just given, so that lent memory goes back on the lender's thread.
    pub(crate) fn wrap(&self, frame: Frame, stats: &Arc<StageStats>) -> Frame {
        // Writable memory is the SDK's own, and dropping it runs the SDK's code.
        if frame.buffer().is_writable() {
            return frame;
        }
        let lender = self.of(stats);
        frame.with_buffer(|memory| Buffer::from_owner(Lent { memory: Some(memory), lender }))
    }

    fn of(&self, stats: &Arc<StageStats>) -> Arc<Lender> {
        let mut by_stage = lock(&self.by_stage);
        if let Some(lender) = by_stage.get(&stats.id) {
            return lender.clone();
        }
        by_stage.retain(|_, lender| lender.stats.strong_count() > 0);
        let lender = Lender::new(stats, self.calls.clone(), self.threads.clone());
        by_stage.insert(stats.id, lender.clone());
        lender
    }

    /// Gives up a thread that blocks; another one goes on with the rest.
    ///
    /// # Errors
    /// The system has no descriptors or threads left.
    pub(crate) fn go_on_without(&self, stats: &StageStats, guard: &Arc<CallGuard>) -> io::Result<()> {
        let lender = lock(&self.by_stage).get(&stats.id).cloned();
        lender.map_or(Ok(()), |lender| lender.go_on_without(guard))
    }
}

impl Lender {
    fn new(stats: &Arc<StageStats>, calls: Arc<CallRegistry>, threads: Threads) -> Arc<Lender> {
        let (returned, ready) = (Mutex::default(), Condvar::new());
        Arc::new(Lender { stats: Arc::downgrade(stats), calls, threads, returned, ready })
    }

    fn returned(&self) -> MutexGuard<'_, Returned> {
        lock(&self.returned)
    }

    /// Tells the stage how much waits to be given back.
    fn report(&self, returned: &Returned) {
        if let Some(stats) = self.stats.upgrade() {
            stats.unreturned.store(returned.waiting.len(), Ordering::Relaxed);
        }
    }

    fn take_back(self: &Arc<Self>, memory: Buffer) {
        let mut returned = self.returned();
        returned.waiting.push_back(memory);
        self.report(&returned);
        if returned.guard.is_some() {
            drop(returned);
            return self.ready.notify_one();
        }
        if let Err(error) = self.start(&mut returned) {
            // Better here than never.
            let waiting = std::mem::take(&mut returned.waiting);
            self.report(&returned);
            drop(returned);
            tracing::warn!("no thread to give frames back on: {error}");
            drop(waiting);
        }
    }

    fn start(self: &Arc<Self>, returned: &mut Returned) -> io::Result<()> {
        let name = self
            .stats
            .upgrade()
            .map_or_else(|| "frames".to_owned(), |stats| format!("frames of {}", stats.name));
        let guard = self.calls.take(Owner::Lender, name.clone())?;
        let (mine, lender) = (guard.clone(), self.clone());
        let started = self.threads.spawn(&name, move || {
            lender.give_back(&mine);
            lender.calls.leave(&mine);
        });
        started.inspect_err(|_| self.calls.leave(&guard))?;
        returned.guard = Some(guard);
        Ok(())
    }

    fn give_back(self: &Arc<Self>, guard: &Arc<CallGuard>) {
        let stats = self.stats.upgrade().unwrap_or_else(|| StageStats::new("a plugin that is gone"));
        while let Some(memory) = self.next(guard) {
            guard.with_deadline(&stats, Call::GiveBack, ALLOWED, || drop(memory));
            // It has come back after all; the next one is watched anew.
            if guard.is_cancelled()
                && let Err(error) = self.go_on_without(guard)
            {
                tracing::warn!("no thread to give frames back on: {error}");
            }
        }
    }

    /// Returns what is to be given back next; nothing once nothing came for a while, or another thread has this one's place.
    fn next(&self, guard: &Arc<CallGuard>) -> Option<Buffer> {
        let mut returned = self.returned();
        loop {
            if returned.guard.as_ref().is_none_or(|known| !Arc::ptr_eq(known, guard)) {
                return None;
            }
            if let Some(memory) = returned.waiting.pop_front() {
                self.report(&returned);
                return Some(memory);
            }
            let (again, waited) =
                self.ready.wait_timeout(returned, LINGER).unwrap_or_else(|poisoned| poisoned.into_inner());
            returned = again;
            if waited.timed_out() && returned.waiting.is_empty() {
                returned.guard.take_if(|known| Arc::ptr_eq(known, guard));
                return None;
            }
        }
    }

    fn go_on_without(self: &Arc<Self>, guard: &Arc<CallGuard>) -> io::Result<()> {
        let mut returned = self.returned();
        if returned.guard.take_if(|known| Arc::ptr_eq(known, guard)).is_some() && !returned.waiting.is_empty()
        {
            self.start(&mut returned)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::call_guard::Look;
    use super::*;
    use mutoscope_plugin::{Format, Times};
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::thread;
    use std::time::Instant;

    /// A vendor's memory, which comes back when it is let go, and says so.
    struct Vendors {
        bytes: Vec<u8>,
        let_go: Option<Receiver<()>>,
        back: Sender<String>,
    }

    impl AsRef<[u8]> for Vendors {
        fn as_ref(&self) -> &[u8] {
            &self.bytes
        }
    }

    impl Drop for Vendors {
        fn drop(&mut self) {
            if let Some(let_go) = self.let_go.take() {
                let _ = let_go.recv();
            }
            let _ = self.back.send(thread::current().name().unwrap_or_default().to_owned());
        }
    }

    struct Plugin {
        stats: Arc<StageStats>,
        lender: Arc<Lender>,
        back: (Sender<String>, Receiver<String>),
    }

    impl Plugin {
        fn new(name: &str, calls: &Arc<CallRegistry>) -> Plugin {
            let stats = StageStats::new(name);
            let lender = Lender::new(&stats, calls.clone(), Threads::new(None));
            Plugin { stats, lender, back: channel() }
        }

        fn memory(&self, let_go: Option<Receiver<()>>) -> Buffer {
            let vendors = Vendors { bytes: vec![7; 4], let_go, back: self.back.0.clone() };
            Buffer::from_owner(Lent {
                memory: Some(Buffer::from_owner(vendors)),
                lender: self.lender.clone(),
            })
        }
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_frame_that_never_goes_back_holds_up_nobody_and_is_told_of_its_plugin() {
        let calls = Arc::new(CallRegistry::default());
        let (hangs, fine) = (Plugin::new("transforms[0] hangs", &calls), Plugin::new("source fine", &calls));
        let (let_go, held) = channel();
        // Whoever is the last to hold them.
        drop(hangs.memory(Some(held)));
        drop(fine.memory(None));
        assert_eq!(fine.back.1.recv_timeout(LONG).unwrap(), "frames of sourc");
        let end = Instant::now() + LONG;
        let late = loop {
            let lates = calls.all().into_iter().filter_map(|guard| {
                let Look::Late(late) = guard.look(Instant::now() + ALLOWED) else { return None };
                Some((guard, late))
            });
            if let Some(late) = lates.into_iter().find(|(_, late)| Arc::ptr_eq(&late.stats, &hangs.stats)) {
                break late;
            }
            assert!(Instant::now() < end);
            thread::yield_now();
        };
        assert!(late.0.owner == Owner::Lender && late.1.why.contains("taken back"), "{}", late.1.why);
        // What comes after it is given back all the same, once that thread is left behind.
        drop(hangs.memory(None));
        hangs.lender.go_on_without(&late.0).unwrap();
        assert_eq!(hangs.back.1.recv_timeout(LONG).unwrap(), "frames of trans");
        drop(let_go);
        hangs.back.1.recv_timeout(LONG).unwrap();
    }

    #[test]
    fn a_plugin_that_takes_nothing_back_gets_no_more() {
        let calls = Arc::new(CallRegistry::default());
        let hangs = Plugin::new("hangs", &calls);
        let (let_go, held) = channel::<()>();
        drop(hangs.memory(Some(held)));
        (0..=StageStats::MOST_UNRETURNED).for_each(|_| drop(hangs.memory(None)));
        assert!(hangs.stats.is_stuck());
        drop(let_go);
        for _ in 0..StageStats::MOST_UNRETURNED + 2 {
            hangs.back.1.recv_timeout(LONG).unwrap();
        }
        assert!(!hangs.stats.is_stuck());
    }

    #[test]
    fn memory_of_the_sdks_own_goes_its_own_way() {
        let frame = Frame::from_vec(Format::grey(1, 1), vec![1], Times::default()).unwrap();
        assert!(frame.buffer().is_writable());
    }
}
