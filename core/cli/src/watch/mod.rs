//! Tells when a pipeline file has another content than before, however that came about; and, if it is asked to, when a
//! plugin's library is another file.
//!
//! Editors write a new file and rename it over the old one, or empty the old one and fill it; a container's
//! configuration is exchanged by a link to the folder that holds it. So it is not the file that is watched
//! but every folder in which a step of the way to it is looked up, and it is not what happened there that counts but
//! what the file then holds.
//!
//! # Layout
//!
//! `way` follows a path link by link, `folders` has the kernel watch what it comes through, `content` is what was
//! found at its end. `libraries` knows which files plugins were loaded from. [`FileWatch`] waits until all that has come to
//! rest, and compares.

mod content;
mod folders;
mod libraries;
#[cfg(test)]
mod tests;
mod way;

use content::Content;
use folders::Folders;
use libraries::Libraries;
use mutoscope_engine::plugins::{Files, Plugins};
use std::io;
use std::ops::ControlFlow;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The times to wait before a conclusion.
#[derive(Clone, Copy)]
pub struct Patience {
    /// A file to which nothing has happened for this time is written.
    quiet: Duration,
    /// A file to which something happens all the time is looked at after this time.
    restless: Duration,
    /// A file that is missing or empty for this time is not about to come back.
    gone: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        let [quiet, restless, gone] = [200, 2000, 1000].map(Duration::from_millis);
        Patience { quiet, restless, gone }
    }
}

/// A file under watch, and what its plugins were loaded from, if that is of interest.
pub struct FileWatch {
    file: PathBuf,
    libraries: Libraries,
    folders: Folders,
    patience: Patience,
    /// The content that the waiting caller has been told of.
    known: Found,
    /// Something happened while the caller was reading: it may have got neither the known content nor the current
    /// one.
    unsure: bool,
    unrest: Option<Unrest>,
}

/// The result of a look at the file and the libraries.
#[derive(PartialEq)]
struct Found {
    file: Content,
    libraries: Files,
}

/// The changes to a file, until it is at rest.
struct Unrest {
    since: Instant,
    latest: Instant,
}

/// The end of a pause.
enum Woken {
    /// Nothing that matters, or not yet.
    Early,
    /// It is time to look.
    Late,
    /// The other end of the socket has written, or is gone.
    Spoken,
}

impl FileWatch {
    /// Watches a file from now on, and with `plugins` the libraries that these load. What it holds now is known.
    ///
    /// # Errors
    /// The system gives no more watches.
    pub fn new(file: &Path, plugins: Option<Arc<Plugins>>, patience: Patience) -> io::Result<FileWatch> {
        let file = std::path::absolute(file)?;
        let (mut folders, libraries) = (Folders::new()?, Libraries::of(plugins));
        let known = look(&mut folders, &file, &libraries);
        Ok(FileWatch { file, libraries, folders, patience, known, unsure: false, unrest: None })
    }

    /// To be called when the file has been read: after [`FileWatch::new`], and after each [`FileWatch::wait`].
    ///
    /// # Errors
    /// The system has no word of what happened.
    pub fn has_been_read(&mut self) -> io::Result<()> {
        if self.folders.happened()? {
            self.unsure = true;
            self.stir();
        }
        if let Some(read) = self.libraries.have_been_read() {
            // Other files may count now, and what was loaded of them may be old already.
            self.known.libraries = read;
            if self.look()? != self.known {
                self.stir();
            }
        }
        Ok(())
    }

    /// Waits until the file holds something else than the known content, or a library is another one, or a byte comes from
    /// the other end of `asked`. The file is to be read then.
    ///
    /// Gives [`ControlFlow::Break`] when the other end of `asked` is gone.
    ///
    /// # Errors
    /// The system cannot wait.
    pub fn wait(&mut self, asked: &UnixStream) -> io::Result<ControlFlow<()>> {
        let mut gone_since = None;
        loop {
            match self.pause(asked, gone_since)? {
                Woken::Early => {}
                Woken::Spoken if !asks(asked)? => return Ok(ControlFlow::Break(())),
                Woken::Spoken => {
                    let found = self.look()?;
                    return Ok(self.tell(found));
                }
                Woken::Late => {
                    self.unrest = None;
                    let found = self.look()?;
                    if found == self.known && !self.unsure {
                        gone_since = None;
                    } else if self.is_whole(&found)
                        || gone_since.get_or_insert_with(Instant::now).elapsed() >= self.patience.gone
                    {
                        return Ok(self.tell(found));
                    }
                }
            }
        }
    }

    /// Returns whether nothing seems to be in the middle of being written.
    fn is_whole(&self, found: &Found) -> bool {
        found.file.is_there() && self.libraries.are_whole(&self.known.libraries, &found.libraries)
    }

    fn tell(&mut self, found: Found) -> ControlFlow<()> {
        libraries::tell(&self.known.libraries, &found.libraries);
        self.known = found;
        self.unsure = false;
        self.unrest = None;
        ControlFlow::Continue(())
    }

    fn stir(&mut self) {
        let now = Instant::now();
        self.unrest.get_or_insert(Unrest { since: now, latest: now }).latest = now;
    }

    /// The time of the next look.
    fn until(&self, gone_since: Option<Instant>) -> Option<Instant> {
        let Patience { quiet, restless, gone } = self.patience;
        match &self.unrest {
            Some(unrest) => Some((unrest.latest + quiet).min(unrest.since + restless)),
            None => gone_since.map(|since| since + gone),
        }
    }

    fn pause(&mut self, asked: &UnixStream, gone_since: Option<Instant>) -> io::Result<Woken> {
        let (happened, spoken) = self.folders.poll(asked, self.until(gone_since))?;
        if spoken {
            return Ok(Woken::Spoken);
        }
        if happened && self.folders.happened()? {
            self.stir();
        }
        let late = self.until(gone_since).is_some_and(|until| until <= Instant::now());
        Ok(if late { Woken::Late } else { Woken::Early })
    }

    fn look(&mut self) -> io::Result<Found> {
        // What has happened up to now is about to be seen.
        self.folders.happened()?;
        Ok(look(&mut self.folders, &self.file, &self.libraries))
    }
}

/// The ways to the files are watched before the files are looked at: what happens to them afterwards is not missed.
fn look(folders: &mut Folders, file: &Path, libraries: &Libraries) -> Found {
    folders.follow(std::iter::once(file).chain(libraries.files()));
    Found { file: Content::of(file), libraries: libraries.look() }
}

/// Returns whether the other end still exists. All its requests until now are one question.
pub fn asks(mut asked: &UnixStream) -> io::Result<bool> {
    let mut words = [0; 64];
    io::Read::read(&mut asked, &mut words).map(|read| read > 0)
}
