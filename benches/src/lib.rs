//! What it costs, against the same work by hand.
//!
//! Machines differ and are busy with other things, so nothing here gives a time to boast with: each bench does the
//! same work in two ways, in turns (A B A B …), and tells the ratio of their processor times, its median and its spread.

pub mod bare;
mod by_hand;
mod pictures;
mod pipeline;
mod server;
pub mod sink;
mod viewers;

pub use by_hand::ByHand;
pub use pictures::pictures;
pub use pipeline::Pipeline;
pub use server::Server;
pub use viewers::Viewers;

use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// Processor time that this process has used so far, all threads together.
pub fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The middle one; the upper of two.
///
/// # Panics
/// If there are none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
