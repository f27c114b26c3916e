//! Checks of every frame that a plugin gives, and of every call that failed.

use super::report::Notes;
use super::rules::*;
use super::watched_thread::{Calls, SOON, Stuck};
use crate::host::Failure;
use crate::{Frame, JpegHeader, PixelFormat, Times};

/// The first words of the host's own check of a frame.
const NOT_WHAT_IT_SAYS: &str = "it gave ";

/// Notes the faults of a single frame.
pub(super) fn alone(notes: &mut Notes, frame: &Frame) {
    // The host's side has looked at it already: what it refuses comes as a failure.
    notes.tried(FRAME);
    let Some(jpeg) = frame.jpeg() else { return };
    notes.expect(JPEG, jpeg.ends_with(&[0xff, 0xd9]), || match jpeg {
        [.., last, end] => format!("a JPEG of {} bytes that ends with {last:02X} {end:02X}", jpeg.len()),
        _ => format!("a JPEG of {} bytes", jpeg.len()),
    });
    let format = frame.format();
    match JpegHeader::read(jpeg) {
        Err(error) => notes.broken(JPEG, format!("a JPEG whose header cannot be read: {error}")),
        Ok(header) => {
            let says = header.format();
            let same =
                says.size() == format.size() && [PixelFormat(0), says.sampling].contains(&format.sampling);
            notes.expect(JPEG, same, || format!("a frame of {format} with a JPEG of {says} in it"));
        }
    }
}

/// Notes the faults of a source's frame after the one before it, received at `now`.
pub(super) fn following(notes: &mut Notes, before: Option<&Frame>, frame: &Frame, now: Times) {
    let ahead = frame.times().since(now);
    notes.expect(TIME, ahead.is_zero(), || format!("a frame captured {ahead:?} after it was received"));
    let Some(before) = before else { return };
    let back = before.times().since(frame.times());
    notes
        .expect(TIME, back.is_zero(), || format!("a frame captured {back:?} before the one that it follows"));
    let (last, next) = (before.sequence(), frame.sequence());
    notes.expect(SEQUENCE, next >= last, || format!("number {next} after number {last}"));
}

/// Notes a failed call: a panic and a frame that lies as such, anything else as breach of `otherwise`.
pub(super) fn failed(notes: &mut Notes, method: &str, failure: &Failure, otherwise: Rule) {
    if failure.panicked {
        notes.broken(NO_PANIC, format!("{method} {}", failure.message));
    } else if failure.message.starts_with(NOT_WHAT_IT_SAYS) {
        notes.broken(FRAME, format!("from {method}: {failure}"));
    } else {
        notes.broken(otherwise, format!("{method} failed: {failure}"));
    }
}

/// Notes a call that may fail, but not panic: that breaks `rule`.
pub(super) fn may_fail<T>(
    notes: &mut Notes,
    method: &str,
    result: Result<T, Failure>,
    rule: Rule,
) -> Option<T> {
    notes.tried(rule);
    match result {
        Ok(value) => Some(value),
        Err(failure) => {
            notes.expect(rule, !failure.panicked, || format!("{method} {}", failure.message));
            None
        }
    }
}

/// Returns whether the plugin fails at its daily work, so that every other test would fail for the same reason; notes it.
pub(super) fn hopeless(notes: &mut Notes) -> bool {
    let work = [NO_PANIC, RESTART, FRAMES_COME, FRAME, WAYS, ACCEPTED];
    let broken = work.into_iter().find(|rule| notes.is_broken(*rule));
    if let Some(rule) = broken {
        notes.skipped("whatever came after that", format!("{} first", rule.name));
    }
    broken.is_some()
}

/// Notes a call that did not return.
pub(super) fn stuck(notes: &mut Notes, Stuck { method, stopping }: &Stuck, otherwise: Rule) {
    match (*method, *stopping) {
        ("drop", _) => notes.broken(DROP, "the instance's drop does not return"),
        (_, true) => notes.broken(STOP, format!("`{method}` does not return after the host asked to stop")),
        _ => notes.broken(otherwise, format!("`{method}` does not return")),
    }
    notes.skipped("whatever came after that", "the instance's thread is left behind");
}

/// Drops an instance, and notes a panic in it.
pub(super) fn end<T>(notes: &mut Notes, calls: &Calls, instance: T) {
    calls.call("drop", SOON, || drop(instance));
    if let Some(panic) = crate::adapter::take_quiet_panic() {
        notes.broken(NO_PANIC, format!("`drop` {panic}"));
    }
}
