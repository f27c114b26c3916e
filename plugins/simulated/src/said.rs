//! The messages that the log has already: a source is opened again and again, and a folder does not change for that.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;

/// Texts that are remembered; then all are forgotten, which costs a repetition.
const MOST: usize = 1024;

// A lock, since the instances of a process run on threads of their own.
static SAID: Mutex<Option<HashSet<u64>>> = Mutex::new(None);

/// Returns whether a text is new to this process, and remembers it.
pub(crate) fn is_new(text: &str) -> bool {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let mut said = SAID.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let said = said.get_or_insert_with(HashSet::new);
    if said.len() >= MOST {
        said.clear();
    }
    said.insert(hasher.finish())
}
