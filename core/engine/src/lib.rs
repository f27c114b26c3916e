//! From a pipeline file to a plan to a running pipeline.

pub mod plan;
