//! A probe of any MJPEG server from outside: its health, and its behaviour under load.
//!
//! # Layout
//!
//! A [`Target`] names the server. `run` starts `viewer`s on one thread, each of which asks for the stream (`answer` says
//! whether it got one), cuts it into parts (`multipart`, with `headers` and the `ends` of pictures) and counts frames in a
//! `tally`; `process` measures the server's process meanwhile. From all of it comes a [`Report`]; `health` names the faults,
//! and `text` renders it.

mod answer;
mod ends;
mod headers;
mod health;
mod multipart;
mod process;
mod report;
mod run;
mod tally;
mod target;
mod text;
mod viewer;

pub use answer::Answer;
pub use headers::{Freshness, Headers};
pub use health::RULES;
pub use multipart::{Event, Fault, Multipart, Part};
pub use process::Server;
pub use report::{Age, Broken, Report, Slow, Spread, Stream};
pub use run::{Load, probe};
pub use target::Target;
