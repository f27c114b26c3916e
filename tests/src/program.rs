//! The program, about to be called.

use crate::{Ended, Installation, PATIENCE, Running, Transcript, patience};
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

/// The program, about to be called: in an environment where nothing of the machine's own can be in the way.
#[derive(Debug)]
pub struct Program {
    command: Command,
    input: Option<Vec<u8>>,
}

impl Program {
    /// With these arguments.
    pub fn new<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Program {
        Program::at(&Installation::shared().program, arguments)
    }

    /// The same within so many kilobytes of address space: where memory has no limit, this ends it.
    pub fn within_memory<A: AsRef<OsStr>>(kilobytes: u32, arguments: impl IntoIterator<Item = A>) -> Program {
        let limited = format!("ulimit -v {kilobytes} && exec \"$0\" \"$@\"");
        let installation = Installation::shared();
        let mut program =
            Program::at(Path::new("/bin/sh"), ["-c", &limited]).with("HOME", &installation.folder);
        program.command.arg(&installation.program).args(arguments);
        program
    }

    /// The program that lies there, its plugins beside it, on a machine where nothing is built.
    pub fn at<A: AsRef<OsStr>>(program: &Path, arguments: impl IntoIterator<Item = A>) -> Program {
        let mut command = Command::new(program);
        command.args(arguments);
        // As on a fresh machine: no session's folders, no locale, no proxy, nothing of cargo's.
        command.env_clear();
        for name in ["PATH", "TMPDIR"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        // Where a user's own plugins would be.
        command.env("HOME", program.parent().unwrap_or(Path::new("/")));
        Program { command, input: None }
    }

    /// With one argument more.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Program {
        self.command.arg(argument);
        self
    }

    /// In this working directory.
    pub fn inside(mut self, folder: &Path) -> Program {
        self.command.current_dir(folder);
        self
    }

    /// With this variable in the environment.
    pub fn with(mut self, name: &str, value: impl AsRef<OsStr>) -> Program {
        self.command.env(name, value);
        self
    }

    /// As the user and the group of this number, who are in no other group. Only root may start it so.
    pub fn as_user(mut self, id: u32) -> Program {
        self.command.uid(id).gid(id);
        self
    }

    /// With the plugins that are made for tests.
    pub fn with_fixtures(self) -> Program {
        self.with("MUTOSCOPE_PLUGIN_PATH", &Installation::shared().fixtures)
    }

    /// With this on standard input.
    pub fn given(mut self, input: impl Into<Vec<u8>>) -> Program {
        self.input = Some(input.into());
        self
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// It has not come to its end within [`PATIENCE`].
    #[track_caller]
    pub fn output(self) -> Ended {
        let (mut child, stdout, stderr) = self.spawn();
        let status = patience::within(PATIENCE, || child.try_wait().expect("a child of this process"));
        let Some(status) = status else {
            let _ = child.kill();
            panic!("no end; it said:\n{}\n{}", stdout.text(), stderr.text());
        };
        Ended { status, stdout: stdout.whole(), stderr: stderr.whole() }
    }

    /// Starts it.
    pub fn start(self) -> Running {
        let (child, stdout, stderr) = self.spawn();
        Running::new(child, stdout, stderr)
    }

    fn spawn(mut self) -> (Child, Transcript, Transcript) {
        let stdin = if self.input.is_some() { Stdio::piped() } else { Stdio::null() };
        self.command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().expect("the program can be started");
        if let (Some(mut stdin), Some(input)) = (child.stdin.take(), self.input) {
            // A program that does not read it all is no fault of the test's.
            thread::spawn(move || stdin.write_all(&input));
        }
        let stdout = Transcript::of(child.stdout.take().expect("piped"));
        let stderr = Transcript::of(child.stderr.take().expect("piped"));
        (child, stdout, stderr)
    }
}
