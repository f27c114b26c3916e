//! Where logs go: standard error, one line each, or JSON.

use clap::ValueEnum;
use std::io::{IsTerminal, stderr};
use tracing::level_filters::LevelFilter;

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

/// Sends the program's and the plugins' logs to standard error from now on.
pub fn start(level: LogLevel, format: LogFormat) {
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
        .with_writer(stderr)
        .with_ansi(colour())
        // It would complain of a terminal that is gone on that terminal, and panic. SIGHUP does not end the program, so
        // that there may be none.
        .log_internal_errors(false);
    match format {
        LogFormat::Text => logs.with_target(false).init(),
        LogFormat::Json => logs.json().flatten_event(true).init(),
    }
}

/// Whether standard error shows colours: a terminal, and nobody minds (`NO_COLOR`, see no-color.org).
pub fn colour() -> bool {
    let minds = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    stderr().is_terminal() && !minds
}
