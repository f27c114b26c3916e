//! The SDK (`mutoscope-plugin`), which a new plugin is written against: the one in this program, or a checkout's.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The variable of the environment that names a checkout.
const VARIABLE: &str = "MUTOSCOPE_SDK";
/// The crate's folder in a checkout.
const CRATE: &str = "core/plugin-api";
/// The files of the SDK's crates as they lie beside a plugin, by their paths there.
pub const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sdk.rs"));
/// The versions of all dependencies that this program was tested with. Cargo leaves out those that a plugin has not.
pub const LOCK: &str = include_str!("../../../../Cargo.lock");

/// The SDK that a new plugin is written against.
#[derive(PartialEq, Debug)]
pub enum Sdk {
    /// The one in this program, which is written into the plugin's folder: it builds on any machine.
    Packaged,
    /// A checkout's.
    Checkout {
        /// The crate's folder, absolute.
        folder: PathBuf,
        /// The versions of its dependencies that it was tested with, if they are there: a `Cargo.lock`.
        lock: Option<PathBuf>,
    },
}

/// Finds it: what the command line or the environment names; otherwise it is the one in this program.
///
/// # Errors
/// It is not where it should be, and the way out.
pub fn find(named: Option<&Path>) -> Result<Sdk, String> {
    let variable = env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    let Some((folder, by)) =
        named.map(|folder| (folder, "--sdk")).or(variable.as_deref().map(|f| (f, VARIABLE)))
    else {
        return Ok(Sdk::Packaged);
    };
    at(folder).ok_or_else(|| {
        format!(
            "{by} names {}, where no mutoscope-plugin is (neither in it nor in {CRATE} below it); without it, the plugin gets \
             the SDK of this program",
            folder.display()
        )
    })
}

/// What is in a folder that was named: the crate itself, or a checkout.
fn at(folder: &Path) -> Option<Sdk> {
    let in_checkout = folder.join(CRATE);
    let folder = [folder, &in_checkout].into_iter().find(|folder| is_crate(folder))?;
    let folder = fs::canonicalize(folder).ok()?;
    let root = folder.ends_with(CRATE).then(|| folder.ancestors().nth(2)).flatten();
    let lock = root.map(|root| root.join("Cargo.lock")).filter(|lock| lock.is_file());
    Some(Sdk::Checkout { folder, lock })
}

fn is_crate(folder: &Path) -> bool {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    manifest.lines().any(|line| line.trim_end() == "name = \"mutoscope-plugin\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkout_is_found_where_it_is_named() {
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
        put("crate/Cargo.toml", manifest);
        put("other/core/plugin-api/Cargo.toml", "[package]\nname = \"something-else\"\n");
        let named = |folder: &str| find(Some(&here.join(folder)));
        let found = named("checkout").unwrap();
        let (folder, lock) = (here.join("checkout/core/plugin-api"), here.join("checkout/Cargo.lock"));
        assert_eq!(found, Sdk::Checkout { folder, lock: Some(lock) });
        assert_eq!(named("checkout/core/plugin-api").unwrap(), found);
        assert_eq!(named("crate").unwrap(), Sdk::Checkout { folder: here.join("crate"), lock: None });
        let error = named("other").unwrap_err();
        assert!(error.contains("--sdk names") && error.contains("other"), "{error}");
    }

    #[test]
    fn the_packaged_crates_stand_for_themselves() {
        let text = |name: &str| FILES.iter().find(|(file, _)| *file == name).expect(name).1;
        for name in ["mutoscope-plugin", "mutoscope-plugin-macros"] {
            let manifest = text(&format!("{name}/Cargo.toml"));
            assert!(manifest.contains(&format!("name = \"{name}\"")), "{manifest}");
            for part in ["workspace", "path =", "dev-dependencies", "repository"] {
                assert!(!manifest.contains(part), "{part}: {manifest}");
            }
            assert!(
                manifest.contains(concat!("version = \"", env!("CARGO_PKG_VERSION"), "\"")),
                "{manifest}"
            );
            text(&format!("{name}/src/lib.rs"));
        }
        assert!(text("mutoscope-plugin/Cargo.toml").contains("mutoscope-plugin-macros = \"="));
    }
}
