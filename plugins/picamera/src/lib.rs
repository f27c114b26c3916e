//! Raspberry Pi cameras, by the system's own camera program, which runs as a child and writes its pictures to a pipe.
//!
//! # Layout
//!
//! What the pipeline file says is [`Options`] (`config`); `program` finds the program, `arguments` makes its command line,
//! `child` runs it and sees to it that it ends. What comes through the pipe goes to `jpeg`, which finds whole JPEGs by
//! their markers, or to `raw`, which counts bytes, and from here to the host. `stderr_log` is what the program says
//! meanwhile, `ending` makes one sentence of that when it ends, and `list` asks it which cameras there are.

#![deny(unsafe_code)]

mod arguments;
mod child;
mod config;
mod ending;
mod jpeg;
mod list;
mod program;
mod raw;
mod stderr_log;

pub use config::{
    AutofocusMode, Awb, Denoise, Exposure, Hdr, LensPosition, Metering, NamedPosition, Options, PipeFormat,
    Shutter,
};

use child::{Child, Ready};
use ending::Ending;
use jpeg::Splitter;
use mutoscope_codec::turn::Turner;
use mutoscope_plugin::{
    Context, Device, Error, Frame, JpegHeader, Result, Size, Source, SourceCaps, Times, Update, tracing,
};
use raw::Raw;
use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};
use stderr_log::StderrLog;

/// The time for which opening waits for the program to show that it runs: one that refuses its options is gone by then.
const START: Duration = Duration::from_millis(1500);
/// The time for which a program may go on after it closed its pipe.
const AFTER_PIPE: Duration = Duration::from_millis(300);
/// Bytes that have been no picture for this long are told of. Less than the shortest silence that is a failure.
const UNFINISHED: Duration = Duration::from_secs(2);
/// So many bytes without a picture are none.
const MAX_GARBAGE: u64 = 16 << 20;

/// The source: a program that runs, and what comes out of it.
pub struct Picamera {
    options: Options,
    /// The program's name, for people.
    program: String,
    child: Child,
    stderr_log: StderrLog,
    pictures: Pictures,
    /// Pictures that came.
    frames: u64,
    /// The statistics that were counted already: bytes skipped, pictures broken.
    counted: (u64, u64),
    /// For arithmetic-coded pictures, which no browser shows.
    turner: Option<Turner>,
    /// Bytes that had been skipped when the last picture came.
    skipped_before: u64,
    /// Bytes that have come since the last picture and are none yet.
    unfinished: Unfinished,
}

/// The state of a picture that has begun and not come whole.
#[derive(Clone, Copy)]
enum Unfinished {
    No,
    /// Since when, on the monotonic clock.
    Since(Instant),
    /// The host knows.
    Told,
}

/// The pictures that come out of the program.
enum Pictures {
    Jpeg {
        splitter: Splitter,
        /// The time of the last bytes.
        last: Option<Times>,
        /// The time at which the picture in hand began.
        began: Option<Times>,
        /// Pictures whose header is no good.
        bad: u64,
    },
    Raw(Raw),
}

impl Source for Picamera {
    type Options = Options;

    fn caps(options: &Options) -> Result<SourceCaps> {
        options.check()?;
        Ok(options.caps())
    }

    fn devices() -> Result<Vec<Device>> {
        program::of_system().map_or_else(|| Ok(Vec::new()), |program| list::devices(&program))
    }

    fn open(options: Options, ctx: &Context) -> Result<Self> {
        options.check()?;
        let raw = options.is_raw(ctx.format_hint().kind());
        let path = program::find(options.command.as_deref())?;
        let program = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let arguments = arguments::arguments(&options, raw);
        tracing::debug!("{} {}", path.display(), line(&arguments));
        let pictures = match options.size() {
            Some(size) if raw => Pictures::Raw(Raw::new(size, options.stride)),
            _ => Pictures::Jpeg { splitter: Splitter::new(), last: None, began: None, bad: 0 },
        };
        let child = Child::start(&path, &arguments)?;
        let stderr_log = StderrLog::new(format!("{program}, camera {}", options.camera));
        let mut source = Picamera {
            options,
            program,
            child,
            stderr_log,
            pictures,
            frames: 0,
            counted: (0, 0),
            turner: None,
            skipped_before: 0,
            unfinished: Unfinished::No,
        };
        source.wait_for_sign(ctx)?;
        Ok(source)
    }

    fn next_frame(&mut self, ctx: &Context) -> Result<Option<Frame>> {
        while !ctx.stopped() {
            if let Some(frame) = self.take(ctx)? {
                self.check_size(frame.format().size())?;
                self.frames += 1;
                self.unfinished = Unfinished::No;
                return Ok(Some(frame));
            }
            let timeout = self.tell_unfinished(ctx);
            self.turn(ctx, timeout)?;
        }
        Ok(None)
    }

    fn update(&mut self, options: Options, _: &Context) -> Result<Update> {
        options.check()?;
        // The program takes its options on its command line only.
        Ok(if options == self.options { Update::Applied } else { Update::Restart })
    }
}

impl Picamera {
    /// Waits for the program's first bytes, its end, or long enough.
    fn wait_for_sign(&mut self, ctx: &Context) -> Result<()> {
        let until = Instant::now() + START;
        while !ctx.stopped() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.turn(ctx, Some(left))?.output {
                break;
            }
        }
        Ok(())
    }

    /// Tells the host, once for each wait, of bytes that have been no picture for a while: otherwise a program that writes something
    /// else would be called silent. Returns the time until then.
    fn tell_unfinished(&mut self, ctx: &Context) -> Option<Duration> {
        let why = match &self.pictures {
            Pictures::Jpeg { splitter, .. } if splitter.in_picture() => "it has begun and does not end",
            Pictures::Jpeg { splitter, .. } if splitter.skipped > self.skipped_before => {
                "bytes in which no JPEG begins"
            }
            Pictures::Raw(raw) if raw.in_picture() => "it has begun and does not end",
            _ => return None,
        };
        match self.unfinished {
            Unfinished::No => {
                self.unfinished = Unfinished::Since(Instant::now());
                Some(UNFINISHED)
            }
            Unfinished::Since(since) if since.elapsed() < UNFINISHED => {
                Some(UNFINISHED.saturating_sub(since.elapsed()))
            }
            Unfinished::Since(_) => {
                ctx.leave_out(why);
                self.unfinished = Unfinished::Told;
                None
            }
            Unfinished::Told => None,
        }
    }

    /// Waits for something and does it.
    fn turn(&mut self, ctx: &Context, timeout: Option<Duration>) -> Result<Ready> {
        let ready = self.child.wait(ctx.stop_descriptor(), timeout)?;
        if ready.errors {
            self.listen()?;
        }
        if ready.output {
            if !self.read(ctx)? {
                return Err(self.ended(AFTER_PIPE));
            }
        } else if ready.ended {
            // Nothing more is in the pipe; that something else still holds it open does not matter.
            return Err(self.ended(Duration::ZERO));
        }
        Ok(ready)
    }

    /// Reads what the program says.
    fn listen(&mut self) -> Result<()> {
        let Some(pipe) = &mut self.child.errors else { return Ok(()) };
        let mut piece = [0; 4096];
        match pipe.read(&mut piece) {
            Ok(0) => self.child.errors = None,
            Ok(count) => self.stderr_log.take(&piece[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::from(error).context("cannot read what the camera program says")),
        }
        match (self.stderr_log.configured, self.options.size()) {
            (Some(given), Some(_)) if matches!(self.pictures, Pictures::Raw(_)) => self.check_size(given),
            _ => Ok(()),
        }
    }

    /// Reads from the pipe of pictures; `false` if it has ended.
    fn read(&mut self, ctx: &Context) -> Result<bool> {
        let Some(pipe) = &mut self.child.output else { return Ok(false) };
        let room = match &mut self.pictures {
            Pictures::Jpeg { splitter, .. } => splitter.room(),
            Pictures::Raw(raw) => raw.room(ctx)?,
        };
        let count = match pipe.read(room) {
            Ok(0) => return Ok(false),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(true),
            Err(error) => return Err(Error::from(error).context("cannot read from the camera program")),
        };
        let now = ctx.now();
        match &mut self.pictures {
            Pictures::Jpeg { splitter, last, .. } => {
                splitter.filled(count);
                *last = Some(now);
            }
            Pictures::Raw(raw) => raw.filled(count, now),
        }
        Ok(true)
    }

    /// A picture, if one has come whole.
    fn take(&mut self, ctx: &Context) -> Result<Option<Frame>> {
        let (splitter, last, began, bad) = match &mut self.pictures {
            Pictures::Jpeg { splitter, last, began, bad } => (splitter, last, began, bad),
            Pictures::Raw(raw) => return raw.next(),
        };
        let mut found = Ok(None);
        while let Some(jpeg) = splitter.next() {
            // The bytes of the one that follows came with the end of this one.
            let times = began.take().or(*last).unwrap_or_else(|| ctx.now());
            match JpegHeader::read(jpeg) {
                Ok(header) => {
                    let mut buffer = ctx.buffer(jpeg.len())?;
                    let bytes =
                        buffer.get_mut().ok_or_else(|| Error::new("a pooled buffer that is shared"))?;
                    bytes.copy_from_slice(jpeg);
                    ctx.count("bytes_copied", jpeg.len() as u64);
                    let frame = Frame::from_buffer(header.format(), buffer, times)?;
                    found = Turner::for_viewers(&mut self.turner, frame, ctx).map(Some);
                }
                Err(reason) => found = Err(reason),
            }
            match &found {
                Ok(_) => break,
                Err(reason) => {
                    if *bad == 0 {
                        tracing::warn!("a picture is left out: {reason} (others like it are counted)");
                    } else {
                        tracing::debug!("a picture is left out: {reason}");
                    }
                    ctx.leave_out(&reason.to_string());
                    *bad += 1;
                }
            }
        }
        let found = found.unwrap_or(None);
        splitter.reasons.drain(..).for_each(|why| ctx.leave_out(why));
        match splitter.in_picture() {
            true if found.is_none() => *began = began.or(*last),
            _ => *began = None,
        }
        let (skipped, broken) = (splitter.skipped, splitter.broken + *bad);
        let (skipped_so_far, broken_so_far) = std::mem::replace(&mut self.counted, (skipped, broken));
        for (name, add) in
            [("bytes_skipped", skipped - skipped_so_far), ("frames_broken", broken - broken_so_far)]
        {
            if add > 0 {
                ctx.count(name, add);
            }
        }
        if found.is_some() {
            self.skipped_before = skipped;
        } else if skipped - self.skipped_before > MAX_GARBAGE {
            let (program, mebibytes) = (&self.program, MAX_GARBAGE >> 20);
            return Err(Error::new(format!(
                "`{program}` gave {mebibytes} MiB without one whole JPEG in them: with `command`, it has to write MJPEG to \
                 its standard output; otherwise bring the system's camera programs up to date"
            )));
        }
        Ok(found)
    }

    fn check_size(&self, given: Size) -> Result<()> {
        match self.options.size() {
            Some(asked) if asked != given => {
                let Size { width, height } = given;
                Err(Error::new(format!(
                    "camera {} gives {given} where {asked} was asked for: ask for what it gives (`width: {width}`, \
                     `height: {height}`) and let `resize` do the rest, or choose another `mode`",
                    self.options.camera
                )))
            }
            _ => Ok(()),
        }
    }

    /// The program has ended, or is ended after `patience`: why.
    fn ended(&mut self, patience: Duration) -> Error {
        let status = self.child.end(patience);
        // Everybody who could hold the pipe is gone or does not matter: what is in it, and no more than a pipe holds.
        for _ in 0..64 {
            let wanted = self.child.errors.is_some() && self.child.more_errors();
            if !wanted || self.listen().is_err() {
                break;
            }
        }
        self.stderr_log.end_line();
        let last_words = self.stderr_log.last_words();
        let Picamera { program, options, frames, .. } = self;
        Ending { program, camera: options.camera, status, last_words: &last_words, frames: *frames }.error()
    }
}

fn line(arguments: &[std::ffi::OsString]) -> String {
    arguments.iter().map(|argument| argument.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

mutoscope_plugin::export!(source: Picamera);

#[cfg(test)]
mod tests;
