//! A source's frames, read into memory.

use super::trouble::Trouble;
use super::unclocked::Unclocked;
use crate::config::Input;
use crate::prepare::{Prepared, SourceTree};
use crate::run::host::call_guard::{Call, CallGuard, Look, Owner};
use crate::run::host::pool::Account;
use crate::run::host::runtime::Runtime;
use crate::run::host::services::{Role, Services, SharedServices};
use crate::run::host::stats::StageStats;
use mutoscope_plugin::host::{Failure, SourceKind};
use mutoscope_plugin::{Buffer, Format, FormatHint, Frame, PixelFormat, PlaneLayout, Times};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// How much of a source is read.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Frames.
    pub frames: usize,
    /// From when it is opened on, its warm-up not counted.
    pub time: Duration,
}

/// The frames that were read so far, source by source: pipelines with the same source get the same frames.
#[derive(Default)]
pub struct Recordings(Vec<(SourceKind, String, FormatHint, Arc<Recording>)>);

/// A source's frames in memory.
pub(super) struct Recording {
    pub(super) frames: Vec<Kept>,
    /// Frames per second, as the source says or as they came.
    pub(super) fps: Option<f64>,
    /// The source did not say it.
    pub(super) fps_was_measured: bool,
    /// Why there are no more, if there are fewer than were asked for.
    pub(super) cut_short: Option<String>,
}

/// A frame in memory.
pub(super) struct Kept {
    format: Format,
    planes: Vec<PlaneLayout>,
    bytes: Arc<Vec<u8>>,
    /// The source gave it in memory of the project's own, which nobody else held: who works on it may write on it.
    may_be_written: bool,
}

/// What a frame is lent from again and again: never written to.
struct Lent(Arc<Vec<u8>>);

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Memory that one source's frames take at most.
const MOST_BYTES: usize = 256 << 20;
/// How long a source may take to end.
const TO_END: Duration = Duration::from_secs(3);
/// Nobody looks at how long a single call takes: all of them have the time that reading has.
const LONG: Duration = Duration::from_secs(1 << 30);

impl Kept {
    fn new(frame: &Frame) -> Kept {
        let buffer = frame.buffer();
        let (planes, bytes) = match frame.jpeg() {
            Some(jpeg) => (vec![PlaneLayout { offset: 0, stride: jpeg.len() }], jpeg.to_vec()),
            None => {
                // All of it, with the lines' padding where the source has it: work on it costs the same then.
                let start = buffer.as_slice().as_ptr() as usize;
                let place = |plane: mutoscope_plugin::Plane<'_>| PlaneLayout {
                    offset: plane.data.as_ptr() as usize - start,
                    stride: plane.stride,
                };
                (frame.planes().map(place).collect(), buffer.as_slice().to_vec())
            }
        };
        let may_be_written = buffer.is_writable() && !buffer.is_shared();
        Kept { format: frame.format(), planes, bytes: Arc::new(bytes), may_be_written }
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// The frame as the source gave it: in memory that may be written to, if its was so.
    pub(super) fn frame(&self, memory: &Account, times: Times) -> Result<Frame, Failure> {
        let mut own = self.may_be_written.then(|| memory.buffer(self.bytes.len()).ok()).flatten();
        if let Some(bytes) = own.as_mut().and_then(Buffer::get_mut) {
            bytes.copy_from_slice(&self.bytes);
        }
        let buffer = own.unwrap_or_else(|| Buffer::from_owner(Lent(self.bytes.clone())));
        Frame::with_layout(self.format, buffer, &self.planes, times)
            .map_err(|error| Failure::new(error.to_string()))
    }

    /// Bytes of the picture itself, without padding.
    pub(super) fn payload(&self) -> u64 {
        match self.format.kind {
            PixelFormat::JPEG => self.bytes.len() as u64,
            kind => {
                let shape = |index| kind.plane_shape(index, self.format.width, self.format.height);
                (0..).map_while(shape).map(|(width, height)| (width * height) as u64).sum()
            }
        }
    }
}

impl Recording {
    /// The formats in it, in the order in which they come first.
    pub(super) fn formats(&self) -> Vec<Format> {
        let mut formats = Vec::new();
        for kept in &self.frames {
            if !formats.contains(&kept.format) {
                formats.push(kept.format);
            }
        }
        formats
    }
}

impl Recordings {
    /// The frames of a source, read now if no pipeline before had the same.
    pub(super) fn get(
        &mut self,
        prepared: &Prepared,
        tree: &SourceTree,
        limits: &Limits,
        runtime: &Runtime,
    ) -> Result<Arc<Recording>, Trouble> {
        let known = self.0.iter().find(|(kind, options, wanted, _)| {
            *kind == tree.source && *options == tree.options && *wanted == tree.wanted
        });
        if let Some((.., recording)) = known {
            return Ok(recording.clone());
        }
        let recording = Arc::new(read(prepared, tree, limits, runtime)?);
        self.0.push((tree.source, tree.options.clone(), tree.wanted, recording.clone()));
        Ok(recording)
    }
}

/// What comes from the source's thread.
enum Reported {
    Frame(Kept, Times),
    /// It gives no more, for this reason if it failed.
    Ended(Result<(), (Failure, bool)>),
    /// It is gone; whether it was let sleep for nothing.
    Gone(bool),
}

/// A source about to be read, for its thread.
struct Reader {
    kind: SourceKind,
    options: String,
    wanted: FormatHint,
    services: SharedServices,
    guard: Arc<CallGuard>,
    stats: Arc<StageStats>,
    warm_up: Duration,
    most: usize,
}

fn read(
    prepared: &Prepared,
    tree: &SourceTree,
    limits: &Limits,
    runtime: &Runtime,
) -> Result<Recording, Trouble> {
    let stream = &prepared.pipeline.streams[tree.stream];
    let Input::Source(stage) = &stream.input else {
        return Err(Trouble::Failed(format!("stream `{}` has no source", stream.name)));
    };
    let no_thread = |error| Trouble::Failed(format!("no thread for the source: {error}"));
    let name = format!("{} source", stream.name);
    let guard =
        runtime.calls.take(Owner::Source { stream: 0, generation: 0 }, name.clone()).map_err(no_thread)?;
    // Somebody looks on.
    runtime.services.demand.reconfigure(&[(0, None)]);
    runtime.services.demand.set(0, 0, 1);
    let reader = Reader {
        kind: tree.source,
        options: tree.options.clone(),
        wanted: tree.wanted,
        services: runtime.services.clone(),
        guard: guard.clone(),
        stats: StageStats::new(stage.plugin.to_string()),
        warm_up: stream.warm_up,
        most: limits.frames,
    };
    let (reporter, reported) = channel();
    runtime.threads.spawn(&name, move || reader.run(&reporter)).map_err(no_thread)?;
    let time = limits.time + stream.warm_up;
    let came = collect(&reported, &guard, time, limits.frames);
    runtime.calls.leave(&guard);
    let Came { frames, times, end, skipped, blocks } = came;
    if let Some(Err((failure, opening))) = &end
        && frames.is_empty()
    {
        if *opening && !failure.option.is_empty() {
            let report = prepared.pipeline.refuse(&stage.origin, &failure.option, &failure.message);
            return Err(Trouble::Refused(report));
        }
        return Err(Trouble::Failed(format!("the source {} gave no frame: {failure}", stage.plugin)));
    }
    if blocks && frames.is_empty() {
        return Err(Trouble::Failed(format!(
            "the source {} does not return, and does not hear that it shall stop",
            stage.plugin
        )));
    }
    if frames.is_empty() {
        let why = if end.is_some() { "it ended before its first".into() } else { within(time) };
        return Err(Trouble::Failed(format!("the source {} gave no frame: {why}", stage.plugin)));
    }
    let mut cut_short = (frames.len() < limits.frames).then(|| match &end {
        Some(Err((failure, _))) => format!("then it failed: {failure}"),
        Some(Ok(())) => "then it ended".into(),
        None if frames.iter().map(|kept| kept.bytes.len()).sum::<usize>() >= MOST_BYTES => {
            format!("which are {} MiB", MOST_BYTES >> 20)
        }
        None => within(time),
    });
    if blocks {
        let stays = "its thread does not end, and goes on beside the measurement".to_owned();
        cut_short = Some(cut_short.map_or(stays.clone(), |why| format!("{why}; {stays}")));
    }
    // Where it was not let wait, the times say nothing of its rate.
    let measured = rate(&times).filter(|_| !skipped);
    Ok(Recording {
        frames,
        fps: tree.caps.fps.or(measured),
        fps_was_measured: tree.caps.fps.is_none(),
        cut_short,
    })
}

fn within(time: Duration) -> String {
    format!("no more came within {} s", time.as_secs_f64())
}

/// Frames per second between the first and the last.
fn rate(times: &[Times]) -> Option<f64> {
    let span = times.last()?.since(*times.first()?).as_secs_f64();
    (span > 0.0).then(|| (times.len() - 1) as f64 / span)
}

#[derive(Default)]
struct Came {
    frames: Vec<Kept>,
    times: Vec<Times>,
    /// `None`: it would have given more.
    end: Option<Result<(), (Failure, bool)>>,
    skipped: bool,
    /// Its thread is still in a call.
    blocks: bool,
}

/// Takes what comes, until there is enough or the time is over, and has the source end.
fn collect(reported: &Receiver<Reported>, guard: &CallGuard, time: Duration, most: usize) -> Came {
    let mut came = Came::default();
    let (mut end, mut bytes) = (Instant::now() + time, 0);
    let mut enough = false;
    loop {
        match reported.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(Reported::Frame(kept, times)) if !enough => {
                bytes += kept.bytes.len();
                came.frames.push(kept);
                came.times.push(times);
                enough = came.frames.len() >= most || bytes >= MOST_BYTES;
                if enough {
                    end = Instant::now() + TO_END;
                    guard.ask_to_stop();
                }
            }
            Ok(Reported::Frame(..)) => {}
            Ok(Reported::Ended(how)) if !enough => came.end = Some(how),
            Ok(Reported::Ended(_)) => {}
            Ok(Reported::Gone(skipped)) => {
                came.skipped = skipped;
                return came;
            }
            Err(RecvTimeoutError::Timeout) if !enough && came.end.is_none() => {
                enough = true;
                end = Instant::now() + TO_END;
                guard.ask_to_stop();
            }
            Err(_) => {
                came.blocks = !matches!(guard.look(Instant::now()), Look::Idle);
                return came;
            }
        }
    }
}

impl Reader {
    fn run(self, reporter: &Sender<Reported>) {
        // Nobody listens any more once there is enough.
        let say = |what| drop(reporter.send(what));
        let Reader { kind, options, wanted, services, guard, stats, warm_up, most } = self;
        let role = Role::Source { watched: services.demand.watched(0), wanted };
        let host = Arc::new(Unclocked::new(Services::new(services, guard.stop.clone(), stats.clone(), role)));
        let open = || kind.open(&options, host.clone());
        let mut source = match guard.with_deadline(&stats, Call::Open, LONG, open) {
            Ok(source) => source,
            Err(failure) => {
                say(Reported::Ended(Err((failure, true))));
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
                    say(Reported::Frame(Kept::new(&frame), frame.times()));
                }
                Ok(None) => break Some(Ok(())),
                Err(failure) => break Some(Err((failure, false))),
            }
        };
        end.into_iter().for_each(|end| say(Reported::Ended(end)));
        guard.with_deadline(&stats, Call::Drop, LONG, || drop(source));
        say(Reported::Gone(host.has_skipped()));
    }
}
