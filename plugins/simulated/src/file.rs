//! One picture's file: opened without waiting, read into a pooled buffer.
//!
//! Files are read and not mapped: a mapped file that another program cuts short kills the process (SIGBUS). A file that was
//! changed shows its change: its [`Stamp`] is looked at for each frame.

use mutoscope_plugin::{Buffer, Error, Result, Services};
use std::fs::{File, Metadata, OpenOptions};
use std::io::{BufReader, Read, Seek};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

/// The largest file that is read: more than a JPEG of the most pixels that a frame may have would take.
const MAX_BYTES: u64 = 256 << 20;

/// An open picture file.
pub(crate) struct PictureFile {
    file: File,
    stamp: Stamp,
}

/// The part of a file's metadata that changes when its content does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stamp {
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

impl Stamp {
    /// The stamp of a regular file; `None` for anything else.
    pub(crate) fn of(path: &Path) -> Option<Stamp> {
        let about = path.metadata().ok()?;
        regular(&about).ok()?;
        Some(Stamp::from(&about))
    }

    /// Returns whether the file was changed at least `quiet` before `wall_ns` (nanoseconds since 1970). A clock that is
    /// behind the file's time (no battery, another machine's disk) says nothing: `false`.
    pub(crate) fn is_older_than(&self, quiet: Duration, wall_ns: i64) -> bool {
        let (seconds, ns) = self.modified;
        let age = i128::from(wall_ns) - (i128::from(seconds) * 1_000_000_000 + i128::from(ns));
        age >= quiet.as_nanos().cast_signed()
    }

    /// Returns whether this may be `old` while it is written over in place: the same file, and no shorter or longer yet, so
    /// that the end of what it held is still there.
    pub(crate) fn may_overwrite(&self, old: &Stamp) -> bool {
        self != old && self.inode == old.inode && self.bytes == old.bytes
    }
}

impl From<&Metadata> for Stamp {
    fn from(about: &Metadata) -> Stamp {
        Stamp { inode: about.ino(), bytes: about.len(), modified: (about.mtime(), about.mtime_nsec()) }
    }
}

impl PictureFile {
    /// Opens a regular file; anything else could block (a pipe) or do something (a device).
    ///
    /// # Errors
    /// What is wrong with the file, in words that follow its path.
    pub(crate) fn open(path: &Path) -> Result<PictureFile> {
        let missing = |error: std::io::Error| Error::new(format!("cannot be opened: {error}"));
        regular(&path.metadata().map_err(missing)?)?;
        // It may have become a pipe since: the flag keeps even that from blocking.
        let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(missing)?;
        let about = file.metadata().map_err(missing)?;
        regular(&about)?;
        if about.len() == 0 {
            return Err(Error::new("is empty"));
        }
        if about.len() > MAX_BYTES {
            let mib = about.len() >> 20;
            return Err(Error::new(format!(
                "has {mib} MiB, more than the {} that are read",
                MAX_BYTES >> 20
            )));
        }
        Ok(PictureFile { file, stamp: Stamp::from(&about) })
    }

    pub(crate) fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Checks that the file is still as it was when it was opened: the bytes read since are of one piece.
    ///
    /// # Errors
    /// It is not.
    pub(crate) fn check_unchanged(&self) -> Result<()> {
        match self.file.metadata() {
            Ok(about) if Stamp::from(&about) == self.stamp => Ok(()),
            _ => Err(Error::new("changed while it was read")),
        }
    }

    /// The first bytes of a regular file that can be read, an empty one included.
    pub(crate) fn start_of(path: &Path) -> Option<Vec<u8>> {
        match Stamp::of(path)? {
            Stamp { bytes: 0, .. } => Some(Vec::new()),
            _ => PictureFile::open(path).and_then(|mut file| file.start()).ok(),
        }
    }

    /// Its first bytes, as many as tell what kind of picture it is.
    pub(crate) fn start(&mut self) -> Result<Vec<u8>> {
        let mut start = Vec::new();
        self.rewound()?.take(64).read_to_end(&mut start)?;
        Ok(start)
    }

    /// Returns whether the content starts as a JPEG, whatever the file's name.
    pub(crate) fn is_jpeg(&mut self) -> Result<bool> {
        let mut start = [0; 2];
        Ok(self.rewound()?.read_exact(&mut start).is_ok() && start == [0xff, 0xd8])
    }

    /// The whole content, in a buffer from the host's pool.
    pub(crate) fn read_pooled(&mut self, services: &Services) -> Result<Buffer> {
        // Within MAX_BYTES, so it fits.
        let mut buffer = services.buffer(self.stamp.bytes as usize)?;
        let bytes = buffer.get_mut().ok_or_else(|| Error::new("the pool gave a buffer that is shared"))?;
        self.rewound()?.read_exact(bytes).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => Error::new("became shorter while it was read"),
            _ => Error::new(format!("cannot be read: {error}")),
        })?;
        Ok(buffer)
    }

    /// The whole content, in memory of its own: for when there is no host yet.
    pub(crate) fn read(&mut self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        // The limit again: the file may have grown.
        self.rewound()?.take(MAX_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The content from the start, for a decoder that reads as it goes.
    pub(crate) fn reader(&mut self) -> Result<BufReader<&mut File>> {
        Ok(BufReader::new(self.rewound()?))
    }

    fn rewound(&mut self) -> Result<&mut File> {
        self.file.rewind()?;
        Ok(&mut self.file)
    }
}

fn regular(about: &Metadata) -> Result<()> {
    if about.is_file() { Ok(()) } else { Err(Error::new("is not a regular file")) }
}
