//! One connection, from its first request to its end.

use crate::answer::{answer, crowded};
use crate::clients::{Full, Peer};
use crate::departure::departure;
use crate::limits::Limits;
use crate::site::Site;
use crate::socket::{self, Socket};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use mutoscope_plugin::tracing;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::yield_now;

/// Hyper's smallest: it bounds the request's head, and, more to the point, how much of older frames may still wait in hyper
/// when the next one is chosen.
const BUFFER: usize = 8 * 1024;

/// The decision about a new connection.
pub(crate) enum Room {
    /// It is served.
    Served(Peer),
    /// There are too many: it is told so. While it is, it counts as one who is told.
    Crowded { full: Full, _told: Arc<()> },
}

/// Serves a connection until it ends, or until `stopping` changes and what it is sending has ended.
pub(crate) async fn serve(
    tcp: TcpStream,
    address: SocketAddr,
    room: Room,
    limits: Limits,
    site: Arc<Site>,
    mut stopping: watch::Receiver<bool>,
) {
    if let Err(error) = socket::set_up(&tcp) {
        tracing::debug!("{address}: cannot set the connection up: {error}");
    }
    let tcp = Arc::new(tcp);
    let (bytes, shut) = match &room {
        Room::Served(peer) => (peer.bytes.clone(), peer.shut.clone()),
        Room::Crowded { .. } => Default::default(),
    };
    let socket = Socket::new(tcp.clone(), limits.send_timeout, site.tally.clone(), bytes.clone());
    let answered = AtomicBool::new(false);
    let service = service_fn(|request| {
        let site = site.clone();
        let (room, answered) = (&room, &answered);
        async move {
            // One answer a turn: a client that sends many requests at once waits until all others had their turn, frames
            // among them.
            if answered.swap(true, Relaxed) {
                yield_now().await;
            }
            Ok::<_, Infallible>(match room {
                Room::Served(client) => answer(request, &site, client).await,
                Room::Crowded { full, .. } => crowded(*full),
            })
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.request_timeout)
        .max_buf_size(BUFFER)
        // Who has sent its request may shut its sending side, and still gets its answer.
        .half_close(true)
        // As most servers write them: there are clients that look for `Content-Type` letter by letter.
        .title_case_headers(true)
        .serve_connection(TokioIo::new(socket), service);
    let mut connection = pin!(connection);
    let served = async {
        tokio::select! {
            biased;
            ended = connection.as_mut() => ended,
            _ = stopping.changed() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    };
    tokio::select! {
        biased;
        ended = served => {
            if let Err(error) = ended {
                let error = mutoscope_plugin::Error::from(error);
                tracing::debug!("{address}: {error}");
            }
        }
        () = departure(&tcp, &shut, &bytes, limits.send_timeout) => tracing::debug!("{address} has gone"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;
    use mutoscope_plugin::testing::TestHost;
    use std::io::{Read, Write};
    use std::net::{Shutdown, TcpListener};
    use std::sync::atomic::AtomicUsize;
    use tokio::runtime::Builder;

    #[test]
    fn a_hundred_requests_at_once_leave_all_others_their_turns() {
        const REQUESTS: usize = 100;
        let (options, stand) = (Options::default(), TestHost::new());
        let limits = options.limits();
        let site = Arc::new(Site::new(limits, options.access().unwrap(), stand.context().services()));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.write_all("GET /healthz HTTP/1.1\r\n\r\n".repeat(REQUESTS).as_bytes()).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let (tcp, address) = listener.accept().unwrap();
        tcp.set_nonblocking(true).unwrap();
        let turns = Arc::new(AtomicUsize::new(0));
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let (_stop, stopping) = watch::channel(false);
        runtime.block_on(async {
            let other = turns.clone();
            tokio::spawn(async move {
                loop {
                    other.fetch_add(1, Relaxed);
                    yield_now().await;
                }
            });
            let room =
                Room::Served(site.clients.enter(address, &limits).unwrap_or_else(|full| panic!("{full:?}")));
            let tcp = TcpStream::from_std(tcp).unwrap();
            tokio::spawn(serve(tcp, address, room, limits, site, stopping)).await.unwrap();
        });
        let mut answers = String::new();
        client.read_to_string(&mut answers).unwrap();
        assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), REQUESTS);
        assert!(turns.load(Relaxed) >= REQUESTS - 1, "{} turns", turns.load(Relaxed));
    }
}
