//! A transform's instance, and what it makes of the pictures that it is given.

use super::frames::{alone, failed};
use super::pictures::{content, tight};
use super::report::Notes;
use super::rules::{NO_PANIC, NOT_THIS_WAY, Rule, STAMPED, WAYS};
use super::watched_thread::{Calls, SOON};
use crate::host::{Processed, Transform};
use crate::{Format, Frame, Freshness, Mode, PixelFormat, Times};

/// One picture in one way.
#[derive(Clone)]
pub(super) struct Task {
    pub(super) number: u64,
    pub(super) input: Format,
    pub(super) mode: Mode,
}

impl Task {
    pub(super) fn name(&self) -> String {
        match self.mode.name.as_str() {
            "" => format!("a picture of {}", self.input),
            name => format!("a picture of {} ({name})", self.input),
        }
    }

    /// Returns whether that is the format that was declared. A JPEG's sampling need not be known beforehand.
    fn gives(&self, format: Format) -> bool {
        let declared = self.mode.gives;
        let open = declared.sampling == PixelFormat(0) || format.sampling == PixelFormat(0);
        declared == if open { format.with_sampling(declared.sampling) } else { format }
    }
}

/// An instance at work.
pub(super) struct AtWork<'a> {
    pub(super) calls: &'a Calls,
    pub(super) transform: Transform,
    given: Vec<Stamp>,
    /// Numbers of the last frame in and of what came out for it.
    last: Option<(u64, u64)>,
    /// It has failed, and is not called any more.
    over: bool,
}

type Stamp = (u64, Times, Freshness);

fn stamp(frame: &Frame) -> Stamp {
    (frame.sequence(), frame.times(), frame.freshness())
}

impl<'a> AtWork<'a> {
    pub(super) fn new(calls: &'a Calls, transform: Transform) -> AtWork<'a> {
        AtWork { calls, transform, given: Vec::new(), last: None, over: false }
    }

    /// Has a task's picture worked on and looks at what comes out. A failure breaks `otherwise`.
    pub(super) fn process(
        &mut self,
        notes: &mut Notes,
        task: &Task,
        input: Frame,
        otherwise: Rule,
    ) -> Option<Frame> {
        if self.over {
            return None;
        }
        [otherwise, NO_PANIC, STAMPED, NOT_THIS_WAY].into_iter().for_each(|rule| notes.tried(rule));
        let (given, at) = (stamp(&input), input.buffer().as_slice().as_ptr());
        self.given.push(given);
        match self.calls.call("process", SOON, || self.transform.process(task.mode.id, input)) {
            Ok(Processed::Nothing) => None,
            Ok(Processed::NotThisWay(frame)) => {
                let same = frame.buffer().as_slice().as_ptr() == at
                    && (frame.format(), stamp(&frame)) == (task.input, given)
                    && content(&frame) == content(&tight(task.input, task.number));
                notes.expect(NOT_THIS_WAY, same, || format!("another one came back for {}", task.name()));
                None
            }
            Ok(Processed::Frame(frame)) => {
                alone(notes, &frame);
                self.stamped(notes, given.0, &frame);
                notes.expect(WAYS, task.gives(frame.format()), || {
                    format!("{} declared, {} given for {}", task.mode.gives, frame.format(), task.name())
                });
                Some(frame)
            }
            Err(failure) => {
                self.over = true;
                failed(notes, &format!("`process` of {}", task.name()), &failure, otherwise);
                None
            }
        }
    }

    fn stamped(&mut self, notes: &mut Notes, given: u64, frame: &Frame) {
        notes.expect(STAMPED, self.given.contains(&stamp(frame)), || {
            let (sequence, times, freshness) = stamp(frame);
            format!(
                "number {sequence}, captured at {} ns, {freshness}: no such frame went in",
                times.monotonic_ns
            )
        });
        let next = (given, frame.sequence());
        if let Some((before, came)) = self.last.replace(next) {
            let back = given > before && next.1 < came;
            notes.expect(STAMPED, !back, || format!("number {} after number {came}", next.1));
        }
    }
}
