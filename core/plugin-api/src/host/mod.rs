//! The other side of the boundary: for programs that load plugins.
//!
//! A program finds a library, reads its [`Header`](crate::abi::header::Header) from the file, loads it, and makes a
//! [`Plugin`] of it. From a plugin come questions that open nothing ([`SourceKind::caps`],
//! [`TransformKind::modes`], [`SinkKind::accepts`]) and instances ([`Source`], [`Transform`], [`Sink`]) that work on
//! frames. What an instance may ask of the program is a [`Serve`].

mod call;
mod plugin;
mod said;
mod serve;
mod sink;
mod source;
mod transform;

pub use crate::buffer::{Home, Recycled};
pub use crate::context::LEFT_OUT;
pub use call::Failure;
pub use plugin::{Kinds, Plugin};
pub use said::{cut, passwords, said, without_passwords};
pub(crate) use serve::LOG;
#[doc(hidden)]
pub use serve::host_table;
pub use serve::{NoBuffer, Serve, services};
pub use sink::{Sink, SinkKind};
pub use source::{Source, SourceKind};
pub use transform::{Outcome, Processed, Transform, TransformKind};
