//! `mutoscope check FILE`, with `--devices` against the hardware.

use crate::exit::{Exit, print};
use crate::file::{File, Hardware, plugins};
use clap::Args;
use std::fmt::Write;

/// Arguments of `check`.
#[derive(Args)]
pub struct Check {
    #[command(flatten)]
    file: File,
    #[command(flatten)]
    hardware: Hardware,
}

impl Check {
    pub fn run(&self) -> Result<Exit, Exit> {
        let prepared = self.hardware.resolve(self.file.prepare(&plugins()?)?)?;
        let (streams, sinks) = (prepared.pipeline.streams.len(), prepared.pipeline.sinks.len());
        let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        let name = self.file.origin().name().to_owned();
        let mut text = format!("{name} is good: {}, {}\n", count(streams, "stream"), count(sinks, "sink"));
        for tree in prepared.trees.iter().filter(|_| self.hardware.is_asked()) {
            let stream = &prepared.pipeline.streams[tree.stream].name;
            // Writing to a String does not fail.
            let _ = writeln!(text, "the source of `{stream}` gives {}", tree.plan.input);
        }
        print(text)?;
        Ok(Exit::Done)
    }
}
