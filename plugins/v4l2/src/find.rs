//! The file behind a device's name, and the program that holds it.

use mutoscope_plugin::{Error, Result};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The folders in which the system lists its video devices.
pub(crate) struct Places {
    pub(crate) devices: PathBuf,
    pub(crate) classes: PathBuf,
    pub(crate) processes: PathBuf,
}

impl Default for Places {
    fn default() -> Self {
        Places { devices: "/dev".into(), classes: "/sys/class/video4linux".into(), processes: "/proc".into() }
    }
}

/// A video device that the system lists.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Listed {
    pub(crate) path: PathBuf,
    /// The driver's name for it.
    pub(crate) card: String,
    /// The first of a camera's devices; the others are for its metadata.
    pub(crate) first: bool,
    number: u32,
}

impl Places {
    /// The system's video devices, by their numbers. None is opened.
    pub(crate) fn list(&self) -> Vec<Listed> {
        let read = |path: PathBuf| fs::read_to_string(path).unwrap_or_default().trim().to_owned();
        // Without the folder there is no such device.
        let entries = fs::read_dir(&self.classes).into_iter().flatten().flatten();
        let mut listed: Vec<_> = entries
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let number = name.strip_prefix("video")?.parse().ok()?;
                Some(Listed {
                    path: self.devices.join(&name),
                    card: read(entry.path().join("name")),
                    first: matches!(read(entry.path().join("index")).as_str(), "" | "0"),
                    number,
                })
            })
            .collect();
        listed.sort_by_key(|device| device.number);
        listed
    }

    /// The file that a pipeline file means: a path with its links followed, or the device of a camera's name.
    ///
    /// # Errors
    /// Several cameras have the name (the option is refused), or none has now.
    pub(crate) fn resolve(&self, device: &str) -> Result<PathBuf> {
        if device.contains('/') {
            let path = Path::new(device);
            // A link that leads nowhere is a camera that is not plugged in.
            return Ok(fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()));
        }
        let listed = self.list();
        let wanted = device.to_lowercase();
        let matching = |exactly: bool| {
            let is = |card: &str| if exactly { card == wanted } else { card.contains(&wanted) };
            listed.iter().filter(|device| device.first && is(&device.card.to_lowercase())).collect::<Vec<_>>()
        };
        let mut found = matching(true);
        if found.is_empty() {
            found = matching(false);
        }
        let names = |devices: &[&Listed]| {
            let names: Vec<_> =
                devices.iter().map(|device| format!("{} ({})", device.card, device.path.display())).collect();
            names.join(", ")
        };
        match found[..] {
            [only] => Ok(only.path.clone()),
            [] => {
                let here: Vec<_> = listed.iter().filter(|device| device.first).collect();
                let here = if here.is_empty() { "none at all".to_owned() } else { names(&here) };
                Err(Error::new(format!("no camera is called `{device}` here now; there is: {here}")))
            }
            _ => Err(Error::option(
                "device",
                format!("`{device}` is the name of several cameras: {}; name one by its path", names(&found)),
            )),
        }
    }

    /// The name of a device that stays the same: its link in `/dev/v4l/by-id`.
    pub(crate) fn by_id(&self, path: &Path) -> Option<PathBuf> {
        let links = fs::read_dir(self.devices.join("v4l/by-id")).ok()?.flatten().map(|entry| entry.path());
        let mut links: Vec<_> =
            links.filter(|link| fs::canonicalize(link).is_ok_and(|target| target == path)).collect();
        links.sort();
        links.into_iter().next()
    }

    /// The program that has a device open: `` `ffmpeg` (process 4711) ``.
    pub(crate) fn holder(&self, path: &Path) -> Option<String> {
        let device = fs::metadata(path).ok()?.rdev();
        let processes = fs::read_dir(&self.processes).ok()?.flatten();
        let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        for process in numbers {
            let folder = self.processes.join(process.to_string());
            // Other users' processes do not tell.
            let Ok(open) = fs::read_dir(folder.join("fd")) else { continue };
            let holds = open.flatten().any(|entry| {
                fs::read_link(entry.path()).is_ok_and(|target| target == path)
                    || fs::metadata(entry.path()).is_ok_and(|about| device != 0 && about.rdev() == device)
            });
            if holds && process == std::process::id() {
                return Some("this program itself, for another stream".into());
            }
            if holds {
                let name = fs::read_to_string(folder.join("comm")).unwrap_or_default();
                return Some(format!("`{}` (process {process})", name.trim()));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use tempfile::TempDir;

    /// A machine with devices of these numbers, names and indices.
    fn machine(devices: &[(u32, &str, u32)]) -> (TempDir, Places) {
        let folder = tempfile::tempdir().unwrap();
        let places = Places {
            devices: folder.path().join("dev"),
            classes: folder.path().join("sys"),
            processes: folder.path().join("proc"),
        };
        fs::create_dir_all(places.devices.join("v4l/by-id")).unwrap();
        for (number, name, index) in devices {
            let class = places.classes.join(format!("video{number}"));
            fs::create_dir_all(&class).unwrap();
            fs::write(class.join("name"), format!("{name}\n")).unwrap();
            fs::write(class.join("index"), format!("{index}\n")).unwrap();
            let file = places.devices.join(format!("video{number}"));
            fs::write(&file, "").unwrap();
            symlink(&file, places.devices.join(format!("v4l/by-id/usb-{number}"))).unwrap();
        }
        (folder, places)
    }

    #[test]
    fn a_camera_is_found_by_its_path_its_link_and_its_name() {
        let (_folder, places) =
            machine(&[(0, "HD Pro Webcam C920", 0), (1, "HD Pro Webcam C920", 1), (2, "Capture", 0)]);
        let path = |number: u32| fs::canonicalize(places.devices.join(format!("video{number}"))).unwrap();
        let link = places.devices.join("v4l/by-id/usb-2");
        assert_eq!(places.resolve(link.to_str().unwrap()).unwrap(), path(2));
        assert_eq!(places.by_id(&path(2)), Some(link));
        assert_eq!(places.resolve("c920").unwrap(), places.devices.join("video0"));
        assert_eq!(places.resolve("Capture").unwrap(), places.devices.join("video2"));
        assert_eq!(places.resolve("/dev/video77").unwrap(), Path::new("/dev/video77"));
    }

    #[test]
    fn a_name_of_several_or_of_none_says_which_there_are() {
        let (_folder, places) = machine(&[(0, "Webcam", 0), (2, "Webcam", 0), (10, "Webcam 2", 0)]);
        let several = places.resolve("webcam").unwrap_err();
        assert_eq!(several.option_path(), "device");
        assert!(several.message().contains("video0") && several.message().contains("video2)"), "{several}");
        assert_eq!(places.resolve("webcam 2").unwrap(), places.devices.join("video10"));
        let none = places.resolve("Nikon").unwrap_err();
        assert_eq!(none.option_path(), "", "it may be plugged in later");
        assert!(none.message().contains("there is: Webcam ("), "{none}");
        let (_folder, empty) = machine(&[]);
        assert!(empty.resolve("Nikon").unwrap_err().message().ends_with("none at all"));
    }

    #[test]
    fn whoever_holds_it_is_named() {
        let (_folder, places) = machine(&[(0, "Webcam", 0)]);
        let device = places.devices.join("video0");
        assert_eq!(places.holder(&device), None);
        let process = places.processes.join("4711");
        fs::create_dir_all(process.join("fd")).unwrap();
        fs::write(process.join("comm"), "ffmpeg\n").unwrap();
        symlink("/dev/null", process.join("fd/0")).unwrap();
        assert_eq!(places.holder(&device), None);
        symlink(&device, process.join("fd/3")).unwrap();
        assert_eq!(places.holder(&device).unwrap(), "`ffmpeg` (process 4711)");
    }
}
