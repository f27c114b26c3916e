//! Leftovers of dropped instances: threads, buffers, frames, the host's services.

use super::TestHost;
use super::pictures::Lent;
use super::report::Notes;
use super::rules::{MEMORY, THREADS};
use super::threads::Mark;
use super::watched_thread::soon;
use std::collections::BTreeMap;

/// Threads that there were before: of others that are left behind, or shared by all instances of the process.
pub(super) struct Before(Option<BTreeMap<u32, String>>);

impl Before {
    /// To be called when an instance has come and gone already, so that what all of them share is there.
    pub(super) fn now(notes: &mut Notes) -> Before {
        if !Mark::is_possible() {
            let why = "this process has the lowest priority (nice 19), so its threads cannot be told apart";
            notes.skipped(THREADS.name, why);
            return Before(None);
        }
        Before(Some(Mark::threads()))
    }

    /// Notes the leftovers of instances that were made and dropped since.
    pub(super) fn check(&self, notes: &mut Notes) {
        let Some(before) = &self.0 else { return };
        let more = || {
            let mut threads = Mark::threads();
            threads.retain(|number, _| !before.contains_key(number));
            threads
        };
        notes.expect(THREADS, soon(|| more().is_empty()), || {
            let names: Vec<_> = more().values().map(|name| format!("`{name}`")).collect();
            format!("still running after their instances were dropped: {}", names.join(", "))
        });
    }
}

/// Notes resources that a host without callers has not got back.
pub(super) fn check(notes: &mut Notes, stand: &TestHost, lent: &Lent) {
    if notes.is_broken(MEMORY) {
        return;
    }
    notes.expect(MEMORY, soon(|| lent.out() == 0), || format!("{} frames that it was given", lent.out()));
    notes.expect(MEMORY, soon(|| stand.buffers_out() == 0), || {
        format!("{} buffers of the host's pool have not come back", stand.buffers_out())
    });
    notes.expect(MEMORY, soon(|| !stand.is_held()), || {
        "somebody still holds the host's services (`ctx.services()`)".into()
    });
}
