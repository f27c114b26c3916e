//! The longer sequences that benchmarks and tests share. They are too large for the repository: the first who asks makes
//! them, everybody else finds them made.
//!
//! A sequence lives in a folder of its own, `NAME-RECIPE`, where RECIPE is a checksum of the code that paints it: after a
//! change of that code, a new folder is made. The folder is filled under another name and renamed when it is complete, so
//! that nobody sees a part of it; a lock lets one process paint while the others wait. A folder may be deleted at any time
//! that nobody uses it.

use std::fs::{self, File};
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::canvas::threads;
use crate::jpeg::{Sampling, encode, encode_within};
use crate::porch::Porch;

/// A sequence of JPEG files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sequence {
    /// 60 frames of 1280x720 in 4:2:0, each of 80,000 to 90,000 bytes.
    Hd720,
    /// 40 frames of 1920x1080 at quality 80 in 4:2:0.
    FullHd80Yuv420,
    /// 40 frames of 1920x1080 at quality 80 in 4:2:2.
    FullHd80Yuv422,
    /// 40 frames of 1920x1080 at quality 95 in 4:2:0.
    FullHd95Yuv420,
    /// 40 frames of 1920x1080 at quality 95 in 4:2:2.
    FullHd95Yuv422,
    /// As [`FullHd80Yuv420`](Sequence::FullHd80Yuv420), with the grain of a small camera's sensor: 220,000 bytes and more.
    Grain80Yuv420,
    /// As [`FullHd80Yuv422`](Sequence::FullHd80Yuv422), with grain.
    Grain80Yuv422,
    /// As [`FullHd95Yuv420`](Sequence::FullHd95Yuv420), with grain.
    Grain95Yuv420,
}

/// How a frame's quality is found.
enum Quality {
    Fixed(u8, Sampling),
    /// The best within so many bytes.
    Within(usize),
}

impl Sequence {
    /// Every sequence.
    pub const ALL: [Self; 8] = [
        Self::Hd720,
        Self::FullHd80Yuv420,
        Self::FullHd80Yuv422,
        Self::FullHd95Yuv420,
        Self::FullHd95Yuv422,
        Self::Grain80Yuv420,
        Self::Grain80Yuv422,
        Self::Grain95Yuv420,
    ];

    /// The name on the command line and in the folder's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hd720 => "hd720",
            Self::FullHd80Yuv420 => "fullhd-q80-420",
            Self::FullHd80Yuv422 => "fullhd-q80-422",
            Self::FullHd95Yuv420 => "fullhd-q95-420",
            Self::FullHd95Yuv422 => "fullhd-q95-422",
            Self::Grain80Yuv420 => "grain-q80-420",
            Self::Grain80Yuv422 => "grain-q80-422",
            Self::Grain95Yuv420 => "grain-q95-420",
        }
    }

    /// The sequence of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Width and height in pixels.
    pub fn size(self) -> (usize, usize) {
        if self == Self::Hd720 { (1280, 720) } else { (1920, 1080) }
    }

    /// How many frames it has.
    pub fn count(self) -> usize {
        if self == Self::Hd720 { 60 } else { 40 }
    }

    fn quality(self) -> Quality {
        match self {
            // A step of quality is up to 3 % of the size: the frames come out at 86,000 and more.
            Self::Hd720 => Quality::Within(89_500),
            Self::FullHd80Yuv420 | Self::Grain80Yuv420 => Quality::Fixed(80, Sampling::Yuv420),
            Self::FullHd80Yuv422 | Self::Grain80Yuv422 => Quality::Fixed(80, Sampling::Yuv422),
            Self::FullHd95Yuv420 | Self::Grain95Yuv420 => Quality::Fixed(95, Sampling::Yuv420),
            Self::FullHd95Yuv422 => Quality::Fixed(95, Sampling::Yuv422),
        }
    }
}

/// Paints a sequence's frames, in any order and on any thread.
#[derive(Debug)]
pub struct Painter {
    kind: Sequence,
    porch: Porch,
}

impl Painter {
    /// Paints what stands still; takes about as long as ten frames.
    pub fn new(kind: Sequence) -> Self {
        let (width, height) = kind.size();
        let noise = match kind {
            // Less noise where 90,000 bytes must do.
            Sequence::Hd720 => 0.4,
            Sequence::Grain80Yuv420 | Sequence::Grain80Yuv422 | Sequence::Grain95Yuv420 => 1.6,
            _ => 0.8,
        };
        Self { kind, porch: Porch::new(width, height, kind.count(), noise) }
    }

    /// Frame `index` as a JPEG.
    pub fn frame(&self, index: usize) -> Vec<u8> {
        let (width, height) = self.kind.size();
        let rgb = self.porch.frame(index);
        match self.kind.quality() {
            Quality::Fixed(quality, sampling) => encode(&rgb, width, height, quality, sampling),
            Quality::Within(limit) => encode_within(&rgb, width, height, limit),
        }
    }
}

/// The folder of a sequence, `0001.jpg` and so on, under `frames/generated/` of this package's sources. The first call on
/// a machine paints it (seconds in a release build), later ones find it; calls from several threads and processes are safe.
///
/// # Errors
/// What the file system says, with the path; and a folder from which frames have disappeared.
pub fn sequence(kind: Sequence) -> Result<PathBuf> {
    sequence_in(kind, &Path::new(env!("CARGO_MANIFEST_DIR")).join("generated"))
}

/// As [`sequence`], under another folder, which is made where it is missing.
///
/// # Errors
/// As [`sequence`].
pub fn sequence_in(kind: Sequence, parent: &Path) -> Result<PathBuf> {
    made_once(parent, &format!("{}-{:08x}", kind.name(), recipe()), kind.count(), |folder| {
        let painter = Painter::new(kind);
        write_frames(folder, kind.count(), |index| painter.frame(index))
    })
}

/// Writes frames `0001.jpg` and so on into a folder that exists, on several threads.
///
/// # Errors
/// The first file that cannot be written.
pub fn write_frames(folder: &Path, count: usize, frame: impl Fn(usize) -> Vec<u8> + Sync) -> Result<()> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<()> {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return Ok(());
            }
            let path = folder.join(format!("{:04}.jpg", index + 1));
            fs::write(&path, frame(index)).map_err(|e| at(&path, &e))?;
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads().min(count)).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })
}

/// The folder `parent/name` with `count` files in it, filled by `fill` if it is not there yet.
fn made_once(
    parent: &Path,
    name: &str,
    count: usize,
    fill: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let folder = parent.join(name);
    if folder.is_dir() {
        return complete(folder, count);
    }
    fs::create_dir_all(parent).map_err(|e| at(parent, &e))?;
    let lock_path = parent.join(format!(".{name}.lock"));
    let lock = File::create(&lock_path).map_err(|e| at(&lock_path, &e))?;
    // Given back when the file is closed, also when this process dies.
    lock.lock().map_err(|e| at(&lock_path, &e))?;
    if !folder.is_dir() {
        // Whoever holds the lock owns the unfinished folder; one that is there was left by a process that died.
        let unfinished = parent.join(format!(".{name}.unfinished"));
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(|e| at(&unfinished, &e))?;
        }
        fs::create_dir(&unfinished).map_err(|e| at(&unfinished, &e))?;
        fill(&unfinished)?;
        fs::rename(&unfinished, &folder).map_err(|e| at(&folder, &e))?;
    }
    complete(folder, count)
}

fn complete(folder: PathBuf, count: usize) -> Result<PathBuf> {
    let found = fs::read_dir(&folder)
        .map_err(|e| at(&folder, &e))?
        .filter(|entry| entry.as_ref().is_ok_and(|e| e.metadata().is_ok_and(|m| m.is_file() && m.len() > 0)))
        .count();
    if found == count {
        Ok(folder)
    } else {
        let problem = format!(
            "{}: {found} frames instead of {count}; delete the folder to have it made again",
            folder.display()
        );
        Err(Error::new(ErrorKind::InvalidData, problem))
    }
}

fn at(path: &Path, error: &Error) -> Error {
    Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// A checksum (FNV-1a) of everything that decides what a sequence looks like.
fn recipe() -> u32 {
    const SOURCES: [&str; 10] = [
        include_str!("canvas.rs"),
        include_str!("jpeg.rs"),
        include_str!("math.rs"),
        include_str!("noise.rs"),
        include_str!("porch/mod.rs"),
        include_str!("porch/cat.rs"),
        include_str!("porch/foliage.rs"),
        include_str!("porch/garden.rs"),
        include_str!("porch/sensor.rs"),
        include_str!("sequence.rs"),
    ];
    SOURCES
        .iter()
        .flat_map(|s| s.bytes())
        .fold(0x811c_9dc5, |sum, b| (sum ^ u32::from(b)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_ask_and_one_works() {
        let parent = tempfile::tempdir().unwrap();
        let calls = AtomicUsize::new(0);
        // What a process that died half way left behind.
        fs::create_dir_all(parent.path().join(".few-1.unfinished/rest")).unwrap();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let folder = made_once(parent.path(), "few-1", 3, |folder| {
                        calls.fetch_add(1, Ordering::Relaxed);
                        write_frames(folder, 3, |index| vec![index as u8 + 1])
                    })
                    .unwrap();
                    assert_eq!(fs::read(folder.join("0003.jpg")).unwrap(), [3]);
                });
            }
        });
        assert_eq!(calls.into_inner(), 1);
    }

    #[test]
    fn a_folder_with_holes_is_named() {
        let parent = tempfile::tempdir().unwrap();
        let make = |folder: &Path| write_frames(folder, 2, |_| vec![1]);
        let folder = made_once(parent.path(), "two-1", 2, make).unwrap();
        fs::remove_file(folder.join("0001.jpg")).unwrap();
        let error = made_once(parent.path(), "two-1", 2, make).unwrap_err().to_string();
        assert!(error.contains("two-1") && error.contains("1 frames instead of 2"), "{error}");
    }

    #[test]
    fn a_failed_attempt_leaves_no_folder() {
        let parent = tempfile::tempdir().unwrap();
        let error = made_once(parent.path(), "none-1", 1, |_| Err(Error::other("full"))).unwrap_err();
        assert_eq!(error.to_string(), "full");
        assert!(!parent.path().join("none-1").exists());
        made_once(parent.path(), "none-1", 1, |folder| write_frames(folder, 1, |_| vec![1])).unwrap();
    }

    #[test]
    fn names_lead_back_to_their_sequence() {
        for kind in Sequence::ALL {
            assert_eq!(Sequence::named(kind.name()), Some(kind));
        }
    }
}
