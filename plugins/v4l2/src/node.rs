//! An open device, and what it can be asked.

use crate::kernel::{self, Plain, Request};
use rustix::event::{PollFd, PollFlags, poll};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// An open device. It is closed, and free for others, when this is dropped.
pub(crate) struct Node {
    file: File,
    path: PathBuf,
}

/// The result of a wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ready {
    /// There is a picture, or an error to be fetched.
    Device {
        /// The driver says that something is wrong.
        hung_up: bool,
    },
    /// The instance shall stop.
    Stop,
}

impl Node {
    /// Opens a device file; its driver may refuse it.
    pub(crate) fn open(path: &Path) -> io::Result<Node> {
        let file = OpenOptions::new().read(true).write(true).custom_flags(libc::O_NONBLOCK).open(path)?;
        if !file.metadata()?.file_type().is_char_device() {
            return Err(io::Error::from_raw_os_error(libc::ENOTTY));
        }
        Ok(Node { file, path: path.to_owned() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Asks the driver.
    pub(crate) fn ask<T: Plain>(&self, request: &Request<T>, argument: &mut T) -> io::Result<()> {
        loop {
            // SAFETY: the descriptor is open; the request's number carries the size of `T`, which is what the kernel
            // reads and writes, and `T` is valid for any bytes.
            let answer =
                unsafe { libc::ioctl(self.file.as_raw_fd(), request.number(), std::ptr::from_mut(argument)) };
            if answer != -1 {
                return Ok(());
            }
            let error = io::Error::last_os_error();
            if error.raw_os_error() != Some(libc::EINTR) {
                return Err(error);
            }
        }
    }

    /// The answers to `request` with one index after the other, until the driver has no more.
    pub(crate) fn each<T: Plain>(
        &self,
        request: &'static Request<T>,
        with_index: impl Fn(u32) -> T,
    ) -> impl Iterator<Item = T> {
        // A driver that never says no would hold us for good.
        (0..4096).map_while(move |index| {
            let mut argument = with_index(index);
            self.ask(request, &mut argument).ok().map(|()| argument)
        })
    }

    /// Asks the device for its name, driver and capabilities.
    pub(crate) fn capability(&self) -> io::Result<kernel::Capability> {
        let mut capability = kernel::Capability::zeroed();
        self.ask(&kernel::QUERYCAP, &mut capability)?;
        Ok(capability)
    }

    /// Waits until the device has something, or `stop` becomes readable.
    pub(crate) fn wait(&self, stop: BorrowedFd<'_>) -> io::Result<Ready> {
        // Readable alone: some drivers answer at once when asked for more. Errors are told unasked.
        let mut waits = [PollFd::new(&self.file, PollFlags::IN), PollFd::new(&stop, PollFlags::IN)];
        loop {
            match poll(&mut waits, None) {
                Ok(_) if !waits[1].revents().is_empty() => return Ok(Ready::Stop),
                Ok(_) => {
                    let wrong = PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL;
                    return Ok(Ready::Device { hung_up: waits[0].revents().intersects(wrong) });
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl AsFd for Node {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// The capabilities of a device, out of all those of its driver.
pub(crate) fn abilities(capability: &kernel::Capability) -> u32 {
    match capability.capabilities & kernel::HAS_DEVICE_CAPS {
        0 => capability.capabilities,
        _ => capability.device_caps,
    }
}
