//! `mutoscope run FILE`.

use crate::exit::{Exit, failed, print};
use crate::file::{Sets, load, plugins};
use crate::signals::on_interrupt;
use clap::Args;
use mutoscope_engine::config::Origin;
use mutoscope_engine::run::{Event, Running};
use std::path::PathBuf;
use std::sync::mpsc::channel;

/// Arguments of `run`.
#[derive(Args)]
pub struct Run {
    /// The pipeline file; `-` is standard input. Without it, a simulated camera with a timestamp on 127.0.0.1:8080.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    sets: Sets,
}

/// What runs when nobody says what to run.
const WITHOUT_A_FILE: &str = "\
source: { plugin: simulated }
transforms:
  - { plugin: timestamp }
sink: { plugin: mjpeg, listen: 127.0.0.1:8080 }
";

/// What the program waits for.
enum Message {
    Pipeline(Event),
    Interrupt,
}

impl Run {
    pub fn run(&self) -> Result<Exit, Exit> {
        let origin = match &self.file {
            Some(file) => Origin::from_argument(file),
            None => Origin::BuiltIn { name: "(built in)".into(), text: WITHOUT_A_FILE.into() },
        };
        let prepared = load(&origin, &self.sets, &plugins()?)?;
        let (tell, messages) = channel();
        let interrupt = tell.clone();
        on_interrupt(move || {
            // If nobody listens any more, the program is ending already.
            let _ = interrupt.send(Message::Interrupt);
        })?;
        let running = Running::start(&std::sync::Arc::new(prepared), move |event| {
            let _ = tell.send(Message::Pipeline(event));
        });
        let running = running.map_err(|error| failed(format!("cannot start the pipeline: {error}")))?;
        let mut exit = Ok(Exit::Done);
        for message in messages {
            let event = match message {
                Message::Interrupt => break,
                Message::Pipeline(event) => event,
            };
            match told(event) {
                Ok(true) => {}
                Ok(false) => break,
                Err(end) => {
                    exit = Err(end);
                    break;
                }
            }
        }
        let left = running.stop();
        if !left.is_empty() {
            tracing::warn!("left behind, since they do not end: {}", left.join(", "));
        }
        exit
    }
}

/// Acts on what the pipeline tells; `false` when it has come to its end.
fn told(event: Event) -> Result<bool, Exit> {
    match event {
        Event::Announced { at, .. } => print(format_args!("listening on {at}\n"))?,
        Event::Ready => tracing::debug!("all sinks are open"),
        Event::Finished { failed } if failed.is_empty() => return Ok(false),
        Event::Finished { failed } => {
            let failed: Vec<_> = failed.iter().map(|(name, _)| format!("`{name}`")).collect();
            return Err(crate::exit::failed(format!("ended by failure: {}", failed.join(", "))));
        }
        Event::Refused { report, fatal: true } => return Err(crate::file::refuse(&report)),
        Event::Refused { report, .. } => crate::file::show(&report),
        Event::SinkFailed { sink, message } => {
            return Err(failed(format!("the sink `{sink}` cannot start: {message}")));
        }
    }
    Ok(true)
}
