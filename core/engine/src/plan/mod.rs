//! Between the checked file and the running pipeline: the format on every hop, and the conversions that the
//! file did not name.
//!
//! A plan is the cheapest way through, by the costs that plugins declare:
//!
//! - nothing needs pixels: a JPEG is passed on, byte for byte, and never decoded;
//! - something does: one decode and one encode, however many transforms stand between. A decode may give a
//!   picture at 1/2, 1/4 or 1/8 where a later resize wants it small and nothing before it minds;
//! - streams that branch from one frame share what they have in common: one decode serves them all.
//!
//! It is settled for the format of a source's frame (a guess before the first one, for `explain`), and again
//! whenever that changes. All of it is a function of the file and that format: nothing here opens, runs or
//! remembers anything.
//!
//! The reading order: [`Tree`] (what one source's streams look like) → `chain` (one stream's cheapest way, a
//! search over formats) → `branch` (streams together) → [`TreePlan`]. `run` carries it out, `explain`
//! prints it.

mod branch;
mod chain;
mod conversion;
mod fidelity;
mod memory;
mod plugin_modes;
mod stage;
mod tree;

pub use branch::{StreamPlan, TreePlan};
pub use chain::{Chain, Excluded, Goal, NoRoute, Path, Start};
pub use conversion::Conversion;
pub use plugin_modes::PluginModes;
pub use stage::{Stage, Work};
pub use tree::{Modes, StreamNode, Tree};

#[cfg(test)]
mod tests;
