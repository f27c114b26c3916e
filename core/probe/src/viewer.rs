//! One viewer: a connection on which a stream is read, as quickly as it comes or no more quickly than was said.

use crate::answer::Answer;
use crate::multipart::{Event, Multipart};
use crate::tally::{Tally, Watched};
use crate::target::Target;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, HOST, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep_until, timeout_at};

/// One viewer.
pub(crate) struct Viewer {
    pub(crate) target: Rc<Target>,
    /// Bytes a second; `None`: as they come.
    pub(crate) slow: Option<u64>,
    /// The time at which it leaves.
    pub(crate) end: Instant,
    /// The tally for its frames.
    pub(crate) tally: Rc<RefCell<Tally>>,
}

/// The size of one read: small for a slow viewer, so that the rest waits at the server.
const BUFFER: usize = 256 * 1024;
const SLOW_BUFFER: usize = 8 * 1024;

impl Viewer {
    /// Looks on until its end. Gives what it saw, and the server's answer, if that is a stream.
    pub(crate) async fn watch(self) -> (Watched, Option<Answer>) {
        let mut watched = Watched::new(Instant::now());
        let answered = timeout_at(self.end.into(), self.answer()).await;
        let late = |_| Err(format!("no answer within {:.1} s", watched.started.elapsed().as_secs_f64()));
        let (body, answer) = match answered.unwrap_or_else(late) {
            Ok(answered) => answered,
            Err(trouble) => {
                watched.trouble = Some(trouble);
                return (watched, None);
            }
        };
        let mut reader = Multipart::new(&answer.boundary);
        // At the end everything is as it should be.
        let read = timeout_at(self.end.into(), self.read(body, &mut reader, &mut watched)).await;
        if let Ok(ended) = read {
            let after = watched.started.elapsed().as_secs_f64();
            let inside = if reader.is_inside() { ", in the middle of a picture" } else { "" };
            watched.trouble = Some(match ended {
                Ok(()) => format!("the server ended the stream after {after:.1} s{inside}"),
                Err(error) => format!("the connection broke after {after:.1} s{inside}: {}", causes(&error)),
            });
        }
        (watched, Some(answer))
    }

    async fn read(
        &self,
        mut body: Incoming,
        reader: &mut Multipart,
        watched: &mut Watched,
    ) -> Result<(), hyper::Error> {
        let (start, mut got) = (Instant::now(), 0);
        while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            let Ok(bytes) = frame?.into_data() else { continue };
            let now = Instant::now();
            self.tell(watched, |tell| reader.push(&bytes, now, tell));
            got += bytes.len() as u64;
            if let Some(rate) = self.slow {
                drop(bytes);
                sleep_until((start + Duration::from_secs_f64(got as f64 / rate as f64)).into()).await;
            }
        }
        self.tell(watched, |tell| reader.finish(Instant::now(), tell));
        Ok(())
    }

    /// Counts what `read` tells.
    fn tell(&self, watched: &mut Watched, read: impl FnOnce(&mut dyn FnMut(Event))) {
        let mut tally = self.tally.borrow_mut();
        read(&mut |event| tally.take(watched, event));
    }

    async fn answer(&self) -> Result<(Incoming, Answer), String> {
        let stream = self.connect().await?;
        let mut client = http1::Builder::new();
        client
            .max_buf_size(if self.slow.is_some() { SLOW_BUFFER } else { BUFFER })
            // Cameras are written by people who have other things to do.
            .ignore_invalid_headers_in_responses(true)
            .allow_spaces_after_header_name_in_responses(true)
            .allow_obsolete_multiline_headers_in_responses(true);
        let no_http = |error: hyper::Error| no_http(&error);
        let (mut sender, connection) = client.handshake(TokioIo::new(stream)).await.map_err(no_http)?;
        // It ends with the body.
        tokio::task::spawn_local(connection);
        let mut request = Request::get(&self.target.path)
            .header(HOST, &self.target.authority)
            .header(USER_AGENT, concat!("mutoscope-probe/", env!("CARGO_PKG_VERSION")));
        if let Some(authorization) = &self.target.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request =
            request.body(String::new()).map_err(|error| format!("it cannot be asked for: {error}"))?;
        let response: Response<Incoming> = sender.send_request(request).await.map_err(no_http)?;
        let answer = Answer::of(&response, &self.target)?;
        Ok((response.into_body(), answer))
    }

    async fn connect(&self) -> Result<TcpStream, String> {
        let mut trouble = String::new();
        for address in &self.target.addresses {
            match self.connect_to(*address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => trouble = unreachable(address, &error),
            }
        }
        Err(trouble)
    }

    async fn connect_to(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        if self.slow.is_some() {
            // Otherwise the kernel takes megabytes in its stead.
            socket.set_recv_buffer_size(SLOW_BUFFER as u32)?;
        }
        socket.connect(address).await
    }
}

fn unreachable(address: &SocketAddr, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            format!("nothing listens at {address}: is the server running, and is this its port?")
        }
        io::ErrorKind::TimedOut | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            format!("{address} cannot be reached: {error}")
        }
        _ => format!("no connection to {address}: {error}"),
    }
}

fn no_http(error: &hyper::Error) -> String {
    if error.is_parse() {
        return format!(
            "what answers does not speak HTTP ({}); is it a port for TLS, or for RTSP?",
            causes(error)
        );
    }
    if error.is_incomplete_message() || error.is_canceled() {
        return "the server closed the connection without an answer; is it a port for TLS?".into();
    }
    format!("no answer: {}", causes(error))
}

/// An error with what lies behind it.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let words = inner.to_string();
        if !text.contains(&words) {
            text += &format!(": {words}");
        }
        cause = inner.source();
    }
    text
}
