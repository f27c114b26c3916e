//! A sink: what it accepts, demand, streams that come and go, failing, starting again.

use super::frames::{end, failed, may_fail};
use super::opening::Opening;
use super::pictures::{Lent, formats, gappy, tight};
use super::remains::{self, Before};
use super::report::Notes;
use super::rules::*;
use super::scenario::{Opened, Otherwise, Step, course, take_again};
use super::watched_thread::{Calls, PATIENCE, SOON, Stuck, run};
use super::{TestHost, options};
use crate::host::{Sink, SinkKind};
use crate::{Accepts, Frame, StreamId, StreamInfo};
use serde_json::{Map, Value};

/// The streams that sinks are given, as a pipeline with two cameras has them.
const CAMERA: StreamId = StreamId(7);
const GARDEN: StreamId = StreamId(8);

/// A sink with one set of options.
struct Case<'a> {
    kind: SinkKind,
    options: &'a str,
    accepts: Accepts,
}

/// Tries a sink with these options.
pub(super) fn check(notes: &mut Notes, kind: SinkKind, example: &Map<String, Value>, opening: &Opening) {
    options::check(notes, &kind.schema(), example, &|options| kind.accepts(&options.to_string()).map(drop));
    let options = Value::Object(example.clone()).to_string();
    let Ok(accepts) = kind.accepts(&options) else { return };
    if opening.never(notes) {
        return;
    }
    let case = Case { kind, options: &options, accepts };
    let first = case.with(&TestHost::new(), |_, _| {});
    let otherwise = Otherwise { opening: EXAMPLE, later: ACCEPTED };
    let parts: [Step<Case<'_>>; 6] =
        [Case::pictures, Case::demand, Case::update, Case::stop, Case::out_of_memory, Case::restarts];
    course(notes, opening, first, &case, &parts, otherwise);
}

impl Case<'_> {
    /// Opens an instance on a thread of its own and works with it.
    fn with(
        &self,
        stand: &TestHost,
        work: impl FnOnce(&mut Notes, &mut Serving<'_>) + Send + 'static,
    ) -> Result<Opened, Stuck> {
        let (kind, options, host) = (self.kind, self.options.to_owned(), stand.host());
        run(stand, move |calls| {
            let mut notes = Notes::new("sink", &options);
            let opened = calls.call("open", PATIENCE, || kind.open(&options, host));
            let opened = opened.map(|sink| {
                let mut serving = Serving { calls, sink };
                work(&mut notes, &mut serving);
                end(&mut notes, calls, serving.sink);
            });
            (notes, opened)
        })
    }

    /// The same, to try a rule, where opening has worked before.
    fn again(
        &self,
        notes: &mut Notes,
        stand: &TestHost,
        rule: Rule,
        work: impl FnOnce(&mut Notes, &mut Serving<'_>) + Send + 'static,
    ) -> Result<(), Stuck> {
        notes.tried(rule);
        take_again(notes, stand, self.with(stand, work)?);
        Ok(())
    }

    /// A picture of each kind and size that it accepts.
    fn accepted(&self) -> Vec<crate::Format> {
        let kinds = &self.accepts.kinds;
        let mut formats = formats();
        formats.retain(|format| kinds.is_empty() || kinds.contains(&format.kind));
        formats
    }

    fn pictures(&self, notes: &mut Notes) -> Result<(), Stuck> {
        let formats = self.accepted();
        notes.expect(ACCEPTED, !formats.is_empty(), || {
            format!("it accepts {:?}, which nobody has", self.accepts.kinds)
        });
        let (stand, lent) = (TestHost::new(), Lent::default());
        let lender = lent.clone();
        self.again(notes, &stand, ACCEPTED, move |notes, serving| {
            serving.add(notes, CAMERA, "camera");
            serving.add(notes, GARDEN, "garden");
            for (number, format) in (0..).zip(formats) {
                let took = serving.receive(notes, CAMERA, tight(format, number))
                    && serving.receive(notes, GARDEN, gappy(format, number, &lender));
                if !took {
                    break;
                }
            }
        })?;
        remains::check(notes, &stand, &lent);
        Ok(())
    }

    fn demand(&self, notes: &mut Notes) -> Result<(), Stuck> {
        let (stand, observer) = (TestHost::new(), self.accepts.observer);
        let host = stand.clone();
        let format = self.accepted().first().copied();
        self.again(notes, &stand, ACCEPTED, move |notes, serving| {
            serving.add(notes, CAMERA, "camera");
            let said = host.demands().contains_key(&CAMERA.0) || !host.announced().is_empty();
            if !observer {
                notes.expect(DEMAND_SAID, said, || "it said nothing when a stream was added".into());
            }
            serving.add(notes, GARDEN, "garden");
            if let Some(format) = format {
                serving.receive(notes, CAMERA, tight(format, 0));
            }
            let demands = host.demands();
            let highest = demands.values().copied().max().unwrap_or(0);
            if observer {
                notes.expect(OBSERVER, highest == 0, || format!("it said {highest}"));
            }
            if !serving.remove(notes, CAMERA) {
                return;
            }
            let left = host.demand_of(CAMERA);
            notes.expect(DEMAND_GONE, left == 0, || {
                format!("it was left at {left} for a stream that had gone")
            });
            let stranger = demands.keys().find(|id| ![CAMERA.0, GARDEN.0].contains(*id));
            notes.expect(DEMAND_GONE, stranger.is_none(), || {
                format!("it spoke of stream {}, which it was not given", stranger.copied().unwrap_or(0))
            });
            // The engine hands over what was on its way when the stream was removed.
            if let Some(format) = format {
                let late =
                    serving.calls.call("receive", SOON, || serving.sink.receive(CAMERA, tight(format, 1)));
                may_fail(notes, "`receive` for a stream that had gone", late, NO_PANIC);
            }
            let left = host.demand_of(CAMERA);
            notes.expect(DEMAND_GONE, left == 0, || {
                format!("it rose to {left} again for a stream that had gone")
            });
        })
    }

    fn update(&self, notes: &mut Notes) -> Result<(), Stuck> {
        let (options, format) = (self.options.to_owned(), self.accepted().first().copied());
        self.again(notes, &TestHost::new(), UPDATE, move |notes, serving| {
            serving.add(notes, CAMERA, "camera");
            let same = serving.calls.call("update", SOON, || serving.sink.update(&options));
            same.inspect_err(|failure| failed(notes, "`update`", failure, UPDATE)).ok();
            let wrong = r#"{"conformance_no_such_option": 1}"#;
            let refused = serving.calls.call("update", SOON, || serving.sink.update(wrong));
            may_fail(notes, "`update`", refused, NO_PANIC);
            if let Some(format) = format {
                serving.receive(notes, CAMERA, tight(format, 0));
            }
        })
    }

    fn stop(&self, notes: &mut Notes) -> Result<(), Stuck> {
        notes.tried(DROP);
        let (stand, format) = (TestHost::new(), self.accepted().first().copied());
        let host = stand.clone();
        self.again(notes, &stand, STOP, move |notes, serving| {
            serving.add(notes, CAMERA, "camera");
            host.stop();
            for number in 0..2 {
                let picture = format.map(|format| tight(format, number));
                let received = picture.map(|picture| {
                    serving.calls.call("receive", SOON, || serving.sink.receive(CAMERA, picture))
                });
                if let Some(Err(failure)) = received {
                    failed(notes, "`receive` after the host asked to stop", &failure, STOP);
                    break;
                }
            }
        })?;
        // Stopped before it opens.
        self.again(notes, &stand, STOP, move |notes, serving| serving.add(notes, CAMERA, "camera"))
    }

    fn out_of_memory(&self, notes: &mut Notes) -> Result<(), Stuck> {
        notes.tried(ERROR);
        let (stand, formats) = (TestHost::new(), self.accepted());
        stand.run_out_of_memory();
        let (found, opened) = self.with(&stand, move |notes, serving| {
            serving.add(notes, CAMERA, "camera");
            for format in formats {
                let received =
                    serving.calls.call("receive", SOON, || serving.sink.receive(CAMERA, tight(format, 0)));
                let panicked = received.as_ref().is_err_and(|failure| failure.panicked);
                may_fail(notes, "`receive`", received, ERROR);
                if panicked {
                    break;
                }
            }
        })?;
        notes.take(found);
        may_fail(notes, "`open`", opened, ERROR);
        Ok(())
    }

    fn restarts(&self, notes: &mut Notes) -> Result<(), Stuck> {
        let before = Before::now(notes);
        for _ in 0..3 {
            let (stand, format) = (TestHost::new(), self.accepted().first().copied());
            self.again(notes, &stand, RESTART, move |notes, serving| {
                serving.add(notes, CAMERA, "camera");
                if let Some(format) = format {
                    serving.receive(notes, CAMERA, tight(format, 0));
                }
                serving.remove(notes, CAMERA);
            })?;
            remains::check(notes, &stand, &Lent::default());
        }
        before.check(notes);
        Ok(())
    }
}

/// An instance at work.
struct Serving<'a> {
    calls: &'a Calls,
    sink: Sink,
}

impl Serving<'_> {
    fn add(&mut self, notes: &mut Notes, id: StreamId, name: &str) {
        let stream = StreamInfo { id, name: name.into() };
        let added = self.calls.call("add_stream", SOON, || self.sink.add_stream(&stream));
        added.inspect_err(|failure| failed(notes, "`add_stream`", failure, ACCEPTED)).ok();
    }

    /// Removes the stream; returns whether the sink agreed.
    fn remove(&mut self, notes: &mut Notes, id: StreamId) -> bool {
        let removed = self.calls.call("remove_stream", SOON, || self.sink.remove_stream(id));
        removed.inspect_err(|failure| failed(notes, "`remove_stream`", failure, ACCEPTED)).is_ok()
    }

    /// Hands over a frame; returns whether the sink took it.
    fn receive(&mut self, notes: &mut Notes, id: StreamId, frame: Frame) -> bool {
        notes.tried(NO_PANIC);
        let format = frame.format();
        let received = self.calls.call("receive", SOON, || self.sink.receive(id, frame));
        received
            .inspect_err(|failure| {
                failed(notes, &format!("`receive` of a picture of {format}"), failure, ACCEPTED);
            })
            .is_ok()
    }
}
