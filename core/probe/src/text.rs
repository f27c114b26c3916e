//! A report as a person reads it: one screen.

use crate::report::{Age, Report, Slow, Stream};
use std::fmt::{self, Display, Formatter};

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (at, stream) in self.streams.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            stream.fmt(f)?;
        }
        if let Some(server) = &self.server {
            let gigabyte = server
                .processor_s_per_gb
                .map(|s| format!(", {s:.2} s of it for a gigabyte"))
                .unwrap_or_default();
            let threads = if server.threads == 1 { "thread" } else { "threads" };
            let used = format!(
                "{:.2} s of processor time ({:.0} % of a core){gigabyte}",
                server.processor_s, server.core_percent
            );
            writeln!(f, "\nprocess {} ({})", server.pid, server.name)?;
            line(f, "processor", used)?;
            let memory = format!(
                "{} now, {} at most; {} {threads}",
                kib(server.resident_kib),
                kib(server.peak_kib),
                server.threads
            );
            line(f, "memory", memory)?;
        }
        if let Some(trouble) = &self.server_trouble {
            writeln!(f, "\nnot healthy: {trouble}")?;
        }
        Ok(())
    }
}

impl Display for Stream {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let verdict = if self.problems.is_empty() { "healthy" } else { "NOT HEALTHY" };
        writeln!(f, "{}: {verdict}", self.url)?;
        for problem in &self.problems {
            writeln!(f, "  ! {problem}")?;
        }
        let Some(answer) = &self.answer else { return Ok(()) };
        let lengths = match self.with_length {
            0 => "parts without a length",
            all if all == self.pictures => "parts with their length",
            _ => "parts with and without a length",
        };
        let chunks = if answer.chunked { ", in chunks" } else { "" };
        line(f, "answer", format!("{}{chunks}, boundary `{}`, {lengths}", answer.version, answer.boundary))?;
        let viewers = if self.viewers == 1 { "1 viewer".into() } else { format!("{} viewers", self.viewers) };
        line(f, "pictures", format!("{} for {viewers}", self.pictures))?;
        if let Some(first) = self.first_picture_ms {
            line(f, "first picture", spread(first.p50, first.p99, self.viewers > 1))?;
        }
        if let (Some(median), Some(slowest)) = (self.fps, self.slowest_fps) {
            let slowest = if self.viewers > 1 {
                format!(" (median), {slowest:.1} for the slowest viewer")
            } else {
                String::new()
            };
            line(f, "a second", format!("{median:.1}{slowest}"))?;
        }
        if let (Some(gaps), Some(longest)) = (self.gaps_ms, self.longest_gap_ms) {
            line(f, "gaps", format!("{}, longest {}", spread(gaps.p50, gaps.p99, true), ms(longest)))?;
        }
        if let Some(each) = self.bytes.checked_div(self.pictures) {
            line(f, "bytes", format!("{} in all, {} a picture", bytes(self.bytes), bytes(each)))?;
        }
        if let Some(of) = &self.age {
            line(f, "age", age(of))?;
        }
        let broken: u64 = self.broken.iter().map(|broken| broken.parts).sum();
        line(f, "broken parts", if broken == 0 { "none".into() } else { broken.to_string() })?;
        if let Some(slow) = &self.slow {
            line(f, "slow viewers", slow.to_string())?;
        }
        Ok(())
    }
}

impl Display for Slow {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}/s", self.viewers, bytes(self.bytes_per_s))?;
        if let Some(fps) = self.fps {
            write!(f, ": {fps:.1} pictures a second")?;
        }
        if let Some(of) = &self.age {
            write!(f, ", age {}", age(of))?;
        }
        let broken: u64 = self.broken.iter().map(|broken| broken.parts).sum();
        if broken > 0 {
            write!(f, ", {broken} broken parts")?;
        }
        for (why, viewers) in &self.troubles {
            write!(f, "; {viewers} of them: {why}")?;
        }
        Ok(())
    }
}

fn line(f: &mut Formatter<'_>, name: &str, what: impl Display) -> fmt::Result {
    writeln!(f, "  {name:<14} {what}")
}

fn age(age: &Age) -> String {
    match age.clock_ahead_ms {
        Some(ahead) => format!("not known: the server's clock is {} ahead of this one's", ms(ahead)),
        None => format!("{}, by X-Timestamp", spread(age.ms.p50, age.ms.p99, true)),
    }
}

fn spread(p50: f64, p99: f64, both: bool) -> String {
    if both { format!("p50 {}, p99 {}", ms(p50), ms(p99)) } else { ms(p50) }
}

fn ms(ms: f64) -> String {
    match ms {
        ms if ms < 10.0 => format!("{ms:.1} ms"),
        ms if ms < 10_000.0 => format!("{ms:.0} ms"),
        ms => format!("{:.1} s", ms / 1e3),
    }
}

fn bytes(bytes: u64) -> String {
    match bytes as f64 {
        count if count < 1e3 => format!("{count} B"),
        count if count < 1e6 => format!("{:.1} kB", count / 1e3),
        count if count < 1e9 => format!("{:.1} MB", count / 1e6),
        count => format!("{:.2} GB", count / 1e9),
    }
}

fn kib(kib: u64) -> String {
    bytes(kib * 1024)
}
