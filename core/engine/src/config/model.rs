//! What a pipeline file comes to: one checked value, whichever form the file had.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mutoscope_plugin::host::said;
use serde_json::Value;

use crate::config::diagnostics::problem::{Problem, Problems, Severity, Target};
use crate::config::diagnostics::report::Report;
use crate::config::diagnostics::sources::Sources;
use crate::config::keys::KeyPath;

/// A checked pipeline. The short form of a file is a single stream called `camera`.
#[derive(Clone)]
pub struct Pipeline {
    /// The streams, in the order of the file; at least one.
    pub streams: Vec<Stream>,
    /// The sinks, in the order of the file; at least one.
    pub sinks: Vec<Sink>,
    /// How many threads the whole pipeline may use.
    pub threads: Option<NonZeroUsize>,
    /// Folders in which plugins are looked for first; absolute.
    pub plugin_path: Vec<PathBuf>,
    /// The folder that relative paths were relative to; absolute.
    pub base_dir: PathBuf,
    /// What is worth a look, though the file is good.
    pub warnings: Report,
    pub(crate) sources: Arc<Sources>,
}

// Without the text that it was read from.
impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline")
            .field("streams", &self.streams)
            .field("sinks", &self.sinks)
            .field("threads", &self.threads)
            .field("plugin_path", &self.plugin_path)
            .field("base_dir", &self.base_dir)
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

/// The place of a stream in [`Pipeline::streams`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamIndex(pub usize);

/// A camera, or what is made of another stream's frames; what is said of its source is the default then, and for
/// nobody to use.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// `[a-z0-9][a-z0-9_-]*`, unique in its pipeline.
    pub name: String,
    /// Where its frames come from.
    pub input: Input,
    /// What is done to them, in order.
    pub transforms: Vec<Stage>,
    /// Frames per second that it gives at most; positive and finite.
    pub max_fps: Option<f64>,
    /// How long a stage may take, or a source be silent, before it has failed (`timeout_ms`); reckoned from the
    /// source's rate where the file does not say it.
    pub timeout: Option<Duration>,
    /// How long the source goes on without a viewer (`idle_timeout_s`).
    pub idle_timeout: Duration,
    /// What the source gives for so long after it was opened is not shown (`warm_up_ms`).
    pub warm_up: Duration,
    /// The source goes on without viewers.
    pub always_on: bool,
    /// What becomes of a stage that failed.
    pub on_failure: OnFailure,
    /// Where the stream stands in the file.
    pub origin: KeyPath,
}

/// What becomes of a stage that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// A new instance, for ever, with growing pauses.
    Restart,
    /// A new instance so many times in a row without a picture between them; then the stream has ended.
    Restarts(u32),
    /// The stream has ended.
    Stop,
}

/// How long a source goes on without a viewer if the file does not say it.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(10);

/// Where a stream's frames come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A source of its own.
    Source(Stage),
    /// Another stream, after its transforms. Never in a circle.
    From(StreamIndex),
}

/// A source or a transform.
#[derive(Clone, PartialEq)]
pub struct Stage {
    /// Whose code it is.
    pub plugin: PluginRef,
    /// An object: the plugin's options as its schema wants them, paths absolute, secrets read, nothing of the host's.
    pub options: Value,
    /// Where the stage stands in the file: `transforms[0]`, `streams.porch.source`.
    pub origin: KeyPath,
}

// Options may be secrets: their names are shown.
impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options: Vec<&String> =
            self.options.as_object().map(|map| map.keys().collect()).unwrap_or_default();
        f.debug_struct("Stage")
            .field("plugin", &self.plugin)
            .field("options", &options)
            .field("origin", &self.origin)
            .finish()
    }
}

/// What shows streams to the world.
#[derive(Clone, Debug, PartialEq)]
pub struct Sink {
    /// Its plugin and options.
    pub stage: Stage,
    /// The streams it serves, in the order the file names them; all where it names none.
    pub streams: Vec<StreamIndex>,
}

/// What a plugin may be used as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PluginKind {
    /// Gives frames.
    Source,
    /// Makes frames of frames.
    Transform,
    /// Takes frames.
    Sink,
}

impl PluginKind {
    /// All kinds, in the order in which frames pass them.
    pub const ALL: [PluginKind; 3] = [PluginKind::Source, PluginKind::Transform, PluginKind::Sink];
}

impl fmt::Display for PluginKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PluginKind::Source => "source",
            PluginKind::Transform => "transform",
            PluginKind::Sink => "sink",
        })
    }
}

/// How a file names a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PluginRef {
    /// By its name, as it is written; `-` and `_` are the same in it.
    Name(String),
    /// By its file; absolute.
    File(PathBuf),
}

impl fmt::Display for PluginRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PluginRef::Name(name) => f.write_str(name),
            PluginRef::File(path) => write!(f, "{}", path.display()),
        }
    }
}

impl Pipeline {
    /// Returns what to show when a plugin itself refuses an option, underlined where the file says it.
    ///
    /// `stage` is the stage's [`Stage::origin`]; `option` is the option's path within the stage (`zones[1].x`, or
    /// empty where it is about all of them together). Where the file does not say the option, the stage is shown.
    /// The first line of the message is the error, each further one a note.
    #[must_use]
    pub fn refuse(&self, stage: &KeyPath, option: &str, message: &str) -> Report {
        self.told(Severity::Error, stage, option, message)
    }

    /// The same for what is worth a look, and no error.
    #[must_use]
    pub fn warn(&self, stage: &KeyPath, option: &str, message: &str) -> Report {
        self.told(Severity::Warning, stage, option, message)
    }

    /// A plugin's words, without the secrets that it was given: its parser may repeat what it does not like.
    fn without_secrets(&self, message: &str) -> String {
        // What is shorter is a part of other words.
        let secrets = self.sources.secret_texts.iter().filter(|secret| secret.len() > 2);
        secrets.fold(message.to_owned(), |message, secret| message.replace(secret.as_str(), "***"))
    }

    fn told(&self, severity: Severity, stage: &KeyPath, option: &str, message: &str) -> Report {
        let option = KeyPath::parse(option).unwrap_or_default();
        let mut path = stage.join(&option);
        // What is not written is shown where it would be.
        while self.sources.node(&path).is_none() && path.0.len() > stage.0.len() {
            path.0.pop();
        }
        let target = if path == *stage { Target::Value(stage.key("plugin")) } else { Target::Value(path) };
        let message = said(&self.without_secrets(message));
        let mut lines = message.lines().filter(|line| !line.trim().is_empty());
        let message = lines.next().unwrap_or("the plugin refuses this");
        let problem = Problem { severity, ..Problem::error(target, message).notes(lines) };
        self.sources.report(Problems::of(problem, self.sources.secrets.clone()))
    }
}
