//! The machine that figures were taken on.

use crate::reading::cost_ns;
use serde::{Deserialize, Serialize};
use std::fs;
use std::num::NonZeroUsize;

/// The machine that figures were taken on, and the program that took them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Machine {
    /// `AMD EPYC 7B13`, `Raspberry Pi 4 Model B Rev 1.4`.
    pub processor: String,
    /// `x86_64`, `aarch64`.
    pub architecture: String,
    /// Cores that the program may use.
    pub cores: usize,
    /// How the kernel chooses the processor's clock, where it does.
    pub governor: Option<String>,
    /// The kernel's version.
    pub kernel: String,
    /// How many threads wanted to run in the minute before, in the mean.
    pub load: Option<f64>,
    /// The program's version.
    pub version: String,
    /// The program was built without optimisation: its figures are worth nothing.
    pub debug_build: bool,
    /// Processor time for reading the clocks around a stage, in microseconds, which is in each stage's figure.
    pub clocks_us: f64,
}

impl Machine {
    /// This one.
    pub fn this() -> Machine {
        let first = |path: &str| {
            let text = fs::read_to_string(path).ok()?;
            Some(text.trim_matches(['\0', '\n', ' ']).to_owned()).filter(|text| !text.is_empty())
        };
        let cpuinfo = first("/proc/cpuinfo").unwrap_or_default();
        let named = cpuinfo.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            (key.trim() == "model name").then(|| value.trim().to_owned())
        });
        Machine {
            processor: first("/proc/device-tree/model").or(named).unwrap_or_else(|| "unknown".into()),
            architecture: std::env::consts::ARCH.into(),
            cores: std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            governor: first("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
            kernel: first("/proc/sys/kernel/osrelease").unwrap_or_else(|| "unknown".into()),
            load: first("/proc/loadavg").and_then(|text| text.split(' ').next()?.parse().ok()),
            version: env!("CARGO_PKG_VERSION").into(),
            debug_build: cfg!(debug_assertions),
            clocks_us: cost_ns() as f64 / 1e3,
        }
    }

    /// Returns why times that were taken on another machine, or by another build, cannot be compared with those of this one.
    pub fn differs_from(&self, other: &Machine) -> Option<String> {
        let build = |machine: &Machine| if machine.debug_build { "a debug build" } else { "a release build" };
        let pairs = [
            (self.processor.clone(), other.processor.clone()),
            (self.architecture.clone(), other.architecture.clone()),
            (format!("{} cores", self.cores), format!("{} cores", other.cores)),
            (build(self).into(), build(other).into()),
        ];
        pairs.into_iter().find(|(this, that)| this != that).map(|(this, that)| format!("{this}, not {that}"))
    }

    /// Returns what makes figures of this machine less than they could be, line by line.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.debug_build {
            warnings.push(
                "THIS IS A DEBUG BUILD, many times slower than a release build in ways of its own: its figures say nothing. \
                 Use `cargo run --release -- bench …`"
                    .into(),
            );
        }
        if let Some(governor) = self.governor.as_ref().filter(|governor| *governor != "performance") {
            warnings.push(format!(
                "the processor's clock goes up and down (governor `{governor}`); for steadier figures: \
                 `sudo cpupower frequency-set -g performance`"
            ));
        }
        if let Some(load) = self.load.filter(|load| *load > 0.5 * self.cores as f64) {
            warnings.push(format!(
                "the machine was busy before this began (load {load} on {} cores)",
                self.cores
            ));
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_described_and_another_is_told_from_it() {
        let this = Machine::this();
        assert!(this.cores >= 1 && !this.kernel.is_empty() && this.debug_build == cfg!(debug_assertions));
        assert_eq!(this.differs_from(&this), None);
        let other = Machine { cores: this.cores + 1, load: Some(99.0), ..this.clone() };
        let why = this.differs_from(&other).unwrap();
        assert_eq!(why, format!("{} cores, not {} cores", this.cores, this.cores + 1));
        assert!(other.warnings().iter().any(|line| line.contains("load 99")));
        let idle = Machine { debug_build: false, governor: None, load: Some(0.0), ..this };
        assert!(idle.warnings().is_empty());
    }
}
