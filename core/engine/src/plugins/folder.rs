//! Folders in which nobody but root and this program's user can put anything, or exchange what is there.

use super::file;
use rustix::fs::{FileType, Mode, OFlags, Stat};
use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path};

/// Opens a folder in which only root and this user can exchange what this user puts there: every folder on the way to it is
/// theirs, and others may not write in it, or the sticky bit keeps what is there.
///
/// # Errors
/// The first folder on the way that is not so, as a sentence.
pub(super) fn open(path: &Path) -> Result<OwnedFd, String> {
    let path = path.canonicalize().map_err(words)?;
    walk(&path).map(|(folder, _)| folder)
}

/// Says whether others can put anything into a folder, which need not be there yet.
///
/// # Errors
/// How they can, as a sentence.
pub(super) fn closed(path: &Path) -> Result<(), String> {
    // What is not there can be made by those who may write where it would be.
    let there = path.ancestors().find_map(|folder| folder.canonicalize().ok());
    let there = there.ok_or("it is relative to wherever the program is started")?;
    match walk(&there)? {
        (_, None) => Ok(()),
        (_, Some(open)) => Err(open),
    }
}

/// Opens each folder on the way by its descriptor, so that what is looked at is what is passed. Gives the last one, and how others
/// can put new files there.
fn walk(path: &Path) -> Result<(OwnedFd, Option<String>), String> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut folder = rustix::fs::open("/", flags, Mode::empty()).map_err(|error| words(error.into()))?;
    let mut open = others(&folder, Path::new("/"))?;
    let mut passed = Path::new("/").to_owned();
    for component in path.components() {
        let name: &OsStr = match component {
            Component::RootDir => continue,
            Component::Normal(name) => name,
            _ => return Err("it is no absolute path".into()),
        };
        passed.push(name);
        folder =
            rustix::fs::openat(&folder, name, flags, Mode::empty()).map_err(|error| words(error.into()))?;
        open = others(&folder, &passed)?;
    }
    Ok((folder, open))
}

/// Checks that a folder is root's or this user's and keeps what is in it. Gives how others can add to it.
fn others(folder: &OwnedFd, path: &Path) -> Result<Option<String>, String> {
    let stat: Stat = rustix::fs::fstat(folder).map_err(|error| words(error.into()))?;
    let me = rustix::process::geteuid().as_raw();
    let how = file::writable(stat.st_uid, stat.st_gid, stat.st_mode, me);
    let how = how.map(|how| format!("{}: {how}", super::name::shown(path)));
    let sticky = stat.st_mode & 0o1000 != 0 && FileType::from_raw_mode(stat.st_mode).is_dir();
    match how {
        Some(how) if !(sticky && file::is_trusted(stat.st_uid, me)) => Err(how),
        how => Ok(how),
    }
}

fn words(error: io::Error) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    fn folder(mode: u32) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
        folder
    }

    #[test]
    fn a_folder_of_our_own_is_good_and_one_that_others_may_write_is_not() {
        let own = folder(0o700);
        let inner = own.path().join("inner");
        fs::create_dir(&inner).unwrap();
        assert!(open(&inner).is_ok() && closed(&inner).is_ok());
        assert!(closed(&inner.join("made/later")).is_ok());
        let link = own.path().join("link");
        let public = folder(0o777);
        symlink(public.path(), &link).unwrap();
        // Neither the folder itself, nor anything below it, nor by another name.
        fs::create_dir(public.path().join("inner")).unwrap();
        for path in [public.path(), &public.path().join("inner"), &link.join("inner"), &link.join("later")] {
            assert!(closed(path).unwrap_err().contains("may write it"), "{}", path.display());
        }
        assert!(open(&link.join("inner")).is_err());
    }

    #[test]
    fn a_sticky_folder_keeps_what_is_there_and_takes_what_others_put_there() {
        let sticky = folder(0o1777);
        let inner = sticky.path().join("inner");
        assert!(open(sticky.path()).is_ok());
        assert!(closed(sticky.path()).is_err() && closed(&inner).is_err());
        fs::create_dir(&inner).unwrap();
        assert!(closed(&inner).is_ok());
    }

    #[test]
    fn a_folder_of_another_user_is_none_and_neither_is_what_is_in_it() {
        let theirs = folder(0o700);
        let ours = theirs.path().join("ours");
        fs::create_dir(&ours).unwrap();
        // Only root can give a folder away.
        if chown(theirs.path(), Some(12345), None).is_err() {
            return;
        }
        for path in [theirs.path(), &ours] {
            let why = open(path).unwrap_err();
            assert!(why.contains("belongs to user 12345") && closed(path).is_err(), "{why}");
        }
        // The sticky bit binds all but a folder's owner.
        fs::set_permissions(theirs.path(), Permissions::from_mode(0o1777)).unwrap();
        assert!(open(&ours).is_err());
    }

    #[test]
    fn a_relative_folder_is_wherever_the_program_is_started() {
        assert!(closed(Path::new("no such folder/lib")).unwrap_err().contains("relative"));
        assert!(closed(Path::new("")).unwrap_err().contains("relative"));
    }
}
