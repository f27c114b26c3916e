//! For a plugin's own tests: what every plugin must keep, in one line, and a stand-in for the host.
//!
//! # The conformance kit
//!
//! ```no_run
//! # fn plugin() -> mutoscope_plugin::host::Plugin { unimplemented!() }
//! use mutoscope_plugin::testing::Conformance;
//!
//! // In a function under `#[test]`; `plugin` is what `export!` defines.
//! Conformance::of(plugin()).check();
//! ```
//!
//! [`Conformance`] calls what the crate exports through the tables that cross the boundary, as the program does: options,
//! formats, frames, stopping, failing, starting again, and what is left when an instance is gone. What is broken comes
//! with what was expected and why it matters; what could not be tried (a camera that is not plugged in) is told, too.
//!
//! # A stand-in for the host
//!
//! [`TestHost`] is for what a plugin does beyond that:
//!
//! ```
//! # use mutoscope_plugin::{Context, Format, Frame, Output, Result, Transform, options};
//! # #[options]
//! # pub struct Options {}
//! # struct Invert;
//! # impl Transform for Invert {
//! #     type Options = Options;
//! #     fn open(_: Options, _: &Context) -> Result<Self> { Ok(Invert) }
//! #     fn process(&mut self, mut frame: Frame, ctx: &Context) -> Result<Output> {
//! #         for row in frame.planes_mut(ctx)?[0].rows_mut() { for byte in row { *byte = 255 - *byte; } }
//! #         Ok(frame.into())
//! #     }
//! # }
//! use mutoscope_plugin::testing::TestHost;
//!
//! let stand = TestHost::new();
//! let mut invert = Invert::open(Options {}, &stand.context()).unwrap();
//! let white = Frame::from_vec(Format::grey(2, 1), vec![255, 255], stand.context().now()).unwrap();
//! let Output::Frame(black) = invert.process(white, &stand.context()).unwrap() else { panic!("no frame") };
//! assert_eq!(black.plane(0).row(0), [0, 0]);
//! ```
//!
//! # Layout
//!
//! [`Conformance`] goes through the kinds that a plugin has: `options` for all of them, then `source`, `transform` or
//! `sink`. Each of these runs `Scenario`s (an instance on a thread of its own, watched from outside), gives `pictures` to
//! them, looks at their `frames`, and writes what it finds into the `Report`, by the words of `rules`.

mod asked;
mod at_work;
mod conformance;
mod frames;
mod jpegs;
mod opening;
mod options;
mod pictures;
mod probes;
mod remains;
mod report;
mod rules;
mod scenario;
mod schema;
mod sink;
mod source;
mod test_host;
mod threads;
mod transform;
mod watched_thread;

pub use conformance::Conformance;
pub use report::{Report, Skipped, Violation};
pub use rules::Rule;
pub use test_host::TestHost;
