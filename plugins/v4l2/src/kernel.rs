//! The interface between a program and a V4L2 driver: structures and request numbers, as the kernel's
//! `include/uapi/linux/videodev2.h` has them for 64-bit machines. Their sizes, which are part of the request numbers, are
//! held against it below.

use std::marker::PhantomData;

/// A request that takes a `T`.
pub(crate) struct Request<T> {
    number: libc::Ioctl,
    argument: PhantomData<fn(T)>,
}

const WRITE: u32 = 1;
const READ: u32 = 2;

impl<T> Request<T> {
    const fn new(direction: u32, number: u32) -> Request<T> {
        let number = direction << 30 | (size_of::<T>() as u32) << 16 | (b'V' as u32) << 8 | number;
        Request { number: number as libc::Ioctl, argument: PhantomData }
    }

    pub(crate) const fn number(&self) -> libc::Ioctl {
        self.number
    }
}

pub(crate) const QUERYCAP: Request<Capability> = Request::new(READ, 0);
pub(crate) const ENUM_FMT: Request<FormatDescription> = Request::new(READ | WRITE, 2);
pub(crate) const G_FMT: Request<Format> = Request::new(READ | WRITE, 4);
pub(crate) const S_FMT: Request<Format> = Request::new(READ | WRITE, 5);
pub(crate) const REQBUFS: Request<RequestBuffers> = Request::new(READ | WRITE, 8);
pub(crate) const QUERYBUF: Request<Buffer> = Request::new(READ | WRITE, 9);
pub(crate) const QBUF: Request<Buffer> = Request::new(READ | WRITE, 15);
pub(crate) const DQBUF: Request<Buffer> = Request::new(READ | WRITE, 17);
pub(crate) const STREAMON: Request<i32> = Request::new(WRITE, 18);
pub(crate) const STREAMOFF: Request<i32> = Request::new(WRITE, 19);
pub(crate) const G_PARM: Request<StreamParameters> = Request::new(READ | WRITE, 21);
pub(crate) const S_PARM: Request<StreamParameters> = Request::new(READ | WRITE, 22);
pub(crate) const ENUMINPUT: Request<Input> = Request::new(READ | WRITE, 26);
pub(crate) const G_CTRL: Request<Control> = Request::new(READ | WRITE, 27);
pub(crate) const S_CTRL: Request<Control> = Request::new(READ | WRITE, 28);
pub(crate) const QUERYMENU: Request<MenuItem> = Request::new(READ | WRITE, 37);
pub(crate) const S_INPUT: Request<i32> = Request::new(READ | WRITE, 39);
pub(crate) const ENUM_FRAMESIZES: Request<FrameSize> = Request::new(READ | WRITE, 74);
pub(crate) const ENUM_FRAMEINTERVALS: Request<FrameInterval> = Request::new(READ | WRITE, 75);
pub(crate) const QUERY_EXT_CTRL: Request<ControlDescription> = Request::new(READ | WRITE, 103);

/// `V4L2_BUF_TYPE_VIDEO_CAPTURE`.
pub(crate) const CAPTURE: u32 = 1;
/// `V4L2_MEMORY_MMAP`.
pub(crate) const MMAP: u32 = 1;
/// `V4L2_FIELD_NONE`: whole pictures.
pub(crate) const WHOLE: u32 = 1;

/// `V4L2_CAP_VIDEO_CAPTURE`.
pub(crate) const CAN_CAPTURE: u32 = 0x1;
/// `V4L2_CAP_VIDEO_CAPTURE_MPLANE`.
pub(crate) const CAN_CAPTURE_MPLANE: u32 = 0x1000;
/// `V4L2_CAP_STREAMING`.
pub(crate) const CAN_STREAM: u32 = 0x0400_0000;
/// `V4L2_CAP_DEVICE_CAPS`.
pub(crate) const HAS_DEVICE_CAPS: u32 = 0x8000_0000;

/// `V4L2_CAP_TIMEPERFRAME`.
pub(crate) const HAS_RATE: u32 = 0x1000;
/// `V4L2_BUF_FLAG_ERROR`.
pub(crate) const DAMAGED: u32 = 0x40;
/// `V4L2_BUF_FLAG_TIMESTAMP_MASK`.
pub(crate) const CLOCKS: u32 = 0xe000;
/// `V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC`.
pub(crate) const MONOTONIC: u32 = 0x2000;

/// `V4L2_CTRL_FLAG_NEXT_CTRL`.
pub(crate) const NEXT_CONTROL: u32 = 0x8000_0000;
/// `V4L2_CTRL_FLAG_DISABLED`.
pub(crate) const DISABLED: u32 = 0x1;
/// `V4L2_CTRL_FLAG_READ_ONLY`.
pub(crate) const READ_ONLY: u32 = 0x4;
/// `V4L2_CTRL_FLAG_INACTIVE`.
pub(crate) const INACTIVE: u32 = 0x10;
/// `V4L2_CTRL_FLAG_WRITE_ONLY`.
pub(crate) const WRITE_ONLY: u32 = 0x40;

/// `struct v4l2_capability`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Capability {
    pub(crate) driver: [u8; 16],
    pub(crate) card: [u8; 32],
    pub(crate) bus: [u8; 32],
    pub(crate) version: u32,
    pub(crate) capabilities: u32,
    pub(crate) device_caps: u32,
    pub(crate) reserved: [u32; 3],
}

/// `struct v4l2_fmtdesc`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct FormatDescription {
    pub(crate) index: u32,
    pub(crate) kind: u32,
    pub(crate) flags: u32,
    pub(crate) description: [u8; 32],
    pub(crate) pixel_format: u32,
    pub(crate) mbus_code: u32,
    pub(crate) reserved: [u32; 3],
}

/// `struct v4l2_format` with the member `pix` of its union.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
pub(crate) struct Format {
    pub(crate) kind: u32,
    // The union holds pointers elsewhere, and begins where they may.
    pub(crate) padding: u32,
    pub(crate) pix: PixFormat,
    pub(crate) rest: [u8; 152],
}

/// `struct v4l2_pix_format`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct PixFormat {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pixel_format: u32,
    pub(crate) field: u32,
    pub(crate) bytes_per_line: u32,
    pub(crate) size_image: u32,
    pub(crate) colorspace: u32,
    pub(crate) private: u32,
    pub(crate) flags: u32,
    pub(crate) encoding: u32,
    pub(crate) quantization: u32,
    pub(crate) transfer: u32,
}

/// `struct v4l2_requestbuffers`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct RequestBuffers {
    pub(crate) count: u32,
    pub(crate) kind: u32,
    pub(crate) memory: u32,
    pub(crate) capabilities: u32,
    pub(crate) flags: u32,
}

/// `struct v4l2_buffer`, its union `m` holding an offset.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Buffer {
    pub(crate) index: u32,
    pub(crate) kind: u32,
    pub(crate) bytes_used: u32,
    pub(crate) flags: u32,
    pub(crate) field: u32,
    pub(crate) padding: u32,
    pub(crate) seconds: i64,
    pub(crate) microseconds: i64,
    pub(crate) time_code: [u32; 4],
    pub(crate) sequence: u32,
    pub(crate) memory: u32,
    pub(crate) offset: u64,
    pub(crate) length: u32,
    pub(crate) reserved: u32,
    pub(crate) request: i32,
    pub(crate) padding_at_end: u32,
}

/// `struct v4l2_streamparm` with the member `capture` of its union.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct StreamParameters {
    pub(crate) kind: u32,
    pub(crate) capability: u32,
    pub(crate) mode: u32,
    pub(crate) time_per_frame: Fraction,
    pub(crate) extended_mode: u32,
    pub(crate) read_buffers: u32,
    pub(crate) rest: [u32; 44],
}

/// `struct v4l2_fract`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fraction {
    pub(crate) numerator: u32,
    pub(crate) denominator: u32,
}

/// `struct v4l2_input`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Input {
    pub(crate) index: u32,
    pub(crate) name: [u8; 32],
    pub(crate) kind: u32,
    pub(crate) audio: u32,
    pub(crate) tuner: u32,
    pub(crate) standards: u64,
    pub(crate) status: u32,
    pub(crate) capabilities: u32,
    pub(crate) reserved: [u32; 3],
    pub(crate) padding: u32,
}

/// `struct v4l2_frmsizeenum`; a single size stands in the first two numbers.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct FrameSize {
    pub(crate) index: u32,
    pub(crate) pixel_format: u32,
    pub(crate) kind: u32,
    /// Width from, to, in steps of; height likewise.
    pub(crate) sides: [u32; 6],
    pub(crate) reserved: [u32; 2],
}

/// `struct v4l2_frmivalenum`; a single interval stands in the first fraction.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct FrameInterval {
    pub(crate) index: u32,
    pub(crate) pixel_format: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) kind: u32,
    /// From, to, in steps of.
    pub(crate) intervals: [Fraction; 3],
    pub(crate) reserved: [u32; 2],
}

/// `V4L2_FRMSIZE_TYPE_DISCRETE`, `V4L2_FRMIVAL_TYPE_DISCRETE`.
pub(crate) const DISCRETE: u32 = 1;

/// `struct v4l2_control`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Control {
    pub(crate) id: u32,
    pub(crate) value: i32,
}

/// `struct v4l2_query_ext_ctrl`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct ControlDescription {
    pub(crate) id: u32,
    pub(crate) kind: u32,
    pub(crate) name: [u8; 32],
    pub(crate) minimum: i64,
    pub(crate) maximum: i64,
    pub(crate) step: u64,
    pub(crate) default: i64,
    pub(crate) flags: u32,
    pub(crate) element_size: u32,
    pub(crate) elements: u32,
    pub(crate) dimensions: u32,
    pub(crate) dimension: [u32; 4],
    pub(crate) reserved: [u32; 32],
}

/// `struct v4l2_querymenu`, in its name or a number in the first eight bytes.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct MenuItem {
    pub(crate) id: u32,
    pub(crate) index: u32,
    pub(crate) name: [u8; 32],
    pub(crate) reserved: u32,
}

const _: () = {
    assert!(cfg!(target_pointer_width = "64"), "the structures are those of 64-bit machines");
    assert!(size_of::<Capability>() == 104);
    assert!(size_of::<FormatDescription>() == 64);
    assert!(size_of::<PixFormat>() == 48);
    assert!(size_of::<Format>() == 208);
    assert!(size_of::<RequestBuffers>() == 20);
    assert!(size_of::<Buffer>() == 88);
    assert!(std::mem::offset_of!(Buffer, seconds) == 24);
    assert!(std::mem::offset_of!(Buffer, offset) == 64);
    assert!(size_of::<StreamParameters>() == 204);
    assert!(size_of::<Input>() == 80);
    assert!(std::mem::offset_of!(Input, standards) == 48);
    assert!(size_of::<FrameSize>() == 44);
    assert!(size_of::<FrameInterval>() == 52);
    assert!(size_of::<Control>() == 8);
    assert!(size_of::<ControlDescription>() == 232);
    assert!(size_of::<MenuItem>() == 44);
};

/// A type that the kernel writes into and reads from: numbers and bytes alone, for which all zeros is a value.
///
/// # Safety
/// The type must have no padding that matters, no pointer, and be valid for any bytes.
pub(crate) unsafe trait Plain: Copy {
    /// All zeros, which is what the kernel wants of everything that is not set.
    fn zeroed() -> Self {
        // SAFETY: implementers vouch for it.
        unsafe { std::mem::zeroed() }
    }
}

macro_rules! plain {
    ($($type:ty),+) => {
        $(
            // SAFETY: integers and arrays of them.
            unsafe impl Plain for $type {}
        )+
    };
}

plain!(
    i32,
    Capability,
    FormatDescription,
    Format,
    RequestBuffers,
    Buffer,
    StreamParameters,
    Input,
    FrameSize,
    FrameInterval,
    Control,
    ControlDescription,
    MenuItem
);

/// A text in a field of fixed length.
pub(crate) fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_numbers_are_the_kernels() {
        // As <linux/videodev2.h> comes to on x86-64 and aarch64.
        assert_eq!(QUERYCAP.number(), 0x8068_5600);
        assert_eq!(S_FMT.number(), 0xc0d0_5605);
        assert_eq!(REQBUFS.number(), 0xc014_5608);
        assert_eq!(DQBUF.number(), 0xc058_5611);
        assert_eq!(STREAMON.number(), 0x4004_5612);
        assert_eq!(S_PARM.number(), 0xc0cc_5616);
        assert_eq!(ENUM_FRAMEINTERVALS.number(), 0xc034_564b);
        assert_eq!(QUERY_EXT_CTRL.number(), 0xc0e8_5667);
    }

    #[test]
    fn a_text_ends_at_its_zero_or_with_its_field() {
        assert_eq!(text(b"uvcvideo\0\0junk\0"), "uvcvideo");
        assert_eq!(text(b"full "), "full");
    }
}
