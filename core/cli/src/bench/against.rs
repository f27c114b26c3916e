//! `--against FILE.json`: what costs more than it did when that was written.

use super::record::{Pipeline, Record, VERSION};
use super::units::{count, ms, spread};
use mutoscope_engine::bench::{Machine, SourceFigures, Spread};
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// An older record.
pub struct Against {
    path: PathBuf,
    record: Record,
}

/// Something that costs more than it did.
#[derive(Serialize, Deserialize)]
pub struct Regression {
    /// `pipelines/porch.yaml, camera: transforms[0] resize`
    pub what: String,
    /// The quantity: `processor time`, `allocations`, `bytes copied`.
    pub of: String,
    pub before: f64,
    pub now: f64,
    /// The sentence for the report.
    pub text: String,
}

/// More by less than this is none, however little the rounds lie apart.
const LEAST: f64 = 0.1;
/// A stage with a smaller part of the whole is not looked at by itself.
const SMALLEST_SHARE: f64 = 0.05;

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

fn look(name: &str, before: &SourceFigures, now: &SourceFigures, found: &mut Vec<Regression>) {
    let all = format!("{name}, all together");
    found.extend(slower(&all, before.whole.cpu_us, now.whole.cpu_us));
    let engine = (before.whole.between_allocations, now.whole.between_allocations);
    found.extend(more(&format!("{name}, between the stages"), "allocations", engine));
    for stream in &now.streams {
        let Some(old) = before.streams.iter().find(|old| old.name == stream.name) else { continue };
        for stage in &stream.stages {
            // A stage that is new shows in the whole.
            let Some(old) = old.stages.iter().find(|old| old.stage == stage.stage) else { continue };
            let what = format!("{name}, {}: {}", stream.name, stage.stage);
            if old.share.max(stage.share) >= SMALLEST_SHARE {
                found.extend(slower(&what, old.cpu_us, stage.cpu_us));
            }
            found.extend(more(&what, "allocations", (old.allocations, stage.allocations)));
            let copied = (Some(old.bytes_copied), Some(stage.bytes_copied));
            found.extend(more(&what, "bytes copied", copied));
        }
    }
}

/// Processor time that has grown by more than a tenth, and by more than twice what the rounds lie apart.
fn slower(what: &str, before: Spread, now: Spread) -> Option<Regression> {
    let apart = 2.0 * (before.spread.unwrap_or(0.0) + now.spread.unwrap_or(0.0));
    let allowed = 1.0 + apart.max(LEAST);
    (now.median > before.median * allowed).then(|| Regression {
        what: what.to_owned(),
        of: "processor time".into(),
        before: before.median,
        now: now.median,
        text: format!(
            "{} ms {} instead of {} ms {}: {:.2} times as much, where {allowed:.2} is allowed",
            ms(now.median),
            spread(now.spread),
            ms(before.median),
            spread(before.spread),
            now.median / before.median.max(1e-3)
        ),
    })
}

/// A count that has grown: these do not depend on the machine's mood.
fn more(what: &str, of: &str, (before, now): (Option<f64>, Option<f64>)) -> Option<Regression> {
    let (before, now) = (before?, now?);
    // What happens once in a while falls into one run and not into the other.
    (now > before + 0.5).then(|| Regression {
        what: what.to_owned(),
        of: of.to_owned(),
        before,
        now,
        text: format!("{} {of} a frame instead of {}", count(now), count(before)),
    })
}

/// The regressions in words.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_more_is_none_and_neither_is_what_the_rounds_lie_apart() {
        let figure = |median, spread| Spread { median, spread: Some(spread) };
        assert!(slower("", figure(100.0, 0.01), figure(109.0, 0.01)).is_none());
        assert!(slower("", figure(100.0, 0.01), figure(111.0, 0.01)).is_some());
        assert!(slower("", figure(100.0, 0.05), figure(118.0, 0.05)).is_none());
        assert!(slower("", figure(100.0, 0.05), figure(121.0, 0.05)).is_some());
        assert!(slower("", figure(100.0, 0.01), figure(50.0, 0.01)).is_none());
    }

    #[test]
    fn a_count_may_not_grow_by_one() {
        assert!(more("", "allocations", (Some(3.0), Some(4.0))).is_some());
        assert!(more("", "allocations", (Some(3.0), Some(3.2))).is_none());
        assert!(more("", "allocations", (None, Some(9.0))).is_none());
    }
}
