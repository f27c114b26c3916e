//! Pictures to be shown one after another, the bad ones left out.

use crate::config::Frames;
use crate::list::{List, list};
use crate::picture::{self, Look, Picture, Room, Unknown};
use crate::said;
use mutoscope_plugin::{Buffer, Error, Format, Frame, Result, Services, Times, tracing};
use std::path::Path;
use std::time::Duration;

/// The pictures of a folder or a list, in order.
pub(crate) struct Film {
    pictures: Vec<Picture>,
    room: Room,
    /// The picture that was shown last, and its number: it stays while its file, or every file, is being written.
    last: Option<(usize, Format, Buffer)>,
}

/// The facts about a film before it is opened.
pub(crate) struct Outline {
    /// The format of the first picture that can be shown, from its header; `None`: it is being written.
    pub(crate) format: Option<Format>,
    /// Notes for the user, each with its option.
    pub(crate) notes: Vec<(String, String)>,
}

/// The picture to show at a moment.
#[derive(Debug)]
pub(crate) enum Shown {
    /// A picture and its number.
    Frame(usize, Frame),
    /// Nothing yet: files are being written, and were never seen whole.
    Awaited,
    /// Nothing that can be shown.
    Nothing,
}

/// The time that a source without a picture so far waits for one that is being written; [`STEP`] lies between two looks.
const WAIT: Duration = Duration::from_secs(2);
const STEP: Duration = Duration::from_millis(50);

/// Looks at the headers of some pictures.
///
/// # Errors
/// [`Error::option`]: none can be shown.
pub(crate) fn outline(frames: &Frames) -> Result<Outline> {
    let List { files, left_out: mut notes } = list(frames)?;
    // The host tells it, so that opening the film need not.
    notes.iter().for_each(|(_, text)| _ = said::is_new(text));
    let mut trouble = None;
    let mut awaited = None;
    for path in &files {
        match picture::format(path, Times::now()) {
            Ok(format) => return Ok(Outline { format: Some(format), notes }),
            Err(Unknown { reason, is_new }) => {
                let text = format!("{} {reason}", path.display());
                awaited = awaited.or_else(|| is_new.then(|| text.clone()));
                trouble.get_or_insert(text);
            }
        }
    }
    if let Some(text) = awaited {
        // Hold the file against the one that it will be, not against the moment.
        notes.push((
            "frames".into(),
            format!("no picture can be shown yet, and one is being written: {text}"),
        ));
        return Ok(Outline { format: None, notes });
    }
    Err(Error::option("frames", none_can_be_shown(files.len(), &trouble.unwrap_or_default())))
}

fn none_can_be_shown(count: usize, trouble: &str) -> String {
    match count {
        1 => format!("the only picture cannot be shown: {trouble}"),
        _ => format!("none of the {count} pictures can be shown; the first: {trouble}"),
    }
}

impl Film {
    /// Lists the pictures; none is read yet.
    ///
    /// # Errors
    /// There is none now. Not an option's error: the options were good when the pipeline was planned, and the folder
    /// may come back.
    pub(crate) fn open(frames: &Frames) -> Result<Film> {
        let List { files, left_out } = list(frames).map_err(|error| Error::new(error.to_string()))?;
        left_out.iter().filter(|(_, text)| said::is_new(text)).for_each(|(_, text)| tracing::warn!("{text}"));
        Ok(Film { pictures: files.into_iter().map(Picture::new).collect(), room: Room::EMPTY, last: None })
    }

    /// The number of pictures, bad ones too; at least 1.
    pub(crate) fn len(&self) -> usize {
        self.pictures.len()
    }

    /// The path of picture number `at`.
    pub(crate) fn path(&self, at: usize) -> Option<&Path> {
        self.pictures.get(at).map(Picture::path)
    }

    /// The number of the picture with this path.
    pub(crate) fn position(&self, path: &Path) -> Option<usize> {
        self.pictures.iter().position(|picture| picture.path() == path)
    }

    /// Picture number `from`, or the next one that can be shown, round the end; and its number. `None` if the
    /// instance shall stop.
    ///
    /// # Errors
    /// None can be shown.
    pub(crate) fn show_from(&mut self, from: usize, services: &Services) -> Result<Option<(usize, Frame)>> {
        let started = services.now();
        loop {
            let now = services.now();
            match self.shown_from(from, now, services) {
                _ if services.stopped() => return Ok(None),
                Shown::Frame(at, frame) => return Ok(Some((at, frame))),
                Shown::Awaited if now.since(started) < WAIT => _ = services.sleep(STEP),
                Shown::Awaited | Shown::Nothing => return Err(self.nothing_left()),
            }
        }
    }

    /// The same at a given moment, without waiting.
    pub(crate) fn shown_from(&mut self, from: usize, now: Times, services: &Services) -> Shown {
        let count = self.len();
        let shown = self.first_good((0..count).map(|i| (from + i) % count), now, services);
        match (shown, &self.last) {
            (Shown::Awaited, Some((_, format, buffer))) => {
                let last = Frame::from_buffer(*format, buffer.clone(), now);
                last.map_or(Shown::Nothing, |frame| Shown::Frame(from, frame))
            }
            (shown, _) => shown,
        }
    }

    /// The same without going round the end: `None` also when no picture is left.
    ///
    /// # Errors
    /// None could be shown from the first on.
    pub(crate) fn show_rest(&mut self, from: usize, services: &Services) -> Result<Option<(usize, Frame)>> {
        match self.first_good(from..self.len(), services.now(), services) {
            Shown::Frame(at, frame) => Ok(Some((at, frame))),
            _ if from == 0 && !services.stopped() => Err(self.nothing_left()),
            _ => Ok(None),
        }
    }

    fn first_good(&mut self, order: impl Iterator<Item = usize>, now: Times, services: &Services) -> Shown {
        let mut otherwise = Shown::Nothing;
        for at in order {
            let picture = &mut self.pictures[at];
            let (knew, was_whole) = (picture.trouble().is_some(), picture.was_whole());
            let is_new = |trouble: &str| was_whole || said::is_new(&format!("left out: {trouble}"));
            let last = self.last.as_ref().filter(|(last, ..)| *last == at);
            let look = match (picture.look(&mut self.room, now, services), last) {
                (Look::Awaited, Some((_, format, buffer))) => {
                    Frame::from_buffer(*format, buffer.clone(), now).map_or(Look::Awaited, Look::Frame)
                }
                (look, _) => look,
            };
            // Each once: a picture comes round again and again, also for the next instance.
            match (&look, picture.trouble()) {
                (Look::Frame(_), Some(trouble))
                    if !knew && said::is_new(&format!("stays: {}", picture.path().display())) =>
                {
                    tracing::info!("its last whole picture stays until there is a new one: {trouble}");
                }
                (Look::Awaited, Some(trouble)) if !knew && picture.was_whole() => {
                    tracing::info!("left out while it is being written: {trouble}");
                }
                (Look::Awaited, Some(trouble)) if !knew && is_new(&trouble) => {
                    tracing::warn!("left out: {trouble}");
                }
                (Look::Bad { news: true }, Some(trouble)) if is_new(&trouble) => {
                    tracing::warn!("left out: {trouble}");
                }
                _ => {}
            }
            match look {
                Look::Frame(frame) => {
                    self.last = Some((at, frame.format(), frame.buffer().clone()));
                    return Shown::Frame(at, frame);
                }
                Look::Awaited => otherwise = Shown::Awaited,
                Look::Bad { .. } => {}
            }
            services.count("frames_skipped", 1);
            // A long row of bad ones takes its time.
            if services.stopped() {
                break;
            }
        }
        otherwise
    }

    fn nothing_left(&self) -> Error {
        let trouble = self.pictures.iter().find_map(Picture::trouble);
        Error::new(none_can_be_shown(self.len(), &trouble.unwrap_or_default()))
    }
}
