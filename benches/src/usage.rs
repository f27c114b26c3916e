//! A server's use of processor time and memory for the bytes that its viewers get.

use crate::{Server, Viewers};
use std::time::Duration;
use tokio::time::sleep;

/// The processor time and memory of a server.
pub struct Usage {
    /// Processor time in seconds for each gigabyte that viewers got.
    pub seconds_per_gigabyte: f64,
    /// The rate of all viewers together.
    pub megabytes_per_second: f64,
    /// The server's resident memory.
    pub resident_kib: u64,
}

/// Measures `server` with this many viewers for `time`, after three seconds in which it gets going.
///
/// # Panics
/// If it ends.
pub async fn usage(server: &Server, viewers: usize, time: Duration) -> Usage {
    let viewers = Viewers::connect(&server.address, viewers);
    // By then the program has shown, and keeps, each of its 60 pictures; others had them from the start.
    sleep(Duration::from_secs(3)).await;
    let (processor, bytes) = (server.processor(), viewers.read());
    sleep(time).await;
    let (processor, bytes) = (server.processor() - processor, (viewers.read() - bytes) as f64);
    Usage {
        seconds_per_gigabyte: processor / (bytes / 1e9),
        megabytes_per_second: bytes / 1e6 / time.as_secs_f64(),
        resident_kib: server.resident(),
    }
}
