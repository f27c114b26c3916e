//! A connection to the server, as a client of its own would make it: no library that is kinder to a server than clients are.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Longest wait of a read, after which the reader checks whether the run has ended.
const LOOK: Duration = Duration::from_millis(200);

/// An answer whose body is still to be read.
pub struct Response {
    /// The status.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// The body.
    pub body: Box<dyn BufRead + Send>,
}

impl Response {
    /// A header's value; empty if there is none. The name in lower case.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

/// The version of HTTP that a client speaks: 1.0 ends a body with the connection, 1.1 cuts it into chunks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    /// HTTP/1.0.
    Old,
    /// HTTP/1.1.
    New,
}

/// Connects; `address` is `127.0.0.1:PORT`.
///
/// # Errors
/// The server does not take the connection within five seconds.
pub fn connect(address: &str) -> io::Result<TcpStream> {
    let address = address.parse().map_err(io::Error::other)?;
    let socket = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    socket.set_nodelay(true)?;
    // Requests are small, but for those that are made to be refused.
    socket.set_write_timeout(Some(Duration::from_secs(1)))?;
    Ok(socket)
}

/// Requests a path. The body's reads end with an error of kind `TimedOut` when nothing came for `patience`, or when `give_up`
/// returns true.
///
/// # Errors
///
/// No answer comes, or it is none of HTTP's.
pub fn get(
    address: &str,
    path: &str,
    version: Version,
    patience: Duration,
    give_up: impl Fn() -> bool + Send + 'static,
) -> io::Result<Response> {
    let mut socket = connect(address)?;
    let (number, close) = match version {
        Version::Old => ("1.0", ""),
        Version::New => ("1.1", "Connection: close\r\n"),
    };
    write!(socket, "GET {path} HTTP/{number}\r\nHost: {address}\r\n{close}\r\n")?;
    socket.set_read_timeout(Some(LOOK))?;
    let patient = Patient { socket, patience, give_up };
    let mut body = BufReader::with_capacity(64 << 10, patient);
    let status = line(&mut body)?;
    let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| io::Error::other("the answer has no status"))?;
    let headers = headers(&mut body)?;
    let mut response = Response { status, headers, body: Box::new(io::empty()) };
    response.body = if response.header("transfer-encoding") == "chunked" {
        Box::new(BufReader::with_capacity(64 << 10, Chunks { body, left: 0, first: true }))
    } else {
        Box::new(body)
    };
    Ok(response)
}

/// Asks for a path and reads the answer to its end: status and body.
///
/// # Errors
/// As [`get`].
pub fn whole(address: &str, path: &str, patience: Duration) -> io::Result<(u16, String)> {
    let mut response = get(address, path, Version::Old, patience, || false)?;
    let mut body = Vec::new();
    response.body.read_to_end(&mut body)?;
    Ok((response.status, String::from_utf8_lossy(&body).into_owned()))
}

/// A line without its end.
///
/// # Errors
/// The connection ends within it; `UnexpectedEof` if it ends before it.
pub fn line(body: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    body.read_until(b'\n', &mut line)?;
    let Some(text) = line.strip_suffix(b"\r\n") else {
        let shown = String::from_utf8_lossy(&line);
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("it broke off after {shown:?}")));
    };
    Ok(String::from_utf8_lossy(text).into_owned())
}

/// Headers up to the empty line, names in lower case.
///
/// # Errors
/// As [`line`], and a line that is no header.
pub fn headers(body: &mut impl BufRead) -> io::Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let line = line(body)?;
        if line.is_empty() {
            return Ok(headers);
        }
        let Some((name, value)) = line.split_once(": ") else {
            return Err(io::Error::other(format!("no header: {line:?}")));
        };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
}

/// A socket that is waited for with patience, but not after the end of the run.
struct Patient<F> {
    socket: TcpStream,
    patience: Duration,
    give_up: F,
}

impl<F: Fn() -> bool> Read for Patient<F> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let since = Instant::now();
        loop {
            match self.socket.read(into) {
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                    if since.elapsed() >= self.patience || (self.give_up)() {
                        let waited = since.elapsed().as_secs_f64();
                        let why = format!("nothing came for {waited:.1} s");
                        return Err(io::Error::new(io::ErrorKind::TimedOut, why));
                    }
                }
                other => return other,
            }
        }
    }
}

/// A body in chunks, put together again.
struct Chunks<B> {
    body: B,
    left: u64,
    first: bool,
}

impl<B: BufRead> Read for Chunks<B> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            if !self.first {
                line(&mut self.body)?;
            }
            self.first = false;
            let size = line(&mut self.body)?;
            self.left = u64::from_str_radix(size.split(';').next().unwrap_or_default(), 16)
                .map_err(|_| io::Error::other(format!("no size of a chunk: {size:?}")))?;
            if self.left == 0 {
                return Ok(0);
            }
        }
        let most = into.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let count = self.body.read(&mut into[..most])?;
        if count == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it broke off within a chunk"));
        }
        self.left -= count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_put_together() {
        let body = b"4\r\nwiki\r\n5;x=1\r\npedia\r\n0\r\n\r\n";
        let mut text = String::new();
        Chunks { body: &body[..], left: 0, first: true }.read_to_string(&mut text).unwrap();
        assert_eq!(text, "wikipedia");
        for cut in 1..body.len() - 4 {
            let mut chunks = Chunks { body: &body[..cut], left: 0, first: true };
            assert!(chunks.read_to_string(&mut String::new()).is_err(), "cut at {cut}");
        }
    }
}
