//! The start of a new plugin: crates under `templates/`, which are built and tested as they stand there.

use super::Template;
use super::sdk::{self, Sdk};
use mutoscope_engine::plugins::PluginName;
use std::fs;
use std::path::Path;

/// Where the templates have their SDK, as written there.
const SDK: &str = "path = \"../../../plugin-api\"";
/// The folder that the SDK of this program is written into.
const FOLDER: &str = "sdk";

macro_rules! files {
    ($folder:literal: $($file:literal)+) => {
        &[$(($file, include_str!(concat!("../../templates/", $folder, "/", $file)))),+]
    };
}

/// A template's files, by their paths within.
fn template(kind: Template) -> &'static [(&'static str, &'static str)] {
    match kind {
        Template::Source => {
            files!("source": ".gitignore" "Cargo.toml" "README.md" "pipeline.yaml" "src/lib.rs")
        }
        Template::Transform => {
            files!("transform": ".gitignore" "Cargo.toml" "README.md" "pipeline.yaml" "src/lib.rs")
        }
        Template::Sink => files!("sink": ".gitignore" "Cargo.toml" "README.md" "pipeline.yaml" "src/lib.rs"),
    }
}

/// The files of a new crate, by their paths within.
///
/// # Errors
/// The path of the SDK cannot be written down, or its `Cargo.lock` cannot be read.
pub fn files(kind: Template, name: &PluginName, sdk: &Sdk) -> Result<Vec<(String, String)>, String> {
    let placeholder = format!("my-{}", kind.name());
    let (dashed, underscored) = (name.as_str(), name.as_str().replace('-', "_"));
    let (dependency, rest) = match sdk {
        Sdk::Packaged => (format!("version = \"{}\"", env!("CARGO_PKG_VERSION")), patch()),
        Sdk::Checkout { folder, .. } => (format!("path = {}", quoted(folder)?), String::new()),
    };
    let filled = template(kind).iter().map(|(file, text)| {
        let mut text =
            text.replace(&placeholder, dashed).replace(&placeholder.replace('-', "_"), &underscored);
        if *file == "Cargo.toml" {
            text = text.replace(SDK, &dependency);
            // In the repository it is a member of the workspace; elsewhere it shall be none, whatever it lies in.
            text += "\n# It stands for itself, also below another workspace.\n[workspace]\n";
            text += &rest;
        }
        ((*file).to_owned(), text)
    });
    let mut files: Vec<_> = filled.collect();
    // The versions that the SDK was tested with. Cargo leaves out what is not needed here.
    match sdk {
        Sdk::Packaged => {
            files.extend(
                sdk::FILES.iter().map(|(file, text)| (format!("{FOLDER}/{file}"), (*text).to_owned())),
            );
            files.push(("Cargo.lock".into(), sdk::LOCK.into()));
        }
        Sdk::Checkout { lock: Some(lock), .. } => {
            let text = fs::read_to_string(lock).map_err(|error| format!("{}: {error}", lock.display()))?;
            files.push(("Cargo.lock".into(), text));
        }
        Sdk::Checkout { lock: None, .. } => {}
    }
    Ok(files)
}

/// Returns the end of the manifest as long as the SDK is in no registry.
fn patch() -> String {
    format!(
        "exclude = [\"{FOLDER}\"]\n\n\
         # mutoscope-plugin, as the program has it that wrote this: commit it with the rest. Once the version above is on crates.io,\n\
         # this section and the folder may go.\n\
         [patch.crates-io]\n\
         mutoscope-plugin = {{ path = \"{FOLDER}/mutoscope-plugin\" }}\n\
         mutoscope-plugin-macros = {{ path = \"{FOLDER}/mutoscope-plugin-macros\" }}\n"
    )
}

/// A path as a string of TOML.
fn quoted(path: &Path) -> Result<String, String> {
    let text = path.to_str().filter(|text| !text.chars().any(char::is_control)).ok_or_else(|| {
        format!("{} cannot be written into a Cargo.toml; `--sdk` may name it by another path", path.display())
    })?;
    Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    const KINDS: [Template; 3] = [Template::Source, Template::Transform, Template::Sink];

    /// The files below a folder, by their paths within.
    fn below(folder: &Path) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            if entry.file_type().unwrap().is_dir() {
                found.extend(below(&entry.path()).into_iter().map(|inner| format!("{name}/{inner}")));
            } else {
                found.insert(name);
            }
        }
        found
    }

    #[test]
    fn every_file_of_a_template_is_written() {
        for kind in KINDS {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates").join(kind.name());
            let written = template(kind).iter().map(|(file, _)| (*file).to_owned()).collect();
            assert_eq!(below(&folder), written);
        }
    }

    #[test]
    fn nothing_of_the_placeholder_is_left() {
        let sdk = Sdk::Checkout { folder: PathBuf::from("/opt/\"odd\\sdk"), lock: None };
        let name = PluginName::new("porch_light").unwrap();
        for kind in KINDS {
            let files = files(kind, &name, &sdk).unwrap();
            let text = |name: &str| &files.iter().find(|(file, _)| file == name).unwrap().1;
            for (file, text) in &files {
                let left = [format!("my-{}", kind.name()), format!("my_{}", kind.name()), SDK.to_owned()];
                assert!(!left.iter().any(|left| text.contains(left)), "{file}: {text}");
            }
            let manifest = text("Cargo.toml");
            assert!(manifest.contains("name = \"mutoscope-plugin-porch-light\""), "{manifest}");
            assert!(manifest.contains("name = \"mutoscope_plugin_porch_light\""), "{manifest}");
            assert!(manifest.contains(r#"path = "/opt/\"odd\\sdk""#), "{manifest}");
            assert!(text("pipeline.yaml").contains("plugin: porch-light"));
        }
        let odd = Sdk::Checkout { folder: PathBuf::from("/opt/line\nbreak"), lock: None };
        assert!(super::files(Template::Sink, &name, &odd).is_err());
        let files = files(Template::Sink, &name, &Sdk::Packaged).unwrap();
        let manifest = &files.iter().find(|(file, _)| file == "Cargo.toml").unwrap().1;
        assert!(
            manifest.contains("mutoscope-plugin = { version = \"") && !manifest.contains("../"),
            "{manifest}"
        );
    }
}
