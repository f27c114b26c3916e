//! The source of `mutoscope-plugin`, which a new plugin is written against: in the checkout that this program was built in,
//! or where it was installed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The variable of the environment that names it.
const VARIABLE: &str = "MUTOSCOPE_SDK";
/// The crate's folder in a checkout, and in an installation.
const CRATE: &str = "core/plugin-api";
/// The SDK's folder in an installation, from the folder that has `bin/mutoscope`: of a checkout the `Cargo.toml`, the
/// `Cargo.lock`, and under `core` the folders `plugin-api` and `plugin-macros`.
const INSTALLED: &str = "share/mutoscope/sdk";

/// The source of `mutoscope-plugin`.
#[derive(PartialEq, Debug)]
pub struct Sdk {
    /// The crate's folder, absolute.
    pub folder: PathBuf,
    /// The versions of its dependencies that it was tested with, if they are there: a `Cargo.lock`.
    pub lock: Option<PathBuf>,
}

/// Finds it: what the command line or the environment names, and nothing else; or what lies above the program.
///
/// # Errors
/// It is not there: where it was looked for, and the way out.
pub fn find(named: Option<&Path>) -> Result<Sdk, String> {
    let variable = env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some((folder, who)) =
        named.map(|folder| (folder, "--sdk")).or(variable.as_deref().map(|f| (f, VARIABLE)))
    {
        return at(folder).ok_or_else(|| {
            format!(
                "{who} names {}, where no mutoscope-plugin is (neither in it nor in {CRATE} below it)",
                folder.display()
            )
        });
    }
    let program = env::current_exe().and_then(fs::canonicalize).unwrap_or_default();
    above(&program).ok_or_else(|| {
        let folders: Vec<_> = program.ancestors().skip(1).map(|folder| folder.display().to_string()).collect();
        format!(
            "the source of mutoscope-plugin, which a new plugin is written against, is not found: neither {CRATE} nor \
             {INSTALLED} is in any of {}; `--sdk FOLDER` or {VARIABLE} names a checkout of Mutoscope",
            folders.join(", ")
        )
    })
}

/// The SDK above a program: the checkout that has its `target/release`, or the SDK that was installed with its `bin`.
fn above(program: &Path) -> Option<Sdk> {
    program
        .ancestors()
        .skip(1)
        .find_map(|folder| at_root(folder).or_else(|| at_root(&folder.join(INSTALLED))))
}

/// The SDK in a folder that was named: the crate itself, or a checkout.
fn at(folder: &Path) -> Option<Sdk> {
    if is_crate(folder) {
        let folder = fs::canonicalize(folder).ok()?;
        let root = folder.ends_with(CRATE).then(|| folder.ancestors().nth(2)).flatten();
        let lock = root.and_then(lock);
        return Some(Sdk { folder, lock });
    }
    at_root(folder).or_else(|| at_root(&folder.join(INSTALLED)))
}

fn at_root(root: &Path) -> Option<Sdk> {
    let folder = root.join(CRATE);
    is_crate(&folder)
        .then(|| Some(Sdk { folder: fs::canonicalize(folder).ok()?, lock: lock(root) }))
        .flatten()
}

fn is_crate(folder: &Path) -> bool {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    manifest.lines().any(|line| line.trim_end() == "name = \"mutoscope-plugin\"")
}

fn lock(root: &Path) -> Option<PathBuf> {
    Some(root.join("Cargo.lock")).filter(|lock| lock.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_found_from_where_a_program_is_built_and_where_it_is_installed() {
        let here = tempfile::tempdir().unwrap();
        let here = here.path().canonicalize().unwrap();
        let put = |path: &str, text: &str| {
            let path = here.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let manifest = "[package]\nname = \"mutoscope-plugin\"\n";
        put("checkout/core/plugin-api/Cargo.toml", manifest);
        put("checkout/Cargo.lock", "");
        put("usr/share/mutoscope/sdk/core/plugin-api/Cargo.toml", manifest);
        put("other/core/plugin-api/Cargo.toml", "[package]\nname = \"something-else\"\n");
        let checkout = here.join("checkout/core/plugin-api");
        let installed = here.join("usr/share/mutoscope/sdk/core/plugin-api");
        let crate_of = |program: &str| above(&here.join(program)).map(|sdk| sdk.folder);
        for program in
            ["checkout/target/release/mutoscope", "checkout/target/aarch64-unknown-linux-gnu/debug/mutoscope"]
        {
            assert_eq!(crate_of(program).as_ref(), Some(&checkout), "{program}");
        }
        assert_eq!(crate_of("usr/bin/mutoscope").as_ref(), Some(&installed));
        assert_eq!(crate_of("other/target/release/mutoscope"), None);

        let named = |folder: &str| find(Some(&here.join(folder)));
        let found = named("checkout").unwrap();
        assert_eq!(found, Sdk { folder: checkout, lock: Some(here.join("checkout/Cargo.lock")) });
        assert_eq!(named("checkout/core/plugin-api").unwrap(), found);
        assert_eq!(named("usr").unwrap(), Sdk { folder: installed, lock: None });
        let error = named("other").unwrap_err();
        assert!(error.contains("--sdk names") && error.contains("other"), "{error}");
    }
}
