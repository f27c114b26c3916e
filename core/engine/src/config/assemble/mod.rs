//! From the tree of a file to the model: `assembler` makes it part by part, with `--set` (`set`) and variables (`variables`) filled in.

mod assembler;
pub(crate) mod expansion;
mod options;
pub(crate) mod schema;
pub(crate) mod set;
mod settings;
mod sinks;
mod stage;
mod streams;
pub(crate) mod values;
pub(crate) mod variables;
mod violations;
mod vocabulary;

use std::collections::HashMap;

use crate::config::Catalogue;
use crate::config::diagnostics::problem::{Problem, Problems, Target};
use crate::config::diagnostics::sources::Sources;
use crate::config::diagnostics::text::glued;
use crate::config::keys::KeyPath;
use crate::config::parse::node::Value;
use assembler::{Assembler, Parts};
use stage::Stages;
use values::{Surroundings, Swallowed};

/// Makes the parts; `None` only where there are errors among the problems.
pub(crate) fn assemble(
    sources: &Sources,
    surroundings: &Surroundings<'_>,
    catalogue: &dyn Catalogue,
    problems: &mut Problems,
) -> Option<Parts> {
    let top = KeyPath::default();
    let map = match &sources.root.value {
        Value::Map(map) => map,
        Value::Null => {
            let problem = Problem::error(Target::Span(0, 0..0), "this file is empty");
            problems.push(problem.help(
                "the least there is: `source: { plugin: simulated }` and below it `sink: { plugin: mjpeg }`",
            ));
            return None;
        }
        _ => {
            let found = sources.root.found();
            let problem = Problem::error(
                Target::Value(top),
                format!("a pipeline file is a map of `source`, `transforms` and `sink`, not {found}"),
            );
            let space = sources.root.as_text().and_then(glued);
            problems.push(problem.help(match space {
                Some((key, value)) => format!("a space is missing after the colon: `{key}: {value}`"),
                None => "begin with `source: { plugin: NAME }`, with nothing before it".to_owned(),
            }));
            return None;
        }
    };
    let stages = Stages {
        surroundings,
        catalogue,
        problems,
        search: Vec::new(),
        contracts: HashMap::new(),
        swallowed: Swallowed::find(&sources.texts[0].content),
    };
    let mut assembler = Assembler { stages, meant: Vec::new() };
    assembler.stages.search = assembler.plugin_path(map);
    assembler.pipeline(map)
}
