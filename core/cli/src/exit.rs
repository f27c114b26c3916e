//! The end of the program.

use crate::relay;
use mutoscope_engine::printable;
use rustix::io::fcntl_dupfd_cloexec;
use rustix::stdio::dup2_stdout;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::{Mutex, OnceLock, PoisonError};

/// The exit statuses; the numbers are part of the program's interface.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// 0: done what was asked.
    Done,
    /// 1: failed.
    Failed,
    /// 2: the command line is wrong.
    Usage,
    /// 3: something costs more than it did (`bench --against`).
    Slower,
    /// 78, `EX_CONFIG` of sysexits.h: the pipeline file is wrong.
    File,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

impl Exit {
    fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Slower => 3,
            Exit::File => 78,
        }
    }

    /// Ends the program at once, while threads are still at work in plugins: what libraries do at the end of a process
    /// (`atexit`, destructors) would take away what these threads use.
    pub fn at_once(self) -> ! {
        // Nothing can be done about a closed terminal.
        let _ = io::stdout().flush();
        leave(self.code().into())
    }
}

/// Ends the program at once with a status, on any thread. Does not wait for standard output, which may be a pipe without
/// a reader; [`print()`] leaves nothing in its buffer.
pub fn leave(status: i32) -> ! {
    relay::flush();
    signal_hook::low_level::exit(status)
}

/// Prints an error as the program prints all of them, and gives the exit for it.
pub fn failed(why: impl Display) -> Exit {
    tell_error(why);
    Exit::Failed
}

/// The same for a wrong command line or environment.
pub fn usage(why: impl Display) -> Exit {
    tell_error(why);
    Exit::Usage
}

fn tell_error(why: impl Display) {
    // Nothing can be done about a closed terminal.
    let _ = writeln!(io::stderr(), "error: {}", printable::text(&why.to_string()));
}

/// Standard output, where it is this program's alone.
static OUT: OnceLock<Mutex<File>> = OnceLock::new();

/// From now on what plugins write to standard output goes to standard error: what this program prints can be read by another
/// one, and plugins have a log.
pub fn own_standard_output() {
    let own = fcntl_dupfd_cloexec(io::stdout(), 3);
    // Where one of the two is closed, everything stays as it is.
    if let Ok(own) = own
        && dup2_stdout(io::stderr()).is_ok()
    {
        OUT.get_or_init(|| Mutex::new(own.into()));
    }
}

/// Says whether standard output is this program's alone, and descriptor 1 goes where standard error does.
pub fn owns_standard_output() -> bool {
    OUT.get().is_some()
}

/// Standard output, to be written to elsewhere than in [`print()`].
pub fn standard_output() -> io::Result<File> {
    match OUT.get() {
        Some(out) => out.lock().unwrap_or_else(PoisonError::into_inner).try_clone(),
        None => Ok(fcntl_dupfd_cloexec(io::stdout(), 3)?.into()),
    }
}

/// Prints to standard output, where nothing that comes from outside (a server, a device, a file's name) steers a terminal. A
/// reader that has gone away (`mutoscope plugins | head -1`) is no failure.
pub fn print(text: impl Display) -> Result<(), Exit> {
    // In one piece, also where several threads print.
    let text = text.to_string();
    let text = printable::text(&text);
    let written = match OUT.get() {
        Some(out) => out.lock().unwrap_or_else(PoisonError::into_inner).write_all(text.as_bytes()),
        None => {
            let mut out = io::stdout().lock();
            out.write_all(text.as_bytes()).and_then(|()| out.flush())
        }
    };
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(failed(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}
