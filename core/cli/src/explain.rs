//! `mutoscope explain FILE`.

use crate::exit::{Exit, failed, print};
use crate::file::{File, plugins};
use clap::Args;
use mutoscope_engine::explain::Explanation;

/// Arguments of `explain`.
#[derive(Args)]
pub struct Explain {
    #[command(flatten)]
    file: File,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

impl Explain {
    pub fn run(&self) -> Result<Exit, Exit> {
        let explanation = Explanation::of(&self.file.prepare(&plugins()?)?);
        if self.json {
            let json = serde_json::to_string_pretty(&explanation).map_err(failed)?;
            print(format_args!("{json}\n"))?;
        } else {
            print(explanation)?;
        }
        Ok(Exit::Done)
    }
}
