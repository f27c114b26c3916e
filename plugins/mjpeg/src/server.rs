//! The server: a thread of its own with a current-thread runtime, which serves all viewers.
//!
//! One thread, since sending pictures is the kernel's work and more threads cost more than they gain; however many
//! viewers there are, each costs one task.

use crate::access::Access;
use crate::connection::{self, Room};
use crate::limits::Limits;
use crate::site::Site;
use mutoscope_plugin::{Error, Frame, Result, Services, StreamId, StreamInfo, Times, tracing};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// The time that viewers have to take the end of their streams when the server stops.
const FAREWELL: Duration = Duration::from_secs(1);

/// The time that the server's thread has to end after that before it is left behind.
const JOIN: Duration = Duration::from_secs(2);

/// How long the server waits when the system gives it no connection (it has no descriptors left).
const PAUSE: Duration = Duration::from_millis(200);

/// A running server; it stops when it is dropped.
pub(crate) struct Server {
    site: Arc<Site>,
    stop: watch::Sender<bool>,
    ended: mpsc::Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts serving.
    ///
    /// # Errors
    /// The system gives no thread or no descriptor.
    pub(crate) fn start(
        listener: std::net::TcpListener,
        limits: Limits,
        access: Access,
        services: Services,
    ) -> Result<Server> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let site = Arc::new(Site::new(limits, access, services));
        let (stop, stopping) = watch::channel(false);
        let (end, ended) = mpsc::channel();
        let thread = thread::Builder::new().name("mjpeg".into()).spawn({
            let site = site.clone();
            move || {
                run(runtime, listener, site, stopping);
                // Dropped, also by a panic, it tells the same.
                drop(end);
            }
        })?;
        Ok(Server { site, stop, ended, thread: Some(thread) })
    }

    /// A stream comes.
    pub(crate) fn add(&self, stream: StreamInfo) {
        self.site.streams.add(stream);
        self.site.readings.forget();
    }

    /// A stream goes.
    pub(crate) fn remove(&self, stream: StreamId) {
        self.site.streams.remove(stream);
        self.site.readings.forget();
    }

    /// The current limits of connections.
    pub(crate) fn limits(&self) -> Limits {
        self.site.limits.get()
    }

    /// The number of connections that are served.
    pub(crate) fn connections(&self) -> usize {
        self.site.clients.connections().0
    }

    /// Gives a frame to the stream's viewers.
    ///
    /// # Errors
    /// The server's thread has ended, or there is no such stream.
    pub(crate) fn publish(&self, stream: StreamId, frame: Frame, now: Times) -> Result<()> {
        if self.thread.as_ref().is_none_or(JoinHandle::is_finished) {
            return Err(Error::new("the server's thread has ended"));
        }
        let hub = self.site.streams.by_id(stream);
        let hub = hub.ok_or_else(|| Error::new("a frame of a stream that is not served"))?;
        if hub.publish(frame, now) {
            self.site.frame.notify_one();
        }
        Ok(())
    }

    /// Goes by other options: for the connections that come and the requests that are made from now on.
    pub(crate) fn set(&self, limits: Limits, access: Access) {
        self.site.limits.set(limits);
        let access = Arc::new(access);
        self.site.access.set(access.clone());
        self.site.passwords.forget();
        // After the new ones hold, so that one who comes meanwhile is among them.
        let viewers = self.site.clients.viewers();
        let ended =
            viewers.iter().filter(|viewer| viewer.end_unless(|who, stream| access.users.still(who, stream)));
        if ended.count() > 0 {
            self.site.streams.look();
        }
        self.site.readings.forget();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.site.streams.close();
        self.stop.send_replace(true);
        match self.ended.recv_timeout(FAREWELL + JOIN) {
            Err(mpsc::RecvTimeoutError::Timeout) => {
                tracing::warn!("the server's thread does not end; it is left behind");
            }
            // The thread's end of the channel is gone: the thread is done, or it panicked.
            _ => {
                if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
                    tracing::error!("the server's thread panicked");
                }
            }
        }
    }
}

fn run(runtime: Runtime, listener: TcpListener, site: Arc<Site>, stopping: watch::Receiver<bool>) {
    runtime.block_on(async {
        let relay = tokio::spawn({
            let site = site.clone();
            async move {
                loop {
                    site.frame.notified().await;
                    site.streams.wake();
                    site.tally.tell(&site.services);
                }
            }
        });
        let mut connections = accept(listener, &site, stopping).await;
        let farewell = async { while connections.join_next().await.is_some() {} };
        if timeout(FAREWELL, farewell).await.is_err() {
            tracing::debug!("{} viewers did not take the end of their streams", connections.len());
        }
        relay.abort();
    });
    // Takes the connections that are left down with it.
    drop(runtime);
    site.tally.tell(&site.services);
}

/// Takes connections until the server stops, and gives those that are still open.
async fn accept(listener: TcpListener, site: &Arc<Site>, mut stopping: watch::Receiver<bool>) -> JoinSet<()> {
    let mut connections = JoinSet::new();
    let mut complained = false;
    // Those that are told that there is no room hold one each.
    let crowd = Arc::new(());
    loop {
        let accepted = tokio::select! {
            _ = stopping.changed() => return connections,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((tcp, address)) => {
                complained = false;
                let limits = site.limits.get();
                let room = match site.clients.enter(address, &limits) {
                    Ok(peer) => Room::Served(peer),
                    Err(_) if Arc::strong_count(&crowd) > limits.crowd => continue,
                    Err(full) => {
                        tracing::debug!("{address}: {}", full.why());
                        Room::Crowded { full, _told: crowd.clone() }
                    }
                };
                connections.spawn(connection::serve(
                    tcp,
                    address,
                    room,
                    limits,
                    site.clone(),
                    stopping.clone(),
                ));
            }
            Err(error) => {
                if !std::mem::replace(&mut complained, true) {
                    tracing::warn!("cannot take a connection: {error} ({} are open)", connections.len());
                }
                sleep(PAUSE).await;
            }
        }
    }
}
