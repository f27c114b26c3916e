//! The program as a plugin sees it, and what watches over a plugin's calls.

pub(super) mod backoff;
pub(super) mod call_guard;
pub(super) mod demand;
pub(super) mod event;
pub(super) mod left_out;
pub(super) mod lender;
pub(super) mod log_limit;
pub(super) mod memory_limit;
pub(super) mod pool;
pub(super) mod redact;
pub(super) mod runtime;
pub(super) mod services;
pub(super) mod stats;
pub(super) mod stop;
pub(super) mod threads;
pub(super) mod unclocked;
