//! The threads that an instance has started; a test's process has others, which come and go meanwhile.
//!
//! A thread inherits the nice value of the one that starts it (sched(7)). The threads of scenarios get one more than the
//! process has, so each thread with that value was started by an instance, or by a thread of its.

use rustix::process::{getpriority_process, setpriority_process};
use std::collections::BTreeMap;
use std::fs;
use std::sync::OnceLock;

/// The name of scenarios' own threads, and of threads of theirs that get none.
pub(super) const NAME: &str = "conformance";

/// The lowest priority, above which there is no value left to mark a thread with.
const LOWEST: i32 = 19;

/// The nice value of marked threads; `None` if there is none to be had.
pub(super) struct Mark;

impl Mark {
    /// The value, one more than the first thread that asks has.
    fn value() -> Option<i32> {
        static VALUE: OnceLock<Option<i32>> = OnceLock::new();
        *VALUE.get_or_init(|| {
            let mine = getpriority_process(None).ok()?;
            (mine < LOWEST).then_some(mine + 1)
        })
    }

    /// To be called before the first scenario, on a thread that is not marked.
    pub(super) fn is_possible() -> bool {
        Mark::value().is_some()
    }

    /// Marks the thread that calls, and with it those that it will start.
    pub(super) fn this_thread() {
        if let Some(value) = Mark::value() {
            // On Linux this is the calling thread's alone. Where it fails, nothing is marked, and nothing is found.
            let _ = setpriority_process(None, value);
        }
    }

    /// The marked threads that there are: number and name.
    pub(super) fn threads() -> BTreeMap<u32, String> {
        let Some(value) = Mark::value() else { return BTreeMap::new() };
        let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        tasks
            .filter_map(|task| {
                let number = task.file_name().to_str()?.parse().ok()?;
                let (name, nice) = stat(&fs::read_to_string(task.path().join("stat")).ok()?)?;
                (nice == value).then_some((number, name))
            })
            .collect()
    }
}

/// Name and nice value out of `/proc/…/stat` (proc(5): fields 2 and 19). A thread that has ended and is still listed has none.
fn stat(text: &str) -> Option<(String, i32)> {
    let (front, rest) = text.rsplit_once(") ")?;
    let name = front.split_once('(')?.1;
    let mut fields = rest.split(' ');
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    Some((name.to_owned(), fields.nth(15)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_behind_any_name() {
        let line = |state: &str| format!("12 (a) (b c) {state} 1 2 3 4 5 6 7 8 9 10 11 12 13 14 20 7 1 0\n");
        assert_eq!(stat(&line("S")), Some(("a) (b c".into(), 7)));
        assert_eq!(stat(&line("Z")), None);
    }
}
