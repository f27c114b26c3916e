//! Pins of a Raspberry Pi: a light that is on while a stream has viewers, and a gate that lets pictures pass while
//! a sensor reports.
//!
//! # Layout
//!
//! The options are in `config`. [`Light`] (`light`) is the sink, [`Gate`] (`gate`) the transform; `latch` turns a pin's
//! levels into the gate's state. Both use pins through `pins`; `pi` has those of a Raspberry Pi, by rppal, and `line` asks
//! the kernel whether another program holds one. `helper` is the thread that each instance has.

#![deny(unsafe_code)]

mod config;
mod gate;
mod helper;
mod latch;
mod light;
mod line;
mod pi;
mod pins;

pub use config::{GateOptions, LightOptions, Pull, While};
pub use gate::Gate;
pub use light::Light;

mutoscope_plugin::export!(transform: Gate, sink: Light);

#[cfg(test)]
mod tests;
