//! One picture of a film: its file, and what is known of it.

use crate::decode::{self, Decoded};
use crate::file::{PictureFile, Stamp};
use crate::jpeg_end::is_complete;
use mutoscope_plugin::{Buffer, Error, Format, Frame, JpegHeader, Result, Services, Times};
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
    /// A JPEG that passes as it is.
    Jpeg,
    /// Something that is decoded, and kept.
    Kept(Format, Buffer),
    /// Something that is decoded each time, for want of room.
    Large,
    /// Nothing that can be shown: not to be tried again.
    Bad(String),
}

/// The format that a file's frame will have, from its header.
///
/// # Errors
/// What is wrong, in words that follow the path.
pub(crate) fn format(path: &Path) -> Result<Format> {
    let mut file = PictureFile::open(path)?;
    if file.is_jpeg()? {
        let jpeg = file.read()?;
        let header = JpegHeader::read(&jpeg).map_err(not_good)?;
        if passes(&jpeg)? {
            return Ok(header.format());
        }
    }
    decode::header(file.reader()?)
}

/// Whether a JPEG can be passed on as it is; otherwise it is to be decoded.
///
/// # Errors
/// It cannot be shown at all.
fn passes(jpeg: &[u8]) -> Result<bool> {
    if is_complete(jpeg) {
        Ok(!decode::is_turned(jpeg))
    } else {
        Err(Error::new("is a JPEG that is cut off: it has no end marker"))
    }
}

fn not_good(error: Error) -> Error {
    error.context("is not good")
}

impl Picture {
    pub(crate) fn new(path: PathBuf) -> Picture {
        Picture { path, seen: None, trouble: None }
    }

    /// The picture as its file is now, or `None` and [`trouble`](Picture::trouble). A decoded one is kept if there is
    /// `room` (in bytes), which it takes.
    pub(crate) fn frame(&mut self, room: &mut usize, services: &Services) -> Option<Frame> {
        match self.try_frame(room, services) {
            Ok(frame) => Some(frame),
            Err(reason) => {
                self.trouble = Some(format!("{} {reason}", self.path.display()));
                None
            }
        }
    }

    fn try_frame(&mut self, room: &mut usize, services: &Services) -> Result<Frame> {
        let times = services.now();
        let mut file = PictureFile::open(&self.path)?;
        let stamp = file.stamp();
        match &self.seen {
            Some((seen, Seen::Jpeg)) if *seen == stamp => {
                return Frame::from_jpeg(file.read_pooled(services)?, times).map_err(not_good);
            }
            Some((seen, Seen::Kept(format, buffer))) if *seen == stamp => {
                return Frame::from_buffer(*format, buffer.clone(), times);
            }
            Some((seen, Seen::Bad(reason))) if *seen == stamp => return Err(Error::new(reason)),
            Some((seen, Seen::Large)) if *seen == stamp => {}
            _ => self.forget(room),
        }
        match look(&mut file, *room, times, services) {
            Ok((frame, seen)) => {
                if let Seen::Kept(_, buffer) = &seen {
                    *room -= buffer.len();
                }
                self.seen = Some((stamp, seen));
                Ok(frame)
            }
            Err(reason) => {
                self.seen = Some((stamp, Seen::Bad(reason.to_string())));
                Err(reason)
            }
        }
    }

    fn forget(&mut self, room: &mut usize) {
        if let Some((_, Seen::Kept(_, buffer))) = self.seen.take() {
            *room += buffer.len();
        }
    }
}

/// A file's frame, and what to remember of the file.
fn look(file: &mut PictureFile, room: usize, times: Times, services: &Services) -> Result<(Frame, Seen)> {
    if file.is_jpeg()? {
        let frame = Frame::from_jpeg(file.read_pooled(services)?, times).map_err(not_good)?;
        if passes(frame.jpeg().unwrap_or_default())? {
            return Ok((frame, Seen::Jpeg));
        }
    }
    let Decoded { format, bytes } = decode::decode(file.reader()?)?;
    let buffer = Buffer::from_vec(bytes);
    let seen = if buffer.len() <= room { Seen::Kept(format, buffer.clone()) } else { Seen::Large };
    Ok((Frame::from_buffer(format, buffer, times)?, seen))
}
