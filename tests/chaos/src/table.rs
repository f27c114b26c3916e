//! The table of faults: what was injected, and what became of it.

use crate::driver::Done;
use crate::outcome::Outcome;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// The table of faults.
#[derive(Default)]
pub struct Table {
    rows: BTreeMap<&'static str, Row>,
}

#[derive(Default)]
struct Row {
    struck: usize,
    missed: usize,
    lost: usize,
    back_after: Vec<Duration>,
}

impl Table {
    /// Of what was done.
    pub fn of(done: &[Done]) -> Table {
        let mut table = Table::default();
        for (strike, outcome) in done {
            let row = table.rows.entry(strike.fault.name).or_default();
            match outcome {
                Outcome::Missed => row.missed += 1,
                Outcome::Lost => row.lost += 1,
                Outcome::Survived(after) => row.back_after.push(*after),
            }
            row.struck += usize::from(*outcome != Outcome::Missed);
        }
        table
    }

    /// Returns the number of faults that struck, and of their kinds.
    pub fn struck(&self) -> (usize, usize) {
        let struck = self.rows.values().map(|row| row.struck);
        (struck.clone().sum(), struck.filter(|struck| *struck > 0).count())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| fault | injected | survived | live again after (median) | (longest) |")?;
        writeln!(f, "|---|---:|---:|---:|---:|")?;
        let seconds = |time: Option<&Duration>| {
            time.map_or_else(|| "-".to_owned(), |time| format!("{:.1} s", time.as_secs_f64()))
        };
        for (name, row) in self.rows.iter().filter(|(_, row)| row.struck > 0) {
            let mut after = row.back_after.clone();
            after.sort();
            let (median, longest) = (seconds(after.get(after.len() / 2)), seconds(after.last()));
            writeln!(f, "| {name} | {} | {} | {median} | {longest} |", row.struck, after.len())?;
        }
        let (all, kinds) = self.struck();
        let survived: usize = self.rows.values().map(|row| row.back_after.len()).sum();
        writeln!(f, "| **{kinds} kinds** | **{all}** | **{survived}** | | |")
    }
}
