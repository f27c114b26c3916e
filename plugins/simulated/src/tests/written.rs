//! Picture files while they are written, at moments that the tests choose.

use super::*;
use crate::film::{Film, Shown};
use crate::picture::{ENDLESS, GONE, QUIET};
use mutoscope_plugin::{Services, Times};

/// A film, and a clock that stands still unless it is told otherwise.
struct Show {
    film: Film,
    now: Times,
    stand: TestHost,
    services: Services,
}

impl Show {
    fn of(path: &Path) -> Show {
        let stand = TestHost::new();
        let services = stand.context().services();
        let film = Film::open(&Frames::One(path.to_owned())).unwrap();
        // The monotonic clock of a machine that has just been started.
        let now = Times { monotonic_ns: 1, wall_ns: Times::now().wall_ns };
        Show { film, now, stand, services }
    }

    fn pass(&mut self, time: Duration) {
        self.now.monotonic_ns += time.as_nanos() as u64;
        self.now.wall_ns += time.as_nanos() as i64;
    }

    /// The width of the picture that is shown instead of number `at`; `None`: none.
    fn width(&mut self, at: usize) -> Option<u32> {
        match self.film.shown_from(at, self.now, &self.services) {
            Shown::Frame(_, frame) => Some(frame.format().width),
            Shown::Awaited | Shown::Nothing => None,
        }
    }

    fn is_lost(&mut self) -> bool {
        matches!(self.film.shown_from(0, self.now, &self.services), Shown::Nothing)
    }
}

/// A JPEG with a thumbnail, which has an end marker of its own.
fn with_thumbnail(jpeg: &[u8], thumbnail: &[u8]) -> Vec<u8> {
    let length = (thumbnail.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, thumbnail, &jpeg[2..]].concat()
}

#[test]
fn the_last_whole_picture_stays_until_the_new_one_is_whole() {
    let new = [
        ("JPEG", jpeg(40, 8)),
        ("JPEG with a thumbnail", with_thumbnail(&jpeg(40, 8), &jpeg(8, 8))),
        ("PNG", grey_png(40, 8, 3)),
        ("GIF", encoded(image::RgbImage::from_pixel(40, 8, image::Rgb([9, 8, 7])), image::ImageFormat::Gif)),
    ];
    for old in [jpeg(16, 8), grey_png(16, 8, 5)] {
        for (kind, new) in &new {
            let folder = TempDir::new().unwrap();
            let path = put_now(&folder, "1.jpg", &old);
            let mut show = Show::of(&path);
            assert_eq!(show.width(0), Some(16));
            // Of a PNG and a GIF the last bytes are not needed.
            for len in [0, 1, 2, 10, new.len() / 3, new.len() / 2, new.len() * 2 / 3] {
                put_now(&folder, "1.jpg", &new[..len]);
                show.pass(Duration::from_secs(7));
                assert_eq!(show.width(0), Some(16), "{kind} of {len} bytes");
            }
            put_now(&folder, "1.jpg", new);
            assert_eq!(show.width(0), Some(40), "{kind}");
            assert_eq!(show.stand.counter("frames_skipped"), 0);
        }
    }
}

#[test]
fn a_picture_in_a_folder_keeps_its_turn_while_it_is_written() {
    let folder = TempDir::new().unwrap();
    for (name, width) in [("1.jpg", 8), ("2.jpg", 16), ("3.jpg", 24)] {
        put(&folder, name, &jpeg(width, 8));
    }
    let mut show = Show::of(folder.path());
    let turn = |show: &mut Show| [0, 1, 2].map(|at| show.width(at).unwrap());
    assert_eq!(turn(&mut show), [8, 16, 24]);
    put_now(&folder, "2.jpg", &jpeg(32, 8)[..200]);
    assert_eq!(turn(&mut show), [8, 16, 24]);
    put_now(&folder, "2.jpg", &jpeg(32, 8));
    assert_eq!(turn(&mut show), [8, 32, 24]);
    // One that stays cut off is left out in the end.
    put_now(&folder, "2.jpg", &jpeg(32, 8)[..200]);
    assert_eq!(turn(&mut show), [8, 32, 24]);
    show.pass(QUIET);
    assert_eq!(turn(&mut show), [8, 24, 24]);
}

#[test]
fn what_is_too_large_to_be_kept_stays_all_the_same() {
    let folder = TempDir::new().unwrap();
    let large = [jpeg(16, 8), vec![0; 9 << 20]].concat();
    let path = put(&folder, "1.jpg", &large);
    let mut show = Show::of(&path);
    assert_eq!(show.width(0), Some(16));
    put_now(&folder, "1.jpg", b"");
    assert_eq!(show.width(0), Some(16));
    // Beside others, they are shown instead.
    put(&folder, "1.jpg", &large);
    put(&folder, "2.jpg", &jpeg(8, 8));
    let mut show = Show::of(folder.path());
    assert_eq!((show.width(0), show.width(1)), (Some(16), Some(8)));
    put_now(&folder, "1.jpg", b"");
    assert_eq!(show.width(0), Some(8));
    put_now(&folder, "2.jpg", b"");
    assert_eq!((show.width(0), show.width(1)), (Some(8), Some(8)));
}

#[test]
fn a_file_may_be_gone_for_a_moment_and_another_take_its_place() {
    let folder = TempDir::new().unwrap();
    let path = put(&folder, "1.jpg", &jpeg(16, 8));
    let mut show = Show::of(&path);
    assert_eq!(show.width(0), Some(16));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(show.width(0), Some(16));
    // Renamed onto it: at once, although it is of the same length.
    let other = put_now(&folder, "new", &jpeg(16, 8));
    std::fs::rename(&other, &path).unwrap();
    assert_eq!(show.width(0), Some(16));
    let other = put_now(&folder, "new", &jpeg(24, 8));
    std::fs::rename(&other, &path).unwrap();
    assert_eq!(show.width(0), Some(24));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(show.width(0), Some(24));
    show.pass(GONE);
    assert!(show.is_lost());
    put_now(&folder, "1.jpg", &jpeg(32, 8));
    assert_eq!(show.width(0), Some(32));
}

#[test]
fn a_file_that_stays_broken_is_a_broken_picture() {
    let folder = TempDir::new().unwrap();
    let path = put(&folder, "1.jpg", &jpeg(16, 8));
    let mut show = Show::of(&path);
    assert_eq!(show.width(0), Some(16));
    put_now(&folder, "1.jpg", &jpeg(40, 8)[..300]);
    assert_eq!(show.width(0), Some(16));
    show.pass(QUIET - Duration::from_millis(1));
    assert_eq!(show.width(0), Some(16));
    // A little more of it came.
    put_now(&folder, "1.jpg", &jpeg(40, 8)[..310]);
    assert_eq!(show.width(0), Some(16));
    show.pass(QUIET - Duration::from_millis(1));
    assert_eq!(show.width(0), Some(16));
    show.pass(Duration::from_millis(1));
    assert!(show.is_lost());
}

#[test]
fn the_end_of_an_old_picture_makes_no_new_one_whole() {
    let folder = TempDir::new().unwrap();
    let (old, new) = (jpeg(64, 64), jpeg(56, 64));
    let half = [&new[..new.len() / 2], &old[new.len() / 2..]].concat();
    let path = put_now(&folder, "1.jpg", &old);
    let mut show = Show::of(&path);
    assert_eq!(show.width(0), Some(64));
    let over = |bytes: &[u8]| {
        use std::io::Write;
        // Neither shortened nor replaced.
        File::options().write(true).open(&path).unwrap().write_all(bytes).unwrap();
    };
    over(&new[..new.len() / 2]);
    assert_eq!(std::fs::read(&path).unwrap(), half);
    assert_eq!(show.width(0), Some(64));
    show.pass(Duration::from_secs(3));
    assert_eq!(show.width(0), Some(64));
    over(&new);
    File::options().write(true).open(&path).unwrap().set_len(new.len() as u64).unwrap();
    assert_eq!(show.width(0), Some(56));
    // Of the same length as the one before it: when it has rested, or after a while in any case.
    over(&new);
    assert_eq!(show.width(0), Some(56));
}

#[test]
fn a_source_that_begins_in_the_middle_of_an_upload_waits_for_it() {
    let folder = TempDir::new().unwrap();
    let path = put_now(&folder, "1.jpg", &jpeg(16, 8)[..50]);
    let mut show = Show::of(&path);
    assert!(matches!(show.film.shown_from(0, show.now, &show.services), Shown::Awaited));
    put_now(&folder, "1.jpg", &jpeg(16, 8));
    assert_eq!(show.width(0), Some(16));
    // An old one has no writer.
    let path = put(&folder, "2.jpg", &jpeg(16, 8)[..50]);
    assert!(Show::of(&path).is_lost());
}

#[test]
fn a_file_is_good_although_its_picture_is_just_being_written() {
    let folder = TempDir::new().unwrap();
    for bytes in [&b""[..], &jpeg(16, 8)[..50], &grey_png(16, 8, 1)[..20]] {
        let path = put_now(&folder, "1.jpg", bytes);
        let caps = Simulated::caps(&playing(&path)).unwrap();
        assert!(caps.formats.is_empty());
        assert!(caps.notes[0].text.contains("is being written"), "{:?}", caps.notes);
        put(&folder, "1.jpg", bytes);
        assert!(Simulated::caps(&playing(&path)).is_err());
    }
    let path = put_now(&folder, "1.jpg", b"no picture, however long it is waited for");
    assert!(Simulated::caps(&playing(&path)).is_err());
}

#[test]
fn a_jpeg_that_lacks_nothing_but_its_end_is_shown_when_nobody_is_at_it() {
    let folder = TempDir::new().unwrap();
    let (old, new) = (jpeg(16, 8), jpeg(40, 8));
    let path = put_now(&folder, "1.jpg", &old);
    let mut show = Show::of(&path);
    assert_eq!(show.width(0), Some(16));
    put_now(&folder, "1.jpg", &new[..new.len() - 2]);
    assert_eq!(show.width(0), Some(16));
    show.pass(ENDLESS);
    let Shown::Frame(_, frame) = show.film.shown_from(0, show.now, &show.services) else { panic!("nothing") };
    assert_eq!(frame.jpeg().unwrap(), new, "with its end");
    // What lacks more is none, however long it rests.
    put_now(&folder, "1.jpg", &old[..old.len() * 2 / 3]);
    assert_eq!(show.width(0), Some(40));
    show.pass(ENDLESS);
    assert_eq!(show.width(0), Some(40));
    show.pass(QUIET);
    assert!(show.is_lost());
    // An old file is judged at once.
    let path = put(&folder, "2.jpg", &new[..new.len() - 2]);
    assert_eq!(Simulated::caps(&playing(&path)).unwrap().formats[0].format, frame.format());
    assert_eq!(Show::of(&path).width(0), Some(40));
}
