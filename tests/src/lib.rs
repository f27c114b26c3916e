//! End-to-end tests: the real binary, real dylibs, real clients.
//!
//! This crate is what the tests in `tests/end_to_end/` share; each of them is one way of using the program.
//!
//! # Layout
//!
//! [`Installation`] puts the program and its plugins into a folder of their own, built if need be. [`Program`] calls it there and
//! gives an [`Ended`], or a [`Running`] whose streams [`http`] reads, part by part ([`Parts`]), and [`picture`] decodes.
//! [`Live`] is the program with a file that changes; a [`Viewer`] looks on meanwhile, a [`Recorder`] keeps all that comes.
//! [`Folder`] holds the files of one test. [`checks`] is what runs on machines that have no test harness. [`Browser`] and [`tool`] are clients that nobody here wrote. [`until`] waits for all
//! of them: no test relies on how long something takes.
//!
//! # Environment
//!
//! `MUTOSCOPE_TESTS_NO_BUILD`, set to anything: the program is tested as it is, even if its sources are newer.

mod browser;
pub mod checks;
mod ended;
mod folder;
mod fresh;
pub mod http;
mod installation;
mod live;
mod parts;
mod patience;
pub mod picture;
mod port;
mod program;
mod recorder;
mod running;
mod tool;
mod transcript;
mod viewer;

pub use browser::Browser;
pub use ended::Ended;
pub use folder::Folder;
pub use installation::Installation;
pub use live::Live;
pub use parts::{Part, Parts};
pub use patience::{PATIENCE, until};
pub use port::free_port;
pub use program::Program;
pub use recorder::{Recorded, Recorder};
pub use running::Running;
pub use rustix::process::Signal;
pub use tool::tool;
pub use transcript::Transcript;
pub use viewer::{Seen, Viewer, assert_in_order, missing};

use std::path::PathBuf;

/// A file or folder of the repository.
pub fn in_repository(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .canonicalize()
        .expect("the repository")
        .join(path)
}
