//! The long runs: `cargo run -p mutoscope-chaos -- --seed 7 --minutes 10`, and `… -- soak --minutes 30`.

use clap::{Parser, Subcommand};
use mutoscope_chaos::{run, soak};
use std::process::ExitCode;
use std::time::Duration;

/// Runs the program under faults that are drawn at random, and checks what its clients get.
#[derive(Parser)]
struct Arguments {
    /// What the faults are drawn from: the same seed, the same faults. Another one each time if it is left out.
    #[arg(long)]
    seed: Option<u64>,
    /// For how long faults come.
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Runs it at full load without any fault, and looks whether anything grows.
    Soak {
        /// For how long.
        #[arg(long, default_value_t = 30.0)]
        minutes: f64,
        /// How many clients look on.
        #[arg(long, default_value_t = 50)]
        viewers: usize,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let time = |minutes: f64| Duration::from_secs_f64(60.0 * minutes.max(0.0));
    let (text, good) = match arguments.command {
        Some(Command::Soak { minutes, viewers }) => {
            let soak = soak::run(time(minutes), viewers);
            (soak.text(), soak.is_flat())
        }
        None => {
            let report =
                run::run(arguments.seed.unwrap_or_else(|| fastrand::u64(..1 << 32)), time(arguments.minutes));
            (report.text(), report.wrong.is_empty())
        }
    };
    println!("{text}");
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
