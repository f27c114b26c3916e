//! A transform: every format at every size, gaps between lines, what it may remember, failing, starting again.

use super::at_work::{AtWork, Task};
use super::frames::{end, failed, may_fail};
use super::opening::Opening;
use super::pictures::{Lent, content, formats, gappy, tight};
use super::remains::{self, Before};
use super::report::Notes;
use super::rules::*;
use super::scenario::{Opened, Otherwise, Step, course, take_again};
use super::watched_thread::{Calls, Meeting, PATIENCE, Running, SOON, Stuck, run};
use super::{TestHost, options};
use crate::host::TransformKind;
use crate::{Format, Frame, PixelFormat};
use serde_json::{Map, Value};

/// A transform with one set of options, and the pictures that it has a way for.
#[derive(Clone)]
struct Case {
    kind: TransformKind,
    options: String,
    tasks: Vec<Task>,
}

/// Tries a transform with these options.
pub(super) fn check(notes: &mut Notes, kind: TransformKind, example: &Map<String, Value>, opening: &Opening) {
    let asked =
        [Format::new(PixelFormat::I420, 64, 48), Format::jpeg(64, 48), Format::new(PixelFormat(7), 64, 48)];
    options::check(notes, &kind.schema(), example, &|options| {
        let options = options.to_string();
        asked.iter().try_for_each(|format| kind.modes(&options, format).map(drop))
    });
    let options = Value::Object(example.clone()).to_string();
    let tasks = tasks(notes, kind, &options);
    notes.expect(WAYS, !tasks.is_empty() || notes.is_broken(NO_PANIC), || {
        "it has no way for any picture at all".into()
    });
    let case = Case { kind, options, tasks };
    if opening.never(notes) || case.tasks.is_empty() {
        return;
    }
    let first = case.with(&TestHost::new(), |_, _| {});
    let otherwise = Otherwise { opening: EXAMPLE, later: STOP };
    let parts: [Step<Case>; 6] =
        [Case::pictures, Case::update, Case::stop, Case::out_of_memory, Case::restarts, Case::side_by_side];
    course(notes, opening, first, &case, &parts, otherwise);
}

fn tasks(notes: &mut Notes, kind: TransformKind, options: &str) -> Vec<Task> {
    let mut tasks = Vec::new();
    for input in formats() {
        match kind.modes(options, &input) {
            // A picture that these options make nothing of (too large a result) is refused by the option's path.
            Err(failure) if !failure.option.is_empty() && !failure.panicked => {}
            Err(failure) => failed(notes, "`modes`", &failure, WAYS),
            Ok(modes) => tasks.extend(modes.into_iter().map(|mode| Task { number: 0, input, mode })),
        }
    }
    (0..).zip(&mut tasks).for_each(|(number, task)| task.number = number);
    tasks
}

impl Case {
    /// Opens an instance on a thread of its own and works with it.
    fn with(
        &self,
        stand: &TestHost,
        work: impl FnOnce(&mut Notes, &mut AtWork<'_>) + Send + 'static,
    ) -> Result<Opened, Stuck> {
        run(stand, self.scenario(stand, work))
    }

    fn scenario(
        &self,
        stand: &TestHost,
        work: impl FnOnce(&mut Notes, &mut AtWork<'_>) + Send + 'static,
    ) -> impl FnOnce(&Calls) -> Opened + Send + 'static {
        let (kind, options, host) = (self.kind, self.options.clone(), stand.host());
        move |calls| {
            let mut notes = Notes::new("transform", &options);
            let opened = calls.call("open", PATIENCE, || kind.open(&options, host));
            let opened = opened.map(|transform| {
                let mut at = AtWork::new(calls, transform);
                work(&mut notes, &mut at);
                end(&mut notes, calls, at.transform);
            });
            (notes, opened)
        }
    }

    /// The same, to try a rule, where opening has worked before.
    fn again(
        &self,
        notes: &mut Notes,
        stand: &TestHost,
        rule: Rule,
        work: impl FnOnce(&mut Notes, &mut AtWork<'_>) + Send + 'static,
    ) -> Result<(), Stuck> {
        notes.tried(rule);
        take_again(notes, stand, self.with(stand, work)?);
        Ok(())
    }

    /// All pictures through one instance, in this order; what each became, by its number.
    fn all(
        &self,
        notes: &mut Notes,
        order: impl Iterator<Item = Task> + Send + 'static,
        picture: impl Fn(&Task) -> Frame + Send + 'static,
        shared: bool,
    ) -> Result<Vec<Option<Frame>>, Stuck> {
        let count = self.tasks.len();
        let (tell, told) = std::sync::mpsc::channel();
        self.again(notes, &TestHost::new(), RESTART, move |notes, at| {
            for task in order {
                let input = picture(&task);
                let held = shared.then(|| input.clone());
                let made = at.process(notes, &task, input, WAYS);
                if let Some(held) = held {
                    let same = content(&held) == content(&tight(task.input, task.number));
                    notes.expect(SHARED, same, || format!("{} was written to", task.name()));
                }
                let _ = tell.send((task.number, made));
            }
        })?;
        let mut all = vec![None; count];
        told.into_iter().for_each(|(number, made)| all[number as usize] = made);
        Ok(all)
    }

    fn pictures(&self, notes: &mut Notes) -> Result<(), Stuck> {
        let order = || self.tasks.clone().into_iter();
        let plain = |task: &Task| tight(task.input, task.number);
        let first = self.all(notes, order(), plain, true)?;
        let second = self.all(notes, order(), plain, false)?;
        let lent = Lent::default();
        let gaps = self.all(notes, order(), move |task| gappy(task.input, task.number, &lent), false)?;
        let backwards = self.all(notes, order().rev(), plain, false)?;
        if [NO_PANIC, FRAME, WAYS].into_iter().any(|rule| notes.is_broken(rule)) {
            // What is missing then differs, of course.
            return Ok(());
        }
        for (at, task) in self.tasks.iter().enumerate() {
            let [first, second, gaps, backwards] =
                [&first, &second, &gaps, &backwards].map(|made| made[at].as_ref().map(content));
            if first != second {
                notes.skipped(
                    format!("{}, {}", STRIDES.name, STATELESS.name),
                    "two instances make different pictures of the same one",
                );
                continue;
            }
            notes.expect(STRIDES, gaps == first, || format!("{} comes out differently", task.name()));
            if task.mode.stateless {
                notes.expect(STATELESS, backwards == first, || {
                    format!("{} comes out differently after other pictures", task.name())
                });
            }
        }
        Ok(())
    }

    fn update(&self, notes: &mut Notes) -> Result<(), Stuck> {
        let (options, task) = (self.options.clone(), self.tasks[0].clone());
        self.again(notes, &TestHost::new(), UPDATE, move |notes, at| {
            let same = at.calls.call("update", SOON, || at.transform.update(&options));
            same.inspect_err(|failure| failed(notes, "`update`", failure, UPDATE)).ok();
            let wrong = r#"{"conformance_no_such_option": 1}"#;
            let refused = at.calls.call("update", SOON, || at.transform.update(wrong));
            may_fail(notes, "`update`", refused, NO_PANIC);
            at.process(notes, &task, tight(task.input, 0), UPDATE);
        })
    }

    fn stop(&self, notes: &mut Notes) -> Result<(), Stuck> {
        let (stand, task) = (TestHost::new(), self.tasks[0].clone());
        let host = stand.clone();
        notes.tried(DROP);
        self.again(notes, &stand, STOP, move |notes, at| {
            host.stop();
            at.process(notes, &task, tight(task.input, 0), STOP);
            at.process(notes, &task, tight(task.input, 1), STOP);
        })?;
        // Stopped before it opens.
        let task = self.tasks[0].clone();
        self.again(notes, &stand, STOP, move |notes, at| {
            at.process(notes, &task, tight(task.input, 0), STOP);
        })
    }

    fn out_of_memory(&self, notes: &mut Notes) -> Result<(), Stuck> {
        notes.tried(ERROR);
        let (stand, tasks) = (TestHost::new(), self.tasks.clone());
        stand.run_out_of_memory();
        let (found, opened) = self.with(&stand, move |notes, at| {
            for task in tasks {
                let picture = tight(task.input, task.number);
                let made = at.calls.call("process", SOON, || at.transform.process(task.mode.id, picture));
                if made.as_ref().is_err_and(|failure| failure.panicked) {
                    may_fail(notes, "`process`", made, ERROR);
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
            let (stand, task, lent) = (TestHost::new(), self.tasks[0].clone(), Lent::default());
            let lender = lent.clone();
            self.again(notes, &stand, RESTART, move |notes, at| {
                at.process(notes, &task, gappy(task.input, task.number, &lender), RESTART);
            })?;
            remains::check(notes, &stand, &lent);
        }
        before.check(notes);
        Ok(())
    }

    fn side_by_side(&self, notes: &mut Notes) -> Result<(), Stuck> {
        notes.tried(SIDE_BY_SIDE);
        let stands = [TestHost::new(), TestHost::new()];
        let meeting = Meeting::default();
        let two = stands.each_ref().map(|stand| {
            let (tasks, meeting) = (self.tasks.clone(), meeting.clone());
            Running::start(self.scenario(stand, move |notes, at| {
                meeting.wait();
                for task in tasks {
                    at.process(notes, &task, tight(task.input, task.number), SIDE_BY_SIDE);
                }
            }))
        });
        for (running, stand) in two.into_iter().zip(&stands) {
            let (found, opened) = running.end(stand)?;
            notes.take(found);
            opened.inspect_err(|failure| failed(notes, "`open`", failure, SIDE_BY_SIDE)).ok();
        }
        Ok(())
    }
}
