//! A source: frames, formats, stopping from any state, failing, starting again.

use super::asked::Asked;
use super::frames::{end, failed, may_fail};
use super::opening::Opening;
use super::pictures::{Lent, content};
use super::remains::{self, Before};
use super::report::Notes;
use super::rules::*;
use super::scenario::{Opened, Otherwise, Step, course};
use super::watched_thread::{Calls, Meeting, PATIENCE, Running, SOON, Stuck, run};
use super::{TestHost, options};
use crate::host::{Failure, SourceKind};
use crate::{Format, FormatHint, Frame, SourceCaps};
use serde_json::{Map, Value};
use std::time::Duration;

/// The number of frames to check, unless that takes longer than [`LONG`] at the declared rate.
const FRAMES: usize = 5;
const LONG: Duration = Duration::from_secs(2);

/// The delays between a source's first call and the request to stop.
const STOPS: [Duration; 3] = [Duration::ZERO, Duration::from_millis(30), Duration::from_millis(200)];

/// A source with one set of options.
struct Case<'a> {
    kind: SourceKind,
    options: &'a str,
    caps: SourceCaps,
}

/// Tries a source with these options.
pub(super) fn check(notes: &mut Notes, kind: SourceKind, example: &Map<String, Value>, opening: &Opening) {
    options::check(notes, &kind.schema(), example, &|options| kind.caps(&options.to_string()).map(drop));
    devices(notes, kind);
    let options = Value::Object(example.clone()).to_string();
    let Ok(caps) = kind.caps(&options) else { return };
    if opening.never(notes) {
        return;
    }
    let case = Case { kind, options: &options, caps };
    let first = run(&TestHost::new(), case.open_and_drop());
    let otherwise = Otherwise { opening: FRAMES_COME, later: FRAMES_COME };
    let parts: [Step<Case<'_>>; 6] =
        [Case::frames, Case::declared, Case::stops, Case::out_of_memory, Case::restarts, Case::side_by_side];
    course(notes, opening, first, &case, &parts, otherwise);
}

fn devices(notes: &mut Notes, kind: SourceKind) {
    notes.tried(DEVICES);
    match kind.devices() {
        Err(failure) => failed(notes, "`devices`", &failure, DEVICES),
        Ok(devices) => {
            for device in devices {
                let taken = kind.caps(&device.options.to_string());
                notes.expect(DEVICES, taken.is_ok(), || {
                    let refused = taken.as_ref().err().map(Failure::to_string).unwrap_or_default();
                    format!("`{}` says {}, which is refused: {refused}", device.name, device.options)
                });
            }
        }
    }
}

impl Case<'_> {
    fn open_and_drop(&self) -> impl FnOnce(&Calls) -> Opened + Send + use<> {
        let (kind, options) = (self.kind, self.options.to_owned());
        move |calls| {
            let mut notes = Notes::new("source", &options);
            let stand = TestHost::new();
            let opened = calls.call("open", PATIENCE, || kind.open(&options, stand.host()));
            let opened = opened.map(|source| end(&mut notes, calls, source));
            (notes, opened)
        }
    }

    /// Runs a scenario with an instance, on a thread of its own. Opening was seen to work.
    fn with(
        &self,
        notes: &mut Notes,
        stand: &TestHost,
        otherwise: Rule,
        work: impl FnOnce(&mut Notes, &mut Asked<'_>) + Send + 'static,
    ) -> Result<(), Stuck> {
        let found = run(stand, self.scenario(stand, otherwise, work))?;
        notes.take(found);
        Ok(())
    }

    fn scenario(
        &self,
        stand: &TestHost,
        otherwise: Rule,
        work: impl FnOnce(&mut Notes, &mut Asked<'_>) + Send + 'static,
    ) -> impl FnOnce(&Calls) -> Notes + Send + 'static {
        let (kind, options, may_end) = (self.kind, self.options.to_owned(), self.caps.may_end);
        let stand = stand.clone();
        move |calls| {
            let mut notes = Notes::new("source", &options);
            match calls.call("open", PATIENCE, || kind.open(&options, stand.host())) {
                // There is nothing else to answer with when it is to stop before it is open.
                Err(failure) if stand.stopped_at().is_some() && !failure.panicked => {}
                Err(failure) => failed(&mut notes, "`open`", &failure, otherwise),
                Ok(source) => {
                    let mut asked = Asked { calls, stand, source, may_end, last: None, over: false };
                    work(&mut notes, &mut asked);
                    end(&mut notes, calls, asked.source);
                }
            }
            notes
        }
    }

    /// The number of frames that can be waited for.
    fn count(&self) -> usize {
        let in_time = self.caps.fps.map_or(FRAMES, |fps| (fps * LONG.as_secs_f64()) as usize);
        in_time.clamp(1, FRAMES)
    }

    fn frames(&self, notes: &mut Notes) -> Result<(), Stuck> {
        let (options, count) = (self.options.to_owned(), self.count());
        if count == 1 {
            let why = "at the declared rate a second frame would be long in coming";
            notes.skipped(format!("{}, {}", TIME.name, SEQUENCE.name), why);
        }
        self.with(notes, &TestHost::new(), RESTART, move |notes, asked| {
            for _ in 0..count {
                asked.next(notes, FRAMES_COME);
            }
            notes.tried(UPDATE);
            let same = asked.calls.call("update", SOON, || asked.source.update(&options));
            same.inspect_err(|failure| failed(notes, "`update`", failure, UPDATE)).ok();
            let wrong = asked
                .calls
                .call("update", SOON, || asked.source.update(r#"{"conformance_no_such_option": 1}"#));
            may_fail(notes, "`update`", wrong, NO_PANIC);
            if count > 1 {
                asked.next(notes, UPDATE);
            }
        })?;
        let stand = TestHost::new();
        let (kind, options, host) = (self.kind, self.options.to_owned(), stand.host());
        let kept = run(&stand, move |calls| {
            let mut source = calls.call("open", PATIENCE, || kind.open(&options, host)).ok()?;
            let frame = calls.call("next_frame", PATIENCE, || source.next_frame()).ok()??;
            let before = content(&frame).concat();
            calls.call("drop", SOON, || drop(source));
            Some((before, frame))
        })?;
        if let Some((before, frame)) = kept {
            notes.expect(OUTLIVES, before == content(&frame).concat(), || "its bytes have changed".into());
        }
        Ok(())
    }

    fn declared(&self, notes: &mut Notes) -> Result<(), Stuck> {
        if self.caps.formats.is_empty() {
            notes.skipped(DECLARED.name, "`caps` says that nothing is known before the first frame");
        }
        for offer in &self.caps.formats {
            let (declared, has_size) = (offer.format, offer.has_size());
            let stand = TestHost::new();
            stand.set_format_hint(FormatHint::new(Some(declared.kind), has_size.then_some(declared.size())));
            self.with(notes, &stand, DECLARED, move |notes, asked| {
                notes.tried(DECLARED);
                asked.next(notes, DECLARED);
                let Some(Format { kind, width, height, .. }) = asked.last.as_ref().map(Frame::format) else {
                    return;
                };
                let same = kind == declared.kind
                    && (!has_size || (width, height) == (declared.width, declared.height));
                notes.expect(DECLARED, same, || {
                    format!("asked for {declared}, it gave {kind} {width}x{height}")
                });
            })?;
        }
        Ok(())
    }

    fn stops(&self, notes: &mut Notes) -> Result<(), Stuck> {
        notes.tried(STOP);
        notes.tried(DROP);
        let before_open = TestHost::new();
        before_open.stop();
        self.with(notes, &before_open, RESTART, |notes, asked| asked.until_the_end(notes))?;
        let before_first = TestHost::new();
        let host = before_first.clone();
        self.with(notes, &before_first, RESTART, move |notes, asked| {
            host.stop();
            asked.until_the_end(notes);
        })?;
        for after in STOPS {
            let stand = TestHost::new();
            let running =
                Running::start(self.scenario(&stand, RESTART, |notes, asked| asked.until_the_end(notes)));
            // Whatever it is at then, it has to return.
            std::thread::sleep(after);
            stand.stop();
            notes.take(running.end(&stand)?);
        }
        Ok(())
    }

    fn out_of_memory(&self, notes: &mut Notes) -> Result<(), Stuck> {
        notes.tried(ERROR);
        let stand = TestHost::new();
        stand.run_out_of_memory();
        let (kind, options, host) = (self.kind, self.options.to_owned(), stand.host());
        let found = run(&stand, move |calls| {
            let mut notes = Notes::new("source", &options);
            let opened = calls.call("open", PATIENCE, || kind.open(&options, host));
            if let Some(mut source) = may_fail(&mut notes, "`open`", opened, ERROR) {
                let next = calls.call("next_frame", PATIENCE, || source.next_frame());
                may_fail(&mut notes, "`next_frame`", next, ERROR);
                end(&mut notes, calls, source);
            }
            notes
        })?;
        notes.take(found);
        self.with(notes, &TestHost::new(), RESTART, |notes, asked| asked.next(notes, RESTART))
    }

    fn restarts(&self, notes: &mut Notes) -> Result<(), Stuck> {
        notes.tried(RESTART);
        let before = Before::now(notes);
        for _ in 0..3 {
            let stand = TestHost::new();
            self.with(notes, &stand, RESTART, |notes, asked| asked.next(notes, RESTART))?;
            remains::check(notes, &stand, &Lent::default());
        }
        before.check(notes);
        Ok(())
    }

    fn side_by_side(&self, notes: &mut Notes) -> Result<(), Stuck> {
        match &self.caps.exclusive_devices {
            None => notes
                .skipped(SIDE_BY_SIDE.name, "`caps` does not say what it holds (`SourceCaps::exclusive`)"),
            Some(held) if !held.is_empty() => {
                notes.skipped(SIDE_BY_SIDE.name, format!("`caps` says that it holds {}", held.join(", ")));
            }
            Some(_) => {
                notes.tried(SIDE_BY_SIDE);
                let count = self.count().min(2);
                let stands = [TestHost::new(), TestHost::new()];
                let meeting = Meeting::default();
                let two = stands.each_ref().map(|stand| {
                    let meeting = meeting.clone();
                    Running::start(self.scenario(stand, SIDE_BY_SIDE, move |notes, asked| {
                        meeting.wait();
                        (0..count).for_each(|_| asked.next(notes, SIDE_BY_SIDE));
                    }))
                });
                for (running, stand) in two.into_iter().zip(&stands) {
                    notes.take(running.end(stand)?);
                }
            }
        }
        Ok(())
    }
}
