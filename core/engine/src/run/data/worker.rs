//! A stream's threads.

use super::executor::Executor;
use super::latest::Next;
use super::overload::{Load, Verdict};
use super::topology::{Stream, StreamRef};
use crate::run::host::call_guard::{CallGuard, Owner};
use crate::run::report::{Message, WorkerEnd};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

impl Stream {
    /// Starts the first thread, which makes the transforms at once: an error in one (a pin that another program holds) is
    /// told at the start, not at the first viewer.
    ///
    /// # Errors
    /// The system has no descriptors or threads left; so below.
    pub(crate) fn start(self: &Arc<Self>, of: StreamRef) -> io::Result<()> {
        self.spawn_worker(Some(of))
    }

    /// Starts one thread more. The first is number 0; the others are its helpers.
    pub(crate) fn add_worker(self: &Arc<Self>) -> io::Result<()> {
        self.spawn_worker(None)
    }

    fn spawn_worker(self: &Arc<Self>, prepares: Option<StreamRef>) -> io::Result<()> {
        let number = self.workers.fetch_add(1, Ordering::SeqCst);
        let name = if number == 0 { self.name.clone() } else { format!("{}/{number}", self.name) };
        let guard = self.runtime.calls.take(Owner::Worker { stream: self.id }, name.clone());
        let started = guard.and_then(|guard| {
            let stream = self.clone();
            self.runtime.threads.spawn(&name, move || {
                let worker = Worker { stream, guard, end: WorkerEnd::Cancelled };
                worker.run(number, prepares);
            })
        });
        started.inspect_err(|_| {
            self.workers.fetch_sub(1, Ordering::SeqCst);
        })
    }

    /// Starts another worker, as far as the file and the machine allow. `false` if there can be no other.
    fn help(self: &Arc<Self>) -> bool {
        if self.workers() >= self.runtime.most_workers {
            return false;
        }
        match self.add_worker() {
            Ok(()) => tracing::debug!(stream = self.name, "{} threads work on it now", self.workers()),
            Err(error) => tracing::warn!(stream = self.name, "no further thread: {error}"),
        }
        true
    }
}

/// A thread of a stream. Its end is reported when it is dropped, so a panic is reported too.
struct Worker {
    stream: Arc<Stream>,
    guard: Arc<CallGuard>,
    end: WorkerEnd,
}

impl Worker {
    fn run(mut self, number: usize, prepares: Option<StreamRef>) {
        let (stream, guard) = (self.stream.clone(), self.guard.clone());
        let (stats, watched) = (stream.stats.clone(), stream.watched.clone());
        let mut executor = Executor::new(stream.runtime.clone(), stats, watched, guard.clone(), ());
        let mut load = Load::new(stream.input.replaced(stream.id));
        if let Some(of) = prepares {
            stream.prepare(&mut executor, &of);
            if guard.is_cancelled() {
                return executor.close();
            }
        }
        self.end = loop {
            let received = match stream.input.take(|_| stream.watched.total() > 0, || guard.stop.is_wanted())
            {
                Next::Item(received) => received,
                Next::Drained(_) => break WorkerEnd::Drained,
                Next::Changed | Next::Stopped => break WorkerEnd::Stopped,
            };
            let began = Instant::now();
            let is_stateless = received.item.is_stateless();
            guard.ticket.store(received.ticket, Ordering::SeqCst);
            stream.process(&mut executor, &guard, received);
            guard.ticket.store(u64::MAX, Ordering::SeqCst);
            if guard.is_cancelled() {
                break WorkerEnd::Cancelled;
            }
            if number == 0 {
                match load.look(stream.input.replaced(stream.id), began) {
                    Verdict::Open => {}
                    Verdict::Fine => stream.overload.keeps_up(&stream.name),
                    Verdict::TooMuch(excess) => {
                        if !(is_stateless && stream.help()) {
                            stream.overload.too_much(&stream.name, &stream.stats, excess);
                        }
                    }
                }
            }
            // A plan with state needs all frames on one thread: helpers end.
            if number > 0 && !is_stateless {
                break WorkerEnd::SentHome;
            }
        };
        executor.close();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if self.end == WorkerEnd::Stopped {
            // Here, and not with the last holder of the stream: dropping a frame may run a plugin's code.
            self.stream.last_output.forget();
        }
        if !self.guard.is_left_behind() {
            self.stream.workers.fetch_sub(1, Ordering::SeqCst);
        }
        // If it ended in the middle of a frame, later frames must not wait for that one.
        self.stream.skip_ticket_of(&self.guard);
        self.stream.runtime.calls.leave(&self.guard);
        let ended = Message::WorkerEnded { stream: self.stream.id, end: self.end };
        self.stream.runtime.reporter.send(ended);
    }
}
