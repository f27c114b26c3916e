//! The messages about a device's failures.

use crate::find::Places;
use mutoscope_plugin::Error;
use std::io;
use std::path::Path;

/// A device that could not be opened.
pub(crate) fn opening(path: &Path, error: &io::Error) -> Error {
    let shown = path.display();
    if let Some(libc::ENOTTY | libc::EISDIR) = error.raw_os_error() {
        // It will not become one.
        return Error::option("device", not_a_camera(path));
    }
    Error::new(match error.raw_os_error() {
        Some(libc::ENOENT | libc::ENXIO | libc::ENODEV) => format!(
            "there is no camera at {shown}: it is not plugged in, or goes by another name now (`mutoscope devices` lists those \
             that are here)"
        ),
        Some(libc::EBUSY) => busy(path),
        Some(libc::EACCES | libc::EPERM) => format!(
            "no permission to open {shown}: add this user to the group that owns it, as a rule `video`, and log in again"
        ),
        _ => format!("cannot open {shown}: {error}"),
    })
}

/// Something that is no camera.
pub(crate) fn not_a_camera(path: &Path) -> String {
    format!(
        "{} is no camera: it does not answer as one (`mutoscope devices` lists those that are here)",
        path.display()
    )
}

/// An open device that failed at something.
pub(crate) fn running(camera: &str, path: &Path, doing: &str, error: &io::Error) -> Error {
    Error::new(match error.raw_os_error() {
        Some(libc::ENODEV | libc::ENXIO) => format!("the camera {camera} was unplugged"),
        Some(libc::EBUSY) => busy(path),
        Some(libc::EIO | libc::EPROTO | libc::EPIPE) => format!(
            "the camera {camera} failed when {doing}: {error}; a loose cable, too little power, or a camera that hangs"
        ),
        Some(libc::ENOSPC) => format!(
            "the camera {camera} failed when {doing}: {error}; the USB bus has no room left: ask for less (a smaller size, a lower \
             rate, `format: mjpg`), or use another port"
        ),
        _ => format!("the camera {camera} failed when {doing}: {error}"),
    })
}

fn busy(path: &Path) -> String {
    match Places::default().holder(path) {
        Some(holder) => format!("the camera {} is in use by {holder}", path.display()),
        None => {
            format!("the camera {} is in use by another program, which this user may not see", path.display())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_trouble_has_its_sentence() {
        let path = Path::new("/dev/video9");
        let opening = |code| opening(path, &io::Error::from_raw_os_error(code)).to_string();
        assert!(opening(libc::ENOENT).starts_with("there is no camera at /dev/video9"));
        assert!(opening(libc::EACCES).contains("`video`"));
        assert!(opening(libc::EBUSY).contains("in use"));
        assert!(opening(libc::ENOTTY).starts_with("device: /dev/video9 is no camera"));
        let running = |code| {
            running("/dev/video9 (Cam)", path, "waiting", &io::Error::from_raw_os_error(code)).to_string()
        };
        assert_eq!(running(libc::ENODEV), "the camera /dev/video9 (Cam) was unplugged");
        assert!(running(libc::EIO).contains("failed when waiting: Input/output error"));
        assert!(running(libc::ENOSPC).contains("USB bus"));
    }
}
