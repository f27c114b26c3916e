//! Logs: on standard error, one line each, or JSON.

use crate::exit::{Exit, failed, owns_standard_output};
use crate::relay::{RELAY, Relay};
use clap::ValueEnum;
use mutoscope_engine::printable;
use rustix::io::fcntl_dupfd_cloexec;
use rustix::stdio::{dup2_stderr, dup2_stdout};
use signal_hook::consts::SIGABRT;
use signal_hook::low_level::emulate_default_handler;
use std::fs::File;
use std::io::{self, IsTerminal, Write, pipe, stderr};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tracing::Dispatch;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::format::debug_fn;

/// How much to log.
#[derive(Clone, Copy, ValueEnum)]
pub enum LogLevel {
    /// Nothing at all.
    Off,
    /// What failed.
    Error,
    /// And what is worth a look.
    Warn,
    /// And what happens.
    Info,
    /// And why.
    Debug,
    /// And everything else.
    Trace,
}

/// How logs look.
#[derive(Clone, Copy, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for programs.
    Json,
}

static COLOUR: OnceLock<bool> = OnceLock::new();

/// Sends the program's and the plugins' logs to standard error from now on.
pub fn start(level: LogLevel, format: LogFormat) {
    // There is one, and it is set once.
    let _ = tracing::dispatcher::set_global_default(subscriber(level, format, stderr));
}

/// From now on nothing in this process waits for the reader of standard error, and nothing ends because it cannot be written:
/// logs, reports, panics and the output of plugins go through a queue. It has a bound, and lines that do not fit are counted.
pub fn never_wait(level: LogLevel, format: LogFormat) -> Result<(), Exit> {
    // Asked while standard error is still what the user sees.
    colour();
    let notice = move |lost| notice(level, format, lost);
    let redirected = || -> io::Result<Relay> {
        let (read, write) = pipe()?;
        let own = File::from(fcntl_dupfd_cloexec(stderr(), 3)?);
        let relay = Relay::start(read, own, notice)?;
        dup2_stderr(&write)?;
        if owns_standard_output() {
            dup2_stdout(&write)?;
        }
        Ok(relay)
    };
    let relay = redirected().map_err(|error| failed(format!("no queue for standard error: {error}")))?;
    RELAY.get_or_init(|| relay);
    // The last words of a program that aborts (memory that is used up, a stack that overflows) are worth the most.
    let last_words = || {
        if let Some(relay) = RELAY.get() {
            relay.flush_in_handler(40);
        }
        let _ = emulate_default_handler(SIGABRT);
    };
    // SAFETY: the handler reads memory that is never freed, polls, and ends the process: it takes no lock and no memory.
    let registered = unsafe { signal_hook::low_level::register(SIGABRT, last_words) };
    // Without it lines are lost where the reader is not quick enough, and nothing else is.
    registered.map(drop).or(Ok(()))
}

/// Says whether standard error shows colours: it is a terminal, and `NO_COLOR` does not forbid them (see no-color.org).
pub fn colour() -> bool {
    let minds = || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    *COLOUR.get_or_init(|| stderr().is_terminal() && !minds())
}

/// Writes logs, in which nothing that comes from outside steers a terminal or looks like a line of its own.
fn subscriber<W, T>(level: LogLevel, format: LogFormat, to: W) -> Dispatch
where
    W: Fn() -> T + Send + Sync + 'static,
    T: Write + 'static,
{
    let level = match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let logs = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(colour())
        // It would complain of a terminal that is gone on that terminal, and panic. SIGHUP does not end the program, so
        // that there may be none.
        .log_internal_errors(false);
    match format {
        LogFormat::Text => {
            let fields = debug_fn(|out, field, value| {
                if field.name() != "message" {
                    write!(out, "{field}=")?;
                }
                write!(out, "{}", printable::line(&format!("{value:?}")))
            });
            logs.with_target(false).fmt_fields(fields.delimited(" ")).with_writer(to).finish().into()
        }
        // JSON's own escapes, which leave all but the first 32 characters as they are.
        LogFormat::Json => {
            logs.json().flatten_event(true).with_writer(move || Printable(to())).finish().into()
        }
    }
}

/// Text on its way out, with nothing in it that steers a terminal.
pub struct Printable<W>(pub W);

impl<W: Write> Write for Printable<W> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.write_all(printable::text(&String::from_utf8_lossy(text)).as_bytes())?;
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The line of the log that tells how many are lost; nothing where nothing is logged.
fn notice(level: LogLevel, format: LogFormat, lost: u64) -> Vec<u8> {
    #[derive(Clone, Default)]
    struct Line(Arc<Mutex<Vec<u8>>>);
    impl Write for Line {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).write(text)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let line = Line::default();
    let to = line.clone();
    let lines = if lost == 1 { "line" } else { "lines" };
    tracing::dispatcher::with_default(&subscriber(level, format, move || to.clone()), || {
        tracing::error!("{lost} {lines} of standard error could not be written in time and are lost");
    });
    std::mem::take(&mut *line.0.lock().unwrap_or_else(PoisonError::into_inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_steers_no_terminal_and_makes_no_line() {
        for format in [LogFormat::Text, LogFormat::Json] {
            let (lines, text) = pipe().unwrap();
            let text = move || text.try_clone().unwrap();
            let logs = subscriber(LogLevel::Info, format, text);
            tracing::dispatcher::with_default(&logs, || {
                let path = "/\u{1b}[2J\u{9b}31m\u{202e}\n2026 ERROR forged";
                tracing::info!(stream = path, "{path}");
            });
            drop(logs);
            let written = io::read_to_string(lines).unwrap();
            assert_eq!(written.matches('\n').count(), 1, "{written:?}");
            assert!(!written.trim_end().chars().any(printable::steers), "{written:?}");
            assert_eq!(written.matches("forged").count(), 2, "{written:?}");
        }
    }

    #[test]
    fn what_is_lost_is_told_in_the_look_of_the_log() {
        let line = String::from_utf8(notice(LogLevel::Info, LogFormat::Text, 12)).unwrap();
        assert!(line.contains("ERROR 12 lines") && line.ends_with("lost\n"), "{line}");
        let line = notice(LogLevel::Info, LogFormat::Json, 1);
        let json: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert!(json["message"].as_str().unwrap().starts_with("1 line of"), "{json}");
        assert!(notice(LogLevel::Off, LogFormat::Text, 1).is_empty());
    }
}
