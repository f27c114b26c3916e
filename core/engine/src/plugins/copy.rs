//! A private copy of a library, to be loaded from.
//!
//! A file that is overwritten while it is mapped ends the process by SIGBUS, and a loader takes a path that it
//! knows for the library that it knows. So every library is copied, from installed folders too (it takes about a
//! millisecond), to a path that was never used before in a folder that nobody else can enter, and the copy's name is
//! taken away as soon as it is mapped.

use super::error::{Cause, LoadError, shown};
use super::file::Checked;
use super::header;
use rustix::fs::{Mode, OFlags, StatVfsMountFlags};
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Seek};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Only the owner may enter.
const PRIVATE: u32 = 0o700;

/// Folders in which a private one may be made, the first that works is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    folders: Vec<PathBuf>,
}

/// A library's copy. Its folder goes when this is dropped; what is mapped stays.
#[derive(Debug)]
pub(super) struct Copy {
    folder: TempDir,
    file_name: PathBuf,
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

    /// What the environment says: `XDG_RUNTIME_DIR`, `TMPDIR` (or `/tmp`), `/var/tmp`, and `mutoscope` in
    /// `XDG_CACHE_HOME` (or `~/.cache`).
    pub fn from_env() -> Places {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let cache =
            variable("XDG_CACHE_HOME").or_else(|| std::env::home_dir().map(|home| home.join(".cache")));
        let folders = [
            variable("XDG_RUNTIME_DIR"),
            Some(std::env::temp_dir()),
            Some("/var/tmp".into()),
            cache.map(|cache| cache.join("mutoscope")),
        ];
        Places::new(folders.into_iter().flatten())
    }

    /// Copies a library, and reads the copy's header again: that is what will be loaded.
    pub(super) fn copy(&self, library: &Checked) -> Result<Copy, LoadError> {
        let mut tried = Vec::new();
        for place in &self.folders {
            let copied = private_folder(place)
                .and_then(|folder| Copy::of(library, folder).map_err(|error| error.to_string()));
            match copied {
                Ok(copy) => {
                    copy.check(library)?;
                    return Ok(copy);
                }
                Err(why) => {
                    tracing::debug!("no plugin can be loaded from {}: {why}", shown(place));
                    tried.push((place.clone(), why));
                }
            }
        }
        Err(LoadError::incompatible(&library.path, Cause::NoPlace(tried)))
    }
}

impl Copy {
    fn of(library: &Checked, folder: TempDir) -> io::Result<Copy> {
        // The name shows in /proc/PID/maps and in a debugger.
        let file_name: PathBuf = library.path.file_name().unwrap_or_default().into();
        let mut to = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(PRIVATE)
            .open(folder.path().join(&file_name))?;
        let mut from = &library.file;
        from.rewind()?;
        io::copy(&mut from, &mut to)?;
        Ok(Copy { folder, file_name })
    }

    /// The copy's path.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join(&self.file_name)
    }

    fn check(&self, library: &Checked) -> Result<(), LoadError> {
        let wrong = |cause| LoadError::incompatible(&library.path, cause);
        let copy = File::open(self.path()).map_err(|error| wrong(Cause::Unreadable(error.to_string())))?;
        let header = header::read(&copy);
        if !library.is_unchanged() || header.as_ref() != Ok(&library.header) {
            return Err(wrong(Cause::Changing));
        }
        Ok(())
    }
}

/// A new folder in `place` that only this user can enter and that code may be loaded from.
fn private_folder(place: &Path) -> Result<TempDir, String> {
    let words = |error: io::Error| error.to_string();
    // A folder of one's own may be the first thing in ~/.cache; one in /tmp has its parent already.
    DirBuilder::new().recursive(true).mode(PRIVATE).create(place).map_err(words)?;
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = rustix::fs::open(place, flags, Mode::empty()).map_err(|error| words(error.into()))?;
    let stat = rustix::fs::fstat(&opened).map_err(|error| words(error.into()))?;
    // Others could put another folder in the place of the private one, unless the sticky bit forbids it.
    if stat.st_mode & 0o022 != 0 && stat.st_mode & 0o1000 == 0 {
        return Err("others may rename what is in it".into());
    }
    let mount = rustix::fs::fstatvfs(&opened).map_err(|error| words(error.into()))?;
    if mount.f_flag.contains(StatVfsMountFlags::NOEXEC) {
        return Err("no code may be run from its file system (mounted noexec)".into());
    }
    tempfile::Builder::new()
        .prefix("mutoscope-")
        .rand_bytes(16)
        .permissions(Permissions::from_mode(PRIVATE))
        .tempdir_in(place)
        .map_err(words)
}
