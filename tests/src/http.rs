//! An HTTP client that waits no longer than a test does.

use crate::{PATIENCE, Parts};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::OnceLock;
use ureq::Agent;
use ureq::http::Response;

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's value; empty if there is none. Names are in lower case.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Asks for a URL.
///
/// # Panics
/// No answer comes; so below. A status that says so is an answer.
#[track_caller]
pub fn get(url: &str) -> Answer {
    whole(url, agent().get(url).call())
}

/// Sends JSON.
#[track_caller]
pub(crate) fn post(url: &str, json: &serde_json::Value) -> Answer {
    whole(url, agent().post(url).header("content-type", "application/json").send(json.to_string()))
}

/// Deletes what a URL names.
#[track_caller]
pub(crate) fn delete(url: &str) -> Answer {
    whole(url, agent().delete(url).call())
}

/// Opens a stream of pictures.
///
/// # Panics
/// The answer is something else.
#[track_caller]
pub fn stream(url: &str) -> Parts {
    let response = agent().get(url).call().unwrap_or_else(|error| panic!("{url}: {error}"));
    let content_type = header(&response, "content-type");
    assert_eq!(response.status().as_u16(), 200, "{url}: {content_type}");
    let boundary = content_type.strip_prefix("multipart/x-mixed-replace;boundary=").map(str::to_owned);
    let boundary = boundary.unwrap_or_else(|| panic!("{url} is {content_type}"));
    Parts::new(Box::new(BufReader::new(response.into_body().into_reader())), &boundary)
}

/// Opens a stream of pictures without a time limit; [`stream`] gives up after [`PATIENCE`].
///
/// # Panics
///
/// The answer is something else.
#[track_caller]
pub fn watch(url: &str) -> Parts {
    let (address, path) = url.strip_prefix("http://").and_then(|url| url.split_once('/')).expect("a URL");
    let mut socket = TcpStream::connect(address).unwrap_or_else(|error| panic!("{url}: {error}"));
    socket.set_read_timeout(Some(PATIENCE)).expect("a time");
    // In HTTP/1.0 the body is sent as it is.
    let request = format!("GET /{path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    socket.write_all(request.as_bytes()).unwrap_or_else(|error| panic!("{url}: {error}"));
    let mut answer = BufReader::new(socket);
    let mut head = Vec::new();
    while head.last().is_none_or(|line| line != "\r\n") {
        let mut line = String::new();
        let read = answer.read_line(&mut line).unwrap_or_else(|error| panic!("{url}: {error}"));
        assert!(read > 0, "{url}: {head:?}");
        head.push(line);
    }
    assert!(head[0].contains(" 200 "), "{url}: {head:?}");
    let boundary =
        head.iter().find_map(|line| line.trim_end().split_once("multipart/x-mixed-replace;boundary="));
    let (_, boundary) = boundary.unwrap_or_else(|| panic!("{url} is {head:?}"));
    let boundary = boundary.to_owned();
    Parts::new(Box::new(answer), &boundary)
}

fn header(response: &Response<ureq::Body>, name: &str) -> String {
    let value =
        response.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    value.unwrap_or_default()
}

#[track_caller]
fn whole(url: &str, answer: Result<Response<ureq::Body>, ureq::Error>) -> Answer {
    let mut response = answer.unwrap_or_else(|error| panic!("{url}: {error}"));
    let body = response.body_mut().with_config().limit(64 << 20).read_to_vec();
    Answer {
        status: response.status().as_u16(),
        headers: response
            .headers()
            .keys()
            .map(|name| (name.to_string(), header(&response, name.as_str())))
            .collect(),
        body: body.unwrap_or_else(|error| panic!("{url}: {error}")),
    }
}

fn agent() -> &'static Agent {
    static AGENT: OnceLock<Agent> = OnceLock::new();
    AGENT.get_or_init(|| {
        let config = Agent::config_builder();
        config.timeout_global(Some(PATIENCE)).http_status_as_error(false).proxy(None).build().into()
    })
}
