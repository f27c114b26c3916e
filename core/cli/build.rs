//! Puts the SDK into the program, as `mutoscope new` writes it beside a new plugin: the files of both crates, and manifests that
//! stand for themselves.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The crates of the SDK, by the names of their folders in the repository and beside a plugin.
const CRATES: [(&str, &str); 2] =
    [("plugin-api", "mutoscope-plugin"), ("plugin-macros", "mutoscope-plugin-macros")];
/// The entries of a crate that others build or read.
const ENTRIES: [&str; 8] =
    ["src", "tests/minimal", "build.rs", "abi.txt", "README.md", "GUIDE.md", "LICENSE-MIT", "LICENSE-APACHE"];

fn main() -> io::Result<()> {
    let core =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("..").canonicalize()?;
    let root = fs::read_to_string(core.join("../Cargo.toml"))?;
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={}", core.join("../Cargo.toml").display());
    let mut table = String::from("&[\n");
    for (folder, name) in CRATES {
        let folder = core.join(folder);
        println!("cargo:rerun-if-changed={}", folder.display());
        let manifest = manifest(&fs::read_to_string(folder.join("Cargo.toml"))?, &root);
        // Writing to a String does not fail.
        let _ = writeln!(table, "    ({:?}, {manifest:?}),", format!("{name}/Cargo.toml"));
        for entry in ENTRIES.map(|entry| folder.join(entry)).into_iter().filter(|entry| entry.exists()) {
            for file in files(&entry)? {
                let within = file.strip_prefix(&folder).unwrap_or(&file).display();
                let _ = writeln!(table, "    ({:?}, include_str!({file:?})),", format!("{name}/{within}"));
            }
        }
    }
    table.push(']');
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("sdk.rs"), table)
}

/// A file, or the files below a folder, in the order of their names.
fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut entries =
        fs::read_dir(path)?.map(|entry| entry.map(|e| e.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    let below = entries.iter().map(|entry| files(entry)).collect::<io::Result<Vec<_>>>()?;
    Ok(below.concat())
}

/// A manifest without what it has from the workspace, and without what only the crate's own tests want.
fn manifest(text: &str, root: &str) -> String {
    let (mut out, mut section, mut left_out) = (String::new(), "", false);
    for line in text.lines() {
        if line.starts_with('[') {
            section = line;
            left_out = line.contains("dev-dependencies") || ["[lints]", "[[example]]"].contains(&line);
        }
        if left_out || line.starts_with("include = ") {
            continue;
        }
        match line.strip_suffix(".workspace = true") {
            Some(name) => {
                let inherited =
                    if section == "[package]" { "[workspace.package]" } else { "[workspace.dependencies]" };
                let value = value(root, inherited, name);
                // Of a member of the workspace, the version remains.
                let value = match value.split_once("version = ") {
                    Some((path, rest)) if path.contains("path = ") => {
                        rest.split([',', ' ', '}']).next().unwrap_or(value)
                    }
                    _ => value,
                };
                let _ = writeln!(out, "{name} = {value}");
            }
            None => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}

/// The value of a key in a section of the workspace's manifest, on its one line.
fn value<'a>(root: &'a str, section: &str, key: &str) -> &'a str {
    let lines =
        root.lines().skip_while(|line| *line != section).skip(1).take_while(|line| !line.starts_with('['));
    let mut values = lines.filter_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
    values.next().unwrap_or_else(|| panic!("{section} of Cargo.toml has no `{key}` on a line of its own"))
}
