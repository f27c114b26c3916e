//! Pins of a Raspberry Pi: a light that is on while somebody looks at a stream, and a gate that lets pictures pass while
//! a sensor reports.
//!
//! # Layout
//!
//! What the pipeline file says is in `config`. [`Light`] (`light`) is the sink, [`Gate`] (`gate`) the transform; `latch` is what
//! the gate makes of a pin's levels. Both know pins as `pins` has them; `pi` is those of a Raspberry Pi, by rppal, and
//! `line` asks the kernel whether another program holds one. `helper` is the thread that each instance has.

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
