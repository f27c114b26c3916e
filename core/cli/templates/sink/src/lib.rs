//! A sink for Mutoscope: an album. Every few seconds it writes a stream's picture into a file.
//!
//! The documentation of `Sink` says what each method may do, on which thread it runs and how long it may take.

#![forbid(unsafe_code)]

use mutoscope_plugin::{
    Context, Error, Frame, Result, Sink, StreamId, StreamInfo, Times, Update, options,
};
use std::collections::{HashMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

/// What a pipeline file may say after `plugin: my-sink`. These comments are the only text about the options:
/// `mutoscope plugins show my-sink` shows them, and so do editors that know the schema.
#[options]
pub struct Options {
    /// Where the pictures go: a folder, which is made if it is not there. A relative path is reckoned from the pipeline
    /// file's folder.
    #[schemars(extend("format" = "path"))]
    folder: PathBuf,
    /// Seconds from one picture of a stream to the next.
    #[serde(default = "ten")]
    #[schemars(range(min = 0.0, max = 86_400.0))]
    every_s: f64,
    /// How many pictures of a stream are kept; the oldest that this run has written go. All, if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    keep: Option<u32>,
}

fn ten() -> f64 {
    10.0
}

/// The sink at work.
struct Album {
    options: Options,
    pages: HashMap<StreamId, Page>,
}

/// What was written of one stream.
struct Page {
    name: String,
    last: Option<Times>,
    written: VecDeque<PathBuf>,
}

impl Sink for Album {
    type Options = Options;

    // Without `accepts` only JPEGs come: what is something else is encoded before.

    fn open(options: Options, _: &Context) -> Result<Self> {
        let folder = &options.folder;
        // What is wrong with an option is shown in the pipeline file, with the option underlined.
        fs::create_dir_all(folder).map_err(|error| Error::option("folder", error.to_string()))?;
        Ok(Album {
            options,
            pages: HashMap::new(),
        })
    }

    fn add_stream(&mut self, stream: StreamInfo, ctx: &Context) -> Result<()> {
        // What nobody looks at is not worked on: this sink always looks.
        ctx.set_demand(stream.id, 1);
        let page = Page {
            name: stream.name,
            last: None,
            written: VecDeque::new(),
        };
        self.pages.insert(stream.id, page);
        Ok(())
    }

    fn remove_stream(&mut self, stream: StreamId, ctx: &Context) -> Result<()> {
        ctx.set_demand(stream, 0);
        self.pages.remove(&stream);
        Ok(())
    }

    fn receive(&mut self, stream: StreamId, frame: Frame, ctx: &Context) -> Result<()> {
        let (Some(page), Some(jpeg)) = (self.pages.get_mut(&stream), frame.jpeg()) else {
            return Ok(());
        };
        let now = frame.times();
        let is_early = |last: Times| now.since(last).as_secs_f64() < self.options.every_s;
        if page.last.is_some_and(is_early) {
            return Ok(());
        }
        page.last = Some(now);
        // Milliseconds since 1970, so that the files' names sort as their times do.
        let name = format!("{}-{:013}.jpg", page.name, now.wall_ns / 1_000_000);
        page.written
            .push_back(write(&self.options.folder, &name, jpeg)?);
        // Shown in the program's state.
        ctx.count("pictures_written", 1);
        let most = self.options.keep.map_or(usize::MAX, |keep| keep as usize);
        while page.written.len() > most {
            if let Some(oldest) = page.written.pop_front() {
                // Somebody may have taken it away already.
                let _ = fs::remove_file(oldest);
            }
        }
        Ok(())
    }

    /// Optional: what can change while it runs. Without this method new options make a new instance.
    fn update(&mut self, options: Options, _: &Context) -> Result<Update> {
        if options.folder != self.options.folder {
            return Ok(Update::Restart);
        }
        self.options = options;
        Ok(Update::Applied)
    }
}

/// Writes a file in one step, so that nobody ever sees half a picture; gives its path.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf> {
    let (unfinished, path) = (folder.join(format!(".{name}.part")), folder.join(name));
    let written = fs::write(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, &path));
    written.map_err(|error| {
        // If it is there at all.
        let _ = fs::remove_file(&unfinished);
        Error::from(error).context(path.display())
    })?;
    Ok(path)
}

mutoscope_plugin::export!(sink: Album);

#[cfg(test)]
mod tests {
    use super::*;
    use mutoscope_plugin::serde_json::json;
    use mutoscope_plugin::testing::{Conformance, TestHost};
    use mutoscope_plugin::{Buffer, Format};

    /// A folder of a test's own, taken away at its end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            Folder(std::env::temp_dir().join(format!("my-sink-{name}-{}", std::process::id())))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// Options, streams, demand, stopping, memory: what every plugin must keep. A failure says what was expected, and why
    /// it matters.
    #[test]
    fn keeps_what_every_plugin_must_keep() {
        let folder = Folder::new("kit");
        let options = json!({ "folder": folder.0, "every_s": 0, "keep": 3 });
        Conformance::of(crate::plugin()).options(options).check();
    }

    #[test]
    fn pictures_come_at_their_time_and_the_oldest_go() {
        let folder = Folder::new("album");
        let stand = TestHost::new();
        let ctx = &stand.context();
        let options = Options {
            folder: folder.0.clone(),
            every_s: 10.0,
            keep: Some(2),
        };
        let mut album = Album::open(options, ctx).unwrap();
        let stream = StreamInfo::new(StreamId(1), "porch");
        album.add_stream(stream, ctx).unwrap();
        for second in 0..36 {
            let ns = second * 1_000_000_000;
            let times = Times {
                monotonic_ns: ns,
                wall_ns: ns as i64,
            };
            let jpeg = Buffer::from_vec(vec![0xff, 0xd8, second as u8]);
            let frame = Frame::from_buffer(Format::jpeg(1, 1), jpeg, times).unwrap();
            album.receive(StreamId(1), frame, ctx).unwrap();
        }
        let mut names: Vec<_> = fs::read_dir(&folder.0)
            .unwrap()
            .map(|file| file.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(
            names,
            ["porch-0000000020000.jpg", "porch-0000000030000.jpg"]
        );
        assert_eq!(
            fs::read(folder.0.join(&names[1])).unwrap(),
            [0xff, 0xd8, 30]
        );
        assert_eq!(stand.counter("pictures_written"), 4);
    }
}
