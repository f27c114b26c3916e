//! Notices that a client has gone.
//!
//! A client that shuts its sending side (`nc -N` does, once its request is out) looks at first like one that has gone: both send
//! the end of their bytes. Only a send makes the difference: a machine whose program is gone answers with
//! a reset.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};

/// The interval of the look for an end behind a request that waits for its turn.
const LOOK: Duration = Duration::from_secs(1);

/// Waits until the client has gone. `shut` is set when it has shut its sending side, so that it is sent something; `sent` is
/// the count of bytes that its socket took. A client that is sent nothing for `patience` from then on counts as gone.
pub(crate) async fn departure(tcp: &TcpStream, shut: &AtomicBool, sent: &AtomicU64, patience: Duration) {
    if end_of_sending(tcp).await.is_err() {
        return;
    }
    let before = sent.load(Relaxed);
    shut.store(true, Relaxed);
    // The task that has something to send runs once more.
    yield_now().await;
    // A reset is an error of the socket.
    let mut reset = pin!(tcp.ready(Interest::ERROR));
    if timeout(patience, reset.as_mut()).await.is_err() && sent.load(Relaxed) != before {
        let _ = reset.await;
    }
}

/// Waits until the client has sent all that it will send.
///
/// # Errors
/// The connection is broken.
async fn end_of_sending(tcp: &TcpStream) -> std::io::Result<()> {
    loop {
        if tcp.peek(&mut [0]).await? == 0 || tcp.ready(Interest::READABLE).await?.is_read_closed() {
            return Ok(());
        }
        sleep(LOOK).await;
    }
}
