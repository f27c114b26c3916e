//! Everything that was measured in one run: what `--json` prints, and `--against` reads.

use super::compare::Comparison;
use super::pipeline::Pipeline;
use super::regression::Regression;
use mutoscope_bench::Machine;
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

impl Record {
    /// Compares each pipeline with the first.
    pub fn compare(&mut self) {
        if let [first, others @ ..] = &self.pipelines[..] {
            self.comparisons = others.iter().map(|other| Comparison::of(first, other)).collect();
        }
    }
}
