//! A contender that does the work, as a command.

use crate::chain::Chain;
use crate::setting::Setting;
use std::path::Path;

/// The program that does the work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    /// The program.
    Mutoscope,
    /// Library calls in a loop.
    ByHand,
    /// Another program, by name.
    Peer(&'static str),
}

/// Gives a program and its arguments.
type Command = dyn Fn(u64, Option<&Path>) -> Vec<String>;

/// A program that does the work, as a command.
pub struct Contender {
    /// The program.
    pub who: Who,
    /// The method, in a few words.
    pub how: String,
    command: Box<Command>,
}

impl Contender {
    /// `command` gives the program and its arguments for so many pictures; where there is a folder, the pictures are kept
    /// there as `WIDTHxHEIGHT-0001.jpg` and so on.
    pub fn new(
        who: Who,
        how: impl Into<String>,
        command: impl Fn(u64, Option<&Path>) -> Vec<String> + 'static,
    ) -> Contender {
        Contender { who, how: how.into(), command: Box::new(command) }
    }

    /// The program and its arguments for so many pictures.
    pub fn command(&self, frames: u64, save: Option<&Path>) -> Vec<String> {
        (self.command)(frames, save)
    }

    /// The whole name.
    pub fn name(&self) -> String {
        match self.who {
            Who::Mutoscope => "Mutoscope".into(),
            Who::ByHand => format!("by hand: {}", self.how),
            Who::Peer(name) => format!("{name}: {}", self.how),
        }
    }

    /// The command as a person would write it, with words for this machine's folders.
    pub fn shown(&self, setting: &Setting) -> String {
        let quoted = |word: &String| match word.contains([' ', '(', '\'', ';', '[', '%']) {
            true => format!("\"{word}\""),
            false => word.clone(),
        };
        let command = self.command(crate::cost::SHOWN_FRAMES, None);
        let mut shown = command.iter().map(quoted).collect::<Vec<_>>().join(" ");
        // The program's work stands in a file.
        let file = command.last().filter(|_| self.who == Who::Mutoscope);
        for line in file.and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default().lines() {
            shown += &format!("\n    {line}");
        }
        setting.anonymous(&shown)
    }
}

/// Everybody who can do `chain` here, and what is missing for the others.
pub fn everybody(chain: Chain, setting: &Setting) -> (Vec<Contender>, Vec<String>) {
    let mut missing = Vec::new();
    let mut all = crate::ours::contenders(chain, setting);
    for peers in [crate::ffmpeg::contenders, crate::gstreamer::contenders, crate::opencv::contenders] {
        match peers(chain, setting) {
            Ok(more) => all.extend(more),
            Err(needed) => missing.push(needed),
        }
    }
    (all, missing)
}
