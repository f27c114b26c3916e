//! From a pipeline file to a plan to a running pipeline.

pub mod ask;
pub mod config;
mod exclusive;
pub mod explain;
mod lock;
mod names;
pub mod placeholder;
pub mod plan;
pub mod plugins;
pub mod prepare;
pub mod run;

pub use mutoscope_plugin::host::Failure;
pub use mutoscope_plugin::printable;
