//! A lock that outlives a panic.

use std::sync::{Mutex, MutexGuard};

/// Locks. What a panic under the lock has left is taken as it is: nothing here leaves a thing half done under a lock.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
