//! A source's instance, and the frames that it gives.

use super::TestHost;
use super::frames::{alone, failed, following};
use super::report::Notes;
use super::rules::{FRAMES_COME, NO_PANIC, Rule, STOP};
use super::watched_thread::{Calls, PATIENCE, SOON};
use crate::host::Source;
use crate::{Frame, Times};

/// An instance that is asked for frames.
pub(super) struct Asked<'a> {
    pub(super) calls: &'a Calls,
    pub(super) stand: TestHost,
    pub(super) source: Source,
    /// It said that it may come to its end.
    pub(super) may_end: bool,
    pub(super) last: Option<Frame>,
    /// It has failed, or come to its end: it is not asked any more.
    pub(super) over: bool,
}

impl Asked<'_> {
    /// Asks for a frame and looks at it. That none comes breaks `otherwise`.
    pub(super) fn next(&mut self, notes: &mut Notes, otherwise: Rule) {
        if self.over {
            return;
        }
        notes.tried(otherwise);
        notes.tried(NO_PANIC);
        match self.calls.call("next_frame", PATIENCE, || self.source.next_frame()) {
            Ok(Some(frame)) => {
                alone(notes, &frame);
                following(notes, self.last.as_ref(), &frame, Times::now());
                self.last = Some(frame);
            }
            Ok(None) => {
                self.over = true;
                let expected = self.may_end && self.last.is_some();
                notes.expect(otherwise, expected, || {
                    "`next_frame` gave none, and nobody had asked to stop".into()
                });
            }
            Err(failure) => {
                self.over = true;
                failed(notes, "`next_frame`", &failure, otherwise);
            }
        }
    }

    /// Takes frames until it stops, and asks once more.
    pub(super) fn until_the_end(&mut self, notes: &mut Notes) {
        loop {
            let stopped = self.stand.stopped_at().is_some();
            match self.calls.call("next_frame", PATIENCE, || self.source.next_frame()) {
                // One that never gives none is as good: the host does not ask again after a stop.
                Ok(Some(_)) if !stopped => {}
                Ok(_) => break,
                Err(failure) => {
                    // That it fails without having been asked to stop is another matter.
                    let rule = if stopped || self.stand.stopped_at().is_some() { STOP } else { FRAMES_COME };
                    return failed(notes, "`next_frame`", &failure, rule);
                }
            }
        }
        let again = self.calls.call("next_frame", SOON, || self.source.next_frame());
        again.inspect_err(|failure| failed(notes, "`next_frame`", failure, STOP)).ok();
    }
}
