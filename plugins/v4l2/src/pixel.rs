//! The kernel's codes of pixel formats, and what they are here.

use crate::config::Choice;
use crate::kernel::PixFormat;
use mutoscope_pixels::nearest_planes;
use mutoscope_plugin::{Format, Matrix, PixelFormat, PlaneLayout, Range};

/// The formats that can be taken: the kernel's code, what it is, its name in a pipeline file. In the order in which pixels
/// are cheapest to bring to planes without losing colour; luma alone comes last.
const KNOWN: [(&[u8; 4], PixelFormat, Choice, &str); 26] = [
    (b"MJPG", PixelFormat::JPEG, Choice::Mjpg, "mjpg"),
    (b"JPEG", PixelFormat::JPEG, Choice::Jpeg, "jpeg"),
    (b"YU12", PixelFormat::I420, Choice::Yu12, "yu12"),
    (b"YV12", PixelFormat::YV12, Choice::Yv12, "yv12"),
    (b"NV12", PixelFormat::NV12, Choice::Nv12, "nv12"),
    (b"NV21", PixelFormat::NV21, Choice::Nv21, "nv21"),
    (b"422P", PixelFormat::I422, Choice::Planar422, "422p"),
    (b"NV16", PixelFormat::NV16, Choice::Nv16, "nv16"),
    (b"YUYV", PixelFormat::YUYV, Choice::Yuyv, "yuyv"),
    (b"UYVY", PixelFormat::UYVY, Choice::Uyvy, "uyvy"),
    (b"YVYU", PixelFormat::YVYU, Choice::Yvyu, "yvyu"),
    (b"VYUY", PixelFormat::VYUY, Choice::Vyuy, "vyuy"),
    (b"NV24", PixelFormat::NV24, Choice::Nv24, "nv24"),
    (b"RGB3", PixelFormat::RGB24, Choice::Rgb24, "rgb24"),
    (b"BGR3", PixelFormat::BGR24, Choice::Bgr24, "bgr24"),
    (b"AB24", PixelFormat::RGBA32, Choice::Rgba32, "rgba32"),
    (b"XB24", PixelFormat::RGBA32, Choice::Rgba32, "rgba32"),
    (b"AR24", PixelFormat::BGRA32, Choice::Bgra32, "bgra32"),
    (b"XR24", PixelFormat::BGRA32, Choice::Bgra32, "bgra32"),
    (b"BA81", PixelFormat::BGGR8, Choice::Bggr, "bggr"),
    (b"GBRG", PixelFormat::GBRG8, Choice::Gbrg, "gbrg"),
    (b"GRBG", PixelFormat::GRBG8, Choice::Grbg, "grbg"),
    (b"RGGB", PixelFormat::RGGB8, Choice::Rggb, "rggb"),
    (b"GREY", PixelFormat::GREY, Choice::Grey, "grey"),
    (b"Y8  ", PixelFormat::GREY, Choice::Grey, "grey"),
    (b"Y16 ", PixelFormat::Y16, Choice::Y16, "y16"),
];

/// A pixel format of the kernel's that can be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pixel {
    pub(crate) code: u32,
    pub(crate) kind: PixelFormat,
    /// The word for it in a pipeline file.
    pub(crate) name: &'static str,
    choice: Choice,
    /// The lower, the rather.
    pub(crate) rank: usize,
}

impl Pixel {
    pub(crate) fn of(code: u32) -> Option<Pixel> {
        let found = KNOWN.iter().enumerate().find(|(_, (known, ..))| u32::from_le_bytes(**known) == code)?;
        let (rank, (_, kind, choice, name)) = found;
        Some(Pixel { code, kind: *kind, name, choice: *choice, rank })
    }

    pub(crate) fn is_jpeg(&self) -> bool {
        self.kind == PixelFormat::JPEG
    }

    /// Returns whether it is the choice of the file.
    pub(crate) fn is(&self, choice: Choice) -> bool {
        match choice {
            Choice::Auto => true,
            Choice::Mjpg | Choice::Jpeg => self.is_jpeg(),
            other => self.choice == other,
        }
    }
}

/// The kind of the frames that a choice leads to; `None` for `auto`.
pub(crate) fn gives(choice: Choice) -> Option<PixelFormat> {
    let (_, kind, ..) = KNOWN.iter().find(|(_, _, known, _)| *known == choice)?;
    Some(if *kind == PixelFormat::JPEG { PixelFormat::JPEG } else { nearest_planes(*kind) })
}

/// The word for a choice in a pipeline file.
pub(crate) fn name(choice: Choice) -> &'static str {
    KNOWN.iter().find(|(_, _, known, _)| *known == choice).map_or("auto", |(.., name)| name)
}

/// A code as the kernel's documentation writes it.
pub(crate) fn code(code: u32) -> String {
    let bytes = code.to_le_bytes();
    bytes.iter().map(|byte| char::from(*byte)).filter(|c| c.is_ascii_graphic()).collect()
}

/// The format of the driver's frames, with the colours that it tells.
pub(crate) fn format(pixel: Pixel, pix: &PixFormat) -> Format {
    let format = Format::new(pixel.kind, pix.width, pix.height);
    let rgb = mutoscope_pixels::Shape::of(pixel.kind).is_none_or(|shape| shape.is_rgb());
    if rgb {
        // Its numbers are taken for full ones, which is what cameras give.
        return format;
    }
    // As the macros V4L2_MAP_YCBCR_ENC_DEFAULT and V4L2_MAP_QUANTIZATION_DEFAULT of videodev2.h have it. Colour spaces:
    // 3 Rec. 709, 7 JPEG, 10 BT.2020, 12 DCI-P3.
    let matrix = match (pix.encoding, pix.colorspace) {
        (2 | 4, _) | (0, 3 | 12) => Matrix::BT709,
        (6 | 7, _) | (0, 10) => Matrix::BT2020,
        _ => Matrix::BT601,
    };
    let range = match (pix.quantization, pix.colorspace) {
        // Cameras that have luma alone use all of its numbers, and so does vivid, whatever the kernel's rule says.
        (0, _) if matches!(pixel.kind, PixelFormat::GREY | PixelFormat::Y16) => Range::FULL,
        (1, _) | (0, 7) => Range::FULL,
        _ => Range::LIMITED,
    };
    format.with_colours(matrix, range)
}

/// The places of the planes in the driver's buffer: one after another, chroma with lines as long as its samples need when
/// luma has `bytes_per_line`.
pub(crate) fn layout(pixel: Pixel, pix: &PixFormat) -> Vec<PlaneLayout> {
    let shape = |index| pixel.kind.plane_shape(index, pix.width, pix.height);
    let Some((least, _)) = shape(0) else { return Vec::new() };
    // Some drivers leave it at 0.
    let line = (pix.bytes_per_line as usize).max(least);
    let mut offset = 0;
    (0..4)
        .map_while(|index| {
            let (width, height) = shape(index)?;
            let stride = match index {
                0 => line,
                // Planar chroma is half as long as luma, also in its padding; pairs are as long, or twice.
                _ => (line * width / least).max(width),
            };
            let plane = PlaneLayout { offset, stride };
            offset += stride * height;
            Some(plane)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Format as KernelFormat, Plain};

    fn pix(code: &[u8; 4], width: u32, height: u32, bytes_per_line: u32) -> (Pixel, PixFormat) {
        let pix = PixFormat { width, height, bytes_per_line, ..KernelFormat::zeroed().pix };
        (Pixel::of(u32::from_le_bytes(*code)).unwrap(), pix)
    }

    fn planes(code: &[u8; 4], width: u32, height: u32, bytes_per_line: u32) -> Vec<(usize, usize)> {
        let (pixel, pix) = pix(code, width, height, bytes_per_line);
        layout(pixel, &pix).iter().map(|plane| (plane.offset, plane.stride)).collect()
    }

    #[test]
    fn planes_stand_where_the_kernel_says() {
        assert_eq!(planes(b"YUYV", 640, 480, 1280), [(0, 1280)]);
        assert_eq!(planes(b"YUYV", 640, 480, 0), [(0, 1280)]);
        assert_eq!(planes(b"YU12", 640, 4, 704), [(0, 704), (2816, 352), (3520, 352)]);
        assert_eq!(planes(b"422P", 640, 4, 640), [(0, 640), (2560, 320), (3840, 320)]);
        assert_eq!(planes(b"NV12", 640, 4, 704), [(0, 704), (2816, 704)]);
        assert_eq!(planes(b"NV24", 640, 4, 704), [(0, 704), (2816, 1408)]);
        assert_eq!(planes(b"RGB3", 641, 4, 2048), [(0, 2048)]);
        assert_eq!(planes(b"MJPG", 640, 480, 0), []);
    }

    #[test]
    fn colours_are_what_the_driver_says_or_else_the_kernels_rules() {
        let colours = |code, colorspace, encoding, quantization| {
            let (pixel, pix) = pix(code, 2, 2, 0);
            let format = format(pixel, &PixFormat { colorspace, encoding, quantization, ..pix });
            (format.matrix, format.range)
        };
        assert_eq!(colours(b"YUYV", 8, 0, 0), (Matrix::BT601, Range::LIMITED));
        assert_eq!(colours(b"YUYV", 3, 0, 0), (Matrix::BT709, Range::LIMITED));
        assert_eq!(colours(b"YUYV", 3, 1, 1), (Matrix::BT601, Range::FULL));
        assert_eq!(colours(b"YUYV", 7, 0, 0), (Matrix::BT601, Range::FULL));
        assert_eq!(colours(b"GREY", 8, 0, 0), (Matrix::BT601, Range::FULL));
        assert_eq!(colours(b"GREY", 8, 0, 2), (Matrix::BT601, Range::LIMITED));
        assert_eq!(colours(b"RGB3", 3, 0, 0), (Matrix::BT601, Range::FULL));
    }

    #[test]
    fn both_names_of_jpeg_are_one() {
        let jpeg = Pixel::of(u32::from_le_bytes(*b"JPEG")).unwrap();
        assert!(jpeg.is(Choice::Mjpg) && jpeg.is(Choice::Auto) && !jpeg.is(Choice::Yuyv));
        assert_eq!(gives(Choice::Yuyv), Some(PixelFormat::I422));
        assert_eq!(gives(Choice::Auto), None);
    }
}
