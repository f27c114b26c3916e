//! What is left when instances are gone: threads, buffers, frames, the host's services.

use super::Stand;
use super::pictures::Lent;
use super::report::Notes;
use super::rules::{MEMORY, THREADS};
use super::scenario::soon;
use super::threads::Mark;
use std::collections::BTreeMap;

/// Threads that instances of a kind had left behind already. What all instances share may stay: it does not grow.
pub(super) struct Before(Option<BTreeMap<u32, String>>);

impl Before {
    /// To be called when the first instance has come and gone.
    pub(super) fn now(notes: &mut Notes) -> Before {
        if !Mark::is_possible() {
            notes.skipped(
                THREADS.name,
                "this process has the lowest priority (nice 19), so its threads cannot be told apart",
            );
            return Before(None);
        }
        // What is about to end has the time to.
        soon(|| Mark::threads().is_empty());
        Before(Some(Mark::threads()))
    }

    /// Notes what is left of instances that were made and dropped since.
    pub(super) fn check(&self, notes: &mut Notes) {
        let Some(before) = &self.0 else { return };
        let more = || Mark::threads().len() > before.len();
        notes.expect(THREADS, soon(|| !more()), || {
            let names: Vec<_> =
                Mark::threads().into_iter().filter(|(number, _)| !before.contains_key(number)).collect();
            let names: Vec<_> = names.into_iter().map(|(_, name)| format!("`{name}`")).collect();
            format!("still running after their instances were dropped: {}", names.join(", "))
        });
    }
}

/// Notes what a host that nobody should call any more has not got back.
pub(super) fn check(notes: &mut Notes, stand: &Stand, lent: &Lent) {
    notes.expect(MEMORY, soon(|| lent.out() == 0), || format!("{} frames that it was given", lent.out()));
    notes.expect(MEMORY, soon(|| stand.buffers_out() == 0), || {
        format!("{} buffers of the host's pool have not come back", stand.buffers_out())
    });
    notes.expect(MEMORY, soon(|| !stand.is_held()), || {
        "somebody still holds the host's services (`ctx.services()`)".into()
    });
}
