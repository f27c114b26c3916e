//! The same work on what is installed here of ffmpeg, GStreamer, OpenCV and ustreamer, in turns; what comes of it becomes the
//! tables and plots of `docs/performance.md`. `benches/peers/run` calls it; `run --help` says how.
//!
//! # Layout
//! `chain` (what is to be done) → `setting` (the pictures) → `ours`, `ffmpeg`, `gstreamer`, `opencv` (everybody's commands, each a
//! `contender`) → `cost` (what a command costs) → `rounds` (in turns, and how good the pictures are) → `report`, `plot`. `fanout` is
//! the servers.

mod chain;
mod contender;
mod cost;
mod fanout;
mod ffmpeg;
mod gstreamer;
mod installed;
mod opencv;
mod ours;
mod plot;
mod report;
mod rounds;
mod setting;

use chain::{CHAINS, Chain};
use contender::{Contender, everybody};
use report::Effort;
use setting::Setting;
use std::path::{Path, PathBuf};

const HELP: &str = "\
The same work on what is installed here of ffmpeg, GStreamer, OpenCV and ustreamer, in turns.

    benches/peers/run [small|half|raw|sizes|fanout …] [--rounds N] [--frames N] [--print]

Without names all of it, which takes about half an hour. The tables and plots of docs/performance.md are
written anew, unless --print: then the tables are only shown.

    --rounds N   so many rounds (9)
    --frames N   so many pictures a round (200)
";

/// The effort for a first look at every way, to find each peer's best.
const LOOK: Effort = Effort { rounds: 5, frames: 100 };

/// The selection from the command line.
struct Selection {
    names: Vec<String>,
    effort: Effort,
    print: bool,
}

fn wanted(words: &[String]) -> Option<Selection> {
    let mut wanted = Selection { names: Vec::new(), effort: Effort { rounds: 9, frames: 200 }, print: false };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--rounds" => wanted.effort.rounds = words.next()?.parse().ok().filter(|rounds| *rounds > 0)?,
            "--frames" => wanted.effort.frames = words.next()?.parse().ok().filter(|frames| *frames > 0)?,
            "--print" => wanted.print = true,
            name if name == "fanout" || Chain::named(name).is_some() => wanted.names.push(name.to_owned()),
            _ => return None,
        }
    }
    if wanted.names.is_empty() {
        wanted.names = CHAINS.iter().map(|chain| chain.name).chain(["fanout"]).map(str::to_owned).collect();
    }
    Some(wanted)
}

fn compare(chain: Chain, setting: &Setting, wanted: &Selection) -> (String, String) {
    let (all, missing) = everybody(chain, setting);
    let looked_at = |contenders: &[&Contender], rounds, frames| -> Vec<rounds::Outcome> {
        let seconds = rounds::measure(contenders, setting, rounds, frames);
        let each = contenders.iter().zip(seconds);
        each.map(|(contender, seconds)| rounds::look(chain, contender, setting, seconds)).collect()
    };
    eprintln!("{}: {} ways, looked at", chain.title, all.len());
    let first = looked_at(&all.iter().collect::<Vec<_>>(), LOOK.rounds, LOOK.frames);
    for result in &first {
        let (parts, ..) = first[0].in_parts_of(result);
        eprintln!("  {parts:.2}  {:.1} dB  {} kB  {}", result.mean_psnr(), result.bytes / 1000, result.name);
    }
    let taken: Vec<_> = rounds::best_of_each(&first).into_iter().map(|at| &all[at]).collect();
    eprintln!("{}: compared", chain.title);
    let results = looked_at(&taken, wanted.effort.rounds, wanted.effort.frames);
    let section = report::chain(chain, &results, &first, &missing, &wanted.effort);
    (section, report::chain_plot(chain, &results))
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.first().map(String::as_str) {
        Some("by-hand") => return ours::work_by_hand(&words[1..]),
        Some("serve") => return fanout::serve(&words[1..]),
        _ => {}
    }
    // A build of the benches, or a run of all tests, must not wait for this.
    if !std::env::args().any(|word| word == "--bench") {
        return;
    }
    let Some(wanted) = wanted(&words) else {
        print!("{HELP}");
        return;
    };
    let docs =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, |top| top.join("docs"));
    let setting = Setting::new();
    let program = setting.mutoscope.display().to_string();
    for name in &wanted.names {
        let (section, plot) = match Chain::named(name) {
            Some(chain) => compare(chain, &setting, &wanted),
            None => {
                eprintln!("one camera to many viewers");
                let (all, missing) = fanout::everybody();
                let rows = fanout::measure(&all, &wanted.effort);
                report::fanout(&rows, fanout::VIEWERS, &missing, &wanted.effort)
            }
        };
        let section = format!("{}\n{section}", report::circumstances(&program));
        println!("{section}");
        if !wanted.print {
            std::fs::write(docs.join(format!("performance/{name}.svg")), plot).expect("the plot's file");
            report::write(&docs.join("performance.md"), name, &section);
        }
    }
}
