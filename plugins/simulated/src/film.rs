//! Pictures to be shown one after another, the bad ones left out.

use crate::config::Frames;
use crate::list::list;
use crate::picture::{self, Picture, Room};
use mutoscope_plugin::{Error, Format, Frame, Result, Services, tracing};

/// The pictures of a folder or a list, in order.
pub(crate) struct Film {
    pictures: Vec<Picture>,
    room: Room,
}

/// The format of the first picture that can be shown, from its header.
///
/// # Errors
/// [`Error::option`]: there is none.
pub(crate) fn first_format(frames: &Frames) -> Result<Format> {
    let files = list(frames)?;
    let mut trouble = None;
    for path in &files {
        match picture::format(path) {
            Ok(format) => return Ok(format),
            Err(reason) => _ = trouble.get_or_insert_with(|| format!("{} {reason}", path.display())),
        }
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
        let files = list(frames).map_err(|error| Error::new(error.to_string()))?;
        Ok(Film { pictures: files.into_iter().map(Picture::new).collect(), room: Room::EMPTY })
    }

    /// The number of pictures, bad ones too; at least 1.
    pub(crate) fn len(&self) -> usize {
        self.pictures.len()
    }

    /// Picture number `from`, or the next one that can be shown, round the end; and its number. `None` if the
    /// instance shall stop.
    ///
    /// # Errors
    /// None can be shown.
    pub(crate) fn show_from(&mut self, from: usize, services: &Services) -> Result<Option<(usize, Frame)>> {
        let count = self.len();
        match self.first_good((0..count).map(|i| (from + i) % count), services) {
            None if !services.stopped() => Err(self.nothing_left()),
            shown => Ok(shown),
        }
    }

    /// The same without going round the end: `None` also when no picture is left.
    ///
    /// # Errors
    /// None could be shown from the first on.
    pub(crate) fn show_rest(&mut self, from: usize, services: &Services) -> Result<Option<(usize, Frame)>> {
        match self.first_good(from..self.len(), services) {
            None if from == 0 && !services.stopped() => Err(self.nothing_left()),
            shown => Ok(shown),
        }
    }

    fn first_good(
        &mut self,
        order: impl Iterator<Item = usize>,
        services: &Services,
    ) -> Option<(usize, Frame)> {
        for at in order {
            let picture = &mut self.pictures[at];
            let known = picture.trouble.is_some();
            if let Some(frame) = picture.frame(&mut self.room, services) {
                return Some((at, frame));
            }
            services.count("frames_skipped", 1);
            // Once: a bad picture comes round again and again.
            if let (Some(trouble), false) = (&picture.trouble, known) {
                tracing::warn!("left out: {trouble}");
            }
            // A long row of bad ones takes its time.
            if services.stopped() {
                break;
            }
        }
        None
    }

    fn nothing_left(&self) -> Error {
        let trouble = self.pictures.iter().find_map(|picture| picture.trouble.as_deref());
        Error::new(none_can_be_shown(self.len(), trouble.unwrap_or_default()))
    }
}
