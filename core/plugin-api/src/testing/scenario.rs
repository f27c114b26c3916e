//! The course of what is tried with a plugin's instances, each on a thread of its own.

use super::TestHost;
use super::frames::{failed, hopeless, stuck};
use super::opening::Opening;
use super::report::Notes;
use super::rules::{RESTART, Rule};
use super::watched_thread::Stuck;
use crate::host::Failure;

/// The findings of an instance's thread, and the result of opening.
pub(super) type Opened = (Notes, Result<(), Failure>);

/// A part of the tests of a plugin's instances.
pub(super) type Step<C> = fn(&C, &mut Notes) -> Result<(), Stuck>;

/// The rules that a call without return breaks: one for the first opening, one for every later call.
pub(super) struct Otherwise {
    pub(super) opening: Rule,
    pub(super) later: Rule,
}

/// After an instance was opened for the first time: each part in turn, as long as there is an instance to be had, its calls
/// return, and it does its daily work.
pub(super) fn course<C>(
    notes: &mut Notes,
    opening: &Opening,
    first: Result<Opened, Stuck>,
    case: &C,
    parts: &[Step<C>],
    otherwise: Otherwise,
) {
    match first {
        Err(stuck_in) => return stuck(notes, &stuck_in, otherwise.opening),
        Ok((mut found, opened)) => {
            let opens = opening.opens(&mut found, opened);
            notes.take(found);
            if !opens {
                return;
            }
        }
    }
    for part in parts {
        if let Err(stuck_in) = part(case, notes) {
            return stuck(notes, &stuck_in, otherwise.later);
        }
        if hopeless(notes) {
            return;
        }
    }
}

/// Takes what was found with an instance of a plugin that has opened before.
pub(super) fn take_again(notes: &mut Notes, stand: &TestHost, (found, opened): Opened) {
    notes.take(found);
    match opened {
        // There is nothing else to answer with when it is to stop before it is open.
        Err(failure) if stand.stopped_at().is_none() || failure.panicked => {
            failed(notes, "`open`", &failure, RESTART);
        }
        _ => {}
    }
}
