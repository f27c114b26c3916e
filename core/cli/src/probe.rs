//! `mutoscope probe URL…`.

use crate::exit::{Exit, failed, print, usage};
use clap::Args;
use mutoscope_probe::{Load, RULES, Target};
use std::time::Duration;

/// Arguments of `probe`.
#[derive(Args)]
#[command(after_long_help = RULES)]
pub struct Probe {
    /// What to look at: `http://HOST:PORT/PATH`, with `USER:PASSWORD@` before the host where the server asks for it.
    #[arg(value_name = "URL", required = true)]
    urls: Vec<String>,
    /// How many look at each URL, as quickly as they can.
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    viewers: u32,
    /// How long.
    #[arg(long, value_name = "S", default_value = "5", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// So many more viewers of each URL that read so many bytes a second each, e.g. `3@50000`.
    #[arg(long, value_name = "K@BYTES_PER_S", value_parser = slow)]
    slow: Option<(u32, u64)>,
    /// Tell the processor time and the memory of this process, the server's, too.
    #[arg(long)]
    pid: Option<u32>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

impl Probe {
    pub fn run(&self) -> Result<Exit, Exit> {
        let targets =
            self.urls.iter().map(|url| Target::parse(url)).collect::<Result<_, _>>().map_err(usage)?;
        let time = Duration::from_secs(self.seconds);
        let load = Load { viewers: self.viewers, slow: self.slow, time, pid: self.pid };
        let report = mutoscope_probe::probe(targets, &load).map_err(failed)?;
        if self.json {
            let json = serde_json::to_string_pretty(&report).map_err(failed)?;
            print(format_args!("{json}\n"))?;
        } else {
            print(&report)?;
        }
        Ok(if report.healthy { Exit::Done } else { Exit::Failed })
    }
}

/// `3@50000`
fn slow(text: &str) -> Result<(u32, u64), String> {
    let (count, rate) = text.split_once('@').ok_or("not of the form K@BYTES_PER_S, e.g. 3@50000")?;
    let count = count.parse().ok().filter(|count| (1..=10_000).contains(count));
    let rate = rate.parse().ok().filter(|rate| *rate > 0);
    Ok((
        count.ok_or("K is not a whole number from 1 to 10000")?,
        rate.ok_or("BYTES_PER_S is not a whole number above 0")?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_viewers_are_a_count_and_a_rate() {
        assert_eq!(slow("3@50000"), Ok((3, 50_000)));
        for wrong in ["3", "@5", "3@", "0@5", "3@0", "-1@5", "3@5k", "10001@5"] {
            assert!(slow(wrong).is_err(), "{wrong}");
        }
    }
}
