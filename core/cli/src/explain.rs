//! `mutoscope explain FILE`, with `--devices` for what the file's sources really give.

use crate::exit::{Exit, failed, print};
use crate::file::{File, Hardware, plugins};
use clap::Args;
use mutoscope_engine::explain::Explanation;

/// Arguments of `explain`.
#[derive(Args)]
pub struct Explain {
    #[command(flatten)]
    file: File,
    #[command(flatten)]
    hardware: Hardware,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

impl Explain {
    pub fn run(&self) -> Result<Exit, Exit> {
        let prepared = self.hardware.resolve(self.file.prepare(&plugins()?)?)?;
        let explanation = Explanation::of(&prepared);
        if self.json {
            let json = serde_json::to_string_pretty(&explanation).map_err(failed)?;
            print(format_args!("{json}\n"))?;
        } else {
            print(explanation)?;
        }
        Ok(Exit::Done)
    }
}
