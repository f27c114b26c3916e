//! A pipeline in the running engine: real dylibs, real threads.

use crate::processor_time;
use mutoscope_engine::config::{self, Origin};
use mutoscope_engine::plugins::Plugins;
use mutoscope_engine::prepare::prepare;
use mutoscope_engine::run::Running;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A pipeline in the running engine.
pub struct Pipeline {
    running: Running,
    stream: String,
}

impl Pipeline {
    /// Starts the pipeline of this text; the frames of `stream` are counted.
    ///
    /// # Panics
    /// If it is wrong, or a plugin is not there: a bench has no use for going on.
    pub fn start(yaml: &str, stream: &str) -> Pipeline {
        let plugins = Plugins::from_env().unwrap_or_else(|error| panic!("{error}"));
        let origin = Origin::BuiltIn { name: "bench".into(), text: yaml.into() };
        let checked = config::load(&origin, &[], &|_| None, &plugins);
        let prepared = checked.and_then(|checked| prepare(checked, &plugins));
        let prepared = prepared.unwrap_or_else(|report| panic!("{}", report.render(false)));
        Pipeline {
            running: Running::start(&std::sync::Arc::new(prepared), |_| {})
                .unwrap_or_else(|error| panic!("{error}")),
            stream: stream.to_owned(),
        }
    }

    /// Processor time for each of the next `count` frames that leave the stream.
    ///
    /// # Panics
    /// If none come for a minute.
    pub fn time_per_frame(&self, count: u64) -> Duration {
        let (start, before) = (self.frames(), processor_time());
        let end = self.wait_for(start + count);
        (processor_time() - before) / u32::try_from(end - start).unwrap_or(u32::MAX)
    }

    fn frames(&self) -> u64 {
        let state: serde_json::Value = serde_json::from_str(&self.running.state()).unwrap_or_default();
        state["streams"][&self.stream]["frames"].as_u64().unwrap_or(0)
    }

    fn wait_for(&self, frames: u64) -> u64 {
        let (began, mut last) = (Instant::now(), self.frames());
        while last < frames {
            assert!(began.elapsed() < Duration::from_secs(60), "no frames: {}", self.running.state());
            sleep(Duration::from_millis(10));
            last = self.frames();
        }
        last
    }
}
