//! `mutoscope schema`.

use crate::exit::{Exit, failed, print};
use crate::file::plugins;
use crate::plugins::describe_elsewhere;
use clap::Args;
use mutoscope_engine::config::{Documented, PluginKind, pipeline_schema};
use std::sync::Arc;

/// Arguments of `schema`.
#[derive(Args)]
pub struct Schema {}

impl Schema {
    pub fn run(&self) -> Result<Exit, Exit> {
        let mut documented = Vec::new();
        for entry in plugins()?.list(&[]) {
            if entry.header.is_err() || entry.shadowed_by.is_some() {
                continue;
            }
            match describe_elsewhere(&entry.path) {
                Ok(description) => documented.push(Documented {
                    name: description.name,
                    description: description.about,
                    kinds: description
                        .kinds
                        .into_iter()
                        .filter_map(|kind| {
                            let which =
                                PluginKind::ALL.into_iter().find(|known| known.to_string() == kind.kind)?;
                            Some((which, Arc::new(kind.schema)))
                        })
                        .collect(),
                }),
                // The schema is as good as what can be loaded; the rest is said.
                Err(why) => tracing::warn!("left out {}: {why}", entry.name),
            }
        }
        let json = serde_json::to_string_pretty(&pipeline_schema(&documented)).map_err(failed)?;
        print(format_args!("{json}\n"))?;
        Ok(Exit::Done)
    }
}
