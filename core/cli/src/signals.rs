//! SIGHUP, SIGINT and SIGTERM.

use crate::exit::{Exit, failed, leave};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::mem::MaybeUninit;

/// The request that a signal stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Request {
    /// SIGHUP: read the pipeline file again.
    Reload,
    /// SIGINT or SIGTERM: end.
    Stop,
}

/// SIGHUP, kept from ending the program; what came of it until [`Held::tell`] is told then.
pub struct Held(Signals);

/// Lets SIGHUP wait, for [`hold`] or [`let_hangup_through`]: a reload may be asked for before the program knows what it is to do.
/// Blocked, not handled, so that a command that does not reload still ends by it, or ignores it under `nohup`.
pub fn block_hangup() {
    mask_hangup(libc::SIG_BLOCK);
}

/// Lets SIGHUP do what it does by default, also where it has come already.
pub fn let_hangup_through() {
    mask_hangup(libc::SIG_UNBLOCK);
}

fn mask_hangup(how: libc::c_int) {
    let mut set = MaybeUninit::uninit();
    // SAFETY: sigemptyset initialises the set, which lives during the calls; the signal's number is a valid one, so that none of
    // them fails. While there is one thread, its mask is the process's.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), SIGHUP);
        libc::pthread_sigmask(how, set.as_ptr(), std::ptr::null_mut());
    }
}

/// From now on SIGHUP is kept, since a request for a reload may come while the program is just starting. The others
/// end the program at once as long as nothing runs.
pub fn hold() -> Result<Held, Exit> {
    let held = Signals::new([SIGHUP]).map(Held).map_err(cannot)?;
    let_hangup_through();
    Ok(held)
}

impl Held {
    /// Calls `tell` at each signal, but at the second one that asks for the end the program ends at once: a user who asks
    /// twice is not to be kept waiting by a plugin that does not end.
    pub fn tell(mut self, tell: impl Fn(Request) + Send + 'static) -> Result<(), Exit> {
        for signal in [SIGINT, SIGTERM] {
            self.0.add_signal(signal).map_err(cannot)?;
        }
        let watch = move || {
            let mut stopping = false;
            for signal in self.0.forever() {
                if signal == SIGHUP {
                    tell(Request::Reload);
                } else if std::mem::replace(&mut stopping, true) {
                    // 128 + N is how shells name an end by signal N.
                    leave(128 + signal);
                } else {
                    tell(Request::Stop);
                }
            }
        };
        let thread = std::thread::Builder::new().name("signals".into()).spawn(watch);
        thread.map(drop).map_err(|error| failed(format!("no thread for signals: {error}")))
    }
}

fn cannot(error: std::io::Error) -> Exit {
    failed(format!("cannot watch for signals: {error}"))
}
