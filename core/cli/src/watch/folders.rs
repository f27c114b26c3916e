//! The folders on the way to files, and the files, watched by the kernel (inotify).

use super::way::{self, Step};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{CreateFlags, ReadFlags, Reader, WatchFlags, add_watch, init, remove_watch};
use rustix::io::Errno;
use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The events that can make a step lead elsewhere. Reading is not among them: the folders may be busy ones, and the program
/// itself reads the file.
const LEADS_ELSEWHERE: WatchFlags = WatchFlags::CREATE
    .union(WatchFlags::DELETE)
    .union(WatchFlags::MOVE)
    .union(WatchFlags::ATTRIB)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MOVE_SELF);
/// The events that can happen to the file itself.
const IS_WRITTEN: WatchFlags = WatchFlags::MODIFY.union(WatchFlags::CLOSE_WRITE);

/// The folders and files that are watched.
pub struct Folders {
    inotify: OwnedFd,
    /// The names that are looked up in each folder, by the kernel's number of it; none for the file.
    names: HashMap<i32, HashSet<OsString>>,
    /// Folders that cannot be watched, and it has been said.
    told: HashSet<PathBuf>,
}

impl Folders {
    /// None yet.
    pub fn new() -> io::Result<Folders> {
        let inotify = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        Ok(Folders { inotify, names: HashMap::new(), told: HashSet::new() })
    }

    /// Watches the ways to these files as they are now, and nothing else any more.
    pub fn follow<'a>(&mut self, files: impl IntoIterator<Item = &'a Path>) {
        let mut names: HashMap<i32, HashSet<OsString>> = HashMap::new();
        for file in files {
            let end = way::follow(file, |step| {
                if let Some(folder) = self.watch(&step) {
                    names.entry(folder).or_default().insert(step.name.to_owned());
                }
            });
            // The file itself, too: it may be written by another name, or from outside of a container that it is mounted
            // into. What keeps it from being watched keeps it from being read.
            if let Ok(file) =
                add_watch(&self.inotify, &end, IS_WRITTEN | WatchFlags::ATTRIB | WatchFlags::MASK_ADD)
            {
                names.entry(file).or_default();
            }
        }
        for left in self.names.keys().filter(|folder| !names.contains_key(folder)) {
            // The kernel has forgotten a folder that is deleted.
            let _ = remove_watch(&self.inotify, *left);
        }
        self.names = names;
    }

    fn watch(&mut self, step: &Step<'_>) -> Option<i32> {
        let what = if step.last { LEADS_ELSEWHERE | IS_WRITTEN } else { LEADS_ELSEWHERE };
        // A folder can be on the way several times.
        match add_watch(&self.inotify, step.folder, what | WatchFlags::MASK_ADD | WatchFlags::ONLYDIR) {
            Ok(folder) => return Some(folder),
            // The folder above tells when that is otherwise.
            Err(Errno::NOENT | Errno::NOTDIR) => {}
            // Folders far above the file often cannot be read, and seldom change.
            Err(Errno::ACCESS) if !step.last => {}
            Err(error) => {
                if self.told.insert(step.folder.to_owned()) {
                    let folder = step.folder.display();
                    tracing::warn!(
                        "what happens in {folder} is not noticed ({}); SIGHUP reads the pipeline file again",
                        io::Error::from(error)
                    );
                }
            }
        }
        None
    }

    /// Waits until something has happened, or can be read from `other`, or it is `until`; says which of the two.
    pub fn poll(&self, other: &UnixStream, until: Option<Instant>) -> io::Result<(bool, bool)> {
        let mut both = [PollFd::new(&self.inotify, PollFlags::IN), PollFd::new(other, PollFlags::IN)];
        // Rounded up: waking a little too early would be for nothing.
        let left =
            until.map(|until| until.saturating_duration_since(Instant::now()) + Duration::from_millis(1));
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        match poll(&mut both, left.as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok((!both[0].revents().is_empty(), !both[1].revents().is_empty())),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns whether something has happened on the way to one of the files since the last call; does not wait.
    pub fn happened(&self) -> io::Result<bool> {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut events = Reader::new(&self.inotify, &mut buffer);
        let mut happened = false;
        loop {
            match events.next() {
                Ok(event) => {
                    happened |= event.events().contains(ReadFlags::QUEUE_OVERFLOW)
                        || self.names.get(&event.wd()).is_some_and(|names| match event.file_name() {
                            Some(name) => names.contains(OsStr::from_bytes(name.to_bytes())),
                            // The folder itself, or the file.
                            None => true,
                        });
                }
                Err(Errno::AGAIN) => return Ok(happened),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The number of folders and files that the kernel watches.
    #[cfg(test)]
    pub fn watched(&self) -> usize {
        use std::os::fd::AsRawFd;
        let about = format!("/proc/self/fdinfo/{}", self.inotify.as_raw_fd());
        std::fs::read_to_string(about).unwrap().matches("inotify wd:").count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn what_is_no_longer_on_the_way_is_no_longer_watched() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        let mut folders = Folders::new().unwrap();
        let mut watched = Vec::new();
        for round in 0..50 {
            fs::create_dir(at(&format!("..{round}"))).unwrap();
            fs::write(at(&format!("..{round}/file")), "").unwrap();
            symlink(format!("..{round}/file"), at("new")).unwrap();
            fs::rename(at("new"), at("file")).unwrap();
            folders.follow([&*at("file")]);
            watched.push(folders.watched());
        }
        // At least this folder, the one within it, and the file.
        assert!(watched[0] >= 3 && watched.iter().all(|now| *now == watched[0]), "{watched:?}");
    }
}
