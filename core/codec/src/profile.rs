//! Colours of pictures that carry an ICC profile, converted to sRGB, which is what viewers take a picture without one for.
//!
//! A profile travels with a JPEG (application segments of type APP2, ICC.1:2022, B.4), and planes have none. So where a
//! JPEG becomes planes, its colours are converted.

use crate::layout::Layout;
use crate::ycc::Planes;
use moxcms::{ColorProfile, DataColorSpace, ProfileText, TransformExecutor, TransformOptions};
use mutoscope_plugin::{JpegSegment, JpegSegments, PixelFormat, tracing};
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The start of an ICC profile's segment. The number of the piece and the count of pieces follow.
const ICC: &[u8] = b"ICC_PROFILE\0";

/// The largest profile that is looked at: four times what a printer's takes.
const MAX_BYTES: usize = 8 << 20;

/// Profiles that are kept with what was found out about them.
const KEPT: usize = 4;

/// The profile that a JPEG carries.
pub(crate) fn embedded(jpeg: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut pieces = segments(jpeg).map(|segment| &segment.content[ICC.len()..]);
    let first = pieces.next()?;
    let mut pieces: Vec<_> = std::iter::once(first).chain(pieces).collect();
    if let [piece] = pieces[..] {
        return Some(Cow::Borrowed(piece.get(2..).unwrap_or_default()));
    }
    pieces.sort_by_key(|piece| piece.first());
    Some(Cow::Owned(pieces.iter().flat_map(|piece| piece.get(2..).unwrap_or_default()).copied().collect()))
}

/// The segments that hold a JPEG's profile.
pub(crate) fn segments(jpeg: &[u8]) -> impl Iterator<Item = JpegSegment<'_>> {
    JpegSegments::new(jpeg).take_while(|segment| segment.marker != JpegSegment::SCAN).filter(is_piece)
}

/// Returns true if the pieces of a JPEG's profile are all there, each once; also where there are none.
pub(crate) fn is_whole(jpeg: &[u8]) -> bool {
    let mut numbers = Vec::new();
    let mut count = None;
    for segment in segments(jpeg) {
        let Some(&[number, of]) = segment.content[ICC.len()..].first_chunk() else { return false };
        if *count.get_or_insert(of) != of {
            return false;
        }
        numbers.push(number);
    }
    numbers.sort_unstable();
    count.is_none_or(|count| (1..=count).eq(numbers))
}

/// Returns true for a segment that holds a piece of a profile.
pub(crate) fn is_piece(segment: &JpegSegment<'_>) -> bool {
    segment.marker == 0xe2 && segment.content.starts_with(ICC)
}

/// The meaning of a picture's samples.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ink {
    Grey,
    Rgb,
    Cmyk,
}

/// Converts colours to sRGB, and keeps the tables that this takes.
#[derive(Default)]
pub struct Profiles {
    /// The last ones used come first.
    known: Vec<Known>,
}

/// A profile, and how samples are converted that it describes.
struct Known {
    profile: Vec<u8>,
    ink: Ink,
    change: Option<Change>,
}

/// A conversion.
enum Change {
    Grey(Box<[u8; 256]>),
    Pixels(Executor),
}

type Executor = Arc<dyn TransformExecutor<u8> + Send + Sync>;

impl Profiles {
    /// Converts pixels of three bytes. They stay as they are where the profile is sRGB, or damaged.
    pub fn rgb(&mut self, profile: &[u8], pixels: &mut [u8]) {
        let Some(Change::Pixels(executor)) = self.change(profile, Ink::Rgb) else { return };
        // A piece at a time, so that the copy stays small.
        let mut piece = Vec::new();
        for pixels in pixels.chunks_mut(3 << 12) {
            piece.clear();
            piece.extend_from_slice(pixels);
            convert(executor, &piece, pixels);
        }
    }

    /// Converts samples of grey, as [`rgb`](Profiles::rgb) does it.
    pub fn grey(&mut self, profile: &[u8], samples: &mut [u8]) {
        let Some(Change::Grey(table)) = self.change(profile, Ink::Grey) else { return };
        for sample in samples {
            *sample = table[usize::from(*sample)];
        }
    }

    /// Converts the planes of a picture of `kind` and of `shape`.
    pub(crate) fn planes(
        &mut self,
        profile: &[u8],
        kind: PixelFormat,
        shape: (usize, usize),
        layout: &Layout,
        memory: &mut [u8],
    ) {
        let ink = if kind == PixelFormat::GREY { Ink::Grey } else { Ink::Rgb };
        let Some(change) = self.change(profile, ink) else { return };
        let planes = Planes::new(kind, shape, layout, memory);
        match change {
            Change::Grey(table) => planes.change_luma(table),
            Change::Pixels(executor) => planes.change(|from, to| convert(executor, from, to)),
        }
    }

    /// Converts pixels of four inks, 0 for none, to RGB in the first three bytes of each. Returns whether that could be done.
    pub(crate) fn cmyk(&mut self, profile: &[u8], pixels: &mut [u8]) -> bool {
        let Some(Change::Pixels(executor)) = self.change(profile, Ink::Cmyk) else { return false };
        let mut rgb = Vec::new();
        for pixels in pixels.chunks_mut(4 << 12) {
            rgb.resize(pixels.len() / 4 * 3, 0);
            convert(executor, pixels, &mut rgb);
            for (pixel, rgb) in pixels.chunks_exact_mut(4).zip(rgb.chunks_exact(3)) {
                pixel[..3].copy_from_slice(rgb);
            }
        }
        true
    }

    fn change(&mut self, profile: &[u8], ink: Ink) -> Option<&Change> {
        let found = self.known.iter().position(|known| known.ink == ink && known.profile == profile);
        if let Some(at) = found {
            self.known[..=at].rotate_right(1);
        } else {
            self.known.truncate(KEPT - 1);
            self.known.insert(0, Known { profile: profile.to_vec(), ink, change: change(profile, ink) });
        }
        self.known[0].change.as_ref()
    }
}

fn convert(executor: &Executor, from: &[u8], to: &mut [u8]) {
    if let Err(error) = executor.transform(from, to) {
        tracing::debug!("colours could not be converted: {error}");
    }
}

/// The conversion of samples that `profile` describes, which the log tells once. `None`: none is needed, or none can be had.
fn change(profile: &[u8], ink: Ink) -> Option<Change> {
    // Profiles come from anywhere, and a panic for one of them must not end the stage.
    let made = catch_unwind(AssertUnwindSafe(|| made(profile, ink))).unwrap_or_else(|payload| {
        std::mem::forget(payload);
        Err("it makes the reader panic".into())
    });
    match made {
        Ok(None) => None,
        Ok(Some((name, change))) => {
            tracing::info!("a picture's colours are converted from its profile ({name}) to sRGB");
            Some(change)
        }
        Err(reason) => {
            tracing::warn!("a picture's colour profile is left out of account: {reason}");
            None
        }
    }
}

fn made(bytes: &[u8], ink: Ink) -> Result<Option<(String, Change)>, String> {
    if bytes.len() > MAX_BYTES {
        return Err(format!("it has {} bytes, and {MAX_BYTES} are read", bytes.len()));
    }
    let profile = ColorProfile::new_from_slice(bytes).map_err(|error| format!("it is damaged ({error})"))?;
    let from = match (profile.color_space, ink) {
        (DataColorSpace::Gray, Ink::Grey) => moxcms::Layout::Gray,
        // Grey is what red, green and blue have in common.
        (DataColorSpace::Rgb, Ink::Grey | Ink::Rgb) => moxcms::Layout::Rgb,
        (DataColorSpace::Cmyk, Ink::Cmyk) => moxcms::Layout::Rgba,
        (space, _) => return Err(format!("it is one for {space:?}, and the picture is {ink:?}")),
    };
    let options =
        TransformOptions { rendering_intent: profile.rendering_intent, ..TransformOptions::default() };
    let executor = profile
        .create_transform_8bit(from, &ColorProfile::new_srgb(), moxcms::Layout::Rgb, options)
        .map_err(|error| format!("nothing here can convert it ({error})"))?;
    let samples: Vec<u8> = match from {
        moxcms::Layout::Gray => (0..=255).collect(),
        // Every grey, and colours all over the cube.
        _ if ink == Ink::Grey => (0..=255).flat_map(|value| [value; 3]).collect(),
        moxcms::Layout::Rgb => {
            (0..6 * 6 * 6).flat_map(|i| [i / 36, i / 6 % 6, i % 6].map(|v| (v * 51) as u8)).collect()
        }
        _ => vec![0; 4],
    };
    let mut converted = vec![0; samples.len() / from.channels() * 3];
    executor.transform(&samples, &mut converted).map_err(|error| format!("it cannot be used ({error})"))?;
    let change = if ink == Ink::Grey {
        let mut table = Box::new([0; 256]);
        for (entry, pixel) in table.iter_mut().zip(converted.chunks_exact(3)) {
            *entry = pixel[1];
        }
        if (0..=255).zip(table.iter()).all(|(is, becomes): (u8, _)| is.abs_diff(*becomes) <= 1) {
            return Ok(None);
        }
        Change::Grey(table)
    } else {
        // sRGB under any name, and in any edition, changes nothing.
        if ink == Ink::Rgb && samples.iter().zip(&converted).all(|(is, becomes)| is.abs_diff(*becomes) <= 1) {
            return Ok(None);
        }
        Change::Pixels(executor)
    };
    Ok(Some((name(&profile), change)))
}

/// A profile's own name, without control characters.
fn name(profile: &ColorProfile) -> String {
    let name = match &profile.description {
        Some(ProfileText::PlainString(name)) => name,
        Some(ProfileText::Localizable(names)) if !names.is_empty() => &names[0].value,
        Some(ProfileText::Description(name)) => &name.ascii_string,
        _ => "without a name",
    };
    name.chars().filter(|c| !c.is_control()).take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Decoder;
    use mutoscope_frames::Sampling;
    use mutoscope_frames::jpeg::encode;
    use mutoscope_plugin::JpegHeader;

    /// The JPEG with a profile, in pieces of so many bytes.
    fn with_profile(jpeg: &[u8], profile: &[u8], piece: usize) -> Vec<u8> {
        let mut out = jpeg[..2].to_vec();
        let pieces = profile.chunks(piece).collect::<Vec<_>>();
        for (number, piece) in (1_u8..).zip(&pieces) {
            out.extend([0xff, 0xe2]);
            out.extend((piece.len() as u16 + 16).to_be_bytes());
            out.extend(ICC);
            out.extend([number, pieces.len() as u8]);
            out.extend(*piece);
        }
        out.extend(&jpeg[2..]);
        out
    }

    fn decoded(jpeg: &[u8]) -> Vec<u8> {
        let header = JpegHeader::read(jpeg).unwrap();
        let mut decoder = Decoder::new().unwrap();
        let checked =
            decoder.check(jpeg, header.size, header.planes.unwrap_or(PixelFormat::I444), 1).unwrap();
        let mut planes = vec![0; checked.layout().len];
        decoder.decode(&checked, &mut planes).unwrap();
        planes
    }

    fn colour(rgb: [u8; 3], sampling: Sampling) -> Vec<u8> {
        encode(&rgb.repeat(16 * 16), 16, 16, 100, sampling)
    }

    /// The colour that is seen of a JPEG of one colour that has a profile.
    fn seen(jpeg: &[u8]) -> [f64; 3] {
        let planes = decoded(jpeg);
        let layout = Layout::new(JpegHeader::read(jpeg).unwrap().planes.unwrap_or(PixelFormat::I444), 16, 16);
        let [y, cb, cr] =
            layout.planes(&planes).map(|plane| plane.data.first().map_or(128.0, |sample| f64::from(*sample)));
        let (cb, cr) = (cb - 128.0, cr - 128.0);
        [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb]
    }

    /// sRGB of a colour in Display P3, which has sRGB's curve (IEC 61966-2-1) and other primaries (SMPTE EG 432-1).
    fn from_p3(rgb: [u8; 3]) -> [f64; 3] {
        let linear = rgb.map(|code| {
            let value = f64::from(code) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        let rows = [[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]];
        rows.map(|row| {
            let value: f64 = row.iter().zip(linear).map(|(factor, value)| factor * value).sum();
            let value = value.clamp(0.0, 1.0);
            255.0 * if value <= 0.003_130_8 { value * 12.92 } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 }
        })
    }

    #[test]
    fn a_profile_of_which_pieces_are_missing_is_not_whole() {
        for (pieces, whole) in [
            (&[][..], true),
            (&[[1, 1]], true),
            (&[[2, 2], [1, 2]], true),
            (&[[1, 2]], false),
            (&[[0, 1]], false),
            (&[[0, 0]], false),
            (&[[1, 1], [1, 1]], false),
            (&[[1, 2], [2, 3]], false),
        ] {
            let mut jpeg = vec![0xff, 0xd8];
            for piece in pieces {
                jpeg.extend([0xff, 0xe2, 0, 2 + ICC.len() as u8 + 2]);
                jpeg.extend(ICC);
                jpeg.extend(piece);
            }
            jpeg.extend([0xff, 0xda, 0, 2]);
            assert_eq!(is_whole(&jpeg), whole, "{pieces:?}");
        }
    }

    #[test]
    fn colours_of_another_space_become_those_of_srgb() {
        let p3 = ColorProfile::new_display_p3().encode().unwrap();
        for sampling in [Sampling::Yuv444, Sampling::Yuv422, Sampling::Yuv420, Sampling::Yuv440] {
            for rgb in [[200, 100, 50], [60, 180, 90], [128, 128, 128]] {
                for piece in [60_000, 100] {
                    let jpeg = with_profile(&colour(rgb, sampling), &p3, piece);
                    let (is, should) = (seen(&jpeg), from_p3(rgb));
                    let apart =
                        is.iter().zip(should).map(|(is, should)| (is - should).abs()).fold(0.0, f64::max);
                    assert!(apart < 4.0, "{sampling:?} {rgb:?}: {is:?} for {should:?}");
                }
            }
        }
    }

    #[test]
    fn grey_has_profiles_too() {
        let linear = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
        let p3 = ColorProfile::new_display_p3().encode().unwrap();
        let grey = colour([90; 3], Sampling::Grey);
        // Light of 90/255 is code 159 in sRGB.
        let is = seen(&with_profile(&grey, &linear, 9000))[1];
        assert!((is - 159.0).abs() <= 2.0, "{is}");
        assert_eq!(decoded(&with_profile(&grey, &p3, 9000)), decoded(&grey), "grey is grey in both");
    }

    #[test]
    fn srgb_and_what_is_no_profile_change_nothing() {
        let srgb = ColorProfile::new_srgb().encode().unwrap();
        let p3 = ColorProfile::new_display_p3().encode().unwrap();
        let grey = ColorProfile::new_gray_with_gamma(1.0).encode().unwrap();
        let plain = colour([200, 100, 50], Sampling::Yuv420);
        for profile in [&srgb[..], &p3[..p3.len() / 2], &p3[..20], b"hello", &[0; 200], &grey] {
            assert_eq!(decoded(&with_profile(&plain, profile, 60_000)), decoded(&plain), "{}", profile.len());
        }
        let mut damaged = p3.clone();
        for (at, byte) in p3.iter().enumerate() {
            damaged[at] = byte ^ 0x55;
            let _ = made(&damaged, Ink::Rgb);
            damaged[at] = *byte;
        }
    }

    /// A JPEG of one colour in four inks, 255 for none, as Adobe's programs write it.
    fn inks(inks: [u8; 4]) -> Vec<u8> {
        let pixels = inks.repeat(16 * 16);
        let mut turbo = turbojpeg::Compressor::new().unwrap();
        turbo.set_quality(100).unwrap();
        turbo.set_subsamp(turbojpeg::Subsamp::None).unwrap();
        let format = turbojpeg::PixelFormat::CMYK;
        let image = turbojpeg::Image { pixels: &pixels[..], width: 16, pitch: 4 * 16, height: 16, format };
        turbo.compress_to_vec(image).unwrap()
    }

    /// A printer's profile (ICC.1:2001-04, 6.5.8) with one ink that can be seen: full cyan is L*a*b* (53, 80, 67), which is red. Of
    /// the others nothing is seen, black included.
    fn printers() -> Vec<u8> {
        let identity = |channels: usize| (0..=255).collect::<Vec<u8>>().repeat(channels);
        let mut table = b"mft1\0\0\0\0\x04\x03\x02\0".to_vec();
        for entry in 0..9 {
            table.extend(if entry % 4 == 0 { 0x1_0000_u32 } else { 0 }.to_be_bytes());
        }
        table.extend(identity(4));
        // The first ink changes slowest.
        table.extend([[255, 128, 128].repeat(8), [135, 208, 195].repeat(8)].concat());
        table.extend(identity(3));
        let white = [&b"XYZ \0\0\0\0"[..], &[0, 0, 0xf6, 0xd6, 0, 1, 0, 0, 0, 0, 0xd3, 0x2d]].concat();
        let mut header = vec![0; 128];
        for (at, bytes) in
            [(8, &[2, 0x40, 0, 0][..]), (12, b"prtrCMYKLab "), (36, b"acsp"), (68, &white[8..])]
        {
            header[at..at + bytes.len()].copy_from_slice(bytes);
        }
        let (tags, mut at) = ([(b"wtpt", &white), (b"A2B0", &table)], 128 + 4 + 2 * 12);
        header.extend((tags.len() as u32).to_be_bytes());
        for (name, content) in tags {
            header.extend(
                [&name[..], &(at as u32).to_be_bytes(), &(content.len() as u32).to_be_bytes()].concat(),
            );
            at += content.len();
        }
        let mut profile = [header, white, table].concat();
        let length = profile.len() as u32;
        profile[..4].copy_from_slice(&length.to_be_bytes());
        profile
    }

    #[test]
    fn inks_are_converted_by_their_profile_and_leave_it_behind() {
        let (cyan, nothing, black) = (inks([0, 255, 255, 255]), inks([255; 4]), inks([255, 255, 255, 0]));
        let printers = printers();
        let close = |jpeg: &[u8], [red, green, blue]: [f64; 3]| {
            let is = seen(jpeg);
            let apart = is.iter().zip([red, green, blue]).map(|(is, should)| (is - should).abs());
            assert!(apart.fold(0.0, f64::max) < 8.0, "{is:?}");
        };
        for piece in [60_000, 700] {
            let with = |jpeg: &[u8]| with_profile(jpeg, &printers, piece);
            close(&with(&cyan), [255.0, 0.0, 0.0]);
            close(&with(&nothing), [255.0; 3]);
            close(&with(&black), [255.0; 3]);
        }
        // By ink alone where there is none, or another's.
        let p3 = ColorProfile::new_display_p3().encode().unwrap();
        for jpeg in
            [cyan.clone(), with_profile(&cyan, &p3, 60_000), with_profile(&cyan, &printers[..900], 60_000)]
        {
            close(&jpeg, [0.0, 255.0, 255.0]);
        }
        // Turned, it is planes, which have no place for a profile: what is encoded from them is sRGB, too.
        let stand = mutoscope_plugin::testing::TestHost::new();
        let jpeg = mutoscope_plugin::Buffer::from_vec(with_profile(&cyan, &printers, 60_000));
        let frame = mutoscope_plugin::Frame::from_jpeg(jpeg, mutoscope_plugin::Times::default()).unwrap();
        let turn = crate::turn::Orientation::UPRIGHT;
        let turned = crate::turn::Turner::new().unwrap().turn(&frame, turn, &stand.context()).unwrap();
        assert_eq!(turned.format().kind, PixelFormat::I420);
        let luma = turned.plane(0).row(8)[8];
        assert!(luma.abs_diff(76) < 8, "{luma} is not red's");
    }

    #[test]
    fn a_few_profiles_are_kept() {
        let mut profiles = Profiles::default();
        let mut pixels = [200, 100, 50];
        let all: Vec<_> = (0..2 * KEPT as u8).map(|n| [b"none".to_vec(), vec![n]].concat()).collect();
        for profile in all.iter().chain(&all) {
            profiles.rgb(profile, &mut pixels);
            assert_eq!(profiles.known[0].profile, *profile);
        }
        assert_eq!((profiles.known.len(), pixels), (KEPT, [200, 100, 50]));
    }
}
