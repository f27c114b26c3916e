//! The host's services for a plugin.

use crate::abi::growth::TableRef;
use crate::abi::tables::{DONE, Host, HostTable, NOTHING, Put, Text, put_string};
use crate::{Buffer, Error, FormatHint, Result, StreamId, Times};
use std::cell::Cell;
use std::ffi::c_void;
use std::ops::Deref;
use std::os::fd::BorrowedFd;
use std::time::Duration;

/// What a counter's name begins with where a source counts pictures that it leaves out; the rest is the reason.
pub const LEFT_OUT: &str = "left out: ";

/// What an instance is given with every call: the host's [`Services`], and what belongs to the call.
pub struct Context {
    services: Services,
    mode: Cell<u32>,
}

impl Context {
    pub(crate) fn new(services: Services) -> Context {
        Context { services, mode: Cell::new(0) }
    }

    pub(crate) fn set_mode(&self, mode: u32) {
        self.mode.set(mode);
    }

    /// The [`id`](crate::Mode::id) of the way that the planner chose for the frame in hand.
    pub fn mode(&self) -> u32 {
        self.mode.get()
    }

    /// The services, to be kept and given to threads of one's own.
    pub fn services(&self) -> Services {
        self.services.clone()
    }
}

impl Deref for Context {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.services
    }
}

/// The host's services for an instance, callable from any thread. Clones are the same services.
pub struct Services {
    host: Host,
    table: TableRef<HostTable>,
}

// SAFETY: the table's functions may be called from any thread, and the host behind them is counted atomically.
unsafe impl Send for Services {}
// SAFETY: as above.
unsafe impl Sync for Services {}

impl Services {
    /// # Safety
    /// `host` must carry one count that is handed over, and a table that lives as long as the process.
    pub(crate) unsafe fn from_host(host: Host) -> Services {
        // SAFETY: the caller's contract.
        let table = unsafe { TableRef::from_ptr(host.table) }.expect("a host has a table");
        Services { host, table }
    }

    /// The host's table, which may be of another build.
    #[doc(hidden)]
    pub fn table(&self) -> TableRef<HostTable> {
        self.table
    }

    /// This moment.
    pub fn now(&self) -> Times {
        // SAFETY: the host's own pointer is given back to it; the same holds for every call below.
        unsafe { (self.table().now)(self.host.host) }
    }

    /// Returns whether the instance shall stop.
    pub fn stopped(&self) -> bool {
        // SAFETY: as in `now`.
        unsafe { (self.table().stopped)(self.host.host) != 0 }
    }

    /// A descriptor that becomes readable when the instance shall stop: to be waited on in `poll` beside a device's.
    /// Do not read from it and do not close it.
    pub fn stop_descriptor(&self) -> BorrowedFd<'_> {
        // SAFETY: as in `now`; the host keeps the descriptor open while it has holders, and `self` is one.
        unsafe { BorrowedFd::borrow_raw((self.table().stop_descriptor)(self.host.host)) }
    }

    /// Sleeps for `time`, or until the instance shall stop. `false` means stop.
    pub fn sleep(&self, time: Duration) -> bool {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        // SAFETY: as in `now`.
        unsafe { (self.table().sleep)(self.host.host, nanoseconds) == 0 }
    }

    /// A buffer of `len` bytes from the host's pool, its contents unspecified, writable while it is not shared.
    ///
    /// # Errors
    /// More than a frame may have; or what this plugin has been given, and nobody has given back, is as much as it may have
    /// out at once beside all others: see the guide. Pass the error on: the host knows that it concerns
    /// this frame only.
    pub fn buffer(&self, len: usize) -> Result<Buffer> {
        let mut slot = std::mem::MaybeUninit::<Buffer>::uninit();
        // SAFETY: as in `now`; on DONE the slot holds a buffer.
        let why = unsafe {
            match (self.table().buffer)(self.host.host, len, slot.as_mut_ptr()) {
                DONE => return Ok(slot.assume_init()),
                NOTHING => {
                    "it has as much out as one plugin may have beside the others; it, or whoever gets its frames, keeps or \
                     leaks them"
                }
                _ => "more than the limit for one frame",
            }
        };
        Err(Error::new(format!("no buffer of {} MiB: {why}", len >> 20)))
    }

    /// The number of viewers of this instance's frames.
    pub fn demand(&self) -> u32 {
        // SAFETY: as in `now`.
        unsafe { (self.table().demand)(self.host.host) }
    }

    /// For sinks: how many viewers `stream` has now. The first one wakes what makes its pictures.
    pub fn set_demand(&self, stream: StreamId, viewers: u32) {
        // SAFETY: as in `now`.
        unsafe { (self.table().set_demand)(self.host.host, stream.0, viewers) }
    }

    /// Adds to a counter of this instance, which the engine's state shows under `name`.
    pub fn count(&self, name: &str, add: u64) {
        // SAFETY: as in `now`; the text lives during the call.
        unsafe { (self.table().count)(self.host.host, Text::new(name), add) }
    }

    /// For sources: a picture came and is left out, for this reason: `cut off`, `not a JPEG`. That is no failure: go on with the
    /// next one. Where nothing else comes, the stream's failure says how many there were, and why. Reasons are counted one by
    /// one: a few that stay the same, without numbers in them.
    pub fn leave_out(&self, why: &str) {
        self.count(&format!("{}{why}", LEFT_OUT), 1);
    }

    /// For sinks: tells the user where the sink can be reached, `http://127.0.0.1:8080/`.
    pub fn announce(&self, where_: &str) {
        // SAFETY: as in `count`.
        unsafe { (self.table().announce)(self.host.host, Text::new(where_)) }
    }

    /// The state of the whole pipeline, as JSON. A source finds its own number in it, `source_id`: see [`Source`](crate::Source).
    pub fn state(&self) -> String {
        let mut out = String::new();
        let put = Put { to: (&raw mut out).cast::<c_void>(), put: put_string };
        // SAFETY: as in `now`; `put` writes into `out`, which lives during the call.
        unsafe { (self.table().state)(self.host.host, put) };
        out
    }

    /// For sources: what the plan would like to get.
    pub fn format_hint(&self) -> FormatHint {
        // SAFETY: as in `now`.
        unsafe { (self.table().format_hint)(self.host.host) }
    }

    pub(crate) fn log_functions(&self) -> crate::log::Functions {
        crate::log::Functions { level: self.table().log_level, log: self.table().log }
    }
}

impl Clone for Services {
    fn clone(&self) -> Self {
        // SAFETY: as in `now`; the new holder is counted before it exists.
        unsafe { (self.table().retain)(self.host.host) };
        Services { host: Host { host: self.host.host, table: self.host.table }, table: self.table }
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        // SAFETY: as in `now`; this holder is gone afterwards.
        unsafe { (self.table().release)(self.host.host) };
    }
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Services")
    }
}
