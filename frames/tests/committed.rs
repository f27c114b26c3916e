//! The pictures in the repository are what the program makes, and as small as they have to be.

use std::fs;
use std::path::Path;

use mutoscope_frames::committed;
use mutoscope_frames::sequence::{Painter, Sequence};

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn they_are_all_there_and_small() {
    let article = files(&committed::article_folder());
    let porch = files(&committed::porch_folder());
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&article), ["1.jpg", "2.jpg", "3.jpg"]);
    let numbers: Vec<_> = (1..=committed::PORCH_FRAMES).map(|i| format!("{i:04}.jpg")).collect();
    assert_eq!(names(&porch), numbers);

    for (files, size) in [(&article, committed::ARTICLE_SIZE), (&porch, committed::PORCH_SIZE)] {
        for (name, bytes) in files {
            let header = turbojpeg::read_header(bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!((header.width, header.height), size, "{name}");
            assert_eq!(header.subsamp, turbojpeg::Subsamp::Sub2x2, "{name}");
        }
    }
    let total: usize = article.iter().chain(&porch).map(|(_, bytes)| bytes.len()).sum();
    assert!(total < 3 << 20, "{total} bytes are 3 MiB or more");
}

#[test]
fn the_porch_is_what_the_program_makes() {
    let frame = committed::porch_frames();
    for index in [0, 14, 29] {
        let path = committed::porch_folder().join(format!("{:04}.jpg", index + 1));
        assert!(
            frame(index) == fs::read(&path).unwrap(),
            "{} is not what `make committed` writes",
            path.display()
        );
    }
}

#[test]
fn the_loop_moves_and_closes() {
    let frame = committed::porch_frames();
    let pixels =
        |index: usize| turbojpeg::decompress(&frame(index), turbojpeg::PixelFormat::GRAY).unwrap().pixels;
    let (first, second, last) = (pixels(0), pixels(1), pixels(committed::PORCH_FRAMES - 1));
    let apart = |a: &[u8], b: &[u8]| {
        a.iter().zip(b).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / a.len() as f64
    };
    let step = apart(&first, &second);
    assert!(step > 1.0, "neighbours differ by {step} only");
    let seam = apart(&last, &first);
    assert!(seam < 1.5 * step, "the seam shows: {seam}, elsewhere {step}");
}

#[test]
fn frames_of_the_720p_sequence_keep_their_size() {
    let painter = Painter::new(Sequence::Hd720);
    for index in [0, 31] {
        let bytes = painter.frame(index).len();
        assert!((80_000..=90_000).contains(&bytes), "frame {index} has {bytes} bytes");
    }
}
