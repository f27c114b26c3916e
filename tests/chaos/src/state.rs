//! The server's own account: `/state` and `/healthz`.

use crate::wire;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;

/// How long an answer may take. The server keeps a thread for it that waits for no plugin.
const PATIENCE: Duration = Duration::from_secs(5);

/// What `/state` says, as far as it is looked at here.
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
    /// Whether it is as it should be.
    pub healthy: bool,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// How many look at it.
    pub viewers: u32,
    /// Live frames that it gave.
    pub frames: u64,
}

/// What is wrong with a stream.
#[derive(Clone, Debug, Deserialize)]
pub struct Trouble {
    /// Which stage.
    pub stage: String,
    /// What it is.
    pub message: String,
    /// When it is tried again.
    pub next_attempt_ms: Option<u64>,
}

/// The pipeline file's account.
#[derive(Clone, Debug, Deserialize)]
pub struct File {
    /// Why the file on the disk is not used.
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
