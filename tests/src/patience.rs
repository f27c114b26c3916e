//! The longest waits of tests for what should come soon.

use std::time::{Duration, Instant};

/// The time after which a test gives up: no test waits for it when all is well, and a machine that is busy with other
/// things still makes it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until there is something.
///
/// # Panics
/// It does not come within [`PATIENCE`].
#[track_caller]
pub fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE, look).unwrap_or_else(|| panic!("waited in vain for {what}"))
}

/// The same, with the time to wait.
pub(crate) fn within<T>(time: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + time;
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if Instant::now() >= end {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
