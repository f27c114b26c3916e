//! `mutoscope check FILE`.

use crate::exit::{Exit, print};
use crate::file::{File, plugins};
use clap::Args;

/// Arguments of `check`.
#[derive(Args)]
pub struct Check {
    #[command(flatten)]
    file: File,
}

impl Check {
    pub fn run(&self) -> Result<Exit, Exit> {
        let prepared = self.file.prepare(&plugins()?)?;
        let (streams, sinks) = (prepared.pipeline.streams.len(), prepared.pipeline.sinks.len());
        let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        print(format_args!(
            "{} is good: {}, {}\n",
            self.file.origin().name(),
            count(streams, "stream"),
            count(sinks, "sink")
        ))?;
        Ok(Exit::Done)
    }
}
