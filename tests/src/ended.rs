//! A process that has ended.

use std::process::ExitStatus;

/// The end of a process, with its whole output.
#[derive(Debug)]
pub struct Ended {
    /// Exit status.
    pub status: ExitStatus,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ended {
    /// Checks the exit code.
    ///
    /// # Panics
    /// It is another one, or a signal ended the process; the message has all that it said.
    #[track_caller]
    pub fn expect(self, code: i32) -> Ended {
        assert_eq!(
            self.status.code(),
            Some(code),
            "{}\n--- standard output:\n{}\n--- standard error:\n{}",
            self.status,
            self.stdout,
            self.stderr
        );
        self
    }
}
