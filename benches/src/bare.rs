//! The least that hyper can do it for: each connection is handed bytes that were made once.

use bytes::Bytes;
use hyper::body::{Body, Frame};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, Version};
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use std::cell::RefCell;
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

/// The body of a connection: the bytes that it is handed.
struct Handed(mpsc::Receiver<Bytes>);

impl Body for Handed {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|part| part.map(|part| Ok(Frame::data(part))))
    }
}

/// Headers, picture and boundary as one, as the sink sends them.
pub(crate) fn part(picture: &[u8]) -> Bytes {
    let length = picture.len();
    let mut part = format!(
        "Content-Type: image/jpeg\r\nContent-Length: {length}\r\nX-Timestamp: 1764000000.000000\r\nX-Send-Time: \
         1764000000.000000\r\nX-Sequence: 10000\r\nX-Frame: live\r\n\r\n"
    )
    .into_bytes();
    part.extend(picture);
    part.extend(b"\r\n--boundarydonotcross\r\n");
    part.into()
}

type Senders = Rc<RefCell<Vec<mpsc::Sender<Bytes>>>>;

async fn publish(viewers: Senders, parts: Vec<Bytes>) {
    let mut tick = interval(Duration::from_secs(1) / 30);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for part in parts.iter().cycle() {
        tick.tick().await;
        for viewer in viewers.borrow().iter() {
            // A viewer that still has one misses this one.
            let _ = viewer.try_send(part.clone());
        }
    }
}

async fn accept(listener: TcpListener, viewers: Senders) {
    loop {
        let Ok((tcp, _)) = listener.accept().await else { continue };
        let socket = SockRef::from(&tcp);
        // The sink's own settings; if the system refuses one, both servers go without.
        let _ = socket.set_tcp_nodelay(true);
        let _ = socket.set_tcp_notsent_lowat(16 * 1024);
        let (send, handed) = mpsc::channel(1);
        viewers.borrow_mut().push(send);
        let handed = RefCell::new(Some(handed));
        let service = service_fn(move |_: Request<hyper::body::Incoming>| {
            let handed = handed.borrow_mut().take().unwrap_or_else(|| mpsc::channel(1).1);
            let mut response = Response::new(Handed(handed));
            *response.version_mut() = Version::HTTP_10;
            async move { Ok::<_, Infallible>(response) }
        });
        tokio::task::spawn_local(async move {
            // A viewer that leaves ends in an error.
            let _ = http1::Builder::new()
                .max_buf_size(8 * 1024)
                .serve_connection(TokioIo::new(tcp), service)
                .await;
        });
    }
}

/// Serves these pictures, 30 a second, on a port of its own, which it prints; for ever.
///
/// # Panics
/// If there is no port.
pub fn serve(pictures: &[Vec<u8>]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let parts = pictures.iter().map(|picture| part(picture)).collect();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("{}", listener.local_addr().expect("an address"));
        let viewers = Senders::default();
        tokio::join!(publish(viewers.clone(), parts), accept(listener, viewers));
    });
}
