//! Why a pipeline cannot be measured.

use mutoscope_engine::config::Report;

/// Why a pipeline cannot be measured. Threads may be left that do not end: the process should end at once.
#[derive(Debug)]
pub enum Trouble {
    /// A plugin refuses its options, now that it was opened with them: what to show.
    Refused(Report),
    /// Something failed; in words.
    Failed(String),
}
