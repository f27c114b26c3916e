//! A source's slot and its phases.
//!
//! | Phase | Event | Next phase | File |
//! |---|---|---|---|
//! | Blocked | nothing holds its device any more | Starting | `sources` |
//! | Starting | the first frame | Running | `swap` |
//! | Starting | a failure, and a fallback exists | Starting, with the fallback | `sources` |
//! | Starting, Running | a failure, or a call past its deadline | Waiting, until the next attempt | `sources` |
//! | Waiting | the time of the attempt | Starting, or Blocked | `sources` |
//! | Starting, Running, Waiting | more failures in a row than `on_failure` allows | Ended, with the reason | `sources` |
//! | Starting, Running | the source ends by itself | Ended | `sources` |
//! | Running | no viewer for `idle_timeout_s` | Resting | `sources` |
//! | Resting | a viewer | Starting, or Blocked | `sources` |
//! | Running | new options, same plugin | Running, with the options offered | `swap` |
//! | Running | another source | Running, with the other as candidate; Blocked if both need one device | `swap` |
//! | Running | the first frame of the candidate | Running, with the candidate | `swap` |
//! | Starting, Waiting | another source | Blocked, with the new specification | `swap` |
//! | Resting, Ended | another source | unchanged, with the new specification | `swap` |
//!
//! A stream that is removed drops its slot.

use super::status::{SourceState, SourceStatus};
use crate::run::data::ingress::Ingress;
use crate::run::data::source::{InstanceSpec, SourceInstance};
use crate::run::data::topology::StreamRef;
use crate::run::host::log_limit::LogLimit;
use crate::run::host::stats::StageStats;
use crate::run::spec::SourceSpec;
use mutoscope_plugin::host::Failure;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The slot of a source, which outlives its instances: the one that delivers, and the one that is about to.
pub(super) struct SourceSlot {
    pub(super) name: String,
    pub(super) spec: Arc<SourceSpec>,
    pub(super) stats: Arc<StageStats>,
    pub(super) ingress: Arc<Ingress>,
    /// The newest reading of the file.
    pub(super) stream_ref: StreamRef,
    pub(super) phase: Phase,
    /// New options that the running instance was offered, as long as it has not answered.
    pub(super) offered: Option<Arc<SourceSpec>>,
    /// A new source that is to be opened beside the one that runs, once others have let go of what it needs.
    pub(super) awaited: Option<Arc<SourceSpec>>,
    /// A new source beside the one that runs, which takes its place with its first frame.
    pub(super) candidate: Option<Arc<SourceInstance>>,
    /// The specification that comes back if the new source does not start.
    pub(super) fallback: Option<Arc<SourceSpec>>,
    /// The time at which the last viewer left.
    pub(super) idle_since: Option<Instant>,
    /// The instance that was too slow, and how.
    pub(super) late: Option<(u64, String)>,
    pub(super) log_limit: LogLimit,
    /// An instance was open once.
    pub(super) ever: bool,
}

/// The phase of a source.
pub(super) enum Phase {
    /// Opened, or about to be; no frame yet.
    Starting(Arc<SourceInstance>),
    Running(Arc<SourceInstance>),
    /// Another instance has to close the same device first.
    Blocked,
    /// Failed, and tried again then.
    Waiting(Instant),
    Resting,
    /// For good, and why if it failed.
    Ended(Option<String>),
}

impl SourceSlot {
    pub(super) fn new(spec: Arc<SourceSpec>, stream_ref: StreamRef) -> SourceSlot {
        let stream = &stream_ref.topology.streams[stream_ref.at].stream;
        let next = stream.last_output.last_sequence().map_or(0, |last| last + 1);
        SourceSlot {
            name: stream.name.clone(),
            stats: stats(&spec),
            spec,
            ingress: Arc::new(Ingress::new(stream_ref.clone(), next)),
            stream_ref,
            phase: Phase::Blocked,
            offered: None,
            awaited: None,
            candidate: None,
            fallback: None,
            idle_since: None,
            late: None,
            log_limit: LogLimit::default(),
            ever: false,
        }
    }

    pub(super) fn snapshot(&self) -> SourceStatus {
        let state = match &self.phase {
            // It was asked to stop, and nothing is expected of it any more.
            Phase::Starting(instance) | Phase::Running(instance) if self.is_late(instance) => {
                SourceState::Waiting
            }
            Phase::Starting(_) | Phase::Blocked => SourceState::Starting,
            Phase::Running(_) | Phase::Ended(_) => SourceState::Running,
            Phase::Waiting(_) => SourceState::Waiting,
            Phase::Resting => SourceState::Resting,
        };
        let (stats, ingress) = (self.stats.clone(), self.ingress.clone());
        SourceStatus { plugin: self.spec.plugin.clone(), stats, ingress, state }
    }

    pub(super) fn is_late(&self, instance: &SourceInstance) -> bool {
        self.late.as_ref().is_some_and(|(late, _)| *late == instance.generation)
    }

    pub(super) fn why_ended(&self) -> Option<String> {
        match &self.phase {
            Phase::Ended(why) => why.clone(),
            _ => None,
        }
    }

    /// The time between its frames, as far as it is declared.
    pub(super) fn period(&self) -> Option<Duration> {
        self.spec.caps.fps.and_then(|fps| Duration::try_from_secs_f64(1.0 / fps).ok())
    }

    /// Returns the instance that has the slot.
    pub(super) fn instance(&self) -> Option<&Arc<SourceInstance>> {
        match &self.phase {
            Phase::Starting(instance) | Phase::Running(instance) => Some(instance),
            _ => None,
        }
    }

    /// Returns whether it holds what this source needs, and is perhaps about to let go of it.
    pub(super) fn gives_way_to(&self, spec: &SourceSpec) -> bool {
        (self.candidate.is_some() || self.awaited.is_some() || self.offered.is_some())
            && self.instance().is_some_and(|instance| instance.spec.shares(spec))
    }

    /// The running instance ends before it has answered: the next one is opened with what it was offered.
    pub(super) fn take_offer(&mut self) {
        if let Some(offered) = self.offered.take() {
            self.spec = offered;
        }
    }

    pub(super) fn config(&self) -> &crate::config::Stream {
        &self.stream_ref.topology.prepared.pipeline.streams[self.stream_ref.at]
    }
}

/// Returns new statistics of a source.
pub(super) fn stats(spec: &SourceSpec) -> Arc<StageStats> {
    StageStats::new(format!("source {}", spec.plugin))
}

/// Starts an instance of a source for a slot.
pub(super) fn start_instance(
    slot: &SourceSlot,
    stream: u32,
    generation: u64,
    spec: Arc<SourceSpec>,
    stats: Arc<StageStats>,
    runtime: &crate::run::host::runtime::Runtime,
) -> Result<Arc<SourceInstance>, Failure> {
    let config = slot.config();
    let watched = slot.stream_ref.stream().watched.clone();
    let spec = InstanceSpec {
        generation,
        stream,
        name: &slot.name,
        watched,
        spec,
        stats,
        stream_ref: slot.stream_ref.clone(),
        ingress: slot.ingress.clone(),
        warm_up: config.warm_up,
    };
    SourceInstance::start(spec, runtime).map_err(|error| Failure::new(format!("no thread for it: {error}")))
}
