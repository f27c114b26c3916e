//! A source's frames, read into memory.

use crate::trouble::Trouble;
use mutoscope_engine::config::Input;
use mutoscope_engine::prepare::{Prepared, SourceTree};
use mutoscope_engine::run::record::{Limits, RecordEnd, Recorded, record};
use mutoscope_engine::run::stepper::StepHost;
use mutoscope_plugin::host::{Failure, SourceKind};
use mutoscope_plugin::{Buffer, Format, FormatHint, Frame, PixelFormat, PlaneLayout, Times};
use std::sync::Arc;
use std::time::Duration;

/// The frames that were read so far, source by source: pipelines with the same source get the same frames.
#[derive(Default)]
pub struct Recordings(Vec<(SourceKind, String, FormatHint, Arc<Recording>)>);

/// A source's frames in memory.
pub(crate) struct Recording {
    pub(crate) frames: Vec<Kept>,
    /// Frames per second, as the source says or as they came.
    pub(crate) fps: Option<f64>,
    /// The source did not say it.
    pub(crate) fps_was_measured: bool,
    /// The reason for which there are no more, if there are fewer than were asked for.
    pub(crate) cut_short: Option<String>,
}

/// A frame in memory.
pub(crate) struct Kept {
    format: Format,
    planes: Vec<PlaneLayout>,
    bytes: Arc<Vec<u8>>,
    /// The source gave it in memory of the project's own, which nobody else held: who works on it may write on it.
    may_be_written: bool,
}

/// Memory that frames are lent from again and again: never written to.
struct Lent(Arc<Vec<u8>>);

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

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

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// The frame as the source gave it: in memory that may be written to, if its was so.
    pub(crate) fn frame(
        &self,
        memory: impl FnOnce(usize) -> Option<Buffer>,
        times: Times,
    ) -> Result<Frame, Failure> {
        let mut own = self.may_be_written.then(|| memory(self.bytes.len())).flatten();
        if let Some(bytes) = own.as_mut().and_then(Buffer::get_mut) {
            bytes.copy_from_slice(&self.bytes);
        }
        let buffer = own.unwrap_or_else(|| Buffer::from_owner(Lent(self.bytes.clone())));
        Frame::with_layout(self.format, buffer, &self.planes, times)
            .map_err(|error| Failure::new(error.to_string()))
    }

    /// Bytes of the picture itself, without padding.
    pub(crate) fn payload(&self) -> u64 {
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
    pub(crate) fn formats(&self) -> Vec<Format> {
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
    pub(crate) fn get(
        &mut self,
        prepared: &Prepared,
        tree: &SourceTree,
        limits: &Limits,
        host: &StepHost,
    ) -> Result<Arc<Recording>, Trouble> {
        let known = self.0.iter().find(|(kind, options, wanted, _)| {
            *kind == tree.source && *options == tree.options && *wanted == tree.wanted
        });
        if let Some((.., recording)) = known {
            return Ok(recording.clone());
        }
        let recording = Arc::new(read(prepared, tree, limits, host)?);
        self.0.push((tree.source, tree.options.clone(), tree.wanted, recording.clone()));
        Ok(recording)
    }
}

fn read(
    prepared: &Prepared,
    tree: &SourceTree,
    limits: &Limits,
    host: &StepHost,
) -> Result<Recording, Trouble> {
    let stream = &prepared.pipeline.streams[tree.stream];
    let Input::Source(stage) = &stream.input else {
        return Err(Trouble::Failed(format!("stream `{}` has no source", stream.name)));
    };
    let recorded = record(prepared, tree, limits, host, Kept::new);
    let recorded = recorded.map_err(|error| Trouble::Failed(format!("no thread for the source: {error}")))?;
    let Recorded { frames, times, end, skipped, blocks } = recorded;
    let time = limits.time + stream.warm_up;
    if frames.is_empty() {
        let why = match end {
            RecordEnd::NotOpened(failure) if !failure.option.is_empty() => {
                let report = prepared.pipeline.refuse(&stage.origin, &failure.option, &failure.message);
                return Err(Trouble::Refused(report));
            }
            RecordEnd::NotOpened(failure) | RecordEnd::Failed(failure) => failure.to_string(),
            _ if blocks => {
                let why = "does not return, and does not hear that it shall stop";
                return Err(Trouble::Failed(format!("the source {} {why}", stage.plugin)));
            }
            RecordEnd::Ended => "it ended before its first".into(),
            RecordEnd::Enough | RecordEnd::Full | RecordEnd::Time => within(time),
        };
        return Err(Trouble::Failed(format!("the source {} gave no frame: {why}", stage.plugin)));
    }
    let mut cut_short = match end {
        RecordEnd::Enough => None,
        RecordEnd::NotOpened(failure) | RecordEnd::Failed(failure) => {
            Some(format!("then it failed: {failure}"))
        }
        RecordEnd::Ended => Some("then it ended".into()),
        RecordEnd::Full => Some(format!("which are {} MiB", limits.bytes >> 20)),
        RecordEnd::Time => Some(within(time)),
    };
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
