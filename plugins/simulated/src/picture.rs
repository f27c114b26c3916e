//! One picture of a film: its file, and what is known of it.

use crate::decode::{self, Decoded};
use crate::file::{PictureFile, Stamp};
use crate::jpeg;
use mutoscope_plugin::{Buffer, Error, Format, Frame, Kind, Result, Services, Times};
use std::path::{Path, PathBuf};

/// One picture of a film.
pub(crate) struct Picture {
    path: PathBuf,
    /// What the file turned out to be, and the stamp that it had then.
    seen: Option<(Stamp, Seen)>,
    /// Why it could not be shown when that was last so, with its path.
    pub(crate) trouble: Option<String>,
}

/// What a file turned out to be. It holds until the file changes.
enum Seen {
    /// A JPEG that passes as it is, read each time for want of room.
    Jpeg,
    /// A JPEG as it is, or what another picture was decoded to: kept.
    Kept(Format, Buffer),
    /// Something that is decoded each time, for want of room.
    Large,
    /// Nothing that can be shown: not to be tried again.
    Bad(String),
}

/// How many bytes of pictures may still be kept. A picture that comes when it is full is read or decoded each time, and
/// nothing is thrown out for it: in a loop, the picture that was shown longest ago is the next one that is needed.
pub(crate) struct Room {
    jpeg: usize,
    decoded: usize,
}

impl Room {
    /// JPEGs are quickly read: a short film stays in memory, a long one is left to the system's own memory for files.
    pub(crate) const EMPTY: Room = Room { jpeg: 8 << 20, decoded: 64 << 20 };

    fn of(&mut self, format: &Format) -> &mut usize {
        if format.kind == Kind::JPEG { &mut self.jpeg } else { &mut self.decoded }
    }

    /// Keeps the buffer if there is room.
    fn keep(&mut self, format: Format, buffer: &Buffer) -> Option<Seen> {
        let room = self.of(&format);
        *room = room.checked_sub(buffer.len())?;
        Some(Seen::Kept(format, buffer.clone()))
    }
}

/// The format that a file's frame will have, from its header.
///
/// # Errors
/// What is wrong, in words that follow the path.
pub(crate) fn format(path: &Path) -> Result<Format> {
    let mut file = PictureFile::open(path)?;
    if file.is_jpeg()? {
        return jpeg::format(&file.read()?);
    }
    decode::header(file.reader()?)
}

fn not_good(error: Error) -> Error {
    error.context("is not good")
}

impl Picture {
    pub(crate) fn new(path: PathBuf) -> Picture {
        Picture { path, seen: None, trouble: None }
    }

    /// The picture as its file is now, or `None` and [`trouble`](Picture::trouble). It is kept if there is `room`, which
    /// it takes.
    pub(crate) fn frame(&mut self, room: &mut Room, services: &Services) -> Option<Frame> {
        match self.try_frame(room, services) {
            Ok(frame) => Some(frame),
            Err(reason) => {
                self.trouble = Some(format!("{} {reason}", self.path.display()));
                None
            }
        }
    }

    fn try_frame(&mut self, room: &mut Room, services: &Services) -> Result<Frame> {
        let times = services.now();
        // What is kept is good while the file is the same: to see that, it need not be opened.
        if let Some((seen, Seen::Kept(format, buffer))) = &self.seen
            && Stamp::of(&self.path).is_some_and(|stamp| stamp == *seen)
        {
            return Frame::from_buffer(*format, buffer.clone(), times);
        }
        let mut file = PictureFile::open(&self.path)?;
        let stamp = file.stamp();
        match &self.seen {
            Some((seen, Seen::Jpeg)) if *seen == stamp => {
                return Frame::from_jpeg(file.read_pooled(services)?, times).map_err(not_good);
            }
            Some((seen, Seen::Bad(reason))) if *seen == stamp => return Err(Error::new(reason)),
            Some((seen, Seen::Large)) if *seen == stamp => {}
            _ => self.forget(room),
        }
        match look(&mut file, room, times, services) {
            Ok((frame, seen)) => {
                self.seen = Some((stamp, seen));
                Ok(frame)
            }
            Err(reason) => {
                self.seen = Some((stamp, Seen::Bad(reason.to_string())));
                Err(reason)
            }
        }
    }

    fn forget(&mut self, room: &mut Room) {
        if let Some((_, Seen::Kept(format, buffer))) = self.seen.take() {
            *room.of(&format) += buffer.len();
        }
    }
}

/// A file's frame, and what to remember of the file.
fn look(file: &mut PictureFile, room: &mut Room, times: Times, services: &Services) -> Result<(Frame, Seen)> {
    if file.is_jpeg()? {
        let before = file.read_pooled(services)?;
        let at = before.as_slice().as_ptr();
        let (format, buffer) = jpeg::shown(before, services)?;
        let passes = buffer.as_slice().as_ptr() == at;
        let seen = room.keep(format, &buffer).unwrap_or(if passes { Seen::Jpeg } else { Seen::Large });
        return Ok((Frame::from_buffer(format, buffer, times)?, seen));
    }
    let Decoded { format, bytes } = decode::decode(file.reader()?)?;
    let buffer = Buffer::from_vec(bytes);
    let seen = room.keep(format, &buffer).unwrap_or(Seen::Large);
    Ok((Frame::from_buffer(format, buffer, times)?, seen))
}
