//! Viewers that look at a stream and discard what they get.

use socket2::SockRef;
use std::io::ErrorKind;
use std::io::Write;
use std::mem::MaybeUninit;
use std::net::TcpStream as Blocking;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::Interest;
use tokio::net::TcpStream;

/// Viewers that look at `/stream` and discard what they get, without copying it.
pub struct Viewers {
    read: Arc<AtomicU64>,
}

impl Viewers {
    /// So many of them, each on a task of the current runtime.
    ///
    /// # Panics
    /// If the server does not take one.
    pub fn connect(address: &str, count: usize) -> Viewers {
        let read = Arc::new(AtomicU64::new(0));
        for _ in 0..count {
            let mut tcp = Blocking::connect(address).expect("a connection");
            tcp.write_all(b"GET /stream HTTP/1.1\r\nHost: bench\r\n\r\n").expect("a request");
            tcp.set_nonblocking(true).expect("a socket that does not block");
            tokio::spawn(discard(TcpStream::from_std(tcp).expect("a socket"), read.clone()));
        }
        Viewers { read }
    }

    /// Bytes that all of them together have got so far.
    pub fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

async fn discard(tcp: TcpStream, read: Arc<AtomicU64>) {
    /// `MSG_TRUNC`: on a TCP socket, what is received is discarded and not copied (tcp(7)).
    const DISCARD: i32 = 0x20;
    let mut nowhere = vec![MaybeUninit::uninit(); 1 << 20];
    while tcp.readable().await.is_ok() {
        let got =
            tcp.try_io(Interest::READABLE, || SockRef::from(&tcp).recv_with_flags(&mut nowhere, DISCARD));
        match got {
            Ok(0) => return,
            Ok(count) => _ = read.fetch_add(count as u64, Ordering::Relaxed),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}
