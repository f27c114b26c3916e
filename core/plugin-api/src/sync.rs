//! The atomics and locks that threads meet at, which loom replaces by its own to try every order of their steps
//! (`script/sanitize loom`).

#[cfg(all(test, loom))]
pub(crate) use loom::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};
#[cfg(not(all(test, loom)))]
pub(crate) use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};
