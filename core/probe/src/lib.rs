//! How an MJPEG server does, seen from outside: is it healthy, and how does it do under load? Any server, not only Mutoscope's.
//!
//! # Layout
//!
//! A [`Target`] is what is probed. `run` starts `viewer`s on one thread, each of which asks for the stream (`answer` says whether it
//! got one), cuts it into parts (`multipart`, with `headers` and the `ends` of pictures) and counts what it sees in a `tally`;
//! `process` is what the server uses meanwhile. From all of it comes a [`Report`], `health` says what is wrong with it, and `text` is
//! what it looks like.

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
