//! The pipeline file of a run, and the ways in which it is changed.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The `timeout_ms` of each stream: longest time of a stage's call, or of a source's silence.
pub const TIMEOUT: Duration = Duration::from_millis(1500);

/// The streams that are always there, and the camera that each shows.
pub const STREAMS: [(&str, u32); 4] = [("steady", 1), ("front", 2), ("yard", 3), ("copy", 2)];

/// The stream that comes and goes, and its camera.
pub const EXTRA: (&str, u32) = ("extra", 4);

/// The rate of the stream that nothing is done to.
pub const STEADY_FPS: f64 = 10.0;

/// The variable parts of a pipeline file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pipeline {
    /// The note of `front`'s source, which changes while it runs.
    pub note: u32,
    /// The note of `front`'s filter.
    pub filter_note: u32,
    /// `front` has another camera, of another size.
    pub front_other: bool,
    /// `front`'s camera is one that does what another control file says, `front.second`.
    pub front_second: bool,
    /// `yard` is asked for another size of its one device.
    pub yard_other: bool,
    /// `copy` has a transform more.
    pub stamp: bool,
    /// `copy`'s JPEG quality is another.
    pub coarse: bool,
    /// `extra` is there.
    pub extra: bool,
}

impl Pipeline {
    /// As YAML; `folder` holds control files and ledger.
    pub fn text(&self, folder: &Path) -> String {
        let timeout = TIMEOUT.as_millis();
        let stage = |name: &str| {
            let (control, ledger) = (folder.join(format!("{name}.json")), folder.join("ledger"));
            format!("plugin: faulty, stage: {name}, control: {control:?}, ledger: {ledger:?}")
        };
        let mut text = String::from("streams:\n");
        let mut stream = |name: &str, input: String, transforms: &[String]| {
            let transforms: Vec<_> = transforms.iter().map(|stage| format!("{{ {stage} }}")).collect();
            let transforms = transforms.join(", ");
            // Writing to a String does not fail.
            let _ = writeln!(
                text,
                "  {name}:\n    {input}\n    transforms: [ {transforms} ]\n    timeout_ms: {timeout}"
            );
        };
        let source = |name: &str, more: String| format!("source: {{ {}, {more} }}", stage(name));
        let steady = format!("id: 1, width: 320, height: 180, fps: {STEADY_FPS}");
        stream("steady", source("steady.source", steady), &[]);
        let (width, height) = if self.front_other { (480, 270) } else { (640, 360) };
        let camera = if self.front_second { "front.second" } else { "front.source" };
        let front = format!("id: 2, width: {width}, height: {height}, fps: 15, note: {}", self.note);
        let small = "plugin: resize, width: 320, height: 180".to_owned();
        let filter = format!("{}, note: {}", stage("front.filter"), self.filter_note);
        stream("front", source(camera, front), &[filter, small.clone()]);
        let (width, height) = if self.yard_other { (480, 270) } else { (640, 360) };
        let yard = format!("id: 3, width: {width}, height: {height}, fps: 12, jpeg: true, device: yard");
        stream("yard", source("yard.source", yard), std::slice::from_ref(&small));
        let quality = if self.coarse { 60 } else { 85 };
        let mut copy = vec![stage("copy.filter"), format!("plugin: jpeg, quality: {quality}")];
        if self.stamp {
            copy.insert(0, "plugin: timestamp".to_owned());
        }
        stream("copy", "from: front".to_owned(), &copy);
        if self.extra {
            let extra = "id: 4, width: 320, height: 180, fps: 8".to_owned();
            stream("extra", source("extra.source", extra), &[]);
        }
        let observer = stage("observer");
        let _ = write!(
            text,
            "sinks:\n  - {{ plugin: mjpeg, listen: 127.0.0.1:0 }}\n  - {{ {observer}, streams: [front, yard] }}\n"
        );
        text
    }
}

/// The way in which a file is replaced, after editors, scripts and containers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Manner {
    /// Written over.
    InPlace,
    /// A new one takes its place.
    Rename,
    /// The name is a link, which points to another file then.
    Link,
}

impl Manner {
    /// All of them.
    pub const ALL: [Manner; 3] = [Manner::InPlace, Manner::Rename, Manner::Link];

    /// Writes `text` to `path`.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write(self, path: &Path, text: &str) -> io::Result<()> {
        match self {
            Manner::InPlace => fs::write(path, text),
            Manner::Rename => {
                let new = path.with_extension("new");
                fs::write(&new, text)?;
                fs::rename(new, path)
            }
            Manner::Link => {
                // Two files in turn, so that the one that is linked is not the one that is written.
                let folder = path.with_extension("versions");
                fs::create_dir_all(&folder)?;
                let linked = fs::read_link(path).unwrap_or_default();
                let name = if linked.ends_with("a.yaml") { "b.yaml" } else { "a.yaml" };
                let target: PathBuf = folder.join(name);
                fs::write(&target, text)?;
                let link = path.with_extension("link");
                // One that a killed run left.
                let _ = fs::remove_file(&link);
                std::os::unix::fs::symlink(target, &link)?;
                fs::rename(link, path)
            }
        }
    }
}

/// Invalid pipeline files.
pub const BAD: [&str; 4] = [
    "streams: [ {",
    "source: { plugin: there-is-no-such-plugin }\nsink: { plugin: mjpeg }\n",
    "source: { plugin: simulated, fps: lots }\nsink: { plugin: mjpeg }\n",
    "",
];

#[cfg(test)]
mod tests {
    use super::*;
    use mutoscope_tests::{Folder, Program};

    #[test]
    fn each_form_of_the_file_is_good_but_for_the_bad_ones() {
        let folder = Folder::new();
        let plain = Pipeline::default();
        let full = Pipeline {
            note: 1,
            filter_note: 2,
            front_other: true,
            front_second: true,
            yard_other: true,
            stamp: true,
            coarse: true,
            extra: true,
        };
        for (text, code) in [(plain.text(folder.path()), 0), (full.text(folder.path()), 0)]
            .into_iter()
            .chain(BAD.map(|text| (text.to_owned(), 78)))
        {
            Program::new(["check", "-"]).with_fixtures().given(text).output().expect(code);
        }
    }

    #[test]
    fn each_manner_puts_the_text_there() {
        let folder = Folder::new();
        let path = folder.path().join("p.yaml");
        for (manner, text) in Manner::ALL.iter().cycle().zip(["1", "2", "3", "4", "5", "6", "7"]) {
            manner.write(&path, text).unwrap();
            assert_eq!(folder.read("p.yaml"), text, "{manner:?}");
        }
    }
}
