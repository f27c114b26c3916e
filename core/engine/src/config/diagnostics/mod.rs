//! Problems, and how they are shown: the place in the file, what was meant, what to write.

pub(crate) mod describe;
pub(crate) mod merge;
pub(crate) mod problem;
pub(crate) mod report;
pub(crate) mod secret;
pub(crate) mod sources;
pub(crate) mod spaces;
pub(crate) mod suggestions;
pub(crate) mod syntax_hints;
pub(crate) mod text;
pub(crate) mod units;
