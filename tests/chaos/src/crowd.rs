//! Clients that are not as one would wish them.

use crate::fault::Crowd;
use crate::wire::connect;
use crate::world::World;
use fastrand::Rng;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The streams that they ask for.
const STREAMS: [&str; 4] = ["steady", "front", "yard", "copy"];

/// Lets a crowd of clients come, stay for `lasts`, and go. Returns how many came.
pub fn come(world: &World, crowd: Crowd, lasts: Duration, seed: u64) -> usize {
    let mut rng = Rng::with_seed(seed);
    let end = Instant::now() + lasts;
    let count = match crowd {
        Crowd::Many => 200,
        Crowd::Stalled => 20,
        Crowd::Slow => 10,
        Crowd::Garbage | Crowd::Fickle => 40,
    };
    let mut sockets = Vec::new();
    let mut came = 0;
    for _ in 0..count {
        match one(world, crowd, &mut rng) {
            Ok(socket) => {
                came += 1;
                // Who is fickle goes again: half of them before the next one comes.
                if crowd != Crowd::Fickle || rng.bool() {
                    sockets.push(socket);
                }
            }
            Err(_) if world.is_ending() => return came,
            // What sends garbage may be cut off while it still sends.
            Err(_) if crowd == Crowd::Garbage => came += 1,
            Err(error) => world.findings.wrong(format!("client {came} of a crowd ({crowd:?}): {error}")),
        }
    }
    while Instant::now() < end && !world.is_over() {
        match crowd {
            Crowd::Many | Crowd::Fickle => sockets.retain_mut(|socket| drain(socket, 1 << 18)),
            Crowd::Slow => sockets.retain_mut(|socket| drain(socket, 2048)),
            Crowd::Stalled | Crowd::Garbage => {}
        }
        if crowd == Crowd::Many && sockets.len() < came && !world.is_ending() {
            world.findings.wrong(format!("{} of {came} viewers were sent away", came - sockets.len()));
            break;
        }
        sleep(Duration::from_millis(if crowd == Crowd::Slow { 50 } else { 10 }));
    }
    came
}

fn one(world: &World, crowd: Crowd, rng: &mut Rng) -> io::Result<TcpStream> {
    let mut socket = connect(&world.address)?;
    let stream = STREAMS[rng.usize(0..STREAMS.len())];
    let request = format!("GET /{stream}/stream HTTP/1.1\r\nHost: crowd\r\n\r\n").into_bytes();
    let request = if crowd == Crowd::Garbage { garbage(request, rng) } else { request };
    socket.write_all(&request)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// Something that looks more or less like a request.
fn garbage(request: Vec<u8>, rng: &mut Rng) -> Vec<u8> {
    match rng.u32(0..6) {
        // It stops in the middle.
        0 => request[..rng.usize(1..request.len())].to_vec(),
        1 => (0..rng.usize(1..4096)).map(|_| rng.u8(..)).collect(),
        // A header that does not end.
        2 => [&request[..request.len() - 2], b"X: ", &vec![b'x'; 1 << 20]].concat(),
        3 => b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        4 => b"GET /../../etc/passwd HTTP/9.9\r\n\r\n".to_vec(),
        _ => {
            let mut request = request;
            let at = rng.usize(0..request.len());
            request[at] ^= rng.u8(1..);
            request
        }
    }
}

/// Reads up to `most` bytes of what has arrived; `false` if the connection is gone.
fn drain(socket: &mut TcpStream, most: usize) -> bool {
    let mut nowhere = vec![0; most.min(64 << 10)];
    let mut read = 0;
    while read < most {
        match socket.read(&mut nowhere) {
            Ok(0) => return false,
            Ok(count) => read += count,
            Err(error) => return error.kind() == ErrorKind::WouldBlock,
        }
    }
    true
}

/// Starts `count` viewers that watch these streams in turn and read all they get, until the run is over.
pub fn look_on(world: &World, streams: &[&str], count: usize) {
    let mut sockets = Vec::new();
    for stream in streams.iter().cycle().take(count) {
        match viewer(world, stream) {
            Ok(socket) => sockets.push(socket),
            Err(error) => return world.findings.wrong(format!("{stream}: {error}")),
        }
    }
    while !world.is_ending() {
        sockets.retain_mut(|socket| drain(socket, 1 << 18));
        if sockets.len() < count && !world.is_ending() {
            return world
                .findings
                .wrong(format!("{} of {count} viewers were sent away", count - sockets.len()));
        }
        sleep(Duration::from_millis(10));
    }
}

fn viewer(world: &World, stream: &str) -> io::Result<TcpStream> {
    let mut socket = connect(&world.address)?;
    write!(socket, "GET /{stream}/stream HTTP/1.1\r\nHost: crowd\r\n\r\n")?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}
