//! The search for the camera program.

use mutoscope_plugin::{Error, Result};
use std::env;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The system's camera programs, the present name first.
const NAMES: [&str; 2] = ["rpicam-vid", "libcamera-vid"];

/// The program that is to be run: the one that the file names, else the system's; `None` if it has none.
pub(crate) fn of_system() -> Option<PathBuf> {
    NAMES.iter().find_map(|name| on_path(name))
}

/// The program for these options.
///
/// # Errors
/// There is none.
pub(crate) fn find(command: Option<&str>) -> Result<PathBuf> {
    let Some(command) = command else {
        return of_system().ok_or_else(|| {
            Error::new(
                "neither `rpicam-vid` nor `libcamera-vid` is on the PATH: install Raspberry Pi OS's package \
                 `rpicam-apps-lite`, or name the program with `command`",
            )
        });
    };
    let path = Path::new(command);
    match path.is_absolute() {
        true if is_program(path) => Ok(path.to_owned()),
        true => Err(Error::new(format!(
            "{command} (`command`) is no program: there is no such file, or it may not be run"
        ))),
        false => on_path(command).ok_or_else(|| {
            Error::new(format!(
                "`{command}` (`command`) is not on the PATH: install it, or give its absolute path"
            ))
        }),
    }
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_absolute() && is_program(file))
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}
