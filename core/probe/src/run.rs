//! Viewers by the hundred, on one thread, for a given time.

use crate::answer::Answer;
use crate::health;
use crate::process::Usage;
use crate::report::{Report, Seen, Stream};
use crate::tally::{Tally, Watched};
use crate::target::Target;
use crate::viewer::Viewer;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::runtime::Builder;
use tokio::task::{JoinHandle, LocalSet, spawn_local};
use tokio::time::sleep_until;

/// The load on a server.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Viewers of each URL that read as quickly as they can.
    pub viewers: u32,
    /// Others beside them: how many, and how many bytes a second each of them reads.
    pub slow: Option<(u32, u64)>,
    /// The length of the probe.
    pub time: Duration,
    /// The server's process, if it is to be looked at as well.
    pub pid: Option<u32>,
}

/// A viewer comes this long after the one before it at most: a server takes a crowd, but not all in one instant.
const STEP: Duration = Duration::from_millis(1);
/// All have come after this part of the time.
const COMING: u32 = 4;

/// Looks at all targets at the same time.
///
/// # Errors
/// This machine has not what it takes, or there is no such process. That a server does not do well is no error.
pub fn probe(targets: Vec<Target>, load: &Load) -> Result<Report, String> {
    let each = load.viewers + load.slow.map_or(0, |(count, _)| count);
    make_room(u64::from(each) * targets.len() as u64)?;
    let before = load.pid.map(Usage::of).transpose()?;
    let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let start = Instant::now();
    let end = start + load.time;
    let seen = LocalSet::new().block_on(&runtime, async {
        let crowds: Vec<_> = targets
            .into_iter()
            .map(|target| {
                let target = Rc::new(target);
                let slow = load
                    .slow
                    .map(|(count, rate)| (Crowd::start(&target, count, Some(rate), start, end), rate));
                (Crowd::start(&target, load.viewers, None, start, end), slow, target)
            })
            .collect();
        let mut seen = Vec::new();
        for (quick, slow, target) in crowds {
            let quick = quick.end().await;
            let slow = match slow {
                Some((crowd, rate)) => Some((crowd.end().await, rate)),
                None => None,
            };
            seen.push((target, quick, slow));
        }
        seen
    });
    let time = start.elapsed();
    let bytes = seen.iter().map(|(_, quick, slow)| {
        quick.tally.borrow().bytes + slow.as_ref().map_or(0, |(slow, _)| slow.tally.borrow().bytes)
    });
    let server = match (before, load.pid) {
        (Some(before), Some(pid)) => Some(before.until_now(pid, time, bytes.sum())),
        _ => None,
    };
    let streams = seen.into_iter().map(|(target, quick, slow)| {
        let mut stream = Stream::of(&target, quick, slow, end);
        stream.problems = health::problems(&stream, target.is_here());
        stream
    });
    Ok(Report::new(streams.collect(), time, server))
}

/// Viewers of one kind.
struct Crowd {
    tally: Rc<RefCell<Tally>>,
    viewers: Vec<JoinHandle<(Watched, Option<Answer>)>>,
}

impl Crowd {
    fn start(target: &Rc<Target>, count: u32, slow: Option<u64>, start: Instant, end: Instant) -> Crowd {
        let tally = Rc::new(RefCell::new(Tally::new(start, end)));
        let step = STEP.min((end - start) / COMING / count.max(1));
        let viewer = |number| {
            let viewer = Viewer { target: target.clone(), slow, end, tally: tally.clone() };
            spawn_local(async move {
                sleep_until((start + step * number).into()).await;
                viewer.watch().await
            })
        };
        Crowd { viewers: (0..count).map(viewer).collect(), tally }
    }

    async fn end(self) -> Seen {
        let (mut watched, mut answer) = (Vec::new(), None);
        for viewer in self.viewers {
            // A viewer that panics is a mistake here, and has said so.
            if let Ok((one, answered)) = viewer.await {
                watched.push(one);
                answer = answer.or(answered);
            }
        }
        Seen { watched, answer, tally: self.tally }
    }
}

/// Sees to it that so many connections can be open.
fn make_room(viewers: u64) -> Result<(), String> {
    // What is open besides.
    let needed = viewers + 64;
    let allowed = mutoscope_descriptors::allow(needed);
    if allowed >= needed {
        return Ok(());
    }
    Err(format!(
        "{viewers} viewers need {needed} open files, and the system allows {allowed}: `ulimit -Hn {needed}` as root, or fewer viewers"
    ))
}
