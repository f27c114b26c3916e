//! Programs of others, as clients.

use std::path::PathBuf;

/// The path of a program of the machine's.
///
/// # Panics
/// It is not there; the message says what to install. A test that is left out would show nothing, and look like one that
/// passed.
#[track_caller]
pub fn tool(name: &str) -> PathBuf {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&paths).map(|folder| folder.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| {
        let package = if name == "chromedriver" { "chromium-driver" } else { name };
        panic!("this test needs `{name}`: install Debian's package {package}, or run script/setup")
    })
}
