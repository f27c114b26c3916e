//! A viewer's socket: how much may wait in it, and how long a send may stand still.

use crate::tally::Tally;
use socket2::{SockRef, TcpKeepalive};
use std::io::{self, ErrorKind, IoSlice};
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

/// Bytes that the kernel may hold unsent: as they wait, they grow old. By default it takes megabytes for a slow viewer, which
/// then sees pictures many seconds old however fresh they were when they were handed to it.
const UNSENT: u32 = 16 * 1024;

/// A viewer that vanished without a word (its power went) is found out after two minutes even if there is nothing to send;
/// until then its stream counts as wanted.
const KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_secs(60))
    .with_interval(Duration::from_secs(15))
    .with_retries(4);

/// Sets a fresh connection up.
///
/// # Errors
/// The connection is gone already, or the kernel does not know an option.
pub(crate) fn set_up(tcp: &TcpStream) -> io::Result<()> {
    let socket = SockRef::from(tcp);
    // A part's last bytes shall not wait for the acknowledgement of the ones before.
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_notsent_lowat(UNSENT)?;
    socket.set_tcp_keepalive(&KEEPALIVE)
}

/// A connection whose sends end with [`ErrorKind::TimedOut`] when the other side takes nothing for too long, and which
/// counts what was sent.
pub(crate) struct Socket {
    /// Shared with those who see whether the client is still there.
    tcp: Arc<TcpStream>,
    tally: Arc<Tally>,
    /// The bytes that this one took.
    bytes: Arc<AtomicU64>,
    send_timeout: Duration,
    /// Since when a send stands still; `None` while none does.
    still_since: Option<Instant>,
    /// Wakes the connection when a send may have stood still for too long. It is set once per timeout and not once per send:
    /// sends stand still for a moment many times a second.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Socket {
    pub(crate) fn new(
        tcp: Arc<TcpStream>,
        send_timeout: Duration,
        tally: Arc<Tally>,
        bytes: Arc<AtomicU64>,
    ) -> Socket {
        Socket { tcp, tally, bytes, send_timeout, still_since: None, alarm: None }
    }

    /// Notes what became of a send of `wanted` bytes.
    fn sent(
        &mut self,
        sent: Poll<io::Result<usize>>,
        wanted: usize,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        match sent {
            Poll::Ready(Ok(count)) => {
                Tally::add(&self.tally.bytes, count as u64);
                Tally::add(&self.bytes, count as u64);
                self.still_since = None;
                if count < wanted {
                    // The socket is full, and the kernel will say when it is not: no need to ask and be told so.
                    let _ =
                        self.tcp.try_io(Interest::WRITABLE, || Err::<(), _>(ErrorKind::WouldBlock.into()));
                }
                Poll::Ready(Ok(count))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                ready!(self.poll_stalled(cx));
                let waited = format!("nothing was taken for {} ms", self.send_timeout.as_millis());
                Poll::Ready(Err(io::Error::new(ErrorKind::TimedOut, waited)))
            }
        }
    }

    /// Ready when the send that is pending now has stood still for too long.
    fn poll_stalled(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let since = *self.still_since.get_or_insert_with(Instant::now);
        let deadline = since + self.send_timeout;
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        loop {
            // What it was set for may have gone on since, and another send stand still now.
            ready!(alarm.as_mut().poll(cx));
            if Instant::now() >= deadline {
                return Poll::Ready(());
            }
            alarm.as_mut().reset(deadline);
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.tcp.poll_read_ready(cx))?;
            match self.tcp.try_read(into.initialize_unfilled()) {
                Ok(count) => {
                    into.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl Socket {
    /// Writes when the socket can take something.
    fn poll_send(
        &self,
        cx: &mut Context<'_>,
        send: impl Fn(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.tcp.poll_write_ready(cx))?;
            match send(&self.tcp) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                sent => return Poll::Ready(sent),
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let sent = self.poll_send(cx, |tcp| tcp.try_write(bytes));
        self.sent(sent, bytes.len(), cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let sent = self.poll_send(cx, |tcp| tcp.try_write_vectored(slices));
        self.sent(sent, slices.iter().map(|slice| slice.len()).sum(), cx)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    // The kernel sends what it has taken.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match SockRef::from(&*self.tcp).shutdown(Shutdown::Write) {
            // It is shut already.
            Err(error) if error.kind() == ErrorKind::NotConnected => Poll::Ready(Ok(())),
            shut => Poll::Ready(shut),
        }
    }
}
