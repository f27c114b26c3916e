//! Ports for servers that have to be told one.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};

/// Below the ports that the system gives to clients and to servers that take any: another test would get one of those.
const PORTS: std::ops::Range<u16> = 12_000..30_000;

/// Returns a TCP port of 127.0.0.1 that nothing listens on, another one at each call.
///
/// # Panics
/// There is none.
pub fn free_port() -> u16 {
    static CALLS: AtomicU16 = AtomicU16::new(0);
    let count = PORTS.len() as u32;
    // Two processes of tests begin in different places.
    let begin = std::process::id().wrapping_mul(97);
    let ports = (0..count).map(|_| {
        let call = u32::from(CALLS.fetch_add(1, Relaxed));
        PORTS.start + (begin.wrapping_add(call) % count) as u16
    });
    let mut free = ports.filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.next().expect("a free port")
}
