//! A library's file, opened once: what is checked and what is loaded are the same bytes.

use super::allow::Allow;
use super::error::{Cause, LoadError, NotFound};
use super::header;
use mutoscope_plugin::abi::header::Header;
use rustix::fs::{FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// More bytes than any plugin has; what is larger is not read.
const LARGEST: u64 = 256 << 20;
const ROOT: u32 = 0;

/// Which file it is and in which state: a new build, or a file overwritten in place, has another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileId {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

/// A file that could be loaded: all that can be known without doing so has been checked.
pub(super) struct Checked {
    /// The open file.
    pub file: File,
    /// Where it was found.
    pub path: PathBuf,
    /// Which it was when it was checked.
    pub id: FileId,
}

impl FileId {
    /// The file that a path leads to now.
    ///
    /// # Errors
    /// There is none, or it cannot be reached.
    pub fn of(path: &Path) -> io::Result<FileId> {
        Ok(FileId::from_stat(&rustix::fs::stat(path)?))
    }

    // The fields' types differ between machines.
    #[allow(clippy::unnecessary_cast, reason = "not unnecessary on every target")]
    fn from_stat(stat: &Stat) -> FileId {
        FileId {
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            bytes: stat.st_size as u64,
            modified: (stat.st_mtime as i64, stat.st_mtime_nsec as i64),
        }
    }
}

impl Checked {
    /// Opens a plugin's file and checks all that can be checked without loading it; gives also what its header says.
    pub fn plugin(path: &Path, allow: Allow) -> Result<(Checked, Header), LoadError> {
        Checked::open(path, allow, |file| {
            let header = header::read(file)?;
            if header.panic_abort != 0 && !allow.panic_abort {
                return Err(Cause::PanicAbort);
            }
            Ok(header)
        })
    }

    /// Opens a library that a plugin needs and checks it.
    pub fn companion(path: &Path, allow: Allow) -> Result<Checked, LoadError> {
        Checked::open(path, allow, |file| header::tables(file).map(drop)).map(|(library, ())| library)
    }

    fn open<T>(
        path: &Path,
        allow: Allow,
        check: impl FnOnce(&File) -> Result<T, Cause>,
    ) -> Result<(Checked, T), LoadError> {
        let wrong = |cause| LoadError::incompatible(path, cause);
        let (file, stat) = open(path).map_err(|error| missing(path, error))?.map_err(wrong)?;
        let id = FileId::from_stat(&stat);
        if id.bytes == 0 {
            return Err(wrong(Cause::Empty));
        }
        if id.bytes > LARGEST {
            return Err(wrong(Cause::TooLarge { bytes: id.bytes, limit: LARGEST }));
        }
        let checked = check(&file).map_err(wrong)?;
        owned(&stat, allow).map_err(wrong)?;
        Ok((Checked { file, path: path.to_owned(), id }, checked))
    }

    /// Returns whether the file is still as it was when it was checked.
    pub fn is_unchanged(&self) -> bool {
        rustix::fs::fstat(&self.file).is_ok_and(|stat| FileId::from_stat(&stat) == self.id)
    }
}

/// Opens a file, if it is one.
fn open(path: &Path) -> Result<Result<(File, Stat), Cause>, Errno> {
    // A device may do things when it is opened, so its type is asked first; the answer that counts comes after.
    if let Err(cause) = regular(&rustix::fs::stat(path)?) {
        return Ok(Err(cause));
    }
    // If it has become a pipe since, do not wait for who writes into it.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    let stat = rustix::fs::fstat(&file)?;
    Ok(regular(&stat).map(|()| (file, stat)))
}

fn missing(path: &Path, error: Errno) -> LoadError {
    // A link that leads nowhere is there and cannot be read.
    if error == Errno::NOENT && rustix::fs::lstat(path).is_err() {
        return LoadError::NotFound(NotFound {
            name: None,
            tried: vec![(path.to_owned(), None)],
            nearest: None,
        });
    }
    LoadError::incompatible(path, Cause::Unreadable(words(error)))
}

/// The system's words for an error, without its number.
fn words(error: Errno) -> String {
    let text = io::Error::from(error).to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_owned()
}

fn regular(stat: &Stat) -> Result<(), Cause> {
    Err(Cause::NoFile(match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => return Ok(()),
        FileType::Directory => "a folder",
        FileType::Fifo => "a pipe",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        _ => "something else",
    }))
}

/// Returns whether only its owner and root may change a file.
fn owned(stat: &Stat, allow: Allow) -> Result<(), Cause> {
    let me = rustix::process::geteuid().as_raw();
    match writable(stat.st_uid, stat.st_gid, stat.st_mode, me) {
        Some(how) if !allow.writable => Err(Cause::Writable(how)),
        _ => Ok(()),
    }
}

/// Says whether a user is root or this program's own.
pub(super) fn is_trusted(user: u32, me: u32) -> bool {
    user == ROOT || user == me
}

/// Who may change a file or a folder beside its owner and root, as a sentence; `None` if nobody may.
pub(super) fn writable(owner: u32, group: u32, mode: u32, me: u32) -> Option<String> {
    if !is_trusted(owner, me) {
        return Some(format!("it belongs to user {owner}, and this program runs as user {me}"));
    }
    if mode & 0o002 != 0 {
        return Some(format!("any user of this machine may write it (mode {:03o})", mode & 0o777));
    }
    // Where every user has a group of their own, it has the user's number and nobody else in it.
    let private = group == ROOT || group == owner;
    if mode & 0o020 != 0 && !private {
        return Some(format!("everyone in group {group} may write it (mode {:03o})", mode & 0o777));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_owner_and_root_may_be_able_to_write_a_library() {
        let (ada, bob) = (1000, 1001);
        assert_eq!(writable(ada, ada, 0o775, ada), None);
        assert_eq!(writable(ROOT, ROOT, 0o775, ada), None);
        assert_eq!(writable(ada, 100, 0o755, ada), None);
        for (owner, group, mode, me) in
            [(ada, 100, 0o775, ada), (ada, ada, 0o757, ada), (bob, bob, 0o755, ada), (ada, ada, 0o755, ROOT)]
        {
            assert!(writable(owner, group, mode, me).is_some(), "{owner} {group} {mode:o} {me}");
        }
    }
}
