//! The report: a section of `docs/performance.md`, and its plot beside it.

use crate::chain::{Chain, name};
use crate::contender::Who;
use crate::installed;
use crate::plot::{self, Bar};
use crate::rounds::Outcome;
use mutoscope_benches::median;
use std::fmt::Write;
use std::path::Path;

/// The effort of a measurement.
pub struct Effort {
    /// So many rounds.
    pub rounds: usize,
    /// So many pictures in each.
    pub frames: u64,
}

/// A chain's section.
///
/// `results` starts with the program's own; `looked_at` are all ways, in short rounds of their own.
pub fn chain(
    chain: Chain,
    results: &[Outcome],
    looked_at: &[Outcome],
    missing: &[String],
    effort: &Effort,
) -> String {
    let ours = &results[0];
    let (rounds, frames) = (effort.rounds, effort.frames);
    let mut text = format!(
        "![{}](performance/{}.svg)\n\n\
         | | Mutoscope's processor time in parts of its own | PSNR | kB a picture |\n|---|---|---|---|\n",
        chain.title, chain.name
    );
    for result in results {
        let ratio = match result.who {
            Who::Mutoscope => "1".into(),
            _ => ratio(ours.in_parts_of(result)),
        };
        let _ = writeln!(
            text,
            "| {} | {ratio} | {} | {:.0} |",
            result.name,
            decibels(&result.psnr),
            result.bytes as f64 / 1e3
        );
    }
    if chain.sizes.len() > 1 {
        let names: Vec<_> = chain.sizes.iter().map(|size| name(*size)).collect();
        let _ = writeln!(text, "\nPSNR stands there for {}.", names.join(", "));
    }
    for line in missing {
        let _ = writeln!(text, "\nNot compared, because it is not here: {line}.");
    }
    let _ = writeln!(
        text,
        "\n{rounds} rounds of {frames} pictures, in turns; the median of the rounds' ratios, from the least to the \
         most.\n\n<details><summary>Commands, and the ways that were not taken</summary>\n\n```"
    );
    for result in results {
        let _ = writeln!(text, "# {}\n{}", result.name, result.command);
    }
    text += "```\n";
    let not_taken = |way: &&Outcome| !results.iter().any(|result| result.name == way.name);
    let mut others = looked_at.iter().filter(not_taken).peekable();
    if others.peek().is_some() {
        text += "\nLooked at in a few short rounds, and slower or worse:\n\n\
                 | | Mutoscope's in parts of its own | PSNR |\n|---|---|---|\n";
    }
    for way in others {
        let parts = ratio(looked_at[0].in_parts_of(way));
        let _ = writeln!(text, "| {} | {parts} | {} |", way.name, decibels(&way.psnr));
    }
    text + "\n</details>\n"
}

/// A chain's bars: everybody's time in parts of the program's.
pub fn chain_plot(chain: Chain, results: &[Outcome]) -> String {
    let bars = results.iter().map(|result| {
        let (value, least, most) = result.in_parts_of(&results[0]);
        let note = format!("{value:.2}, {} dB", decibels(&result.psnr));
        let own = result.who == Who::Mutoscope;
        Bar { label: result.name.clone(), value, spread: (least, most), note, own }
    });
    let title = format!("{}: processor time, Mutoscope = 1", chain.title);
    plot::bars(&title, &bars.collect::<Vec<_>>())
}

fn ratio((median, least, most): (f64, f64, f64)) -> String {
    format!("**{median:.2}** ({least:.2} to {most:.2})")
}

fn decibels(psnr: &[f64]) -> String {
    psnr.iter().map(|decibels| format!("{decibels:.1}")).collect::<Vec<_>>().join(", ")
}

/// The result of a server.
pub struct Row {
    /// The program.
    pub who: Who,
    /// The program and its method.
    pub name: String,
    /// The command as a person would write it.
    pub command: String,
    /// Pictures a second; compared is what has the same number.
    pub fps: u32,
    /// Seconds of processor time for a gigabyte, one for each round.
    pub costs: Vec<f64>,
    /// kB that a viewer got for each picture there was, one for each round.
    pub delivered: Vec<f64>,
}

/// The section on many viewers, and its plot.
pub fn fanout(rows: &[Row], viewers: usize, missing: &[String], effort: &Effort) -> (String, String) {
    let mut text = "![One camera to many viewers](performance/fanout.svg)\n\n\
                    | | Mutoscope's processor time for a byte in parts of its own | kB that a viewer got of each picture |\n\
                    |---|---|---|\n"
        .to_owned();
    let mut bars = Vec::new();
    for row in rows {
        let ours = rows.iter().find(|ours| ours.fps == row.fps).unwrap_or(row);
        let ours = || ours.costs.iter().zip(&row.costs);
        let parts = spread(ours().map(|(ours, theirs)| ours / theirs));
        let shown = if row.who == Who::Mutoscope { "1".into() } else { ratio(parts) };
        let _ = writeln!(text, "| {} | {shown} | {:.1} |", row.name, median(&row.delivered));
        let (value, least, most) = spread(ours().map(|(ours, theirs)| theirs / ours));
        let (own, note) = (row.who == Who::Mutoscope, format!("{value:.2}"));
        bars.push(Bar { label: row.name.clone(), value, spread: (least, most), note, own });
    }
    for line in missing {
        let _ = writeln!(text, "\nNot compared, because it is not here: {line}.");
    }
    let _ = writeln!(
        text,
        "\n{} rounds of 4 s, in turns, {viewers} viewers on the loopback interface, 30 pictures of 86 to 90 kB a second \
         where nothing else is said; compared with Mutoscope at the same rate. The median of the rounds' ratios, from the least to the most.\n\n<details><summary>Commands</summary>\n\n```",
        effort.rounds
    );
    for row in rows {
        let _ = writeln!(text, "# {}\n{}", row.name, row.command);
    }
    let title = format!("One camera to {viewers} viewers: processor time for a byte, Mutoscope = 1");
    (text + "```\n\n</details>\n", plot::bars(&title, &bars))
}

fn spread(ratios: impl Iterator<Item = f64>) -> (f64, f64, f64) {
    let ratios: Vec<_> = ratios.collect();
    let least = ratios.iter().copied().fold(f64::MAX, f64::min);
    (median(&ratios), least, ratios.iter().copied().fold(0.0, f64::max))
}

/// The programs, the machine and the day: no figure stands without them.
pub fn circumstances(program: &str) -> String {
    let versions = installed::versions(program).join(", ");
    format!("{}: {versions}; {}.\n", installed::today(), installed::machine())
}

/// Puts `section` between the comments `<!-- NAME -->` and `<!-- /NAME -->` of a file.
///
/// # Panics
/// If they are not there.
pub fn write(file: &Path, name: &str, section: &str) {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let places = text.find(&start).map(|at| at + start.len()).zip(text.find(&end));
    let (from, to) = places.unwrap_or_else(|| panic!("{} has no place `{start}`", file.display()));
    std::fs::write(file, format!("{}{section}{}", &text[..from], &text[to..])).expect("a file");
}
