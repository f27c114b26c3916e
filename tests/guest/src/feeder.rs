//! A writer of JPEG pictures into the other end of v4l2loopback, as they come from cameras.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub const LOOPBACK: &str = "/dev/video9";

/// Writes pictures, one after another and over again, until dropped.
pub struct Feeder {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Feeder {
    /// The code is the kernel's for the format: `MJPG` or `JPEG`.
    pub fn start(code: &[u8; 4], pictures: Vec<Vec<u8>>, (width, height): (u32, u32), fps: u32) -> Feeder {
        let mut device =
            OpenOptions::new().read(true).write(true).open(LOOPBACK).expect("the loopback device");
        set_format(&device, code, width, height);
        // The reader's side says what it can do only when something was written.
        device.write_all(&pictures[0]).expect("it takes a picture");
        let stop = Arc::<AtomicBool>::default();
        let stopped = stop.clone();
        let thread = thread::spawn(move || {
            for picture in pictures.iter().cycle() {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                device.write_all(picture).expect("it takes a picture");
                thread::sleep(Duration::from_secs(1) / fps);
            }
        });
        Feeder { stop, thread: Some(thread) }
    }
}

impl Drop for Feeder {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Its panic is its own.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// `VIDIOC_S_FMT` for output: pictures of this size.
fn set_format(device: &File, code: &[u8; 4], width: u32, height: u32) {
    // struct v4l2_format as 32-bit numbers: the type, a gap, then width, height, pixel format, field, …
    let mut format = [0_u32; 52];
    format[0] = 2;
    format[2..6].copy_from_slice(&[width, height, u32::from_le_bytes(*code), 1]);
    format[7] = 1 << 20;
    // SAFETY: the descriptor is open, and the request's number says 208 bytes, which is what `format` has.
    let answer = unsafe { libc::ioctl(device.as_raw_fd(), 0xc0d0_5605, format.as_mut_ptr()) };
    assert_eq!(answer, 0, "{}", std::io::Error::last_os_error());
}
