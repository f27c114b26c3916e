//! The server's own account: `/state` and `/healthz`.

use crate::wire;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;

/// Deadline for an answer. The server keeps a thread for it that waits for no plugin.
const PATIENCE: Duration = Duration::from_secs(5);

/// The fields of `/state` that are checked here.
#[derive(Clone, Debug, Deserialize)]
pub struct State {
    /// The streams by name.
    pub streams: BTreeMap<String, Stream>,
    /// Threads that a plugin blocks for good.
    pub left_behind: Vec<String>,
    /// The file's account.
    pub pipeline: File,
}

/// One stream.
#[derive(Clone, Debug, Deserialize)]
pub struct Stream {
    /// `live`, `failed`, ….
    pub state: String,
    /// Health of the stream.
    pub healthy: bool,
    /// Fault of the stream.
    pub trouble: Option<Trouble>,
    /// Number of viewers.
    pub viewers: u32,
    /// Live frames that it gave.
    pub frames: u64,
}

/// A fault of a stream.
#[derive(Clone, Debug, Deserialize)]
pub struct Trouble {
    /// Stage with the fault.
    pub stage: String,
    /// Error message.
    pub message: String,
    /// Time until the next attempt.
    pub next_attempt_ms: Option<u64>,
}

/// The pipeline file's account.
#[derive(Clone, Debug, Deserialize)]
pub struct File {
    /// Reason why the file on the disk is not used.
    pub problem: Option<String>,
}

impl State {
    /// Asks for it.
    ///
    /// # Errors
    /// No answer comes, or one of another form.
    pub fn ask(address: &str) -> io::Result<State> {
        let (status, text) = wire::whole(address, "/state", PATIENCE)?;
        if status != 200 {
            return Err(io::Error::other(format!("/state answers {status}: {text}")));
        }
        serde_json::from_str(&text).map_err(|error| io::Error::other(format!("/state: {error} in {text}")))
    }

    /// The streams that are not as they should be.
    pub fn unhealthy(&self) -> BTreeSet<&str> {
        let unhealthy = self.streams.iter().filter(|(_, stream)| !stream.healthy);
        unhealthy.map(|(name, _)| name.as_str()).collect()
    }
}

/// Asks `/healthz`: the status and what it says.
///
/// # Errors
/// No answer comes, or one that is neither 200 nor 503.
pub fn health(address: &str) -> io::Result<(u16, String)> {
    let (status, text) = wire::whole(address, "/healthz", PATIENCE)?;
    if !matches!(status, 200 | 503) {
        return Err(io::Error::other(format!("/healthz answers {status}: {text}")));
    }
    Ok((status, text))
}
