//! The list of violations that a run found.

use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

/// Violations found on any thread, with the events that explain them.
pub struct Findings {
    start: Instant,
    lists: Mutex<Lists>,
}

#[derive(Default)]
struct Lists {
    wrong: Vec<String>,
    events: Vec<String>,
}

/// Findings that are kept: after a few, more say nothing new.
const MOST: usize = 25;

impl Findings {
    /// None yet; times are reckoned from `start`.
    pub fn new(start: Instant) -> Findings {
        Findings { start, lists: Mutex::default() }
    }

    /// Something is wrong.
    pub fn wrong(&self, what: impl Into<String>) {
        let line = self.line(what.into());
        let mut lists = self.lists();
        lists.events.push(format!("{line}   <-- WRONG"));
        if lists.wrong.len() < MOST {
            eprintln!("WRONG {line}");
            lists.wrong.push(line);
        }
    }

    /// Something happened.
    pub fn event(&self, what: impl Into<String>) {
        let line = self.line(what.into());
        self.lists().events.push(line);
    }

    /// Returns whether no violation was found.
    pub fn none(&self) -> bool {
        self.lists().wrong.is_empty()
    }

    /// Returns all violations.
    pub fn all(&self) -> Vec<String> {
        self.lists().wrong.clone()
    }

    /// All that happened, in order.
    pub fn events(&self) -> Vec<String> {
        self.lists().events.clone()
    }

    fn line(&self, what: String) -> String {
        format!("{:8.3} s  {what}", self.start.elapsed().as_secs_f64())
    }

    fn lists(&self) -> MutexGuard<'_, Lists> {
        // Lists of lines are whole at any time.
        self.lists.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
