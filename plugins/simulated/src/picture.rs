//! One picture of a film: its file, and what is known of it.

use crate::decode::{self, Decoded};
use crate::file::{PictureFile, Stamp};
use crate::foreign;
use crate::jpeg;
use mutoscope_plugin::{Buffer, Error, Format, Frame, JpegSegments, PixelFormat, Result, Services, Times};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One picture of a film.
pub(crate) struct Picture {
    path: PathBuf,
    /// The newest whole picture that the file had, and its stamp then.
    whole: Option<(Stamp, Whole)>,
    /// The reason for which the file as it is now is not shown.
    failing: Option<Failing>,
}

/// A whole picture, as far as it is remembered.
enum Whole {
    /// A JPEG that passes as it is, read each time for want of room.
    Jpeg,
    /// A JPEG as it is, or what another picture was decoded to: kept.
    Kept(Format, Buffer),
    /// Something that is decoded each time, for want of room.
    Large,
}

/// A file that is no whole picture now. Its writer may be at it still.
struct Failing {
    /// The file as it was looked at last; `None`: gone, or no regular file.
    stamp: Option<Stamp>,
    /// The time at which this content was seen first, on the monotonic clock.
    since_ns: u64,
    /// The time at which it was no whole picture first, however it changed since.
    began_ns: u64,
    /// The fault, in words that follow the path.
    reason: String,
    /// The time for which it is left alone, as long as it does not change.
    quiet: Duration,
    /// It has not changed for a while: no writer is at it any more, and it is not read again.
    given_up: bool,
}

/// The result of a look at a picture.
pub(crate) enum Look {
    /// The picture, as its file is now; or its last whole one, if the file is being written and that was kept.
    Frame(Frame),
    /// The file is being written, and its last whole picture is not kept here.
    Awaited,
    /// It cannot be shown. `news`: it could be, when it was looked at last, or was not looked at yet.
    Bad { news: bool },
}

/// The time for which a file that is no whole picture has to stay as it is until it counts as a bad one. Uploads over bad
/// lines stand still for this long.
pub(crate) const QUIET: Duration = Duration::from_secs(30);
/// The same for a JPEG of which only the end marker may be missing: then it is judged by what is there.
pub(crate) const ENDLESS: Duration = Duration::from_secs(3);
/// The time for which a file may be gone while another one takes its place.
pub(crate) const GONE: Duration = Duration::from_secs(5);
/// The time for which a file has to stay as it is, if its end may be the old picture's behind the start of the new one.
const OVERWRITTEN: Duration = Duration::from_secs(5);
/// The time after which a file that changes all the time, and never settles, is shown all the same.
const RESTLESS: Duration = Duration::from_secs(15);

/// The bytes of pictures that may still be kept. A picture that comes when it is full is read or decoded each time, and
/// nothing is thrown out for it: in a loop, the picture that was shown longest ago is the next one that is needed.
pub(crate) struct Room {
    jpeg: usize,
    decoded: usize,
}

impl Room {
    /// JPEGs are quickly read: a short film stays in memory, a long one is left to the system's own memory for files.
    pub(crate) const EMPTY: Room = Room { jpeg: 8 << 20, decoded: 64 << 20 };

    fn of(&mut self, format: &Format) -> &mut usize {
        if format.kind == PixelFormat::JPEG { &mut self.jpeg } else { &mut self.decoded }
    }

    /// Keeps the buffer if there is room.
    fn keep(&mut self, format: Format, buffer: &Buffer) -> Option<Whole> {
        let room = self.of(&format);
        *room = room.checked_sub(buffer.len())?;
        Some(Whole::Kept(format, buffer.clone()))
    }
}

/// The reason for which the format of a file's frame cannot be told.
pub(crate) struct Unknown {
    /// In words that follow the path.
    pub(crate) reason: String,
    /// It looks as if it were being written, and will tell when that is done.
    pub(crate) is_new: bool,
}

/// The format that a file's frame will have, from its header.
///
/// # Errors
/// What is wrong, and whether that is likely to change.
pub(crate) fn format(path: &Path, now: Times) -> Result<Format, Unknown> {
    // More bytes make no picture of what is none, nor a file of what is none.
    let stamp = Stamp::of(path).filter(|_| starts_like_a_picture(path));
    let is_new = stamp.is_some_and(|stamp| !stamp.is_older_than(QUIET, now.wall_ns));
    let may_lack_end = stamp.is_none_or(|stamp| stamp.is_older_than(ENDLESS, now.wall_ns));
    let format = PictureFile::open(path).and_then(|mut file| header(&mut file, may_lack_end));
    format.map_err(|error| Unknown { reason: explained(path, error.to_string()), is_new })
}

fn header(file: &mut PictureFile, may_lack_end: bool) -> Result<Format> {
    if file.is_jpeg()? {
        let jpeg = file.read()?;
        has_ended(&jpeg, may_lack_end)?;
        return jpeg::format(&jpeg);
    }
    known(file)?;
    decode::header(file.reader()?)
}

fn starts_like_a_picture(path: &Path) -> bool {
    let start = PictureFile::start_of(path);
    // Named by its bytes: the decoders that there are do not matter here.
    start.is_some_and(|start| start.len() < 16 || image::guess_format(&start).is_ok())
}

fn not_good(error: Error) -> Error {
    error.context("is not good")
}

impl Picture {
    pub(crate) fn new(path: PathBuf) -> Picture {
        Picture { path, whole: None, failing: None }
    }

    /// The reason for which it could not be shown at the last look, with its path.
    pub(crate) fn trouble(&self) -> Option<String> {
        let Failing { reason, .. } = self.failing.as_ref()?;
        Some(format!("{} {reason}", self.path.display()))
    }

    /// Returns whether it was ever seen whole, and is not given up.
    pub(crate) fn was_whole(&self) -> bool {
        self.whole.is_some()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Looks at the file. Its picture is kept if there is `room`, which is given back when the file changes.
    ///
    /// A file that is no whole picture now, and was changed or removed a moment ago, is being written: until nothing has
    /// happened to it for a while, its last whole picture stands for it.
    pub(crate) fn look(&mut self, room: &mut Room, now: Times, services: &Services) -> Look {
        let stamp = Stamp::of(&self.path);
        // What is kept is good while the file is the same: to see that, it need not be opened.
        if let Some((seen, Whole::Kept(format, buffer))) = &self.whole
            && stamp == Some(*seen)
            && let Ok(frame) = Frame::from_buffer(*format, buffer.clone(), now)
        {
            self.failing = None;
            return Look::Frame(frame);
        }
        let elapsed = |since: u64| Duration::from_nanos(now.monotonic_ns.saturating_sub(since));
        let before = self.failing.as_ref().filter(|failing| failing.stamp == stamp);
        if let Some(failing) = before {
            if failing.given_up {
                return Look::Bad { news: false };
            }
            if elapsed(failing.since_ns) < failing.quiet {
                return self.last(now);
            }
        }
        let since_ns = before.map_or(now.monotonic_ns, |failing| failing.since_ns);
        let began_ns = self.failing.as_ref().map_or(now.monotonic_ns, |failing| failing.began_ns);
        let attempt = Attempt {
            quiet_for: elapsed(since_ns),
            is_old: stamp.is_some_and(|stamp| stamp.is_older_than(QUIET, now.wall_ns)),
            may_lack_end: elapsed(since_ns) >= ENDLESS
                || stamp.is_some_and(|stamp| stamp.is_older_than(ENDLESS, now.wall_ns)),
            restless_for: elapsed(began_ns),
        };
        let (reason, quiet) = match self.read(&attempt, room, now, services) {
            Ok(frame) => {
                self.failing = None;
                return Look::Frame(frame);
            }
            Err(NotWhole { reason, quiet }) => match (stamp, self.path.exists()) {
                (Some(_), _) => (explained(&self.path, reason), quiet),
                (None, false) => (reason, GONE),
                // No regular file, which waiting does not change.
                (None, true) => (reason, Duration::ZERO),
            },
        };
        // A file that was there when this source began and is old has no writer. One that was shown a moment ago may have.
        let given_up = attempt.quiet_for >= quiet || (attempt.is_old && self.whole.is_none());
        let knew = self.failing.is_some();
        self.failing = Some(Failing { stamp, since_ns, began_ns, reason, quiet, given_up });
        if given_up {
            let news = self.whole.is_some() || !knew;
            self.forget(room);
            return Look::Bad { news };
        }
        self.last(now)
    }

    /// The last whole picture, if it is kept.
    fn last(&self, now: Times) -> Look {
        let Some((_, Whole::Kept(format, buffer))) = &self.whole else { return Look::Awaited };
        Frame::from_buffer(*format, buffer.clone(), now).map_or(Look::Awaited, Look::Frame)
    }

    fn read(
        &mut self,
        attempt: &Attempt,
        room: &mut Room,
        now: Times,
        services: &Services,
    ) -> Result<Frame, NotWhole> {
        let mut file = PictureFile::open(&self.path)?;
        let stamp = file.stamp();
        match &self.whole {
            Some((seen, Whole::Jpeg)) if *seen == stamp => {
                let frame = Frame::from_jpeg(file.read_pooled(services)?, now).map_err(not_good)?;
                file.check_unchanged()?;
                return Ok(frame);
            }
            // Other formats have a sum to check, or show each pixel as it is.
            Some((seen, _))
                if stamp.may_overwrite(seen) && !attempt.has_settled() && file.is_jpeg().unwrap_or(false) =>
            {
                return Err(NotWhole { reason: "is being written over".into(), quiet: OVERWRITTEN });
            }
            _ => {}
        }
        let (format, buffer, passes) = open(&mut file, attempt.may_lack_end, services)?;
        file.check_unchanged()?;
        let frame = Frame::from_buffer(format, buffer.clone(), now)?;
        // Large ones come here each time.
        if self.whole.as_ref().is_none_or(|(seen, _)| *seen != stamp) {
            self.forget(room);
            let otherwise = if passes { Whole::Jpeg } else { Whole::Large };
            self.whole = Some((stamp, room.keep(format, &buffer).unwrap_or(otherwise)));
        }
        Ok(frame)
    }

    fn forget(&mut self, room: &mut Room) {
        if let Some((_, Whole::Kept(format, buffer))) = self.whole.take() {
            *room.of(&format) += buffer.len();
        }
    }
}

/// The facts about a file before it is read.
struct Attempt {
    /// The time for which it has been as it is, as far as that was seen.
    quiet_for: Duration,
    /// Its own time says that it is old.
    is_old: bool,
    /// It has rested for long enough to be judged without an end marker.
    may_lack_end: bool,
    /// The time for which it has been no whole picture, changes and all.
    restless_for: Duration,
}

impl Attempt {
    /// Returns whether it may be taken although its end may be an old picture's.
    fn has_settled(&self) -> bool {
        self.is_old || self.quiet_for >= OVERWRITTEN || self.restless_for >= RESTLESS
    }
}

/// The reason for which a file is no whole picture, and the time for which it is left alone for that.
struct NotWhole {
    reason: String,
    quiet: Duration,
}

impl From<Error> for NotWhole {
    fn from(error: Error) -> NotWhole {
        NotWhole { reason: error.to_string(), quiet: QUIET }
    }
}

/// A file's picture as it is passed on, and whether that is the file as it is.
fn open(
    file: &mut PictureFile,
    may_lack_end: bool,
    services: &Services,
) -> Result<(Format, Buffer, bool), NotWhole> {
    if file.is_jpeg()? {
        let before = file.read_pooled(services)?;
        if let Err(error) = has_ended(before.as_slice(), may_lack_end) {
            return Err(NotWhole { reason: error.to_string(), quiet: ENDLESS });
        }
        let at = before.as_slice().as_ptr();
        let (format, buffer) = jpeg::shown(before, services)?;
        let passes = buffer.as_slice().as_ptr() == at;
        return Ok((format, buffer, passes));
    }
    known(file)?;
    let Decoded { format, bytes } = decode::decode(file.reader()?)?;
    Ok((format, Buffer::from_vec(bytes), false))
}

/// Checks for the end of a JPEG that may still be being written. Where there is no writer, a missing end marker is left to
/// the judgement about the bytes that are there.
fn has_ended(jpeg: &[u8], may_lack_end: bool) -> Result<()> {
    if may_lack_end || JpegSegments::picture_len(jpeg).is_some() {
        Ok(())
    } else {
        Err(Error::new("is a JPEG that is cut off: it has no end marker"))
    }
}

/// A reason for which a file cannot be shown, or a better one: its name says that it is of a kind that never can.
fn explained(path: &Path, reason: String) -> String {
    match path.file_name().and_then(foreign::by_name) {
        Some(kind) if path.is_file() => foreign::refusal(kind),
        _ => reason,
    }
}

/// Refuses pictures of kinds that cannot be shown, with the kind's name.
fn known(file: &mut PictureFile) -> Result<()> {
    match foreign::by_content(&file.start()?) {
        Some(kind) => Err(Error::new(foreign::refusal(kind))),
        None => Ok(()),
    }
}
