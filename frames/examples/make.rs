//! Makes the sample pictures. An example and not a program of its own, so that a plain `cargo run` at the root has just
//! one program to run.

use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use mutoscope_frames::sequence::write_frames;
use mutoscope_frames::{Sequence, committed, sequence, sequence_in};

const USAGE: &str = "\
Usage: cargo run --release -p mutoscope-frames --example make -- COMMAND

  committed [--into FOLDER]            porch/, in the repository or in FOLDER
  generated [NAME]... [--into FOLDER]  the longer sequences, all or those named, under
                                       frames/generated/ or FOLDER; what is there is kept
";

fn main() -> ExitCode {
    let Some(order) = Order::parse(env::args().skip(1)) else {
        eprint!("{USAGE}\nNames: {}\n", Sequence::ALL.map(Sequence::name).join(", "));
        return ExitCode::from(2);
    };
    let made = match order {
        Order::Committed(into) => make_committed(into.as_deref()),
        Order::Generated(kinds, into) => make_generated(&kinds, into.as_deref()),
    };
    match made {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

enum Order {
    Committed(Option<PathBuf>),
    Generated(Vec<Sequence>, Option<PathBuf>),
}

impl Order {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let command = arguments.next()?;
        let (mut kinds, mut into) = (Vec::new(), None);
        while let Some(argument) = arguments.next() {
            if argument == "--into" {
                into = Some(PathBuf::from(arguments.next()?));
            } else {
                kinds.push(Sequence::named(&argument)?);
            }
        }
        match command.as_str() {
            "committed" if kinds.is_empty() => Some(Self::Committed(into)),
            "generated" if kinds.is_empty() => Some(Self::Generated(Sequence::ALL.to_vec(), into)),
            "generated" => Some(Self::Generated(kinds, into)),
            _ => None,
        }
    }
}

fn make_committed(into: Option<&Path>) -> Result<()> {
    let porch = into.map_or_else(committed::porch_folder, |into| into.join("porch"));
    fs::create_dir_all(&porch).map_err(|e| Error::new(e.kind(), format!("{}: {e}", porch.display())))?;
    write_frames(&porch, committed::PORCH_FRAMES, committed::porch_frames())?;
    report(&porch)
}

fn make_generated(kinds: &[Sequence], into: Option<&Path>) -> Result<()> {
    kinds.iter().try_for_each(|&kind| {
        report(&match into {
            Some(into) => sequence_in(kind, into)?,
            None => sequence(kind)?,
        })
    })
}

/// One line: the folder, how many files it has, and their sizes.
fn report(folder: &Path) -> Result<()> {
    let sizes =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.metadata()?.len())).collect::<Result<Vec<u64>>>()?;
    let (least, most) = (sizes.iter().min().unwrap_or(&0), sizes.iter().max().unwrap_or(&0));
    let total: u64 = sizes.iter().sum();
    println!("{}: {} files of {least} to {most} bytes, {total} together", folder.display(), sizes.len());
    Ok(())
}
