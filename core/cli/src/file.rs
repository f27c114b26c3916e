//! What all subcommands do with a pipeline file: read it, and join it with its plugins.

use crate::exit::{Exit, failed, usage};
use crate::logging::colour;
use clap::Args;
use mutoscope_engine::config::{self, Origin, Report, Set};
use mutoscope_engine::plugins::Plugins;
use mutoscope_engine::prepare::{Prepared, prepare};
use std::io::Write;
use std::path::PathBuf;

/// Values that are set from the command line.
#[derive(Args)]
pub struct Sets {
    /// Set a value of the file, e.g. `sink.listen=127.0.0.1:0` or `transforms[0].width=320`; the value is YAML.
    /// May be given several times.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    sets: Vec<String>,
}

/// A pipeline file on the command line.
#[derive(Args)]
pub struct File {
    /// The pipeline file; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    pub sets: Sets,
}

impl File {
    pub fn origin(&self) -> Origin {
        Origin::from_argument(&self.file)
    }

    /// Reads, checks and plans the file.
    pub fn prepare(&self, plugins: &Plugins) -> Result<Prepared, Exit> {
        load(&self.origin(), &self.sets, plugins)
    }
}

/// The plugins that the environment lets us find.
pub fn plugins() -> Result<Plugins, Exit> {
    Plugins::from_env().map_err(usage)
}

/// Reads, checks and plans a pipeline, and shows what is wrong with it.
pub fn load(origin: &Origin, sets: &Sets, plugins: &Plugins) -> Result<Prepared, Exit> {
    let sets: Vec<_> = sets.sets.iter().map(Set::new).collect();
    let environment = |name: &str| std::env::var(name).ok();
    let pipeline = config::load(origin, &sets, &environment, plugins).map_err(|report| refuse(&report))?;
    show(&pipeline.warnings);
    prepare(pipeline, plugins).map_err(|report| refuse(&report))
}

/// Shows why a file cannot be used.
pub fn refuse(report: &Report) -> Exit {
    show(report);
    Exit::File
}

/// Shows what is wrong with a file, or worth a look.
pub fn show(report: &Report) {
    if !report.is_empty() {
        // Nothing can be done about a closed terminal.
        let _ = writeln!(std::io::stderr(), "{}", report.render(colour()).trim_end());
    }
}

/// The program itself, for what it does in a process of its own.
pub fn this_program() -> Result<PathBuf, Exit> {
    std::env::current_exe().map_err(|error| failed(format!("cannot find this program's own file: {error}")))
}
