//! What the sources of a file really give, told by opening them: the file held against the hardware.
//!
//! The program asks each source a [`Question`] in a process of its own, since a device may hang and a driver may crash; there
//! [`Question::answer`] opens it for one picture. With the answers, [`Prepared::resolve`] plans anew.

use crate::config::{Input, Report};
use crate::exclusive;
use crate::plugins::Plugins;
use crate::prepare::{Guess, Prepared, Refused, SourceTree};
use crate::run::{GRACE, Trial, time_to_start, try_out};
use mutoscope_plugin::host::Failure;
use mutoscope_plugin::{Format, FormatHint, PixelFormat, Size};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// What a source is asked: everything that it takes to open it. Its options may be secrets: there is no `Debug` of it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    library: PathBuf,
    /// As JSON.
    options: String,
    /// The [`FormatHint`] that it would be started with.
    kind: Option<PixelFormat>,
    size: Option<Size>,
    /// To open, and again to the first picture.
    allowed: Duration,
}

/// What came of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Its first picture was of this format.
    Gives(Format),
    /// An option that the device cannot do: the file is wrong.
    Refuses {
        /// Its path in the plugin's own options.
        option: String,
        /// What is wrong.
        message: String,
    },
    /// It gives nothing now: it is not there, busy, broken, silent.
    Fails(String),
}

/// Why a pipeline cannot be settled by what its sources gave.
#[derive(Debug)]
pub struct Unresolved {
    /// What to show.
    pub report: Report,
    /// Whether the file is wrong, and not only the moment.
    pub wrong_file: bool,
}

/// However long a source may be silent while it runs, nobody waits longer at the command line.
const LONGEST: Duration = Duration::from_secs(60);

impl Question {
    fn of(prepared: &Prepared, tree: &SourceTree) -> Question {
        let given = prepared.pipeline.streams[tree.stream].timeout;
        Question {
            library: tree.library.clone(),
            options: tree.options.clone(),
            kind: tree.wanted.kind(),
            size: tree.wanted.size(),
            allowed: time_to_start(given, tree.caps.fps).min(LONGEST),
        }
    }

    /// Returns how long the answer may take at most, with the end of what does not answer.
    #[must_use]
    pub fn time(&self) -> Duration {
        2 * self.allowed + 2 * GRACE
    }

    /// Loads the library and opens the source. **This runs its code**, on a thread that is left behind if it does not return.
    #[must_use]
    pub fn answer(self, plugins: &Plugins) -> Answer {
        let wanted = FormatHint::new(self.kind, self.size);
        let loaded = plugins.load_file(&self.library).map_err(|error| Failure::new(error.to_string()));
        let source = loaded.and_then(|loaded| {
            loaded.plugin.source().ok_or_else(|| Failure::new("the plugin offers no source any more"))
        });
        let format = source.and_then(|source| {
            try_out(Trial { source, options: self.options, wanted, allowed: self.allowed })
        });
        match format {
            Ok(format) => Answer::Gives(format),
            Err(failure) if failure.option.is_empty() => Answer::Fails(failure.message),
            Err(Failure { option, message, .. }) => Answer::Refuses { option, message },
        }
    }
}

impl Prepared {
    /// The questions to the sources, in the order of [`Prepared::trees`].
    #[must_use]
    pub fn questions(&self) -> Vec<Question> {
        self.trees.iter().map(|tree| Question::of(self, tree)).collect()
    }

    /// The sources in groups, as indices of [`Prepared::trees`]: those of one group hold the same device, and are asked one
    /// after another.
    #[must_use]
    pub fn groups(&self) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (at, tree) in self.trees.iter().enumerate() {
            let conflicts = |other: &usize| {
                let other = &self.trees[*other];
                exclusive::conflict(tree.source == other.source, &tree.caps, &other.caps)
            };
            let (mine, others): (Vec<_>, Vec<_>) =
                groups.into_iter().partition(|group| group.iter().any(conflicts));
            groups = others;
            groups.push(mine.into_iter().flatten().chain([at]).collect());
        }
        groups
    }

    /// Plans for what the sources gave; an answer for each, in the order of [`Prepared::trees`]. With it comes what is worth a
    /// look, though the file is good.
    ///
    /// # Errors
    /// A source gave nothing, or something for which there is no way: each at its place in the file.
    pub fn resolve(mut self, answers: &[Answer]) -> Result<(Prepared, Report), Unresolved> {
        let mut warnings = self.taken_twice();
        let mut refused = Refused { pipeline: &self.pipeline, report: None };
        let mut wrong_file = false;
        for (tree, answer) in self.trees.iter_mut().zip(answers) {
            let Input::Source(stage) = &self.pipeline.streams[tree.stream].input else { continue };
            match answer {
                Answer::Gives(format) => match tree.tree.resolve(&*self.modes, *format) {
                    Ok(plan) => {
                        if let Some((option, message)) = other_size(tree, format.size()) {
                            warnings.extend(self.pipeline.warn(&stage.origin, option, &message));
                        }
                        (tree.plan, tree.guess) = (plan, Guess::Asked);
                        tree.otherwise.clear();
                    }
                    Err(no_route) => {
                        wrong_file = true;
                        refused.no_route(&no_route, &self.modes);
                    }
                },
                Answer::Refuses { option, message } => {
                    wrong_file = true;
                    refused
                        .failure(&stage.origin, &Failure { option: option.clone(), ..Failure::new(message) });
                }
                Answer::Fails(why) => {
                    let message = format!("`{}` gives no picture now: {why}", stage.plugin);
                    refused.failure(&stage.origin, &Failure::new(message));
                }
            }
        }
        match refused.report {
            Some(mut report) => {
                // Errors first: a report has room for so many.
                report.extend(warnings);
                Err(Unresolved { report, wrong_file })
            }
            None => Ok((self, warnings)),
        }
    }

    /// Devices that two sources of the file hold.
    fn taken_twice(&self) -> Report {
        let mut warnings = Report::default();
        for (at, tree) in self.trees.iter().enumerate() {
            let Input::Source(stage) = &self.pipeline.streams[tree.stream].input else { continue };
            for other in &self.trees[..at] {
                let Some(device) = exclusive::shared(&tree.caps, &other.caps).next() else { continue };
                let name = &self.pipeline.streams[other.stream].name;
                let message = format!(
                    "the stream `{name}` holds the same device ({device}): only one of them can have it at a time\n`from: {name}` \
                     makes another stream of the same camera"
                );
                warnings.extend(self.pipeline.warn(&stage.origin, "", &message));
            }
        }
        warnings
    }
}

/// The option that a size belongs to that is none of those that the source said it can give, and what to say of it.
fn other_size(tree: &SourceTree, size: Size) -> Option<(&'static str, String)> {
    let said: Vec<Size> = tree.caps.formats.iter().map(|offer| offer.format.size()).collect();
    let sized = tree.caps.formats.iter().all(|offer| offer.has_size());
    let first = said.first().filter(|_| sized && !said.contains(&size))?;
    let option = if first.width == size.width { "height" } else { "width" };
    Some((option, format!("the plan is for {first}, and the source gives {size}")))
}
