//! Every author method runs in here: errors and panics come out as codes, nothing unwinds over the boundary.

use crate::Result;
use crate::abi::tables::{FAILED, Fault, PANICKED, Text};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
    static QUIET: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Notes a panic's message and place. A payload does not know its place, and the hook that does is a global of this
/// library's own copy of std. Panics outside a guarded call (an author's own thread, a test) go on to the hook before.
fn note_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if DEPTH.try_with(Cell::get).unwrap_or(0) == 0 {
                return before(info);
            }
            let text = info.payload_as_str().unwrap_or("(no message)");
            let place = info
                .location()
                .map(|place| format!(" at {}:{}", place.file(), place.line()))
                .unwrap_or_default();
            let _ = PANIC.try_with(|panic| *panic.borrow_mut() = format!("panicked{place}: {text}"));
        }));
    });
}

/// Runs one author method and gives its code, or puts into `fault` why there is none.
pub(super) fn guard(fault: Fault, method: impl FnOnce() -> Result<u32>) -> u32 {
    let (code, path, message) = match catch(method) {
        Ok(Ok(code)) => return code,
        Ok(Err(error)) => (FAILED, error.option_path().to_owned(), error.message().to_owned()),
        Err(panic) => (PANICKED, String::new(), panic),
    };
    // SAFETY: the receiver and its function come together from the host, for this call.
    unsafe { (fault.put)(fault.to, Text::new(&path), Text::new(&message)) };
    code
}

/// Runs what cannot report: a panic in it is logged and goes no further.
pub(super) fn quietly(method: impl FnOnce()) {
    if let Err(panic) = catch(method) {
        tracing::error!("{panic}");
        let _ = QUIET.try_with(|quiet| *quiet.borrow_mut() = Some(panic));
    }
}

/// The last panic on this thread that could not be reported: the conformance kit asks for it.
#[cfg(feature = "testing")]
pub(crate) fn take_quiet_panic() -> Option<String> {
    QUIET.with(|quiet| quiet.borrow_mut().take())
}

fn catch<T>(method: impl FnOnce() -> T) -> Result<T, String> {
    note_panics();
    // Asked for once: where a thread's own variables are is a call in a library.
    DEPTH.with(|depth| {
        depth.set(depth.get() + 1);
        let done = catch_unwind(AssertUnwindSafe(method));
        let done = done.map_err(|payload| {
            let text = PANIC.with(|panic| panic.take());
            discard(payload);
            text
        });
        depth.set(depth.get() - 1);
        done
    })
}

/// Drops a panic's payload. Its drop may be an author's code: if that panics in turn, the second payload is leaked.
pub(crate) fn discard(payload: Box<dyn Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
}
