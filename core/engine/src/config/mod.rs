//! From a pipeline file to one checked value.
//!
//! A file is read whole before anything is opened: no device, no port. What comes out is a [`Pipeline`], or a
//! [`Report`] with everything that is wrong, each error at its line with a caret and a way out. The reader of these
//! messages may have never seen YAML, and may have no one to ask: a message says what was found, what was wanted,
//! and what to write instead.
//!
//! # Layout
//!
//! The way of a file through this module:
//!
//! 1. `read` takes the text from a file, standard input or the program itself, within limits; `waiting` knows pipes.
//! 2. `yaml` makes a tree of it, and is the only importer of the YAML parser; what could not be read, `traps` explains,
//!    `spaces` what only looks like a space, a hyphen or a quote.
//! 3. `set` puts the values of `--set PATH=VALUE` over the tree, and `variables` fills `${NAME}` in.
//! 4. `assemble` makes the model of the tree, in either of the file's two forms (`streams`, `sinks`), and `stage` asks the [`Catalogue`]
//!    for the plugins that are named.
//!    `settings` are what stands in a stream beside its stages; their schema is the host's own.
//! 5. For each stage, `values` settles its options (relative paths, secrets in files), and `options` checks them against
//!    the plugin's schema: `contract` makes the schema strict, `faults` sorts out what the validator found, `describe`
//!    says what a schema wants, `names` finds the nearest right name, `way_out` guesses what was meant, `units` knows
//!    those of time.
//!    `merge` explains the merge keys that YAML 1.2 does not have. What variables, paths and secrets make of a file is
//!    bounded by `expansion`.
//! 6. `sources` knows the way back from a value to the bytes that a person wrote, and [`Report`] shows them,
//!    without what `secret` takes for one.
//!
//! [`pipeline_schema`] is the other direction: what a file may say, for an editor.
//!
//! # What a plugin's schema may say beyond JSON Schema
//!
//! - `"format": "path"`: text that is a path. Relative ones are relative to the file, `~` is the home folder; the plugin
//!   gets them absolute.
//! - `"format": "secret"`: text that is not shown in messages, and may stand in a file of its own: `{ file: PATH }`.
//! - `"format": "socket-address"`: `HOST:PORT`.
//! - `"x-mutoscope-reserved-streams": [NAME, …]` at the root of a sink's schema: names that a stream it serves cannot have.

mod assemble;
mod contract;
mod describe;
mod expansion;
mod faults;
mod merge;
mod model;
mod node;
mod options;
mod path;
mod problem;
mod read;
mod report;
mod schema;
mod secret;
mod set;
mod settings;
mod sinks;
mod sources;
mod spaces;
mod stage;
mod streams;
mod traps;
mod units;
mod values;
mod variables;
mod waiting;
mod way_out;
mod yaml;

use std::path::PathBuf;
use std::sync::Arc;

pub use model::{
    IDLE_TIMEOUT, Input, OnFailure, Pipeline, PluginKind, PluginRef, Sink, Stage, Stream, StreamIndex,
};
pub use path::{KeyPath, Step};
pub use read::Origin;
pub use report::{Diagnostic, Report, Severity};
pub use schema::{Documented, pipeline_schema};
pub use set::Set;
pub use variables::Environment;

use expansion::Expansion;
use node::{Node, Value};
use problem::{Problem, Problems, Target};
use sources::{Sources, Text};

/// A plugin's JSON Schema of its options, for one kind.
pub type Schema = Arc<serde_json::Value>;

/// Knows the plugins that a file may name.
pub trait Catalogue {
    /// The schema of a plugin's options. `search` are the file's own folders (`plugin_path`), absolute, to be looked
    /// into before all others. Asked once for each plugin and kind of a file.
    ///
    /// # Errors
    /// The plugin is not there, cannot be loaded, or is of another kind.
    fn resolve(&self, plugin: &PluginRef, kind: PluginKind, search: &[PathBuf]) -> Result<Schema, Refusal>;

    /// The names of the plugins of a kind that could be found, for the nearest one to a wrong name.
    fn names(&self, kind: PluginKind, search: &[PathBuf]) -> Vec<String>;
}

/// Why a plugin cannot be had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// One line, without a full stop.
    pub message: String,
    /// What else there is to know: the paths that were tried, the loader's words.
    pub notes: Vec<String>,
    /// The ways out.
    pub helps: Vec<String>,
}

/// Reads and checks a pipeline file; nothing is opened that it names but secrets and, through the catalogue, plugins.
///
/// `environment` gives the variables that the file may use, and `HOME`.
///
/// # Errors
/// Everything that is wrong with the file, in its order.
pub fn load(
    origin: &Origin,
    sets: &[Set],
    environment: &Environment<'_>,
    plugins: &dyn Catalogue,
) -> Result<Pipeline, Report> {
    let folder = origin.folder()?;
    let text = Text { name: origin.name().into(), content: origin.text()?.into(), set: None };
    let content = text.content.clone();
    let root = Node { text: 0, value: Value::Null };
    let mut sources = Sources { texts: vec![text], root, secrets: Vec::new(), secret_texts: Vec::new() };
    let mut problems = Problems::default();
    let usage = yaml::Usage::default();
    match yaml::parse(&content, 0, &usage) {
        Ok(parsed) => {
            sources.root = parsed.root;
            parsed.repeated.into_iter().for_each(|repeated| problems.push(twice(repeated)));
            problems.count_errors(parsed.more_repeated);
        }
        Err(fault) => {
            problems.push(traps::explain(&content, &fault, 0, 0));
            return Err(sources.report(problems));
        }
    }
    if let Some(problem) = sources.look_alike() {
        // All else that is wrong would only follow from it.
        problems.push(problem);
        return Err(sources.report(problems));
    }
    set::apply(&mut sources, sets, &usage, &mut problems);
    let expansion = Expansion::default();
    variables::fill(&mut sources.root, environment, &expansion, &mut problems);
    let surroundings = values::Surroundings { folder: &folder, environment, expansion: &expansion };
    let parts = assemble::assemble(&sources, &surroundings, plugins, &mut problems);
    sources.secrets.clone_from(&problems.secrets);
    sources.secret_texts = std::mem::take(&mut problems.secret_texts);
    match parts {
        Some(parts) if !problems.has_errors() => Ok(Pipeline {
            streams: parts.streams,
            sinks: parts.sinks,
            threads: parts.threads,
            plugin_path: parts.plugin_path,
            base_dir: folder,
            warnings: sources.report(problems),
            sources: Arc::new(sources),
        }),
        _ => Err(sources.report(problems)),
    }
}

fn twice(repeated: yaml::Repeated) -> Problem {
    let key = repeated.path.last_key().unwrap_or_default().to_owned();
    let first = Target::Key(repeated.path.clone());
    Problem::error(
        Target::Repeated(repeated.path, repeated.nth),
        format!("`{key}` stands here a second time"),
    )
    .also(first, "first here")
    .help("keep the one that is meant")
}
