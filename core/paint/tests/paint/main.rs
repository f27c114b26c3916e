//! The crate from outside: what its public functions draw, and what they refuse.

mod drawing;
mod fonts;
mod golden;
mod picture;
