//! SIGINT and SIGTERM.

use crate::exit::{Exit, failed};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Calls `first` at the first of the two signals. At the second the program ends at once: whoever asks twice is not to be
/// kept waiting by a plugin that does not end.
pub fn on_interrupt(first: impl FnOnce() + Send + 'static) -> Result<(), Exit> {
    let mut signals = Signals::new([SIGINT, SIGTERM])
        .map_err(|error| failed(format!("cannot watch for signals: {error}")))?;
    let watch = move || {
        let mut signals = signals.forever();
        if signals.next().is_some() {
            first();
        }
        if let Some(signal) = signals.next() {
            // 128 + N is how shells name an end by signal N.
            std::process::exit(128 + signal);
        }
    };
    let thread = std::thread::Builder::new().name("signals".into()).spawn(watch);
    thread.map_err(|error| failed(format!("no thread for signals: {error}")))?;
    Ok(())
}
