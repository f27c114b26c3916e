//! The `mutoscope` command.
//!
//! # Layout
//!
//! One file for each subcommand ([`run`], [`check`], [`explain`], [`mod@bench`], [`schema`], [`plugins`], [`devices`], [`probe`],
//! [`new`]); [`mod@file`] is what they have in common (read a pipeline file, join it with its plugins), [`mod@ask`] has its
//! sources opened in processes of their own, [`exit`] are the program's exit codes, [`logging`] where logs go: through a
//! [`relay`] while a pipeline runs, so that it waits for no reader. [`announce`] is the same for standard output.
//! From here a pipeline goes to `mutoscope_engine`: `config` → `prepare` → `run`.
//!
//! What [`run`] has started, [`session`] looks after to its end. It is told what to do by the pipeline itself, by
//! [`signals`], and by [`reload`], which reads the file again when [`mod@watch`] finds it changed; [`systemd`] hears of it.

mod announce;
mod ask;
mod bench;
mod check;
mod devices;
mod exit;
mod explain;
mod file;
mod logging;
mod new;
mod plugins;
mod probe;
mod relay;
mod reload;
mod run;
mod schema;
mod session;
mod signals;
mod systemd;
mod watch;

use clap::{Parser, Subcommand};
use exit::Exit;
use logging::{LogFormat, LogLevel};
use mutoscope_engine::printable;
use std::process::ExitCode;

/// A camera streaming server whose parts are plugins.
#[derive(Parser)]
#[command(name = "mutoscope", version, arg_required_else_help = true, subcommand_required = true)]
struct Arguments {
    /// How much to log, on standard error.
    #[arg(long, global = true, value_name = "LEVEL", default_value = "info")]
    log: LogLevel,
    /// How logs look.
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a pipeline file. Without one: a simulated camera on 127.0.0.1:8080.
    Run(run::Run),
    /// Say that a pipeline file is good, or everything that is wrong with it.
    ///
    /// Opens no port and, without `--devices`, no device; but loads the plugins that the file names, which runs their code.
    Check(check::Check),
    /// Show the plan of a pipeline file, hop by hop: formats, what was inserted and why, what it costs.
    ///
    /// Opens no port and, without `--devices`, no device; but loads the plugins that the file names, which runs their code.
    Explain(explain::Explain),
    /// Measure what a pipeline's chain costs on this machine, stage by stage, with frames from memory.
    ///
    /// Opens the source to read its frames, and the transforms, but no sink and no port. Exit status 3: `--against` has found
    /// something that costs more.
    Bench(bench::Bench),
    /// Print the JSON Schema of pipeline files, put together from the plugins that are found.
    ///
    /// Loads every plugin on the search path, each in a process of its own.
    Schema(schema::Schema),
    /// List the plugins on the search path, without loading any; or show one.
    Plugins(plugins::Plugins),
    /// List the cameras on this machine, each with the line that a pipeline file wants.
    ///
    /// Asks every source plugin on the search path, each in a process of its own.
    Devices(devices::Devices),
    /// Look at an MJPEG server, any one: is it healthy, and how does it do under load?
    ///
    /// Exit status: 0 if everything is healthy, 1 if not. What healthy means stands below.
    Probe(probe::Probe),
    /// Write a crate with a plugin of your own: one that works, with its options, a test and a pipeline file.
    New(new::New),
}

/// The error of the command line once more, without what steers a terminal in what it quotes of it.
fn legible(error: clap::Error) -> clap::Error {
    let arguments = std::env::args_os().map(|argument| {
        let text = argument.to_string_lossy();
        if text.contains(printable::steers) { printable::line(&text).into_owned().into() } else { argument }
    });
    // Parsed again, since its text is made of escapes for colours and of what is quoted, which cannot be told apart.
    Arguments::try_parse_from(arguments).err().unwrap_or(error)
}

fn main() -> ExitCode {
    // First of all: a service manager may ask for a reload as soon as the process is there.
    signals::block_hangup();
    // Before there is a thread that would take its share.
    mutoscope_engine::run::spare_address_space();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let error = legible(error);
            // Help and version are no errors, and go to standard output.
            let wanted = !error.use_stderr();
            // Nothing can be done about a closed terminal.
            let _ = error.print();
            return if wanted { Exit::Done.into() } else { Exit::Usage.into() };
        }
    };
    exit::own_standard_output();
    logging::start(arguments.log, arguments.log_format);
    if !matches!(arguments.command, Command::Run(_)) {
        signals::let_hangup_through();
    }
    let done = match arguments.command {
        Command::Run(run) => {
            logging::never_wait(arguments.log, arguments.log_format).and_then(|()| run.run())
        }
        Command::Check(check) => check.run(),
        Command::Explain(explain) => explain.run(),
        Command::Bench(bench) => bench.run(),
        Command::Schema(schema) => schema.run(),
        Command::Plugins(plugins) => plugins.run(),
        Command::Devices(devices) => devices.run(),
        Command::Probe(probe) => probe.run(),
        Command::New(new) => new.run(),
    };
    relay::flush();
    done.unwrap_or_else(|exit| exit).into()
}
