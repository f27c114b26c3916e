//! Costs, against the same work by hand.
//!
//! Machines differ and are busy with other things, so nothing here gives a time to boast with: processor time is what
//! counts, everything has the bare library calls beside it, and what is compared takes turns (A B A B …).

pub mod bare;
mod by_hand;
mod clock;
pub mod epoll;
mod host;
mod pictures;
mod pipeline;
pub mod quality;
mod server;
pub mod sink;
mod usage;
mod viewers;

pub use by_hand::{ByHand, EncodePlanes, HalfByRgb, Output, Planes};
pub use clock::{ProcessorTime, criterion, processor_time};
pub use host::Host;
pub use pictures::{files, pictures};
pub use pipeline::Pipeline;
pub use server::Server;
pub use usage::{Usage, usage};
pub use viewers::Viewers;

/// The middle one; the upper of two.
///
/// # Panics
/// If there are none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
