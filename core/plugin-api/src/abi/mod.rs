//! What crosses between the program and a dylib: plain tables and numbers, nothing of Rust's own layout.
//!
//! Nobody needs this module to write a plugin. The rules that hold here:
//!
//! - every type is `repr(C)` (or transparent over a number) and declared with `crossing!`, which folds its
//!   layout into [`LAYOUT`]; two sides with different hashes refuse each other before anything is loaded;
//! - a table starts with its size in bytes and grows only at its end ([`growth`]): the frozen part is in the hash, the grown
//!   fields are not, and a newer side sees by the size which of them an older one has;
//! - no `enum` crosses, no `bool`, no `Option`, no `String`: an unknown number is refused, not misread;
//! - whatever is asked only once (options, offers, ways, schemas) crosses as JSON text.

pub mod growth;
pub mod header;
pub mod layout;
pub mod root;
pub mod tables;
#[cfg(test)]
mod watch;

pub(crate) use layout::crossing;

use crate::{Buffer, Format, FormatHint, Frame, Freshness, Times, frame::PlaneLayout};
use tables::{BufferTable, Fault, Host, HostTable, Put, SinkTable, SourceTable, Text, TransformTable};

/// The number of this boundary. It is raised whenever [`LAYOUT`] changes or a meaning does; a table that grows leaves it.
pub const ABI: u32 = 3;

/// A hash over the frozen layouts of everything that crosses: names, offsets and sizes of all fields that every build of this
/// [`ABI`] has.
pub const LAYOUT: u64 = layout::combine(&[
    Format::LAYOUT,
    Times::LAYOUT,
    PlaneLayout::LAYOUT,
    Buffer::LAYOUT,
    Frame::LAYOUT,
    Freshness::LAYOUT,
    FormatHint::LAYOUT,
    Text::LAYOUT,
    Put::LAYOUT,
    Fault::LAYOUT,
    BufferTable::LAYOUT,
    Host::LAYOUT,
    HostTable::LAYOUT,
    SourceTable::LAYOUT,
    TransformTable::LAYOUT,
    SinkTable::LAYOUT,
]);
