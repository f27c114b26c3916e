//! Servers of every kind, written by hand, and what is said of them.

use mutoscope_probe::{Load, Report, Stream, Target, probe};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Looks at a server with one viewer, for as long as a busy machine needs for a few pictures.
const PLAIN: Load = Load { viewers: 1, slow: None, time: Duration::from_secs(3), pid: None };

/// A server that treats each connection, of which it is told the number, in a thread of its own. Gives its URL.
fn server(serve: impl Fn(&mut TcpStream, usize) -> std::io::Result<()> + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/stream", listener.local_addr().unwrap());
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let (mut stream, serve) = (stream.unwrap(), serve.clone());
            thread::spawn(move || {
                // The request, up to its empty line.
                let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                lines.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
                // A viewer that has gone is no mistake.
                let _ = serve(&mut stream, number);
            });
        }
    });
    url
}

fn report(url: &str, load: Load) -> Report {
    probe(vec![Target::parse(url).unwrap()], &load).unwrap()
}

fn looked_at(url: &str) -> Stream {
    let report = report(url, PLAIN);
    assert_eq!(report.healthy, report.streams[0].problems.is_empty());
    report.streams.into_iter().next().unwrap()
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

/// A picture with what looks like the end of a line and a boundary in it.
fn jpeg() -> Vec<u8> {
    let mut jpeg = vec![0xff, 0xd8];
    jpeg.extend(b"\r\n--\r\n--fram".repeat(200));
    jpeg.extend([0xff, 0xd9]);
    jpeg
}

fn head(version: &str, more: &str) -> String {
    format!("HTTP/{version} 200 OK\r\n{more}Content-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n")
}

/// Writes parts every 20 ms until the reader is gone; `part` gets the number.
fn stream(to: &mut TcpStream, mut part: impl FnMut(u32) -> Vec<u8>) -> std::io::Result<()> {
    for number in 0.. {
        to.write_all(&part(number))?;
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// A part, and the boundary behind it.
fn sized(headers: &str) -> Vec<u8> {
    let jpeg = jpeg();
    let head = format!("Content-Type: image/jpeg\r\nContent-Length: {}\r\n{headers}\r\n", jpeg.len());
    [head.as_bytes(), &jpeg, b"\r\n--frame\r\n"].concat()
}

/// A server of parts that say their length, with these headers besides.
fn with_headers(headers: impl Fn() -> String + Send + Sync + 'static) -> String {
    server(move |to, _| {
        write!(to, "{}--frame\r\n", head("1.0", ""))?;
        stream(to, |_| sized(&headers()))
    })
}

#[test]
fn sized_parts_in_plain_bytes() {
    let seen = looked_at(&with_headers(|| format!("X-Timestamp: {:.6}\r\n", now() - 0.25)));
    assert_eq!(seen.problems, [""; 0]);
    let answer = seen.answer.as_ref().unwrap();
    assert_eq!(
        (answer.version.as_str(), answer.chunked, answer.boundary.as_str()),
        ("HTTP/1.0", false, "frame")
    );
    assert!(seen.pictures >= 3 && seen.with_length == seen.pictures, "{seen:?}");
    assert_eq!(seen.bytes, seen.pictures * jpeg().len() as u64);
    // Their number depends on the machine: a thread that is woken late sees several at once.
    assert!(seen.fps.unwrap() > 0.0 && seen.gaps_ms.is_some(), "{seen:?}");
    let age = seen.age.unwrap();
    assert!(age.ms.p50 >= 245.0 && age.clock_ahead_ms.is_none(), "{age:?}");
}

#[test]
fn unsized_parts_in_chunks_that_are_split_anywhere() {
    let url = server(|to, _| {
        write!(to, "{}", head("1.1", "Transfer-Encoding: chunked\r\n"))?;
        let mut size = 1;
        stream(to, move |_| {
            let part = [&b"--frame\r\nContent-Type: image/jpeg\r\n\r\n"[..], &jpeg(), b"\r\n"].concat();
            let mut chunked = Vec::new();
            let mut rest = &part[..];
            while !rest.is_empty() {
                size = size % 17 + 1;
                let (piece, after) = rest.split_at(size.min(rest.len()));
                chunked.extend(format!("{:x}\r\n", piece.len()).bytes());
                chunked.extend(piece);
                chunked.extend(b"\r\n");
                rest = after;
            }
            chunked
        })
    });
    let seen = looked_at(&url);
    assert_eq!(seen.problems, [""; 0]);
    assert!(seen.answer.as_ref().unwrap().chunked && seen.with_length == 0 && seen.pictures >= 3, "{seen:?}");
    assert_eq!(seen.bytes, seen.pictures * jpeg().len() as u64);
    assert_eq!(seen.age, None);
}

#[test]
fn lone_line_feeds_and_a_boundary_with_its_dashes() {
    let url = server(|to, _| {
        write!(to, "HTTP/1.0 200 OK\nContent-Type: multipart/x-mixed-replace;boundary=\"--frame\"\n\n")?;
        stream(to, |_| [&b"--frame\nContent-Type: image/jpeg\n\n"[..], &jpeg(), b"\n"].concat())
    });
    let seen = looked_at(&url);
    assert_eq!(seen.problems, [""; 0]);
    assert_eq!(seen.bytes, seen.pictures * jpeg().len() as u64);
}

#[test]
fn broken_parts_are_counted_by_what_is_wrong() {
    let url = server(|to, _| {
        write!(to, "{}--frame\r\n", head("1.0", ""))?;
        stream(to, |number| match number % 4 {
            0 => sized(""),
            1 => b"Content-Length: 4\r\n\r\n\xff\xd8\xff\0\r\n--frame\r\n".to_vec(),
            2 => b"Content-Length: 4\r\n\r\n\xff\xd8\xff\xd9and more\r\n--frame\r\n".to_vec(),
            _ => b"Content-Type: text/html\r\nContent-Length: 2\r\n\r\nno\r\n--frame\r\n".to_vec(),
        })
    });
    let seen = looked_at(&url);
    let hows: Vec<_> = seen.broken.iter().map(|broken| broken.how).collect();
    let expected =
        ["another type than image/jpeg", "does not end as a JPEG", "no boundary where Content-Length says"];
    assert_eq!(hows, expected);
    assert!(seen.problems.iter().all(|problem| problem.contains("broken: ")) && seen.problems.len() == 3);
}

/// The message about a server that answers this.
fn refused(answer: &'static [u8]) -> String {
    let url = server(move |to, _| to.write_all(answer));
    // Ends with the answer.
    let report = report(&url, Load { time: Duration::from_secs(60), ..PLAIN });
    let seen = &report.streams[0];
    assert_eq!((seen.problems.len(), &seen.answer), (1, &None), "{seen:?}");
    seen.problems[0].clone()
}

#[test]
fn what_is_no_stream_is_told_with_the_way_out() {
    for (answer, words) in [
        (
            &b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"[..],
            "nothing at `/stream` (404 Not Found); Mutoscope",
        ),
        (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", "`http://USER:PASSWORD@HOST/\u{2026}`"),
        (
            b"HTTP/1.1 302 Found\r\nLocation: http://there/\r\nContent-Length: 0\r\n\r\n",
            "probe `http://there/`",
        ),
        (b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "too many viewers, or no camera"),
        (b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", "with 500"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 0\r\n\r\n",
            "there is one picture at",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n", "there is a page at"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "has no Content-Type"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: 0\r\n\r\n", "is `video/mp4`"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Type: vid\xe9o/mp4\r\nContent-Length: 0\r\n\r\n",
            "is `vid\u{fffd}o/mp4`",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace\r\n\r\n", "names no boundary"),
        // What a server that speaks TLS says of a plain request: an alert.
        (b"\x15\x03\x03\0\x02\x02F\x15\x03\x03\0\x02\x01\0", "does not speak HTTP"),
        (b"", "closed the connection without an answer"),
    ] {
        let said = refused(answer);
        assert!(said.contains(words), "{}: {said}", String::from_utf8_lossy(answer));
    }
    // A port that was just given back has no listener.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let seen = looked_at(&format!("http://{gone}/"));
    assert!(seen.problems[0].contains(&format!("nothing listens at {gone}")), "{seen:?}");
}

#[test]
fn a_server_that_never_answers_is_not_waited_for() {
    let url = server(|_, _| {
        thread::sleep(Duration::from_secs(3600));
        Ok(())
    });
    let start = Instant::now();
    let seen = looked_at(&url);
    assert!(seen.problems[0].contains("no answer within 3.0 s"), "{seen:?}");
    assert!(start.elapsed() < Duration::from_secs(600));
}

#[test]
fn a_stream_that_ends_or_breaks_off_is_not_healthy() {
    let ends_with = |rest: &'static [u8]| {
        looked_at(&server(move |to, _| {
            write!(to, "{}--frame\r\n", head("1.0", ""))?;
            to.write_all(&sized(""))?;
            to.write_all(rest)
        }))
    };
    let ends = ends_with(b"--frame--\r\n");
    assert!(ends.problems[0].contains("the server ended the stream after"), "{ends:?}");
    assert!(!ends.problems[0].contains("in the middle"), "{ends:?}");
    let breaks = ends_with(b"Content-Length: 100\r\n\r\n\xff\xd8\xff");
    assert!(breaks.problems[0].contains("in the middle of a picture"), "{breaks:?}");
}

#[test]
fn silence_is_not_healthy() {
    let url = server(|to, _| {
        write!(to, "{}--frame\r\n", head("1.0", ""))?;
        to.write_all(&sized(""))?;
        to.write_all(&sized(""))?;
        thread::sleep(Duration::from_secs(3600));
        Ok(())
    });
    let report = report(&url, Load { time: Duration::from_secs(4), ..PLAIN });
    let said = report.streams[0].problems.join("\n");
    assert!(said.starts_with("no picture came for "), "{said}");
}

#[test]
fn old_pictures_and_those_that_stand_in_are_not_healthy() {
    let old = looked_at(&with_headers(|| format!("X-Timestamp: {:.6}\r\nX-Frame: live\r\n", now() - 30.0)));
    assert!(old.problems.len() == 1 && old.problems[0].contains("pictures are 30."), "{old:?}");
    let held = looked_at(&with_headers(|| format!("X-Timestamp: {:.6}\r\nX-Frame: held\r\n", now() - 30.0)));
    assert!(held.problems.is_empty() && held.age.is_none(), "a closed gate: {held:?}");
    let stands_in = looked_at(&with_headers(|| "X-Frame: placeholder\r\n".into()));
    assert!(
        stands_in.problems.len() == 1 && stands_in.problems[0].contains("pictures stand in for the camera's"),
        "{stands_in:?}"
    );
    let future = looked_at(&with_headers(|| format!("X-Timestamp: {:.6}\r\n", now() + 60.0)));
    let ahead = future.age.unwrap().clock_ahead_ms.unwrap();
    assert!(future.problems.is_empty() && (30_000.0..=60_001.0).contains(&ahead), "{future:?}");
}

#[test]
fn many_viewers_are_counted_and_one_that_is_starved_is_seen() {
    let url = server(|to, number| {
        write!(to, "{}--frame\r\n", head("1.0", ""))?;
        loop {
            to.write_all(&sized(""))?;
            // Several, since one of them may be a slow viewer.
            let starved = (29..=31).contains(&number);
            thread::sleep(Duration::from_millis(if starved { 900 } else { 100 }));
        }
    });
    let pid = Some(std::process::id());
    let load = Load { viewers: 40, slow: Some((2, 5_000)), time: Duration::from_secs(4), pid };
    let report = report(&url, load);
    let seen = &report.streams[0];
    let slow = seen.slow.as_ref().unwrap();
    assert_eq!((seen.viewers, slow.viewers), (40, 2));
    assert!(slow.fps.is_none_or(|fps| fps < seen.fps.unwrap()) && slow.broken.is_empty(), "{slow:?}");
    assert!(seen.slowest_fps.unwrap() < seen.fps.unwrap() / 2.0, "{seen:?}");
    assert!(seen.problems.iter().any(|problem| problem.starts_with("one viewer gets")), "{seen:?}");
    let server = report.server.as_ref().unwrap();
    assert!(server.threads > 40 && server.resident_kib > 1000, "{server:?}");
    let text = report.to_string();
    assert!(text.lines().count() <= 20, "one screen: {text}");
    assert!(text.contains("NOT HEALTHY") && text.contains("slow viewers   2 at 5.0 kB/s"), "{text}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!((json["healthy"].as_bool(), json["streams"][0]["viewers"].as_u64()), (Some(false), Some(40)));
}

#[test]
fn a_process_that_is_not_there_is_told_before_anything_is_done() {
    let target = Target::parse("http://127.0.0.1:1/").unwrap();
    let error = probe(vec![target], &Load { pid: Some(u32::MAX / 2), ..PLAIN }).unwrap_err();
    assert!(error.contains("there is no process"), "{error}");
}
