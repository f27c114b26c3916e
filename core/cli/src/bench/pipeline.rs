//! The figures of one pipeline.

use mutoscope_bench::Figures;
use serde::{Deserialize, Serialize};

/// A file, or a file with one value of a sweep.
#[derive(Serialize, Deserialize)]
pub struct Pipeline {
    pub file: String,
    pub value: Option<String>,
    #[serde(flatten)]
    pub figures: Figures,
    pub warnings: Vec<String>,
}

impl Pipeline {
    pub fn name(&self) -> String {
        match &self.value {
            Some(value) => format!("{} with {value}", self.file),
            None => self.file.clone(),
        }
    }
}
