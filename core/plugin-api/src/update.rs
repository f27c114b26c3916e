//! The answer to new options.

/// A running instance's answer to new options.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Update {
    /// They hold from the next frame on.
    Applied,
    /// They need a new instance; the old one goes on until then with the old ones.
    Restart,
}
