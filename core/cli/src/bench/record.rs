//! Everything that was measured in one run: what `--json` prints, and `--against` reads.

use super::against::Regression;
use super::compare::Comparison;
use mutoscope_engine::bench::{Figures, Machine};
use serde::{Deserialize, Serialize};

/// The form of a record; another number is another form.
pub const VERSION: u32 = 1;

/// Everything that was measured in one run.
#[derive(Serialize, Deserialize)]
pub struct Record {
    /// [`VERSION`].
    pub bench: u32,
    pub settings: Settings,
    pub machine: Machine,
    /// The path whose values were measured.
    pub sweep: Option<String>,
    /// File by file, or value by value.
    pub pipelines: Vec<Pipeline>,
    /// Each but the first with the first.
    pub comparisons: Vec<Comparison>,
    /// The costs that are higher than in the record of the comparison.
    pub regressions: Option<Vec<Regression>>,
}

/// The settings of the measurement.
#[derive(Clone, Serialize, Deserialize)]
pub struct Settings {
    pub seconds: f64,
    pub rounds: u32,
    pub frames: u32,
}

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

impl Record {
    /// Compares each pipeline with the first.
    pub fn compare(&mut self) {
        if let [first, others @ ..] = &self.pipelines[..] {
            self.comparisons = others.iter().map(|other| Comparison::of(first, other)).collect();
        }
    }
}
