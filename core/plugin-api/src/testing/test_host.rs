//! A stand-in for the host, which remembers what instances told it.

use crate::host::{Home, NoBuffer, Recycled, Serve, services};
use crate::{Buffer, Context, FormatHint, Services, StreamId, Times};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

/// A stand-in for the host: it serves instances, and remembers what they told it.
#[derive(Clone)]
pub struct TestHost {
    shared: Arc<Shared>,
}

struct Shared {
    /// Nanoseconds that its clocks are ahead of the machine's.
    ahead: AtomicU64,
    stopped: OnceLock<Instant>,
    descriptor: OwnedFd,
    told: Mutex<Told>,
    /// No buffer is given any more.
    out_of_memory: AtomicBool,
    lent: Arc<Lent>,
}

/// The number of buffers that are out.
#[derive(Default)]
struct Lent(AtomicUsize);

impl Home for Lent {
    fn take_back(&self, memory: Recycled) {
        drop(memory);
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(Default)]
struct Told {
    counters: BTreeMap<String, u64>,
    demand: BTreeMap<u32, u32>,
    announced: Vec<String>,
    state: String,
    wanted: Option<FormatHint>,
    viewers: Option<u32>,
}

impl Default for TestHost {
    fn default() -> Self {
        TestHost::new()
    }
}

impl TestHost {
    /// A host that has been told nothing yet.
    ///
    /// # Panics
    /// If the system has no descriptor left.
    pub fn new() -> TestHost {
        let descriptor = eventfd(0, EventfdFlags::CLOEXEC).expect("an event descriptor");
        let shared = Shared {
            ahead: AtomicU64::new(0),
            stopped: OnceLock::new(),
            descriptor,
            told: Mutex::default(),
            out_of_memory: AtomicBool::new(false),
            lent: Arc::default(),
        };
        TestHost { shared: Arc::new(shared) }
    }

    /// A context as an instance is given one.
    pub fn context(&self) -> Context {
        // SAFETY: `services` gives one count and a static table.
        Context::new(unsafe { Services::from_host(services(self.host())) })
    }

    /// A context in which the planner has chosen way `way`.
    pub fn context_for(&self, mode: u32) -> Context {
        let context = self.context();
        context.set_mode(mode);
        context
    }

    /// This host, for [`crate::host`]'s instances.
    pub fn host(&self) -> Arc<dyn Serve> {
        self.shared.clone()
    }

    /// The moment by this host's clocks, which instances read too.
    pub fn now(&self) -> Times {
        self.shared.now()
    }

    /// Sets this host's clocks forward: what has happened so far is older by `time`. (Subtracting from a clock is no way to make
    /// something old: the monotonic one of a machine that was started a moment ago has hardly begun.)
    pub fn advance(&self, time: Duration) {
        let ahead = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.shared.ahead.fetch_add(ahead, Ordering::SeqCst);
    }

    /// Asks the instances to stop. Once asked, again is the same.
    pub fn stop(&self) {
        let _ = self.shared.stopped.set(Instant::now());
        // It is not full before it was written to more often than any test can.
        let _ = rustix::io::write(&self.shared.descriptor, &1u64.to_ne_bytes());
    }

    /// The sum that instances have added to a counter.
    pub fn counter(&self, name: &str) -> u64 {
        self.shared.told().counters.get(name).copied().unwrap_or(0)
    }

    /// The number of viewers of a stream, as a sink reported it.
    pub fn demand_of(&self, stream: StreamId) -> u32 {
        self.shared.told().demand.get(&stream.0).copied().unwrap_or(0)
    }

    /// The number of buffers from [`Services::buffer`] that have not come back.
    pub fn buffers_out(&self) -> usize {
        self.shared.lent.0.load(Ordering::SeqCst)
    }

    /// From now on there is no memory: [`Services::buffer`] fails.
    pub fn run_out_of_memory(&self) {
        self.shared.out_of_memory.store(true, Ordering::SeqCst);
    }

    /// The time of the request to stop.
    pub(super) fn stopped_at(&self) -> Option<Instant> {
        self.shared.stopped.get().copied()
    }

    /// Everything that was said of viewers, by the number of the stream.
    pub(super) fn demands(&self) -> BTreeMap<u32, u32> {
        self.shared.told().demand.clone()
    }

    /// Returns whether there is a holder of this host besides this handle.
    pub(super) fn is_held(&self) -> bool {
        Arc::strong_count(&self.shared) > 1
    }

    /// The addresses that sinks announced.
    pub fn announced(&self) -> Vec<String> {
        self.shared.told().announced.clone()
    }

    /// Sets what the engine's state is said to be.
    pub fn set_state(&self, json: &str) {
        self.shared.told().state = json.to_owned();
    }

    /// Sets how many viewers there are said to be; 1 until then.
    pub fn set_viewers(&self, viewers: u32) {
        self.shared.told().viewers = Some(viewers);
    }

    /// Sets what the plan is said to want.
    pub fn set_format_hint(&self, wanted: FormatHint) {
        self.shared.told().wanted = Some(wanted);
    }
}

impl Shared {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Serve for Shared {
    fn now(&self) -> Times {
        let (now, ahead) = (Times::now(), self.ahead.load(Ordering::SeqCst));
        Times { monotonic_ns: now.monotonic_ns + ahead, wall_ns: now.wall_ns + ahead as i64 }
    }

    fn stopped(&self) -> bool {
        self.stopped.get().is_some()
    }

    fn stop_descriptor(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }

    fn sleep(&self, time: Duration) -> bool {
        let timeout = Timespec::try_from(time).ok();
        let mut wait = [PollFd::new(&self.descriptor, PollFlags::IN)];
        let _ = poll(&mut wait, timeout.as_ref());
        !self.stopped()
    }

    fn buffer(&self, len: usize) -> Result<Buffer, NoBuffer> {
        if self.out_of_memory.load(Ordering::SeqCst) {
            return Err(NoBuffer::TooMuchOut);
        }
        if len > 1 << 30 {
            return Err(NoBuffer::TooLarge);
        }
        let mut buffer = Buffer::with_home(len, self.lent.clone()).ok_or(NoBuffer::TooMuchOut)?;
        self.lent.0.fetch_add(1, Ordering::SeqCst);
        // Not zero, so that a plugin that forgets to write shows it.
        buffer.get_mut().into_iter().for_each(|bytes| bytes.fill(0xa5));
        Ok(buffer)
    }

    fn demand(&self) -> u32 {
        self.told().viewers.unwrap_or(1)
    }

    fn set_demand(&self, stream: StreamId, viewers: u32) {
        self.told().demand.insert(stream.0, viewers);
    }

    fn count(&self, name: &str, add: u64) {
        *self.told().counters.entry(name.to_owned()).or_default() += add;
    }

    fn announce(&self, at: &str) {
        self.told().announced.push(at.to_owned());
    }

    fn state(&self) -> String {
        self.told().state.clone()
    }

    fn format_hint(&self) -> FormatHint {
        self.told().wanted.unwrap_or(FormatHint::NOTHING)
    }
}
