//! From a pipeline file to one checked value.
//!
//! A file is read whole before anything is opened: no device, no port. What comes out is a [`Pipeline`], or a
//! [`Report`] with everything that is wrong, each error at its line with a caret and a way out. The reader of these
//! messages may have never seen YAML, and may have no one to ask: a message says what was found, what was wanted,
//! and what to write instead.
//!
//! # Layout
//!
//! The way of a file through this module, each room above those it uses:
//!
//! 1. `keys` names a place in a file, `contract` is a plugin's schema made strict, `waiting` reads pipes with a deadline.
//! 2. `parse`: the text becomes a tree (`node`). `yaml` is the only importer of the YAML parser.
//! 3. `diagnostics`: problems, and how they are shown. `sources` finds the bytes that a value came from, `report` shows them without
//!    what `secret` hides. `syntax_hints` explains text that cannot be parsed, `spaces` look-alikes of a space, a hyphen or a quote,
//!    `merge` the merge keys of YAML 1.1. `describe` says what a schema wants, `suggestions` what was meant, with `units` of time.
//! 4. `origin` reads the text within limits; `model` is the checked value.
//! 5. `assemble`: the tree becomes the model. `set` applies `--set PATH=VALUE`, `variables` fills `${NAME}` in, `expansion` bounds
//!    both. `assembler` makes streams and sinks in either of the file's two forms (`streams`, `sinks`), `stage` asks the
//!    [`Catalogue`] for plugins, `values` resolves paths and secrets, `options` checks them against the contract (`violations` sorts
//!    out the validator's findings). `settings` are a stream's own keys; `vocabulary` lists the keys that the host knows.
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
mod diagnostics;
mod keys;
mod model;
mod origin;
mod parse;
mod waiting;

use std::path::PathBuf;
use std::sync::Arc;

pub use assemble::schema::{Documented, pipeline_schema};
pub use assemble::set::Set;
pub use assemble::variables::Environment;
pub use diagnostics::problem::Severity;
pub use diagnostics::report::{Diagnostic, Report};
pub use keys::{KeyPath, Step};
pub use model::{
    IDLE_TIMEOUT, Input, OnFailure, Pipeline, PluginKind, PluginRef, Sink, Stage, Stream, StreamIndex,
};
pub use origin::Origin;

use assemble::expansion::Expansion;
use assemble::{set, values, variables};
use diagnostics::problem::Problems;
use diagnostics::sources::{Sources, Text};
use diagnostics::syntax_hints;
use parse::node::{Node, Value};
use parse::yaml;

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
            parsed.repeated.into_iter().for_each(|repeated| problems.push(syntax_hints::twice(repeated)));
            problems.count_errors(parsed.more_repeated);
        }
        Err(fault) => {
            problems.push(syntax_hints::explain(&content, &fault, 0, 0));
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
