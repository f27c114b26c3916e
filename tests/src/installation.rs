//! The program and its plugins, as they were built, in a folder of their own.

use crate::fresh::is_fresh;
use crate::in_repository;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The program and its plugins in a folder of their own, as an unpacked archive has them: the folder they are built in has
/// more, among it the plugins that are made for tests.
#[derive(Debug)]
pub struct Installation {
    /// The folder.
    pub folder: PathBuf,
    /// The program.
    pub program: PathBuf,
    /// The folder of the plugins that are made for tests.
    pub fixtures: PathBuf,
}

impl Installation {
    /// Returns the installation that all tests share, made by the first of them, and built before if it is not up to date.
    ///
    /// # Panics
    ///
    /// It cannot be built.
    pub fn shared() -> &'static Installation {
        static SHARED: OnceLock<Installation> = OnceLock::new();
        SHARED.get_or_init(Installation::make)
    }

    /// A plugin's library.
    pub fn library(&self, plugin: &str) -> PathBuf {
        let folder = if FIXTURES.contains(&plugin) { &self.fixtures } else { &self.folder };
        folder.join(file_name(plugin))
    }

    fn make() -> Installation {
        let plugins = plugins();
        let deps = deps();
        let built = deps.parent().expect("deps/ is in a profile's folder");
        let programs = ["mutoscope".to_owned()].into_iter().chain(plugins.iter().map(|name| file_name(name)));
        let files: Vec<PathBuf> = programs.map(|name| built.join(name)).collect();
        if std::env::var_os("MUTOSCOPE_TESTS_NO_BUILD").is_none() && !files.iter().all(|file| is_fresh(file))
        {
            build(built);
        }
        let folder = built.join("end-to-end");
        let fixtures = folder.join("fixtures");
        fs::create_dir_all(&fixtures).unwrap_or_else(|error| panic!("{}: {error}", fixtures.display()));
        for file in &files {
            install(file, &folder);
        }
        for file in FIXTURES.map(|name| deps.join(file_name(name))).iter().filter(|file| file.exists()) {
            install(file, &fixtures);
        }
        Installation { program: folder.join("mutoscope"), folder, fixtures }
    }
}

/// Plugins that are made for tests. Cargo leaves those beside the tests that the tests' package depends on; should another be
/// missing, the program says so where a pipeline file names it.
const FIXTURES: [&str; 5] = ["costly", "faulty", "good", "panics", "wild"];

/// The names of the plugins that come with the program: their folders.
fn plugins() -> Vec<String> {
    let folder = in_repository("plugins");
    let entries = folder.read_dir().expect("the plugins").map(|entry| entry.expect("a plugin").path());
    let crates = entries.filter(|path| path.join("Cargo.toml").exists());
    crates.map(|path| path.file_name().expect("a name").to_str().expect("a plain name").to_owned()).collect()
}

fn file_name(plugin: &str) -> String {
    format!("libmutoscope_plugin_{}.so", plugin.replace('-', "_"))
}

/// `target/debug/deps`, or wherever cargo was told to build. A test lies in it, a program (the chaos run) beside it.
fn deps() -> PathBuf {
    let this = std::env::current_exe().expect("a program knows its file");
    let folder = this.parent().expect("a file is in a folder");
    if folder.ends_with("deps") { folder.to_owned() } else { folder.join("deps") }
}

/// Builds what a plain `cargo build` does. This cannot wait for the lock of `cargo test`, which is given back before the
/// tests start.
fn build(profile: &Path) {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.arg("build").current_dir(in_repository(""));
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    cargo.arg("--target-dir").arg(profile.parent().expect("a profile's folder is in the target folder"));
    let status = cargo.status().unwrap_or_else(|error| panic!("{}: {error}", env!("CARGO")));
    assert!(status.success(), "`cargo build` failed");
}

/// Puts a file into a folder in one step, since other tests may use the file that is there.
fn install(file: &Path, folder: &Path) {
    let name = file.file_name().and_then(|name| name.to_str()).expect("a plain name");
    let new = folder.join(format!(".{name}.{}", std::process::id()));
    let copied = fs::copy(file, &new).and_then(|_| fs::rename(&new, folder.join(name)));
    copied.unwrap_or_else(|error| {
        panic!("{}: {error} (`cargo build --workspace --lib --bins` makes it)", file.display())
    });
}
