//! The report of a run, and the folder of evidence.

use crate::schedule::Lane;
use crate::table::Table;
use crate::world::World;
use mutoscope_tests::Installation;
use std::fmt::Write;
use std::path::PathBuf;
use std::{fs, io};

/// The result of a run.
pub struct Report {
    /// Seed of the faults.
    pub seed: u64,
    /// Faults that were injected and survived.
    pub table: Table,
    /// Lines about the stream that nothing was done to, the end, and what else was measured.
    pub notes: Vec<String>,
    /// Violations.
    pub wrong: Vec<String>,
    /// Folder with log, schedule and events, if there are violations.
    pub evidence: Option<PathBuf>,
}

impl Report {
    /// As it is shown.
    pub fn text(&self) -> String {
        let mut text = format!("seed {}\n\n{}\n", self.seed, self.table);
        for note in &self.notes {
            // Writing to a String does not fail.
            let _ = writeln!(text, "- {note}");
        }
        if !self.wrong.is_empty() {
            let _ = writeln!(text, "\nWRONG (seed {}):", self.seed);
        }
        for wrong in &self.wrong {
            let _ = writeln!(text, "{wrong}");
        }
        if let Some(evidence) = &self.evidence {
            let _ =
                writeln!(text, "The server's log, the schedule and what happened: {}", evidence.display());
        }
        text
    }
}

/// Writes the evidence of a failed run beside the program that was tested.
///
/// # Errors
///
/// The folder cannot be written.
pub fn leave(world: &World, seed: u64, lanes: &[Lane]) -> io::Result<PathBuf> {
    let folder = Installation::shared().folder.join(format!("chaos-{seed}"));
    fs::create_dir_all(&folder)?;
    let mut schedule = String::new();
    for lane in lanes {
        let _ = writeln!(schedule, "{}:", lane.name);
        for strike in &lane.strikes {
            let _ = writeln!(schedule, "  {strike}");
        }
    }
    fs::write(folder.join("schedule.txt"), schedule)?;
    fs::write(folder.join("events.txt"), world.findings.events().join("\n"))?;
    fs::write(folder.join("server.log"), world.server().log())?;
    fs::copy(world.path(), folder.join("pipeline.yaml"))?;
    Ok(folder)
}
