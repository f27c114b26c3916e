//! The common part of every call over the boundary: a code comes back, and a reason with a bad one.

use super::said::{cut, said};
use crate::abi::tables::{DONE, FAILED, Fault, PANICKED, Put, RESTART, Text, put_string};
use crate::{Frame, Update};
use serde::de::DeserializeOwned;
use std::ffi::c_void;
use std::fmt;

/// The failure of a call to a plugin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The path of the option that is refused, inside the plugin's own options; empty if it is not an option's.
    pub option: String,
    /// The reason in one line, without the passwords of addresses and cut where it is too long.
    pub message: String,
    /// It was a panic: the instance must not be called again.
    pub panicked: bool,
}

impl Failure {
    /// A failure that is neither an option's nor a panic.
    pub fn new(message: impl Into<String>) -> Failure {
        Failure { option: String::new(), message: said(&message.into()), panicked: false }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.option.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.option, self.message)
        }
    }
}

impl std::error::Error for Failure {}

unsafe extern "C" fn put_fault(to: *mut c_void, option: Text, message: Text) {
    // SAFETY: `to` is the Failure that was given with this function, the texts live during the call.
    unsafe {
        let failure = &mut *to.cast::<Failure>();
        *failure =
            Failure { option: cut(&option.to_string()).into_owned(), ..Failure::new(message.to_string()) };
    }
}

/// Makes a call that answers with one of the codes in `good`.
pub(super) fn call(good: &[u32], make: impl FnOnce(Fault) -> u32) -> Result<u32, Failure> {
    let mut failure = Failure::new("");
    let code = make(Fault { to: (&raw mut failure).cast(), put: put_fault });
    if good.contains(&code) {
        return Ok(code);
    }
    failure.panicked = code == PANICKED;
    if failure.message.is_empty() {
        failure.message = match code {
            FAILED | PANICKED => "it failed and gave no reason".into(),
            _ => format!("it answered with a code that means nothing here ({code})"),
        };
    }
    Err(failure)
}

/// Looks at a frame that a plugin has given, where it stands.
pub(super) fn checked(frame: &Frame) -> Result<(), Failure> {
    frame.check().map_err(|error| Failure::new(format!("it gave {error}")))
}

/// The options' JSON Schema, as text.
pub(super) fn schema(of: unsafe extern "C" fn(Put)) -> String {
    let mut out = String::new();
    // SAFETY: a table's own function; `out` lives during the call.
    unsafe { of(Put { to: (&raw mut out).cast(), put: put_string }) };
    out
}

/// Offers new options (JSON) to an instance.
///
/// # Safety
/// `instance` is alive, belongs to `update`'s table, and this is its thread.
pub(super) unsafe fn update(
    update: unsafe extern "C" fn(*mut c_void, Text, Fault) -> u32,
    instance: *mut c_void,
    options: &str,
) -> Result<Update, Failure> {
    // SAFETY: the caller's contract; the text and the receivers live during the call.
    let code = call(&[DONE, RESTART], |fault| unsafe { update(instance, Text::new(options), fault) })?;
    Ok(if code == DONE { Update::Applied } else { Update::Restart })
}

/// Makes a call that answers with a text.
pub(super) fn text(make: impl FnOnce(Put, Fault) -> u32) -> Result<String, Failure> {
    let mut out = String::new();
    let put = Put { to: (&raw mut out).cast(), put: put_string };
    call(&[DONE], |fault| make(put, fault))?;
    Ok(out)
}

/// Makes a call that answers with JSON.
pub(super) fn json<T: DeserializeOwned>(make: impl FnOnce(Put, Fault) -> u32) -> Result<T, Failure> {
    let text = text(make)?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("its answer is not understood: {error}")))
}
