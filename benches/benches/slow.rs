//! Measures the age of pictures for a viewer on a slow line, and the memory used meanwhile.
//!
//! ```text
//! cargo build --release && cargo bench -p mutoscope-benches --bench slow                 # 300 kB/s, 60 s
//! cargo build --release && cargo bench -p mutoscope-benches --bench slow -- 300 600 200  # 10 minutes, beside 200 that are quick
//! ```
//!
//! The program plays pictures of 80 to 90 kB at 30 a second. One viewer reads 300 kB a second of it; each picture's age is the
//! time from its capture (`X-Timestamp`) to when its last byte was read.

use mutoscope_benches::{Server, Viewers};
use mutoscope_frames::{Sequence, sequence};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Takes parts out of a stream as it comes.
#[derive(Default)]
struct Parts {
    bytes: Vec<u8>,
}

impl Parts {
    /// The capture time of the next whole part, in seconds since 1970.
    fn next(&mut self) -> Option<f64> {
        let end = self.bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let head = String::from_utf8_lossy(&self.bytes[..end]).to_lowercase();
        let value = |name: &str| Some(head.split(name).nth(1)?.lines().next()?.trim().to_owned());
        let Some(length) = value("content-length:").and_then(|length| length.parse::<usize>().ok()) else {
            // The response's own headers.
            self.bytes.drain(..end);
            return self.next();
        };
        if self.bytes.len() < end + length {
            return None;
        }
        self.bytes.drain(..end + length);
        value("x-timestamp:")?.parse().ok()
    }
}

fn watch(address: &str, bytes_per_second: f64, time: Duration, server: &Server) {
    let mut tcp = TcpStream::connect(address).expect("a connection");
    tcp.write_all(b"GET /stream HTTP/1.1\r\nHost: bench\r\n\r\n").expect("a request");
    let (began, mut got, mut parts) = (Instant::now(), 0, Parts::default());
    let mut buffer = vec![0; 8 * 1024];
    let (mut oldest, mut count, mut next) = (0.0_f64, 0, Duration::from_secs(10));
    println!("second   pictures   oldest s   resident KiB");
    while began.elapsed() < time {
        let due = Duration::from_secs_f64(f64::from(got) / bytes_per_second);
        sleep(due.saturating_sub(began.elapsed()));
        let read = tcp.read(&mut buffer).expect("bytes");
        assert!(read > 0, "the server closed the stream");
        got += u32::try_from(read).expect("a small number");
        parts.bytes.extend_from_slice(&buffer[..read]);
        while let Some(captured) = parts.next() {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs_f64();
            oldest = oldest.max(now - captured);
            count += 1;
        }
        if began.elapsed() >= next {
            println!("{:>6}   {count:>8}   {oldest:>8.2}   {:>12}", next.as_secs(), server.resident());
            (oldest, count, next) = (0.0, 0, next + Duration::from_secs(10));
        }
    }
}

fn main() {
    // A build of the benches, or a run of all tests, must not wait for this.
    if !std::env::args().any(|word| word == "--bench") {
        return;
    }
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    let kilobytes = numbers.first().copied().unwrap_or(300);
    let seconds = numbers.get(1).copied().unwrap_or(60);
    let quick = numbers.get(2).copied().unwrap_or(0);
    let server = Server::mutoscope(&sequence(Sequence::Hd720).expect("the pictures"), 30);
    // One thread for those that are quick, so that they do not hold up the one that is slow.
    let address = server.address.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let _quick = Viewers::connect(&address, quick as usize);
            std::future::pending::<()>().await
        });
    });
    watch(&server.address, kilobytes as f64 * 1e3, Duration::from_secs(seconds + 1), &server);
}
