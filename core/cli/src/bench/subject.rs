//! The subject of a measurement: a file, or a file with one value of a sweep.

use super::pipeline::Pipeline;
use crate::exit::{Exit, failed};
use crate::file::{Reader, Sets};
use mutoscope_bench::Figures;
use mutoscope_engine::config::Origin;
use mutoscope_engine::plugins::Plugins;
use mutoscope_engine::prepare::Prepared;
use std::path::Path;
use std::sync::Arc;

/// A file, or a file with one value of a sweep.
pub struct Subject {
    reader: Reader,
    file: String,
    value: Option<String>,
    prepared: Option<Arc<Prepared>>,
}

impl Subject {
    /// A file, which is not read yet. One that was named before gets a number.
    pub fn new(file: &Path, sets: Sets, plugins: &Arc<Plugins>, before: &[Subject]) -> Subject {
        let origin = Origin::from_argument(file);
        let name = origin.name().to_string();
        let same = before.iter().filter(|other| other.reader.origin.name() == origin.name()).count();
        let file = if same == 0 { name } else { format!("{name} ({})", same + 1) };
        Subject {
            reader: Reader { origin, sets, plugins: plugins.clone() },
            file,
            value: None,
            prepared: None,
        }
    }

    /// The same with a value put over the file's.
    pub fn with(&self, path: &str, value: &str) -> Subject {
        let sets = self.reader.sets.clone().with(format!("{path}={value}"));
        let reader = Reader { sets, ..self.reader.clone() };
        Subject { reader, file: self.file.clone(), value: Some(value.to_owned()), prepared: None }
    }

    /// Reads, checks and plans it.
    pub fn load(mut self) -> Result<Subject, Exit> {
        self.prepared = Some(Arc::new(self.reader.load()?));
        Ok(self)
    }

    pub fn prepared(&self) -> Result<Arc<Prepared>, Exit> {
        self.prepared.clone().ok_or_else(|| failed(format!("{} was not read", self.file)))
    }

    pub fn name(&self) -> String {
        match &self.value {
            Some(value) => format!("{} with {value}", self.file),
            None => self.file.clone(),
        }
    }

    /// With its figures.
    pub fn recorded(&self, figures: Figures) -> Pipeline {
        let warnings = figures.warnings();
        Pipeline { file: self.file.clone(), value: self.value.clone(), figures, warnings }
    }
}
