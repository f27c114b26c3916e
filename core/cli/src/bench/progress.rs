//! Progress: a bar on a terminal, lines elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write, stderr};

/// The progress of a measurement, on standard error.
pub struct Progress {
    bar: Option<ProgressBar>,
    done: u64,
}

impl Progress {
    /// With so many steps. It is drawn at each of them and at no other time: a thread that draws would be measured, too.
    pub fn new(steps: usize) -> Progress {
        let bar = stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(Some(steps as u64), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {wide_msg}");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Progress { bar, done: 0 }
    }

    /// Shows the next step.
    pub fn step(&mut self, what: &str) {
        match &self.bar {
            Some(bar) => {
                bar.set_message(what.to_owned());
                bar.set_position(self.done);
            }
            None => {
                // Nothing can be done about a closed pipe.
                let _ = writeln!(stderr(), "{what}");
            }
        }
        self.done += 1;
    }

    /// It is done: the bar goes.
    pub fn end(&self) {
        self.bar.iter().for_each(ProgressBar::finish_and_clear);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}
