//! `--against FILE.json`: what costs more than it did when that was written.

use super::pipeline::Pipeline;
use super::record::{Record, VERSION};
use super::regression::{Regression, look};
use mutoscope_bench::Machine;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// An older record.
pub struct Against {
    path: PathBuf,
    record: Record,
}

impl Against {
    /// Reads an older record.
    pub fn read(path: &Path) -> Result<Against, String> {
        let name = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
        let wrong = |why: String| format!("{name} is nothing that `mutoscope bench --json` printed: {why}");
        let form: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        match form["bench"].as_u64() {
            Some(version) if version == u64::from(VERSION) => {}
            Some(version) => {
                return Err(format!(
                    "{name} was written by another version of mutoscope (form {version}, not {VERSION}): measure anew"
                ));
            }
            None => return Err(wrong("it has no `bench`".into())),
        }
        let record = serde_json::from_value(form).map_err(|error| wrong(error.to_string()))?;
        Ok(Against { path: path.to_owned(), record })
    }

    /// Checks that the record can be compared with measurements on this machine.
    pub fn fits(&self, machine: &Machine) -> Result<(), String> {
        match self.record.machine.differs_from(machine) {
            None => Ok(()),
            Some(why) => Err(format!(
                "{} was measured elsewhere ({why}): times of two machines cannot be compared, so measure anew here",
                self.path.display()
            )),
        }
    }

    /// The quantities that cost more now.
    pub fn regressions(&self, now: &Record) -> Result<Vec<Regression>, String> {
        let mut found = Vec::new();
        for pipeline in &now.pipelines {
            let is_it = |old: &&Pipeline| old.file == pipeline.file && old.value == pipeline.value;
            let before = self.record.pipelines.iter().find(is_it).ok_or_else(|| {
                let known: Vec<_> = self.record.pipelines.iter().map(Pipeline::name).collect();
                let path = self.path.display();
                format!("{path} has no {}, but {}", pipeline.name(), known.join(", "))
            })?;
            if before.figures.sources.len() != pipeline.figures.sources.len() {
                return Err(format!("{} had another number of sources: measure anew", pipeline.name()));
            }
            for (before, source) in before.figures.sources.iter().zip(&pipeline.figures.sources) {
                if before.read.formats != source.read.formats {
                    return Err(format!(
                        "{} was measured with other frames ({}, not {}): measure anew",
                        pipeline.name(),
                        before.read.formats.join(", "),
                        source.read.formats.join(", ")
                    ));
                }
                look(&pipeline.name(), before, source, &mut found);
            }
        }
        Ok(found)
    }
}

/// What costs more, in words.
pub fn shown(regressions: &[Regression], path: Option<&Path>) -> String {
    let name = path.map(|path| path.display().to_string()).unwrap_or_default();
    let mut text = String::new();
    if regressions.is_empty() {
        let _ = writeln!(text, "\nagainst {name}: nothing costs more");
        return text;
    }
    let _ = writeln!(text, "\nagainst {name}: these cost more");
    for Regression { what, text: how, .. } in regressions {
        let _ = writeln!(text, "  {what}: {how}");
    }
    text
}
