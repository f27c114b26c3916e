//! The SDK for Mutoscope plugins.
//!
//! A plugin is a dylib that offers a [`Source`], a [`Transform`] or a [`Sink`] (or several of them)
//! under one name. Its author writes a plain type with an options struct and calls [`export!`] once;
//! there is no `unsafe` in it, no `extern`, and nothing of the library behind the boundary.
//!
//! ```
//! use mutoscope_plugin::{Context, Format, Frame, Result, Source, options};
//! use std::time::Duration;
//!
//! /// A camera that shows a grey that grows lighter.
//! #[options]
//! #[serde(default)]
//! pub struct Options {
//!     /// Pictures per second.
//!     fps: u32,
//! }
//!
//! impl Default for Options {
//!     fn default() -> Self {
//!         Options { fps: 10 }
//!     }
//! }
//!
//! struct Dawn {
//!     options: Options,
//!     shade: u8,
//! }
//!
//! impl Source for Dawn {
//!     type Options = Options;
//!
//!     fn open(options: Options, _: &Context) -> Result<Self> {
//!         Ok(Dawn { options, shade: 0 })
//!     }
//!
//!     fn next_frame(&mut self, ctx: &Context) -> Result<Option<Frame>> {
//!         if !ctx.sleep(Duration::from_secs(1) / self.options.fps) {
//!             return Ok(None); // the pipeline stops
//!         }
//!         self.shade = self.shade.wrapping_add(1);
//!         Ok(Some(Frame::from_vec(Format::grey(64, 48), vec![self.shade; 64 * 48], ctx.now())?))
//!     }
//! }
//!
//! mutoscope_plugin::export!(source: Dawn);
//! # fn main() {}
//! ```
//!
//! # Features
//!
//! `testing`: the conformance kit and a stand-in for the program, for a plugin's own tests. It belongs to the
//! `[dev-dependencies]`. The feature `host`, and the modules `abi` and `host`, are the program's: no promise covers them.
//!
//! # Versions
//!
//! The crate follows semantic versioning. [`serde`], [`serde_json`], [`schemars`] and [`tracing`] are re-exported, and are part of
//! that: a new major version of one of them is a new one of this crate (below 1.0, a new minor one). The least compiler that is
//! needed is named in `rust-version`, and only a new minor version raises it. Structs and enums to which something may come are
//! `#[non_exhaustive]`, and made by functions.
//!
//! Whether a plugin can be loaded is another number's business, that of the boundary (ABI), which is raised more rarely: a
//! plugin that was built with any version of this crate is loaded by every program of the same ABI number.
//!
//! # Layout
//!
//! For authors: the three traits ([`Source`], [`Transform`], [`Sink`]), what they handle ([`Frame`] with its
//! [`Format`], [`Buffer`]), what they are given ([`Context`]), where SDKs that call back put
//! their pictures ([`Inbox`]), what they tell the planner ([`SourceCaps`],
//! [`Mode`], [`Accepts`]), [`printable`] for text that comes from outside, and [`testing`] for their own unit tests.
//!
//! For the program that loads plugins: `host`, behind the feature of that name. Between the two: `abi` (the tables that cross) and
//! `adapter` (an author's trait made into such a table). A frame's way through this crate is
//! `Source::next_frame` → `adapter::source` → `host::Source::next_frame`, and on into the engine.

#![cfg_attr(
    not(feature = "testing"),
    allow(rustdoc::broken_intra_doc_links, reason = "links lead to `testing`")
)]

#[doc = include_str!("../GUIDE.md")]
pub mod guide {}

#[doc(hidden)]
pub mod abi;
mod accepts;
mod adapter;
mod buffer;
mod context;
mod device;
mod error;
mod export;
mod format;
mod format_hint;
mod frame;
mod freshness;
#[cfg(feature = "host")]
#[doc(hidden)]
pub mod host;
mod inbox;
mod jpeg_header;
mod jpeg_segments;
mod latest;
mod log;
mod memory;
mod mode;
#[cfg(all(test, loom))]
mod models;
mod options;
mod pixel_format;
mod planes;
pub mod printable;
mod sink;
mod source;
mod source_caps;
mod stream_info;
mod sync;
#[cfg(feature = "testing")]
pub mod testing;
mod times;
mod transform;
mod update;

pub use accepts::Accepts;
pub use buffer::Buffer;
pub use context::{Context, Services};
pub use device::Device;
pub use error::{Error, Result};
pub use format::{Format, Matrix, Range, Size};
pub use format_hint::FormatHint;
pub use frame::{Frame, PlaneLayout};
pub use freshness::Freshness;
pub use inbox::Inbox;
pub use jpeg_header::JpegHeader;
pub use jpeg_segments::{JpegSegment, JpegSegments};
pub use mode::{Mode, Scaling};
pub use mutoscope_sdk_macros::options;
pub use options::Options;
pub use pixel_format::{Class, PixelFormat};
pub use planes::{Plane, PlaneMut};
pub use sink::Sink;
pub use source::Source;
pub use source_caps::{FormatCaps, Note, SourceCaps};
pub use stream_info::{StreamId, StreamInfo};
pub use times::Times;
pub use transform::{Output, Transform};
pub use update::Update;

// What an author's options and logs are made with, so that an author needs one dependency.
pub use schemars::{self, JsonSchema};
pub use serde::{self, Deserialize, Serialize};
pub use serde_json;
pub use tracing;
