//! Reads the pipeline file again while the pipeline runs: on a thread of its own, since plugins have their word in it,
//! and these take the time they like.

use crate::exit::{Exit, failed};
use crate::watch::{FileWatch, asks};
use std::io::{self, ErrorKind, Write};
use std::ops::ControlFlow;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Builder;

/// The thread that reads the file again. It ends when this is dropped, after what it reads just then.
pub struct Reload {
    ask: UnixStream,
    reads: Arc<AtomicBool>,
}

impl Reload {
    /// Calls `read` whenever a file under watch has changed, and whenever it is asked for.
    pub fn start(watch: Option<FileWatch>, read: impl FnMut() + Send + 'static) -> Result<Reload, Exit> {
        let cannot = |error| failed(format!("the pipeline file cannot be read again: {error}"));
        let (ask, asked) = UnixStream::pair().map_err(cannot)?;
        // A client that asks must not wait for a plugin.
        ask.set_nonblocking(true).map_err(cannot)?;
        let reads = Arc::new(AtomicBool::new(false));
        let told = reads.clone();
        let work = move || {
            if let Err(error) = work(watch, &asked, read, &told) {
                tracing::error!("the pipeline file is not read again any more: {error}");
            }
        };
        Builder::new().name("reload".into()).spawn(work).map_err(cannot)?;
        Ok(Reload { ask, reads })
    }

    /// Asks for the file to be read, whether it has changed or not.
    pub fn ask(&self) {
        match (&self.ask).write(b"!") {
            // So many have asked that it will be read in any case.
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => tracing::error!("the pipeline file cannot be read again: {error}"),
            Ok(_) => {}
        }
    }

    /// Returns whether the file is being read now: plugins may be at work.
    pub fn reads(&self) -> bool {
        self.reads.load(Ordering::Relaxed)
    }
}

fn work(
    mut watch: Option<FileWatch>,
    asked: &UnixStream,
    mut read: impl FnMut(),
    reads: &AtomicBool,
) -> io::Result<()> {
    loop {
        // The first read was done by the start of the pipeline.
        if let Some(watch) = &mut watch {
            watch.has_been_read()?;
        }
        let go_on = match &mut watch {
            Some(watch) => watch.wait(asked)? == ControlFlow::Continue(()),
            None => asks(asked)?,
        };
        if !go_on {
            return Ok(());
        }
        reads.store(true, Ordering::Relaxed);
        read();
        reads.store(false, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    const GENEROUS: Duration = Duration::from_secs(60);

    #[test]
    fn who_asks_does_not_wait_for_who_reads() {
        let (tell, reads) = channel();
        let (let_go, wait) = channel::<()>();
        let reload = Reload::start(None, move || {
            // The test may be over.
            let _ = tell.send(());
            let _ = wait.recv();
        });
        let reload = reload.unwrap();
        reload.ask();
        reads.recv_timeout(GENEROUS).unwrap();
        assert!(reload.reads());
        // More than a socket holds.
        for _ in 0..1_000_000 {
            reload.ask();
        }
        // What was asked meanwhile is not forgotten.
        let_go.send(()).unwrap();
        reads.recv_timeout(GENEROUS).unwrap();
        drop(let_go);
        drop(reload);
        // The thread ends, and with it what it had to tell.
        while reads.recv_timeout(GENEROUS).is_ok() {}
        assert_eq!(reads.try_recv(), Err(std::sync::mpsc::TryRecvError::Disconnected));
    }
}
