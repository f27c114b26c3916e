//! For a plugin's own unit tests: a stand-in for the host, and a way to run instances against it.
//!
//! ```
//! # use mutoscope_plugin::{Context, Format, Frame, Output, Result, Transform, options};
//! # #[options]
//! # pub struct Options {}
//! # struct Invert;
//! # impl Transform for Invert {
//! #     type Options = Options;
//! #     fn open(_: Options, _: &Context) -> Result<Self> { Ok(Invert) }
//! #     fn process(&mut self, mut frame: Frame, ctx: &Context) -> Result<Output> {
//! #         for row in frame.planes_mut(ctx)?[0].rows_mut() { for byte in row { *byte = 255 - *byte; } }
//! #         Ok(frame.into())
//! #     }
//! # }
//! use mutoscope_plugin::testing::Stand;
//!
//! let stand = Stand::new();
//! let mut invert = Invert::open(Options {}, &stand.context()).unwrap();
//! let white = Frame::from_vec(Format::grey(2, 1), vec![255, 255], stand.context().now()).unwrap();
//! let Output::Frame(black) = invert.process(white, &stand.context()).unwrap() else { panic!("no frame") };
//! assert_eq!(black.plane(0).row(0), [0, 0]);
//! ```

use crate::host::{Serve, services};
use crate::{Buffer, Context, Services, StreamId, Wanted};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// A stand-in for the host: it serves instances, and remembers what they told it.
#[derive(Clone)]
pub struct Stand {
    shared: Arc<Shared>,
}

struct Shared {
    stopped: AtomicBool,
    descriptor: OwnedFd,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    counters: BTreeMap<String, u64>,
    demand: BTreeMap<u32, u32>,
    announced: Vec<String>,
    state: String,
    wanted: Option<Wanted>,
    viewers: Option<u32>,
}

impl Default for Stand {
    fn default() -> Self {
        Stand::new()
    }
}

impl Stand {
    /// A host that has been told nothing yet.
    ///
    /// # Panics
    /// If the system has no descriptor left.
    pub fn new() -> Stand {
        let descriptor = eventfd(0, EventfdFlags::CLOEXEC).expect("an event descriptor");
        let shared = Shared { stopped: AtomicBool::new(false), descriptor, told: Mutex::default() };
        Stand { shared: Arc::new(shared) }
    }

    /// A context as an instance is given one.
    pub fn context(&self) -> Context {
        // SAFETY: `services` gives one count and a static table.
        Context::new(unsafe { Services::from_host(services(self.host())) })
    }

    /// A context in which the planner has chosen way `way`.
    pub fn context_for(&self, way: u32) -> Context {
        let context = self.context();
        context.set_way(way);
        context
    }

    /// This host, for [`crate::host`]'s instances.
    pub fn host(&self) -> Arc<dyn Serve> {
        self.shared.clone()
    }

    /// Asks the instances to stop.
    pub fn stop(&self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // It cannot be full: nothing else writes to it.
        let _ = rustix::io::write(&self.shared.descriptor, &1u64.to_ne_bytes());
    }

    /// What instances have added to a counter.
    pub fn counter(&self, name: &str) -> u64 {
        self.shared.told().counters.get(name).copied().unwrap_or(0)
    }

    /// How many viewers a sink said that a stream has.
    pub fn demand_of(&self, stream: StreamId) -> u32 {
        self.shared.told().demand.get(&stream.0).copied().unwrap_or(0)
    }

    /// Where sinks said they can be reached.
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
    pub fn set_wanted(&self, wanted: Wanted) {
        self.shared.told().wanted = Some(wanted);
    }
}

impl Shared {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Serve for Shared {
    fn stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
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

    fn buffer(&self, len: usize) -> Option<Buffer> {
        // Not zero, so that a plugin that forgets to write shows it.
        (len <= 1 << 30).then(|| Buffer::from_vec(vec![0xa5; len]))
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

    fn wanted(&self) -> Wanted {
        self.told().wanted.unwrap_or(Wanted::NOTHING)
    }
}
