//! A program's services for an instance, as a safe trait, and that trait as a table.

use super::said::said;
use crate::abi::growth::{TableRef, Whole};
use crate::abi::tables::{DONE, FAILED, Host, HostTable, HostTableGrown, NOTHING, Put, Text};
use crate::{Buffer, FormatHint, StreamId, Times};
use std::ffi::c_void;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// The reason for a refused buffer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoBuffer {
    /// It would be larger than any frame.
    TooLarge,
    /// The buffers that the instance still holds are its full share; or the system has no memory left.
    TooMuchOut,
}

/// What a program does for one instance of a plugin. All methods may be called from any thread.
pub trait Serve: Send + Sync + 'static {
    /// The moment by the clocks that the instance goes by: the machine's, except where a test sets them.
    fn now(&self) -> Times {
        Times::now()
    }
    /// Returns whether the instance shall stop.
    fn stopped(&self) -> bool;
    /// A descriptor that becomes readable when it shall.
    fn stop_descriptor(&self) -> BorrowedFd<'_>;
    /// Sleeps for `time`, or until the instance shall stop; `false` means stop.
    fn sleep(&self, time: Duration) -> bool;
    /// A pooled buffer of `len` bytes.
    ///
    /// # Errors
    /// There is none to be had.
    fn buffer(&self, len: usize) -> Result<Buffer, NoBuffer>;
    /// The number of viewers of the instance's frames.
    fn demand(&self) -> u32;
    /// Sets the number of viewers that a stream has at this sink.
    fn set_demand(&self, stream: StreamId, viewers: u32);
    /// Adds to a counter of the instance.
    fn count(&self, name: &str, add: u64);
    /// Reports the address of this sink.
    fn announce(&self, at: &str);
    /// The state of the whole pipeline as JSON.
    fn state(&self) -> String;
    /// The format that the plan would like of this source.
    fn format_hint(&self) -> FormatHint;
}

/// Everything that a plugin logs goes to the program's own `tracing` subscriber: a library has one copy of
/// `tracing` however many instances it has, so its events belong to none of them.
unsafe extern "C" fn log_level() -> u32 {
    tracing::level_filters::LevelFilter::current().into_level().map_or(0, |level| match level {
        tracing::Level::ERROR => 1,
        tracing::Level::WARN => 2,
        tracing::Level::INFO => 3,
        tracing::Level::DEBUG => 4,
        tracing::Level::TRACE => 5,
    })
}

/// The log function; its address tells whether host and plugin are the same copy of this crate.
pub(crate) const LOG: crate::log::LogFunction = log;

unsafe extern "C" fn log(level: u32, plugin: Text, target: Text, message: Text) {
    // SAFETY: texts live during the call.
    let (plugin, target, message) = unsafe { (plugin.to_string(), target.to_string(), message.to_string()) };
    let message = said(&message);
    // A crate's own modules say no more than the plugin's name does; a library's inside it do.
    let module = target.split("::").next().unwrap_or(&target);
    let own = module.replace('_', "-").ends_with(&plugin);
    let from = (!own).then_some(module);
    match level {
        1 => tracing::error!(target: "plugin", plugin, from, "{message}"),
        2 => tracing::warn!(target: "plugin", plugin, from, "{message}"),
        3 => tracing::info!(target: "plugin", plugin, from, "{message}"),
        4 => tracing::debug!(target: "plugin", plugin, from, "{message}"),
        _ => tracing::trace!(target: "plugin", plugin, from, "{message}"),
    }
}

/// The host and its services as they cross: one count, handed over.
pub fn services(serve: Arc<dyn Serve>) -> Host {
    // A second Arc, because a pointer to a trait object is two words and one crosses.
    Host { host: Arc::into_raw(Arc::new(serve)).cast(), table: TableRef::new(&TABLE).as_ptr() }
}

type Behind = Arc<dyn Serve>;

/// The services as this build has them.
#[doc(hidden)]
pub fn host_table() -> &'static Whole<HostTable> {
    &TABLE
}

static TABLE: Whole<HostTable> = Whole { frozen: FROZEN, grown: HostTableGrown {} };

const FROZEN: HostTable = HostTable {
    size: size_of::<Whole<HostTable>>(),
    retain,
    release,
    log_level,
    log,
    now,
    stopped,
    stop_descriptor,
    sleep,
    buffer,
    demand,
    set_demand,
    count,
    announce,
    state,
    format_hint,
};

/// Runs one service; should it panic, the plugin gets `otherwise`.
///
/// # Safety
/// `host` is a pointer that [`services`] gave, and has a holder.
unsafe fn serve<T>(host: *const c_void, otherwise: T, run: impl FnOnce(&dyn Serve) -> T) -> T {
    // SAFETY: the caller's contract.
    let behind = unsafe { &*host.cast::<Behind>() };
    catch_unwind(AssertUnwindSafe(|| run(&**behind))).unwrap_or(otherwise)
}

unsafe extern "C" fn retain(host: *const c_void) {
    // SAFETY: `host` came from `Arc::into_raw` of this type and has a holder.
    unsafe { Arc::increment_strong_count(host.cast::<Behind>()) };
}

unsafe extern "C" fn release(host: *const c_void) {
    // SAFETY: as in `retain`; the caller gives up its count.
    let held = unsafe { Arc::from_raw(host.cast::<Behind>()) };
    let _ = catch_unwind(AssertUnwindSafe(|| drop(held))).map_err(crate::adapter::discard);
}

unsafe extern "C" fn now(host: *const c_void) -> Times {
    // SAFETY: plugins give back the pointer they were given, while they hold it; so for all functions below.
    unsafe { serve(host, None, |host| Some(host.now())) }.unwrap_or_else(Times::now)
}

unsafe extern "C" fn stopped(host: *const c_void) -> u32 {
    // SAFETY: as in `now`.
    unsafe { serve(host, 1, |host| u32::from(host.stopped())) }
}

unsafe extern "C" fn stop_descriptor(host: *const c_void) -> i32 {
    // SAFETY: as in `now`.
    unsafe { serve(host, -1, |host| host.stop_descriptor().as_raw_fd()) }
}

unsafe extern "C" fn sleep(host: *const c_void, nanoseconds: u64) -> u32 {
    // SAFETY: as in `now`.
    unsafe { serve(host, 1, |host| u32::from(!host.sleep(Duration::from_nanos(nanoseconds)))) }
}

unsafe extern "C" fn buffer(host: *const c_void, len: usize, out: *mut Buffer) -> u32 {
    // SAFETY: as in `now`.
    match unsafe { serve(host, Err(NoBuffer::TooLarge), |host| host.buffer(len)) } {
        Ok(buffer) => {
            // SAFETY: `out` is the plugin's place for a buffer.
            unsafe { out.write(buffer) };
            DONE
        }
        Err(NoBuffer::TooLarge) => FAILED,
        Err(NoBuffer::TooMuchOut) => NOTHING,
    }
}

unsafe extern "C" fn demand(host: *const c_void) -> u32 {
    // SAFETY: as in `now`.
    unsafe { serve(host, 0, |host| host.demand()) }
}

unsafe extern "C" fn set_demand(host: *const c_void, stream: u32, viewers: u32) {
    // SAFETY: as in `now`.
    unsafe { serve(host, (), |host| host.set_demand(StreamId(stream), viewers)) }
}

unsafe extern "C" fn count(host: *const c_void, name: Text, add: u64) {
    // SAFETY: as in `now`; the text lives during the call.
    unsafe { serve(host, (), |host| host.count(&name.to_string(), add)) }
}

unsafe extern "C" fn announce(host: *const c_void, at: Text) {
    // SAFETY: as in `count`.
    unsafe { serve(host, (), |host| host.announce(&at.to_string())) }
}

unsafe extern "C" fn state(host: *const c_void, put: Put) {
    // SAFETY: as in `now`; the receiver lives during the call.
    unsafe {
        let text = serve(host, String::new(), |host| host.state());
        (put.put)(put.to, Text::new(&text));
    }
}

unsafe extern "C" fn format_hint(host: *const c_void) -> FormatHint {
    // SAFETY: as in `now`.
    unsafe { serve(host, FormatHint::NOTHING, |host| host.format_hint()) }
}
