//! A library's file as the loader gets it: a copy, by its descriptor.
//!
//! A file that is overwritten while it is mapped ends the process by SIGBUS, so every library is copied, from installed folders
//! too (it takes about a millisecond). The copy holds what the loader maps and not what only a debugger reads. It has no
//! name in any folder any more when it is loaded, and is opened by its descriptor: nobody can put another file in its place. The
//! descriptor stays open to the end, since a loader takes a path that it knows for the library that it knows: each needs one that
//! is never another's, and `/proc/self/fd/N` is that.

use super::error::{Cause, LoadError};
use super::file::Checked;
use super::name::shown;
use super::{folder, header};
use rustix::fs::{MemfdFlags, SealFlags, StatVfsMountFlags};
use std::fs::{File, Permissions};
use std::io::{self, Read, Seek};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The bytes that all copies may have together. A library that does not fit is loaded from its own file.
pub(super) const MOST: u64 = 32 << 20;
/// Only the owner may read it, and nobody writes to it any more.
const MODE: u32 = 0o400;
/// The letters of a copy's name that are the library's: it shows in /proc/PID/maps and in a debugger.
const NAME: usize = 64;

/// File systems, as statfs(2) numbers them.
const TMPFS: u64 = 0x0102_1994;
const RAMFS: u64 = 0x8584_58f6;
const FUSE: u64 = 0x6573_5546;

/// Folders in which copies may be made, the first that works is taken: it is on a disk, and nobody else can exchange what is there.
/// Where there is none, copies are made in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    folders: Vec<PathBuf>,
}

/// A library's file, to be loaded by [`path`](Loadable::path).
#[derive(Debug)]
pub(super) struct Loadable {
    file: File,
    /// The bytes of the copy; 0 if it is none.
    pub copied: u64,
    /// Where the library was found.
    pub library: PathBuf,
}

impl Places {
    /// These folders, in this order.
    pub fn new(folders: impl IntoIterator<Item = PathBuf>) -> Places {
        let mut places = Places { folders: Vec::new() };
        for folder in folders.into_iter().filter(|folder| folder.is_absolute()) {
            if !places.folders.contains(&folder) {
                places.folders.push(folder);
            }
        }
        places
    }

    /// The folders that the environment names: `TMPDIR` (or `/tmp`), and `/var/tmp`.
    pub fn from_env() -> Places {
        Places::new([std::env::temp_dir(), "/var/tmp".into()])
    }

    /// Copies a library that has been checked, if that is within `room` bytes.
    pub(super) fn loadable(&self, library: Checked, room: u64) -> Result<Loadable, LoadError> {
        let Checked { file, path, .. } = &library;
        let wrong = |cause| LoadError::incompatible(path, cause);
        let tables = header::tables(file).map_err(wrong)?;
        if tables.mapped > room {
            tracing::warn!(
                "{} is loaded from its own file, since copies of plugins may have {} MiB together: replace it by a new file, and do \
                 not write into it while the program runs",
                shown(path),
                MOST >> 20
            );
            return Ok(Loadable { file: library.file, copied: 0, library: library.path });
        }
        let copy = self.copy(file, path, tables.mapped).map_err(wrong)?;
        // What will be loaded is whole, and the same that was checked.
        if !library.is_unchanged() || header::tables(&copy).as_ref() != Ok(&tables) {
            return Err(wrong(Cause::Changing));
        }
        Ok(Loadable { file: copy, copied: tables.mapped, library: library.path })
    }

    /// Copies the first `bytes` of a file.
    fn copy(&self, file: &File, path: &Path, bytes: u64) -> Result<File, Cause> {
        let name = shown(Path::new(path.file_name().unwrap_or_default()));
        let name: String = name.chars().take(NAME).collect();
        let mut tried = Vec::new();
        for place in &self.folders {
            match on_disk(place, &name, file, bytes) {
                Ok(copy) => return Ok(copy),
                Err(why) => {
                    tracing::debug!("no plugin can be loaded from {}: {why}", shown(place));
                    tried.push((place.clone(), why));
                }
            }
        }
        in_memory(&name, file, bytes).map_err(|error| {
            tried.push(("memory".into(), error.to_string()));
            Cause::NoPlace(tried)
        })
    }
}

impl Loadable {
    /// The path to load it by, its descriptor's.
    pub fn path(&self) -> PathBuf {
        by_descriptor(&self.file)
    }

    /// Keeps the file open to the end, now that the loader knows its path.
    pub fn keep(self) {
        std::mem::forget(self.file);
    }
}

fn by_descriptor(file: &impl AsRawFd) -> PathBuf {
    format!("/proc/self/fd/{}", file.as_raw_fd()).into()
}

fn on_disk(place: &Path, name: &str, file: &File, bytes: u64) -> Result<File, String> {
    let words = |error: io::Error| error.to_string();
    let folder = folder::open(place)?;
    let kind = rustix::fs::fstatfs(&folder).map_err(|error| words(error.into()))?.f_type;
    match kind as u64 & 0xffff_ffff {
        TMPFS | RAMFS => return Err("it is memory itself".into()),
        // A program that is anybody's says what is in it, and whose it is.
        FUSE => return Err("its file system is a program (FUSE)".into()),
        _ => {}
    }
    let mount = rustix::fs::fstatvfs(&folder).map_err(|error| words(error.into()))?;
    if mount.f_flag.contains(StatVfsMountFlags::NOEXEC) {
        return Err("no code may be run from its file system (mounted noexec)".into());
    }
    let mut copy = tempfile::Builder::new()
        .prefix(&format!("{}-", name.replace('/', "_")))
        .rand_bytes(16)
        .permissions(Permissions::from_mode(MODE))
        .tempfile_in(by_descriptor(&folder))
        .map_err(words)?;
    fill(copy.as_file_mut(), file, bytes).map_err(words)?;
    // Opened anew to be read only; then its name goes.
    File::open(by_descriptor(copy.as_file())).map_err(words)
}

fn in_memory(name: &str, file: &File, bytes: u64) -> io::Result<File> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    // A kernel may want to hear that it is not to be run as a program; an old one does not know the word.
    let memory = rustix::fs::memfd_create(name, flags | MemfdFlags::NOEXEC_SEAL)
        .or_else(|_| rustix::fs::memfd_create(name, flags))?;
    let mut memory = File::from(memory);
    fill(&mut memory, file, bytes)?;
    rustix::fs::fcntl_add_seals(
        &memory,
        SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL,
    )?;
    Ok(memory)
}

fn fill(copy: &mut File, mut file: &File, bytes: u64) -> io::Result<()> {
    file.rewind()?;
    let copied = io::copy(&mut file.take(bytes), copy)?;
    if copied == bytes { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
