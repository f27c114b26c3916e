//! A server under test, and a client that trusts nothing of it: plain sockets, every byte looked at.

#![allow(dead_code, reason = "each test file uses its own part of this")]

use mutoscope_plugin::host::{Failure, Sink};
use mutoscope_plugin::testing::TestHost;
use mutoscope_plugin::{Format, Frame, Freshness, StreamId, StreamInfo, Times, Update, serde_json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// The time after which a test gives up; no test waits for it when all is well.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A sink behind the tables, as the program has it, with a stand-in for the program.
pub struct Served {
    pub stand: TestHost,
    pub sink: Sink,
    pub address: SocketAddr,
    sequence: u64,
}

/// Opens a sink on a free port with these options beside `listen`.
pub fn open(options: &str) -> Result<Served, Failure> {
    let mut all: serde_json::Value = serde_json::from_str(options).unwrap();
    all.as_object_mut().unwrap().entry("listen").or_insert("127.0.0.1:0".into());
    // A client that goes before there is anything to send to it is given up after that.
    all.as_object_mut().unwrap().entry("send_timeout_ms").or_insert(3000.into());
    let stand = TestHost::new();
    let kind = mutoscope_plugin_mjpeg::plugin().sink().unwrap();
    let sink = kind.open(&all.to_string(), stand.host())?;
    let announced = stand.announced().pop().unwrap();
    let address = announced.strip_prefix("http://").unwrap().trim_end_matches('/').parse().unwrap();
    Ok(Served { stand, sink, address, sequence: 0 })
}

/// A sink with one stream, `camera`.
pub fn camera(options: &str) -> Served {
    let mut served = open(options).unwrap();
    served.add(1, "camera");
    served
}

/// A JPEG as far as the sink looks: its first two bytes, and then something that tells it from others.
pub fn picture(number: u64, len: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..len as u64).map(|at| (at.wrapping_mul(number + 7) >> 3) as u8).collect();
    bytes[..2].copy_from_slice(&[0xff, 0xd8]);
    bytes
}

impl Served {
    pub fn add(&mut self, id: u32, name: &str) {
        self.sink.add_stream(&StreamInfo::new(StreamId(id), name)).unwrap();
    }

    /// Gives a frame captured now to stream 1, and its number.
    pub fn send(&mut self, bytes: Vec<u8>) -> u64 {
        let now = self.stand.now();
        self.send_captured(bytes, now)
    }

    pub fn send_captured(&mut self, bytes: Vec<u8>, captured: Times) -> u64 {
        self.sequence += 1;
        self.receive(1, bytes, captured, Freshness::LIVE);
        self.sequence
    }

    /// Gives stream 1 a frame that is not the camera's latest: as the engine does it, with the number of the last one that was.
    pub fn send_instead(&mut self, bytes: Vec<u8>, captured: Times, freshness: Freshness) {
        self.receive(1, bytes, captured, freshness);
    }

    /// Gives any stream a frame.
    pub fn receive(&mut self, id: u32, bytes: Vec<u8>, captured: Times, freshness: Freshness) {
        let frame = Frame::from_vec(Format::jpeg(4, 4), bytes, captured).unwrap();
        let frame = frame.with_sequence(self.sequence).with_freshness(freshness);
        self.sink.receive(StreamId(id), frame).unwrap();
    }

    /// Lets the engine say this of each of these streams, from the next answer on: what was read before has grown too old by then.
    pub fn say(&self, streams: &[(&str, serde_json::Value)]) {
        let streams: serde_json::Map<_, _> =
            streams.iter().map(|(name, said)| ((*name).to_owned(), said.clone())).collect();
        self.say_this(&serde_json::json!({ "streams": streams, "left_behind": [] }).to_string());
    }

    /// Lets the engine say just this.
    pub fn say_this(&self, state: &str) {
        self.stand.set_state(state);
        std::thread::sleep(Duration::from_millis(200));
    }

    pub fn demand(&self, id: u32) -> u32 {
        self.stand.demand_of(StreamId(id))
    }

    pub fn await_demand(&self, id: u32, viewers: u32) {
        until(&format!("{viewers} viewers of stream {id}"), || self.demand(id) == viewers);
    }

    /// Sends a request for `target` and reads the response's head.
    pub fn get(&self, target: &str) -> Client {
        self.request(&format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n"))
    }

    pub fn request(&self, text: &str) -> Client {
        let mut client = self.connect();
        client.ask(text);
        client
    }

    pub fn connect(&self) -> Client {
        let socket = TcpStream::connect(self.address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Client { reader: BufReader::new(socket), status: String::new(), headers: Vec::new() }
    }

    /// A viewer of stream 1 that has been counted: from here on it gets what is sent.
    pub fn viewer(&self) -> Client {
        let before = self.demand(1);
        let mut client = self.get("/stream");
        assert_eq!(client.line(), "--boundarydonotcross\r\n");
        assert!(self.demand(1) > before);
        client
    }

    pub fn update(&mut self, options: &str) -> Result<Update, Failure> {
        self.sink.update(options)
    }
}

/// The engine's state of a stream without trouble.
pub fn fine(state: &str) -> serde_json::Value {
    serde_json::json!({ "state": state, "healthy": true, "trouble": null, "viewers": 0, "frames": 7 })
}

/// The engine's state of a stream whose camera is gone.
pub fn failed(next_attempt_ms: Option<u32>) -> serde_json::Value {
    serde_json::json!({ "state": "failed", "healthy": false, "trouble": {
        "stage": "source v4l2", "message": "no frame for 3.0 s", "since": "2026-01-31T12:00:00Z", "for_ms": 1234,
        "attempts": 3, "next_attempt_ms": next_attempt_ms } })
}

/// Waits until something is so.
pub fn until(what: &str, mut so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A client's connection, with the head of the last response.
pub struct Client {
    pub reader: BufReader<TcpStream>,
    pub status: String,
    pub headers: Vec<(String, String)>,
}

/// One part of a stream.
pub struct Part {
    pub headers: Vec<(String, String)>,
    pub picture: Vec<u8>,
}

impl Client {
    pub fn ask(&mut self, text: &str) {
        self.reader.get_mut().write_all(text.as_bytes()).unwrap();
        self.answer();
    }

    /// Reads the head of the next response.
    pub fn answer(&mut self) {
        self.status = self.line().trim_end().to_owned();
        self.headers = self.header_lines();
    }

    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).unwrap();
        line
    }

    fn header_lines(&mut self) -> Vec<(String, String)> {
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            let line = line.strip_suffix("\r\n").unwrap_or_else(|| panic!("no CRLF after {line:?}"));
            if line.is_empty() {
                return headers;
            }
            let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("no header: {line:?}"));
            headers.push((name.to_owned(), value.to_owned()));
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The body of a response that says how long it is.
    pub fn body(&mut self) -> Vec<u8> {
        let len = self.header("content-length").expect("a length").parse().unwrap();
        let mut body = vec![0; len];
        self.reader.read_exact(&mut body).unwrap();
        body
    }

    pub fn json(&mut self) -> serde_json::Value {
        serde_json::from_slice(&self.body()).unwrap()
    }

    pub fn text(&mut self) -> String {
        String::from_utf8(self.body()).unwrap()
    }

    /// The next part; its opening boundary has been read.
    pub fn part(&mut self) -> Part {
        let headers = self.header_lines();
        let len = find(&headers, "Content-Length").expect("a length").parse().unwrap();
        let mut picture = vec![0; len];
        self.reader.read_exact(&mut picture).unwrap();
        assert_eq!(self.line(), "\r\n");
        assert_eq!(self.line(), "--boundarydonotcross\r\n");
        Part { headers, picture }
    }

    /// All that comes until the connection ends, however it ends.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let _ = self.reader.read_to_end(&mut rest);
        rest
    }
}

impl Part {
    pub fn header(&self, name: &str) -> &str {
        find(&self.headers, name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))
    }

    pub fn sequence(&self) -> u64 {
        self.header("X-Sequence").parse().unwrap()
    }
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}
