//! The camera of the article that this project comes from.

use mutoscope_tests::{Program, Running, http, in_repository};

fn start() -> Running {
    let file = in_repository("pipelines/article.yaml");
    Program::new(["run", file.to_str().unwrap(), "--set", "sink.listen=127.0.0.1:0"]).start()
}

/// Returns the index of the picture among the three, from 0.
fn which(picture: &[u8]) -> usize {
    let files = ["1.jpg", "2.jpg", "3.jpg"].map(|name| in_repository("frames/article").join(name));
    let which = files.iter().position(|file| std::fs::read(file).unwrap() == picture);
    which.expect("one of the three pictures, byte for byte")
}

#[test]
fn the_pictures_are_the_files_chosen_by_the_clock() {
    let running = start();
    let parts: Vec<_> = http::stream(&format!("{}/video_feed", running.address())).take(4).collect();
    for part in &parts {
        let captured: f64 = part.header("X-Timestamp").parse().unwrap();
        assert_eq!(which(&part.picture), captured as usize % 3, "captured at {captured}");
    }
    assert!(parts.windows(2).all(|pair| pair[0].picture != pair[1].picture));
    running.stop();
}

#[test]
fn the_page_shows_the_stream_and_a_snapshot_is_a_file_too() {
    let running = start();
    let page = http::get(&format!("{}/", running.address()));
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.text().contains("<img src=\"camera/stream\""), "{}", page.text());
    which(&running.snapshot("camera"));
    running.stop();
}
