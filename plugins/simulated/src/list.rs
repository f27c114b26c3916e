//! From the paths in the options to the pictures' files, in the order in which they are shown.

use crate::config::Frames;
use crate::foreign::Foreign;
use image::ImageFormat;
use mutoscope_plugin::{Error, Result, tracing};
use std::cmp::Ordering;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Files that are listed at most, which bounds the memory that a list can take (a few tens of MB).
const MAX_FILES: usize = 100_000;

/// The pictures of some paths.
#[derive(Default)]
pub(crate) struct List {
    pub(crate) files: Vec<PathBuf>,
    /// Pictures of kinds that cannot be shown: the option of their folder, and what to say of them.
    pub(crate) left_out: Vec<(String, String)>,
}

/// Lists the files of all paths. None of them is opened.
///
/// # Errors
/// The option whose path is missing, cannot be read, or is a folder without pictures.
pub(crate) fn list(frames: &Frames) -> Result<List> {
    let mut list = List::default();
    Error::all(frames.paths().into_iter().map(|(option, path)| list.add(&option, path)))?;
    if list.files.is_empty() {
        return Err(Error::option(
            "frames",
            "an empty list: name a folder or pictures, or leave `frames` out",
        ));
    }
    Ok(list)
}

impl List {
    /// Adds the files of one path of `frames`, which `option` names.
    fn add(&mut self, option: &str, path: &Path) -> Result<()> {
        let refused = |problem: String| Error::option(option, problem);
        let about = path.metadata().map_err(|error| refused(unreachable(path, &error)))?;
        if about.is_dir() {
            let Folder { files, foreign } = folder(path).map_err(refused)?;
            self.files.extend(files);
            if let Some(foreign) = foreign.summary() {
                let path = path.display();
                let text = format!(
                    "left out of {path}, since they cannot be shown: {foreign}; convert them to JPEG"
                );
                self.left_out.push((option.to_owned(), text));
            }
        } else if about.is_file() {
            self.files.push(path.to_owned());
        } else {
            return Err(refused(format!("{} is neither a folder nor a picture file", path.display())));
        }
        if self.files.len() > MAX_FILES {
            return Err(refused(format!(
                "more than {MAX_FILES} pictures up to {}: name fewer",
                path.display()
            )));
        }
        Ok(())
    }
}

fn unreachable(path: &Path, error: &std::io::Error) -> String {
    let path = path.display();
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            format!("there is no {path} (a relative path starts at the pipeline file's folder)")
        }
        _ => format!("cannot look at {path}: {error}"),
    }
}

/// A folder's pictures in natural order, and those of other kinds.
struct Folder {
    files: Vec<PathBuf>,
    foreign: Foreign,
}

fn folder(path: &Path) -> Result<Folder, String> {
    let cannot = |error| format!("cannot read the folder {}: {error}", path.display());
    let (mut pictures, mut foreign) = (Vec::new(), Foreign::default());
    let mut others = 0;
    for entry in path.read_dir().map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let name = entry.file_name();
        // Hidden files are not pictures even if they are called so: macOS leaves `._1.jpg` beside `1.jpg`.
        let hidden = name.as_encoded_bytes().starts_with(b".");
        if hidden || !is_picture(&name) || entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            if hidden || !foreign.add(&name) {
                tracing::debug!("{} is not a picture by its name", entry.path().display());
            }
            others += 1;
        } else if pictures.len() == MAX_FILES {
            return Err(format!("more than {MAX_FILES} pictures in {}: split it", path.display()));
        } else {
            pictures.push(name);
        }
    }
    if pictures.is_empty() {
        let path = path.display();
        if let Some(foreign) = foreign.summary() {
            return Err(format!(
                "no picture in {path} that can be shown, only {foreign}: convert them to JPEG"
            ));
        }
        return Err(match others {
            0 => format!("{path} is empty: put pictures (.jpg, .png, …) there, or name another folder"),
            _ => format!(
                "no picture in {path}, only {others} other file(s): pictures are called *.jpg, .jpeg, .png, .gif, \
                 .webp, .bmp, .tif, .tiff, .pnm, .pbm, .pgm, .ppm, .pam or .qoi"
            ),
        });
    }
    pictures.sort_by(|a, b| natural(a, b));
    Ok(Folder { files: pictures.into_iter().map(|name| path.join(name)).collect(), foreign })
}

fn is_picture(name: &OsStr) -> bool {
    // JPEG is not decoded by `image`.
    let is_read = |format: ImageFormat| format == ImageFormat::Jpeg || format.reading_enabled();
    ImageFormat::from_path(Path::new(name)).is_ok_and(is_read)
}

/// Numbers inside names by their value, letters without regard to case: 1.jpg, 2.JPG, 10.jpg.
fn natural(a: &OsStr, b: &OsStr) -> Ordering {
    let (whole_a, whole_b) = (a.as_encoded_bytes(), b.as_encoded_bytes());
    let (mut a, mut b) = (whole_a, whole_b);
    loop {
        let order = match (a, b) {
            // Equal but for case or leading zeros: any order, as long as it is always the same.
            ([], []) => return whole_a.cmp(whole_b),
            ([], _) => return Ordering::Less,
            (_, []) => return Ordering::Greater,
            ([x, ..], [y, ..]) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let (x, y) = (number(&mut a), number(&mut b));
                x.len().cmp(&y.len()).then(x.cmp(y))
            }
            ([x, rest_a @ ..], [y, rest_b @ ..]) => {
                (a, b) = (rest_a, rest_b);
                x.to_ascii_lowercase().cmp(&y.to_ascii_lowercase())
            }
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// Takes the digits at the start away and gives them without leading zeros.
fn number<'a>(text: &mut &'a [u8]) -> &'a [u8] {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = text.split_at(digits);
    *text = rest;
    let zeros = number.iter().take_while(|byte| **byte == b'0').count();
    &number[zeros..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_people_count() {
        let mut names = [
            "10.jpg",
            "a2b10",
            "1.jpg",
            "A2b9",
            "2.JPG",
            "img",
            "02.jpg",
            "18446744073709551617.jpg",
            "img1",
            "0.jpg",
        ];
        names.sort_by(|a, b| natural(OsStr::new(a), OsStr::new(b)));
        assert_eq!(
            names,
            [
                "0.jpg",
                "1.jpg",
                "02.jpg",
                "2.JPG",
                "10.jpg",
                "18446744073709551617.jpg",
                "A2b9",
                "a2b10",
                "img",
                "img1",
            ]
        );
    }
}
