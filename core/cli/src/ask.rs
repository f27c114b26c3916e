//! The sources of a file, opened in processes of their own: this program goes on, whatever their devices and drivers do.
//!
//! The other process is `mutoscope devices --open`. The two talk over a pair of sockets, which is the other one's standard
//! input: a [`Question`] there, an [`Answer`] back, a line of JSON each. Its standard output is this program's standard error,
//! where what a plugin prints spoils nothing.

use crate::exit::{Exit, failed};
use mutoscope_engine::ask::{Answer, Question};
use mutoscope_engine::prepare::Prepared;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

/// So many sources are open at the same time at most.
const AT_ONCE: usize = 8;
/// For the process to start and, killed, to end.
const AROUND: Duration = Duration::from_secs(5);
/// No question and no answer is longer.
const LONGEST: u64 = 1 << 20;

/// The program itself, for what it does in a process of its own.
pub fn this_program() -> Result<PathBuf, Exit> {
    std::env::current_exe().map_err(|error| failed(format!("cannot find this program's own file: {error}")))
}

/// Asks all sources of a file, those that hold different devices at the same time. Gives an answer for each, in their order.
pub fn all(prepared: &Prepared) -> Result<Vec<Answer>, Exit> {
    let program = this_program()?;
    let questions = prepared.questions();
    let groups = Mutex::new(prepared.groups());
    let answers = Mutex::new(vec![None; questions.len()]);
    let next = || groups.lock().ok()?.pop();
    let work = || {
        while let Some(group) = next() {
            for at in group {
                let answer = ask(&program, &questions[at]).unwrap_or_else(|error| {
                    Answer::Fails(format!("no process could be started to open it: {error}"))
                });
                if let Ok(mut answers) = answers.lock() {
                    answers[at] = Some(answer);
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(questions.len()) {
            scope.spawn(work);
        }
    });
    let answers = answers.into_inner().ok().and_then(|answers| answers.into_iter().collect());
    answers.ok_or_else(|| failed("a source was not asked; this is a mistake in the program"))
}

/// Asks one source.
fn ask(program: &Path, question: &Question) -> io::Result<Answer> {
    let end = Instant::now() + question.time() + AROUND;
    let (mut here, there) = UnixStream::pair()?;
    let mut child = Command::new(program)
        .args(["--log", "warn", "devices", "--open"])
        .stdin(Stdio::from(OwnedFd::from(there)))
        .stdout(io::stderr().as_fd().try_clone_to_owned()?)
        .spawn()?;
    let answered = here
        .write_all(&serde_json::to_vec(question)?)
        .and_then(|()| here.shutdown(Shutdown::Write))
        .and_then(|()| line(&here, end));
    let answer = match &answered {
        Ok(line) if !line.is_empty() => serde_json::from_str(line)
            .unwrap_or_else(|error| Answer::Fails(format!("its answer is not understood: {error}"))),
        _ => {
            let late = matches!(&answered, Err(error) if is_late(error));
            // If nothing can come any more, it ends, or has. Otherwise it may be anywhere, in the kernel even.
            let status = ended_within(&mut child, if late { Duration::ZERO } else { AROUND })?;
            Answer::Fails(status.map_or_else(
                || "it does not return, and neither does the process that it is in".into(),
                |status| format!("opening it ended the process that it was in: {status}"),
            ))
        }
    };
    // It may have ended of itself.
    let _ = child.kill();
    if ended_within(&mut child, AROUND)?.is_none() {
        tracing::warn!("the process {}, which opened a source, cannot be ended", child.id());
    }
    Ok(answer)
}

fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}

/// Reads until the end of a line, or of the stream; an error after `end`.
fn line(from: &UnixStream, end: Instant) -> io::Result<String> {
    struct Until<'a>(&'a UnixStream, Instant);
    impl Read for Until<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let left = self.1.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            self.0.set_read_timeout(Some(left))?;
            (&*self.0).read(buffer)
        }
    }
    let mut line = String::new();
    BufReader::new(Until(from, end)).take(LONGEST).read_line(&mut line)?;
    Ok(line)
}

/// Waits until a child has ended, but no longer than `time`.
fn ended_within(child: &mut Child, time: Duration) -> io::Result<Option<ExitStatus>> {
    let pid = Pid::from_child(child);
    if let Ok(ended) = pidfd_open(pid, PidfdFlags::empty()) {
        let mut wait = [PollFd::new(&ended, PollFlags::IN)];
        // An interrupted wait is as good as one that is over: the next line tells.
        let _ = poll(&mut wait, Timespec::try_from(time).ok().as_ref());
    }
    child.try_wait()
}
