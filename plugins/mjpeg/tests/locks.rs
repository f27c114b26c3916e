//! Giving a frame back runs the code of its lender: no request may have to wait for that.

mod common;

use common::{Client, PATIENCE, Served, camera};
use mutoscope_plugin::{Format, Frame, Freshness, StreamId, Times};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

/// Memory whose owner asks for a stream while it is given back, as one that waits for another thread would.
struct Lent {
    bytes: Vec<u8>,
    address: SocketAddr,
    answers: Answers,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let answer = ask(self.address).map_err(|error| error.to_string());
        self.answers.lock().unwrap().push(answer);
    }
}

fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(PATIENCE / 4))?;
    socket.write_all(b"GET /none/snapshot HTTP/1.0\r\n\r\n")?;
    let mut line = [0; 12];
    socket.read_exact(&mut line)?;
    Ok(String::from_utf8_lossy(&line).into_owned())
}

type Answers = Arc<Mutex<Vec<Result<String, String>>>>;

/// Gives a stream a frame of such memory, and waits until its viewer has it and the server holds it nowhere but in its place.
fn send(served: &mut Served, id: u32, freshness: Freshness, answers: &Answers, viewer: Option<&mut Client>) {
    let lent = Lent { bytes: vec![0xff, 0xd8, 7], address: served.address, answers: answers.clone() };
    let frame = Frame::from_owner(Format::jpeg(4, 4), lent, Times::now()).unwrap();
    served.sink.receive(StreamId(id), frame.with_freshness(freshness)).unwrap();
    if let Some(viewer) = viewer {
        viewer.part();
        served.get("/healthz");
    }
}

#[test]
fn frames_are_given_back_outside_of_all_locks() {
    let answers = Answers::default();
    let mut served = camera("{}");
    let check = |what: &str| {
        let answers = std::mem::take(&mut *answers.lock().unwrap());
        assert!(!answers.is_empty(), "{what}: it was not given back");
        assert!(answers.iter().all(|answer| answer.as_deref() == Ok("HTTP/1.0 404")), "{what}: {answers:?}");
    };
    send(&mut served, 1, Freshness::LIVE, &answers, None);
    check("a frame that nobody wants");

    let mut viewer = served.viewer();
    send(&mut served, 1, Freshness::LIVE, &answers, Some(&mut viewer));
    send(&mut served, 1, Freshness::LIVE, &answers, Some(&mut viewer));
    check("one that another replaces");
    // A placeholder sets the last picture aside, and the next picture replaces both.
    send(&mut served, 1, Freshness::PLACEHOLDER, &answers, Some(&mut viewer));
    assert!(answers.lock().unwrap().is_empty());
    send(&mut served, 1, Freshness::LIVE, &answers, Some(&mut viewer));
    check("one that was kept");

    served.add(2, "camera");
    check("that of a stream that another of its name replaces");
    let mut viewer = served.get("/camera/stream");
    viewer.line();
    send(&mut served, 2, Freshness::LIVE, &answers, Some(&mut viewer));
    served.sink.remove_stream(StreamId(2)).unwrap();
    check("that of a stream that goes");

    served.add(3, "camera");
    let mut viewer = served.get("/camera/stream");
    viewer.line();
    send(&mut served, 3, Freshness::LIVE, &answers, Some(&mut viewer));
    drop(served.sink);
    check("that of a server that ends");
}
