//! Frames of a source, read before anything runs.

use super::host::call_guard::{Call, CallGuard, Look, Owner};
use super::host::services::{Role, Services, SharedServices};
use super::host::stats::StageStats;
use super::host::unclocked::Unclocked;
use super::step_host::StepHost;
use crate::config::Input;
use crate::prepare::{Prepared, SourceTree};
use mutoscope_plugin::host::{Failure, SourceKind};
use mutoscope_plugin::{FormatHint, Frame, Times};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// The limits of a recording.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Frames.
    pub frames: usize,
    /// Their bytes: the frame that reaches this is the last.
    pub bytes: usize,
    /// From when it is opened on, its warm-up not counted.
    pub time: Duration,
}

/// The frames of a source.
pub struct Recorded<T> {
    /// Each frame, as the caller keeps it.
    pub frames: Vec<T>,
    /// The capture time of each.
    pub times: Vec<Times>,
    /// The reason for which there are no more.
    pub end: RecordEnd,
    /// The source was not let wait: the times say nothing of its rate.
    pub skipped: bool,
    /// Its thread is still in a call, and does not hear that it shall stop.
    pub blocks: bool,
}

/// The reason for which there are no more frames of a source.
#[derive(Debug)]
pub enum RecordEnd {
    /// There are as many as were asked for.
    Enough,
    /// They have as many bytes as they may have.
    Full,
    /// The time is over.
    Time,
    /// It gives no more.
    Ended,
    /// It failed before it was open.
    NotOpened(Failure),
    /// It failed.
    Failed(Failure),
}

/// The time that a source has to end.
const TO_END: Duration = Duration::from_secs(3);
/// Nobody looks at how long a single call takes: all of them have the time that reading has.
const LONG: Duration = Duration::from_secs(1 << 30);

/// A message of the source's thread.
enum Reported<T> {
    /// A frame with its bytes, and when it was captured.
    Frame(T, usize, Times),
    /// It gives no more of itself.
    Ended(RecordEnd),
    /// It is gone; whether it was let sleep for nothing.
    Gone(bool),
}

/// A source about to be read, for its thread.
struct Reader<T> {
    kind: SourceKind,
    options: String,
    wanted: FormatHint,
    services: SharedServices,
    guard: Arc<CallGuard>,
    stats: Arc<StageStats>,
    warm_up: Duration,
    most: usize,
    keep: fn(&Frame) -> T,
}

/// Reads frames of a source, on a thread of its own, as fast as it gives them; `keep` takes from each frame, there, what is
/// wanted of it.
///
/// # Errors
/// The system has no room for the thread.
pub fn record<T: Send + 'static>(
    prepared: &Prepared,
    tree: &SourceTree,
    limits: &Limits,
    host: &StepHost,
    keep: fn(&Frame) -> T,
) -> io::Result<Recorded<T>> {
    let stream = &prepared.pipeline.streams[tree.stream];
    let plugin = match &stream.input {
        Input::Source(stage) => stage.plugin.to_string(),
        Input::From(_) => String::new(),
    };
    let name = format!("{} source", stream.name);
    let guard = host.calls.take(Owner::Source { stream: 0, generation: 0 }, name.clone())?;
    let services = host.services();
    // One viewer, for whom the source works.
    services.demand.reconfigure(&[(0, None)]);
    services.demand.set(0, 0, 1);
    let reader = Reader {
        kind: tree.source,
        options: tree.options.clone(),
        wanted: tree.wanted,
        services,
        guard: guard.clone(),
        stats: StageStats::new(plugin),
        warm_up: stream.warm_up,
        most: limits.frames,
        keep,
    };
    let (reporter, reported) = channel();
    host.threads.spawn(&name, move || reader.run(&reporter))?;
    let recorded = collect(&reported, &guard, limits, stream.warm_up);
    host.calls.leave(&guard);
    Ok(recorded)
}

/// Takes what comes, until there is enough or the time is over, and has the source end.
fn collect<T>(
    reported: &Receiver<Reported<T>>,
    guard: &CallGuard,
    limits: &Limits,
    warm_up: Duration,
) -> Recorded<T> {
    let (frames, times) = (Vec::new(), Vec::new());
    let mut came = Recorded { frames, times, end: RecordEnd::Time, skipped: false, blocks: false };
    let (mut until, mut bytes) = (Instant::now() + limits.time + warm_up, 0);
    // It was asked to end, or has ended of itself.
    let (mut asked, mut ended) = (false, false);
    let ask_to_stop = || {
        guard.ask_to_stop();
        (true, Instant::now() + TO_END)
    };
    loop {
        match reported.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Reported::Frame(frame, len, times)) if !asked => {
                bytes += len;
                came.frames.push(frame);
                came.times.push(times);
                let enough = came.frames.len() >= limits.frames;
                if enough || bytes >= limits.bytes {
                    came.end = if enough { RecordEnd::Enough } else { RecordEnd::Full };
                    (asked, until) = ask_to_stop();
                }
            }
            Ok(Reported::Ended(how)) if !asked => (came.end, ended) = (how, true),
            Ok(Reported::Frame(..) | Reported::Ended(_)) => {}
            Ok(Reported::Gone(skipped)) => {
                came.skipped = skipped;
                return came;
            }
            Err(RecvTimeoutError::Timeout) if !asked && !ended => (asked, until) = ask_to_stop(),
            Err(_) => {
                came.blocks = !matches!(guard.look(Instant::now()), Look::Idle);
                return came;
            }
        }
    }
}

impl<T> Reader<T> {
    fn run(self, reporter: &Sender<Reported<T>>) {
        // Nobody listens any more once there is enough.
        let say = |what| drop(reporter.send(what));
        let Reader { kind, options, wanted, services, guard, stats, warm_up, most, keep } = self;
        let role = Role::Source { watched: services.demand.watched(0), wanted };
        let host = Arc::new(Unclocked::new(Services::new(services, guard.stop.clone(), stats.clone(), role)));
        let open = || kind.open(&options, host.clone());
        let mut source = match guard.with_deadline(&stats, Call::Open, LONG, open) {
            Ok(source) => source,
            Err(failure) => {
                say(Reported::Ended(RecordEnd::NotOpened(failure)));
                return say(Reported::Gone(false));
            }
        };
        let (opened, mut given) = (Instant::now(), 0);
        let end = loop {
            if given >= most || guard.stop.is_wanted() {
                break None;
            }
            host.next();
            match guard.with_deadline(&stats, Call::Next, LONG, || source.next_frame()) {
                Ok(Some(_)) if opened.elapsed() < warm_up => {}
                Ok(Some(frame)) => {
                    given += 1;
                    let len = frame.jpeg().map_or(frame.buffer().as_slice().len(), <[u8]>::len);
                    say(Reported::Frame(keep(&frame), len, frame.times()));
                }
                Ok(None) => break Some(RecordEnd::Ended),
                Err(failure) => break Some(RecordEnd::Failed(failure)),
            }
        };
        end.into_iter().for_each(|end| say(Reported::Ended(end)));
        guard.with_deadline(&stats, Call::Drop, LONG, || drop(source));
        say(Reported::Gone(host.has_skipped()));
    }
}
