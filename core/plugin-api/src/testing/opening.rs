//! Whether an instance is expected to open at all.

use super::frames::failed;
use super::report::Notes;
use super::rules::{EXAMPLE, RESTART};
use crate::host::Failure;

/// The expectations of whether an instance opens.
#[derive(Clone, Default)]
pub(super) struct Opening {
    pub(super) needs: Option<String>,
    pub(super) never: Option<String>,
}

impl Opening {
    /// Returns whether nothing is to be opened; notes it.
    pub(super) fn never(&self, notes: &mut Notes) -> bool {
        if let Some(why) = &self.never {
            notes.skipped("whatever needs an instance", why);
        }
        self.never.is_some()
    }

    /// Returns whether there is an instance to go on with, after it was opened for the first time; notes why not.
    pub(super) fn opens(&self, notes: &mut Notes, opened: Result<(), Failure>) -> bool {
        notes.tried(EXAMPLE);
        match (opened, &self.needs) {
            (Ok(()), _) => true,
            (Err(failure), Some(needs)) if failure.option.is_empty() && !failure.panicked => {
                notes.skipped("whatever needs an instance", format!("it needs {needs}, and says: {failure}"));
                // It fails in the same way as often as it is tried.
                notes.tried(RESTART);
                false
            }
            (Err(failure), _) => {
                failed(notes, "`open`", &failure, EXAMPLE);
                false
            }
        }
    }
}
