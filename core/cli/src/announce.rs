//! Lines on standard output while a pipeline runs.

use crate::exit::{Exit, failed, standard_output};
use crate::logging::Printable;
use std::io::{ErrorKind, Write};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::Builder;
use std::time::Duration;

/// The lines that wait at most.
const MOST: usize = 64;

/// Lines on standard output, written by a thread of their own: neither a reader that does not read nor a full disk holds up or
/// ends what runs. A line that cannot be written stands in the log.
pub struct Announcements {
    lines: SyncSender<String>,
    /// Disconnected when all lines are written.
    written: Receiver<()>,
}

impl Announcements {
    /// Starts the thread.
    pub fn start() -> Result<Announcements, Exit> {
        let cannot = |error| failed(format!("cannot write to standard output: {error}"));
        let mut out = Printable(standard_output().map_err(cannot)?);
        let (lines, waiting) = sync_channel::<String>(MOST);
        let (writes, written) = sync_channel(0);
        let write = move || {
            let _writes: SyncSender<()> = writes;
            for line in waiting {
                match out.write_all(format!("{line}\n").as_bytes()) {
                    // A reader that has gone away wants no more.
                    Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                        tracing::error!(
                            "cannot write to standard output: {error}; it is not told there: {line}"
                        );
                    }
                    _ => {}
                }
            }
        };
        Builder::new().name("stdout".into()).spawn(write).map_err(cannot)?;
        Ok(Announcements { lines, written })
    }

    /// Prints a line.
    pub fn print(&self, line: String) {
        if let Err(TrySendError::Full(line) | TrySendError::Disconnected(line)) = self.lines.try_send(line) {
            tracing::error!("standard output is not read; it is not told there: {line}");
        }
    }

    /// Waits until everything is written, but no longer than `time`.
    pub fn end(self, time: Duration) {
        drop(self.lines);
        // Either way it is over.
        let _ = self.written.recv_timeout(time);
    }
}
