//! The camera program as a child process, which does not outlive its source, whatever ends first.

use mutoscope_plugin::{Error, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The time in which a program has to end when it is asked to.
const GRACE: Duration = Duration::from_millis(300);

/// A running program, with its pipes. Dropped, it is ended and waited for.
pub(crate) struct Child {
    process: std::process::Child,
    pid: Pid,
    /// Becomes readable when the process has ended, even if its pipes are still held.
    life: OwnedFd,
    ended: Option<ExitStatus>,
    pub(crate) output: Option<ChildStdout>,
    pub(crate) errors: Option<ChildStderr>,
}

/// The pending work for a child.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Ready {
    pub(crate) output: bool,
    pub(crate) errors: bool,
    pub(crate) ended: bool,
}

impl Child {
    /// Starts the program.
    ///
    /// # Errors
    /// It cannot be started.
    pub(crate) fn start(program: &Path, arguments: &[OsString]) -> Result<Child> {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // libcamera colours what it says, also where a log reads it.
        command.env("LIBCAMERA_LOG_NO_COLOR", "1");
        // A group of its own: Ctrl+C in a terminal reaches the server alone, which then ends the program in order; and
        // what the program starts itself is ended with it.
        command.process_group(0);
        die_with_this_thread(&mut command);
        let mut process = command.spawn().map_err(|error| {
            let way_out = match error.kind() {
                io::ErrorKind::NotFound => ": it, or the interpreter that its first line names, is not there",
                io::ErrorKind::PermissionDenied => ": may this user run it?",
                _ => "",
            };
            Error::new(format!("cannot start {}: {error}{way_out}", program.display()))
        })?;
        let (output, errors) = (process.stdout.take(), process.stderr.take());
        let watched = Pid::from_raw(process.id().cast_signed())
            .ok_or(rustix::io::Errno::SRCH)
            .and_then(|pid| Ok((pid, pidfd_open(pid, PidfdFlags::empty())?)));
        match watched {
            Ok((pid, life)) => Ok(Child { process, pid, life, ended: None, output, errors }),
            Err(error) => {
                // Without a way to see its end it cannot be kept.
                let _ = process.kill();
                let _ = process.wait();
                Err(Error::from(error).context(format!("cannot watch over {}", program.display())))
            }
        }
    }

    /// Waits until there is something to do, or `stop` is readable, for no longer than `timeout`.
    pub(crate) fn wait(&self, stop: BorrowedFd<'_>, timeout: Option<Duration>) -> io::Result<Ready> {
        let mut wait =
            vec![PollFd::from_borrowed_fd(stop, PollFlags::IN), PollFd::new(&self.life, PollFlags::IN)];
        wait.extend(self.output.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        wait.extend(self.errors.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        match poll(&mut wait, timeout.and_then(|time| Timespec::try_from(time).ok()).as_ref()) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(Ready::default()),
            Err(error) => return Err(error.into()),
        }
        // An end is readable, too.
        let mut ready = wait[1..].iter().map(|it| !it.revents().is_empty());
        let ended = ready.next().unwrap_or_default();
        let output = self.output.is_some() && ready.next().unwrap_or_default();
        let errors = self.errors.is_some() && ready.next().unwrap_or_default();
        Ok(Ready { output, errors, ended })
    }

    /// Returns whether there is more to read on its standard error, now.
    pub(crate) fn more_errors(&self) -> bool {
        let Some(pipe) = &self.errors else { return false };
        let mut wait = [PollFd::new(pipe, PollFlags::IN)];
        poll(&mut wait, Some(&Timespec::default())).is_ok_and(|count| count > 0)
    }

    /// Returns whether the process has ended, at the latest after `time`.
    fn has_ended(&self, time: Duration) -> bool {
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let mut wait = [PollFd::from_borrowed_fd(self.life.as_fd(), PollFlags::IN)];
            match poll(&mut wait, Timespec::try_from(left).ok().as_ref()) {
                Ok(0) => return false,
                Ok(_) => return true,
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return false,
            }
        }
    }

    /// Ends the process if it has not ended by itself after `patience`, with everything in its group, and waits for it.
    /// `None`: it did not end by itself, or its status is unknown.
    pub(crate) fn end(&mut self, patience: Duration) -> Option<ExitStatus> {
        if self.ended.is_some() {
            return self.ended;
        }
        let by_itself = self.has_ended(patience);
        if !by_itself {
            // rpicam-vid has no handler for it: the kernel closes its devices, and nothing can hang on the way.
            let _ = kill_process_group(self.pid, Signal::TERM);
            self.has_ended(GRACE);
        }
        // The leader has not been waited for, so the group's number is still its own. There may be others in it.
        let _ = kill_process_group(self.pid, Signal::KILL);
        self.ended = self.process.wait().ok();
        if by_itself { self.ended } else { None }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.end(Duration::ZERO);
    }
}

/// Makes the child end when the thread ends that starts it, which is the source's own from its opening to its drop: even
/// a server that is killed leaves no program behind that holds the camera.
#[allow(unsafe_code, reason = "there is no other way to ask for it between fork and exec")]
fn die_with_this_thread(command: &mut Command) {
    let parent = rustix::process::getpid();
    let ask = move || {
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        // The parent may be gone already.
        match rustix::process::getppid() {
            Some(now) if now == parent => Ok(()),
            _ => Err(io::Error::from(rustix::io::Errno::SRCH)),
        }
    };
    // SAFETY: between fork and exec only two system calls are made; nothing is allocated, no lock is taken.
    unsafe { command.pre_exec(ask) };
}
