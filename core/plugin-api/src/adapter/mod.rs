//! An author's trait made into a table that crosses.
//!
//! Each function here is called by the host, takes raw pointers apart, runs one author's method under
//! [`guard`] and turns its answer into a code. All the rest of the crate's `unsafe` on the plugin's side is
//! in this folder and in `buffer.rs`.

mod guard;
mod sink;
mod source;
mod transform;

use crate::abi::root::Plugin;
use crate::abi::tables::{DONE, Fault, Host, Put, RESTART, Text};
use crate::{Context, Options, Result, Services, Sink, Source, Transform, Update, log, options};
pub(crate) use guard::discard;
use guard::guard;
#[cfg(feature = "testing")]
pub(crate) use guard::take_quiet_panic;
use std::ffi::c_void;

impl Plugin {
    /// The same with a source; [`export!`](crate::export) calls this.
    pub fn source<T: Source>(self, package: &'static str) -> Plugin {
        log::name(package);
        self.with_source(source::table::<T>())
    }

    /// The same with a transform; [`export!`](crate::export) calls this.
    pub fn transform<T: Transform>(self, package: &'static str) -> Plugin {
        log::name(package);
        self.with_transform(transform::table::<T>())
    }

    /// The same with a sink; [`export!`](crate::export) calls this.
    pub fn sink<T: Sink>(self, package: &'static str) -> Plugin {
        log::name(package);
        self.with_sink(sink::table::<T>())
    }
}

/// The target of an instance pointer.
struct Instance<T> {
    author: T,
    context: Context,
}

/// # Safety
/// As for the tables' `create`.
unsafe fn create<T, O: Options>(
    open: fn(O, &Context) -> Result<T>,
    host: Host,
    options: Text,
    out: *mut *mut c_void,
    fault: Fault,
) -> u32 {
    // SAFETY: `create` hands over one count of the host.
    let services = unsafe { Services::from_host(host) };
    guard(fault, move || {
        log::send_to(services.log_functions());
        // SAFETY: texts are valid during the call.
        let options = options::parse::<O>(&unsafe { options.to_string() })?;
        let context = Context::new(services);
        let author = open(options, &context)?;
        // SAFETY: `out` is the host's place for the pointer.
        unsafe { out.write(Box::into_raw(Box::new(Instance { author, context })).cast()) };
        Ok(DONE)
    })
}

/// # Safety
/// `instance` was made by [`create`] for the same `T` and is not used again.
unsafe extern "C" fn destroy<T>(instance: *mut c_void) {
    // SAFETY: the caller's contract.
    let instance = unsafe { Box::from_raw(instance.cast::<Instance<T>>()) };
    guard::quietly(|| drop(instance));
}

unsafe extern "C" fn schema<O: Options>(put: Put) {
    guard::quietly(|| write(put, &options::schema::<O>()));
}

/// Answers a question that is asked once: options in, JSON out.
///
/// # Safety
/// As for the tables' functions of that shape.
unsafe fn answer<O: Options, A: serde::Serialize>(
    options: Text,
    put: Put,
    fault: Fault,
    ask: impl FnOnce(&O) -> Result<A>,
) -> u32 {
    guard(fault, || {
        // SAFETY: texts are valid during the call.
        let options = options::parse::<O>(&unsafe { options.to_string() })?;
        write(put, &serde_json::to_string(&ask(&options)?)?);
        Ok(DONE)
    })
}

/// # Safety
/// `instance` was made by [`create`] for the same `T` and is called by one thread.
unsafe fn update<T, O: Options>(
    instance: *mut c_void,
    options: Text,
    fault: Fault,
    update: fn(&mut T, O, &Context) -> Result<Update>,
) -> u32 {
    // SAFETY: the caller's contract.
    let instance = unsafe { &mut *instance.cast::<Instance<T>>() };
    guard(fault, || {
        // SAFETY: texts are valid during the call.
        let options = options::parse::<O>(&unsafe { options.to_string() })?;
        Ok(match update(&mut instance.author, options, &instance.context)? {
            Update::Applied => DONE,
            Update::Restart => RESTART,
        })
    })
}

fn write(put: Put, text: &str) {
    // SAFETY: the receiver and its function come together from the host, for this call.
    unsafe { (put.put)(put.to, Text::new(text)) };
}
