//! `mutoscope run FILE`.

use crate::exit::{Exit, failed, usage};
use crate::file::{Reader, Sets, plugins};
use crate::plugins::try_elsewhere;
use crate::session::{Message, Session};
use crate::signals;
use crate::watch::{FileWatch, Patience};
use clap::Args;
use mutoscope_engine::config::Origin;
use mutoscope_engine::run::Running;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::channel;

/// Arguments of `run`.
#[derive(Args)]
pub struct Run {
    /// The pipeline file; `-` is standard input. Without it, a simulated camera with a timestamp on 127.0.0.1:8080.
    ///
    /// SIGHUP reads it again. If it is good, what differs is replaced while the rest runs on; if not, nothing changes.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    sets: Sets,
    /// Read the file again whenever it changes, as SIGHUP does.
    #[arg(long)]
    watch: bool,
    /// For authors of plugins: as `--watch`, and whenever a plugin's library was built anew, it takes the place of the old one
    /// while viewers look on. One that cannot be loaded changes nothing, and says why.
    #[arg(long)]
    dev: bool,
}

/// The pipeline for a start without a file.
const WITHOUT_A_FILE: &str = "\
source: { plugin: simulated }
transforms:
  - { plugin: timestamp }
sink: { plugin: mjpeg, listen: 127.0.0.1:8080 }
";

impl Run {
    pub fn run(&self) -> Result<Exit, Exit> {
        let origin = match &self.file {
            Some(file) => Origin::from_argument(file),
            None => Origin::BuiltIn { name: "(built in)".into(), text: WITHOUT_A_FILE.into() },
        };
        let signals = signals::hold()?;
        let plugins = plugins()?;
        let plugins = if self.dev { plugins.trying(try_elsewhere) } else { plugins };
        let reader = Reader { origin, sets: self.sets.clone(), plugins: Arc::new(plugins) };
        // Before it is read: what is written in between is noticed.
        let watch = if self.watch || self.dev { Some(self.watch(&reader)?) } else { None };
        let prepared = reader.load()?;

        let (tell, messages) = channel();
        let (to_events, to_signals) = (tell.clone(), tell.clone());
        // If the receiver is gone, the program is ending already.
        signals.tell(move |request| {
            let _ = to_signals.send(Message::Request(request));
        })?;
        let running = Running::start(&Arc::new(prepared), move |event| {
            let _ = to_events.send(Message::Pipeline(event));
        });
        let running = running.map_err(|error| failed(format!("cannot start the pipeline: {error}")))?;
        Session::new(running, reader, tell, watch)?.follow(messages)
    }

    /// Starts to watch the file.
    fn watch(&self, reader: &Reader) -> Result<FileWatch, Exit> {
        let flag = if self.dev { "--dev" } else { "--watch" };
        let file =
            reader.again().map_err(|why| usage(format!("`{flag}` needs a file that can change: {why}")))?;
        let plugins = self.dev.then(|| reader.plugins.clone());
        FileWatch::new(file, plugins, Patience::default())
            .map_err(|error| failed(format!("{} cannot be watched: {error}", file.display())))
    }
}
