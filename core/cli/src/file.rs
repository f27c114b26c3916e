//! The common start of all subcommands with a pipeline file: read it, and join it with its plugins.

use crate::ask;
use crate::exit::{Exit, usage};
use crate::logging::colour;
use clap::Args;
use mutoscope_engine::config::{self, Origin, Report, Set};
use mutoscope_engine::plugins::Plugins;
use mutoscope_engine::prepare::{Prepared, prepare};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Values that are set from the command line.
#[derive(Args, Clone)]
pub struct Sets {
    /// Set a value of the file, e.g. `sink.listen=127.0.0.1:0` or `transforms[0].width=320`; the value is YAML.
    /// May be given several times.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    sets: Vec<String>,
}

impl Sets {
    /// With one more, which wins over those before it.
    pub fn with(mut self, set: String) -> Sets {
        self.sets.push(set);
        self
    }
}

/// A pipeline file on the command line.
#[derive(Args)]
pub struct File {
    /// The pipeline file; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    sets: Sets,
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

/// Whether a file is held against the hardware.
#[derive(Args)]
pub struct Hardware {
    /// Hold the file against the hardware: open each of its sources for one picture, in a process of its own, and go by what it
    /// gives. A source has 10 s, or its stream's `timeout_ms`, to open, and again for its picture.
    #[arg(long)]
    devices: bool,
}

impl Hardware {
    /// Returns whether sources are opened.
    pub fn is_asked(&self) -> bool {
        self.devices
    }

    /// Plans again with the formats that the sources give, if they are to be asked.
    pub fn resolve(&self, prepared: Prepared) -> Result<Prepared, Exit> {
        if !self.devices {
            return Ok(prepared);
        }
        let answers = ask::all(&prepared)?;
        match prepared.resolve(&answers) {
            Ok((prepared, warnings)) => {
                show(&warnings);
                Ok(prepared)
            }
            Err(unsettled) => {
                show(&unsettled.report);
                Err(if unsettled.wrong_file { Exit::File } else { Exit::Failed })
            }
        }
    }
}

/// The means to read a pipeline file again.
#[derive(Clone)]
pub struct Reader {
    pub origin: Origin,
    pub sets: Sets,
    pub plugins: Arc<Plugins>,
}

impl Reader {
    /// Reads, checks and plans it, and shows what is wrong with it.
    pub fn load(&self) -> Result<Prepared, Exit> {
        load(&self.origin, &self.sets, &self.plugins)
    }

    /// Reads, checks and plans it; shows what is worth a look, but not what is wrong with it.
    pub fn read(&self) -> Result<Prepared, Report> {
        read(&self.origin, &self.sets, &self.plugins)
    }

    /// The file that can be read again, or why there is none.
    pub fn again(&self) -> Result<&Path, String> {
        match &self.origin {
            // What is not there, or a folder, is another error's business.
            Origin::File(path) => match fs::metadata(path) {
                Ok(about) if !about.is_file() && !about.is_dir() => {
                    Err(format!("{} is a pipe or a device, which is read once", path.display()))
                }
                _ => Ok(path),
            },
            Origin::StandardInput => Err("standard input is read once".into()),
            Origin::BuiltIn { .. } => Err("no file was named".into()),
        }
    }
}

/// The plugins that the environment lets us find.
pub fn plugins() -> Result<Plugins, Exit> {
    Plugins::from_env().map_err(usage)
}

fn load(origin: &Origin, sets: &Sets, plugins: &Plugins) -> Result<Prepared, Exit> {
    if let Some(fault) = sets.sets.iter().find_map(|set| Set::new(set).fault()) {
        return Err(usage(fault));
    }
    read(origin, sets, plugins).map_err(|report| {
        show(&report);
        Exit::File
    })
}

fn read(origin: &Origin, sets: &Sets, plugins: &Plugins) -> Result<Prepared, Report> {
    let sets: Vec<_> = sets.sets.iter().map(Set::new).collect();
    let pipeline = config::load(origin, &sets, &environment, plugins)?;
    show(&pipeline.warnings);
    let prepared = prepare(pipeline, plugins)?;
    show(&prepared.notes());
    Ok(prepared)
}

/// A variable of the environment. A service without `User=` has no `HOME`: the user's entry says where it is.
fn environment(name: &str) -> Option<String> {
    let variable = std::env::var(name).ok();
    match name {
        "HOME" => variable
            .filter(|home| !home.is_empty())
            .or_else(|| std::env::home_dir()?.into_os_string().into_string().ok()),
        _ => variable,
    }
}

/// Shows what is wrong with a pipeline.
pub fn show(report: &Report) {
    if !report.is_empty() {
        // Nothing can be done about a closed terminal.
        let _ = writeln!(std::io::stderr(), "{}", report.render(colour()).trim_end());
    }
}
