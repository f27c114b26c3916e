//! `mutoscope new KIND NAME`: a crate with a plugin that works, to be made into another.
//!
//! # Layout
//!
//! `template` has the crates, which are real ones in this repository; `sdk` has `mutoscope-plugin`, which they are
//! written against, or finds a checkout's; `folder` writes them, whole or not at all.

mod folder;
mod sdk;
mod template;

use crate::exit::{Exit, failed, print, usage};
use crate::file::plugins;
use clap::{Args, ValueEnum};
use mutoscope_engine::plugins::{LibraryRef, PluginName};
use sdk::Sdk;
use std::path::{Path, PathBuf};

/// Arguments of `new`.
#[derive(Args)]
pub struct New {
    /// What it is.
    #[arg(value_enum, value_name = "source|transform|sink", hide_possible_values = true)]
    kind: Template,
    /// Its name, which is what a pipeline file calls it, and the new folder's: small letters, digits, `-` and `_`.
    #[arg(value_name = "NAME")]
    name: String,
    /// A checkout of Mutoscope, or of `mutoscope-plugin`, to depend on by its path. Without it: the one that `MUTOSCOPE_SDK` names;
    /// or the SDK of this program, which is written into the new folder, so that the plugin builds on any machine.
    #[arg(long, value_name = "FOLDER")]
    sdk: Option<PathBuf>,
}

/// The three kinds of plugins.
#[derive(Clone, Copy, ValueEnum, PartialEq, Eq, Debug)]
pub enum Template {
    /// Where pictures come from.
    Source,
    /// What happens to them on their way.
    Transform,
    /// Where they go.
    Sink,
}

impl Template {
    fn name(self) -> &'static str {
        match self {
            Template::Source => "source",
            Template::Transform => "transform",
            Template::Sink => "sink",
        }
    }
}

/// Letters in a name: a library's header holds as many.
const MOST_LETTERS: usize = 63;

impl New {
    pub fn run(&self) -> Result<Exit, Exit> {
        let name = name(&self.name).map_err(usage)?;
        free(&name)?;
        let sdk = sdk::find(self.sdk.as_deref()).map_err(failed)?;
        let files = template::files(self.kind, &name, &sdk).map_err(failed)?;
        let folder = Path::new(&self.name);
        folder::write(folder, &files).map_err(failed)?;
        let kind = self.kind.name();
        print(format_args!(
            "the {kind} `{name}` is in {folder}/, written against {sdk}\n\n  \
             cd {folder}\n  \
             cargo test\n  \
             cargo build --release\n  \
             mutoscope run pipeline.yaml\n",
            folder = folder.display(),
            sdk = match &sdk {
                Sdk::Packaged =>
                    concat!("mutoscope-plugin ", env!("CARGO_PKG_VERSION"), ", which is in its folder sdk/")
                        .into(),
                Sdk::Checkout { folder, .. } => folder.display().to_string(),
            },
        ))?;
        Ok(Exit::Done)
    }
}

/// The name as a pipeline file has it, or the reason for which it can be none.
fn name(text: &str) -> Result<PluginName, String> {
    if text.contains('/') {
        return Err(format!("{text:?} is a path: the folder is made where you are, under the plugin's name"));
    }
    let name = PluginName::new(text).map_err(|error| error.to_string())?;
    let is_end = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
    if text.chars().any(|letter| letter.is_ascii_uppercase()) {
        return Err(format!("{text:?} has capital letters; `{}` would do", text.to_ascii_lowercase()));
    }
    if !is_end(text.chars().next()) || !is_end(text.chars().next_back()) {
        return Err(format!("{text:?} is no plugin's name: it starts and ends with a letter or a digit"));
    }
    if text.len() > MOST_LETTERS {
        return Err(format!(
            "a plugin's name has at most {MOST_LETTERS} letters; this one has {}",
            text.len()
        ));
    }
    Ok(name)
}

/// Refuses the name of a plugin that is there: of the two, a pipeline file would only ever get one.
fn free(name: &PluginName) -> Result<(), Exit> {
    match plugins()?.find(&LibraryRef::Name(name.clone()), &[]) {
        Ok(path) => Err(failed(format!(
            "there is a plugin `{name}` already ({}), and a pipeline file could only have one of them: take another name",
            path.display()
        ))),
        Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_that_a_pipeline_file_and_a_crate_can_have() {
        for good in ["my-camera", "my_camera", "x", "7", "a1-b_2", &"x".repeat(63)] {
            assert_eq!(name(good).unwrap().as_str(), good.replace('_', "-"));
        }
        for (bad, why) in [
            ("", "missing"),
            ("a/b", "is a path"),
            ("./x", "is a path"),
            ("..", "no plugin's name"),
            ("my camera", "no plugin's name"),
            ("käse", "no plugin's name"),
            ("x.so", "no plugin's name"),
            ("MyCamera", "`mycamera` would do"),
            ("-x", "starts and ends with a letter"),
            ("x_", "starts and ends with a letter"),
            (&"x".repeat(64), "at most 63 letters"),
            (&"x".repeat(300), "at most 200 letters"),
        ] {
            let error = name(bad).unwrap_err();
            assert!(error.contains(why) && !error.contains('\n'), "{bad}: {error}");
        }
    }
}
