//! Raw pixels as a driver hands them over: any kind, odd sizes, lines with gaps between them, planes anywhere. The first
//! bytes say all that, and what is done with them; the pixels follow, and are repeated as often as it takes.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use mutoscope_fuzz::{CONVERT, JPEG, RESIZE, ROTATE, processed};
use mutoscope_plugin::{Buffer, Format, Frame, Matrix, PixelFormat, PlaneLayout, Range, Times};

const TO: [&str; 24] = [
    "planes", "yuv420", "yuv422", "yuv440", "yuv444", "grey", "yv12", "yuyv", "uyvy", "yvyu", "vyuy", "nv12",
    "nv21", "nv16", "nv24", "rgb24", "bgr24", "rgba32", "bgra32", "y16", "bggr", "gbrg", "grbg", "rggb",
];

const ENCODE: [&str; 4] = [
    "{}",
    r#"{"quality": 30, "subsampling": "4:2:0"}"#,
    r#"{"subsampling": "4:4:0"}"#,
    r#"{"subsampling": "grey"}"#,
];

/// Numbers from the front of the input, 0 where it has ended.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    fn next(&mut self) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first)
    }
}

fn frame(numbers: &mut Numbers<'_>) -> Option<Frame> {
    let kind = PixelFormat::ALL[1 + numbers.next() % (PixelFormat::ALL.len() - 1)];
    let (width, height) = (1 + numbers.next() as u32, 1 + numbers.next() as u32);
    let matrix = Matrix(numbers.next() as u32 % 5);
    let range = Range(numbers.next() as u32 % 4);
    let format = Format::new(kind, width, height).with_colours(matrix, range);
    let (mut layout, mut end) = (Vec::new(), 0);
    for index in 0.. {
        let Some((bytes, lines)) = kind.plane_shape(index, width, height) else { break };
        // Most planes follow one another; some overlap, and the last line may be shorter than the others.
        let (gap, stride) = (numbers.next() % 40, bytes + numbers.next() % 40);
        let offset = if gap == 39 { 0 } else { end + gap };
        end = end.max(offset + (lines - 1) * stride + bytes);
        layout.push(PlaneLayout { offset, stride });
    }
    Some((format, layout, end)).and_then(|(format, layout, end)| {
        let bytes = numbers.0.iter().copied().chain([7]).collect::<Vec<_>>();
        let pixels: Vec<u8> = bytes.into_iter().cycle().take(end).collect();
        Frame::with_layout(format, Buffer::from_vec(pixels), &layout, Times::default()).ok()
    })
}

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let mut numbers = Numbers(bytes);
    let (what, how, more) = (numbers.next(), numbers.next(), numbers.next());
    let Some(frame) = frame(&mut numbers) else { return Corpus::Reject };
    let size = frame.format().size();
    let (plugin, options) = match what % 5 {
        0 | 1 => {
            let (matrix, range) = (["bt601", "bt709", "bt2020"][more % 3], ["full", "limited"][more / 3 % 2]);
            let to = TO[how % TO.len()];
            let options = format!(r#"{{"to": "{to}", "matrix": "{matrix}", "range": "{range}"}}"#);
            (&*CONVERT, options)
        }
        2 => (&*JPEG, ENCODE[how % ENCODE.len()].to_owned()),
        3 => {
            let options = format!(r#"{{"width": {}, "height": {}}}"#, 1 + how, 1 + more);
            (&*RESIZE, options)
        }
        _ => {
            let options = format!(r#"{{"angle": {}, "hflip": {}}}"#, 90 * (how % 4), more % 2 == 1);
            (&*ROTATE, options)
        }
    };
    let Some(made) = processed(plugin, &options, frame) else { return Corpus::Keep };
    if made.jpeg().is_some() {
        let planes = processed(&JPEG, r#"{"to": "planes"}"#, made);
        assert_eq!(planes.expect("what was just encoded").format().size(), size);
    }
    Corpus::Keep
});
