//! The place at which a source goes on after it was closed.

use super::*;

/// A host whose state names a source. Other tests have other numbers.
fn stand(source_id: u64) -> TestHost {
    let stand = TestHost::new();
    stand.set_state(&format!(r#"{{"source_id":{source_id},"streams":{{}}}}"#));
    stand
}

/// The width of the next instance's first picture.
fn width(options: &Options, stand: &TestHost) -> u32 {
    let ctx = stand.context();
    Simulated::open(options.clone(), &ctx).unwrap().next_frame(&ctx).unwrap().unwrap().format().width
}

#[test]
fn a_slide_show_goes_on_where_it_was() {
    let folder = TempDir::new().unwrap();
    for (name, width) in [("1.jpg", 8), ("2.jpg", 16), ("4.jpg", 32)] {
        put(&folder, name, &jpeg(width, 8));
    }
    let options = playing(folder.path());
    let (one, other) = (stand(1001), stand(1002));
    assert_eq!((width(&options, &one), width(&options, &one)), (8, 16));
    // Another stream that shows the same has a place of its own.
    assert_eq!((width(&options, &other), width(&options, &one), width(&options, &one)), (8, 32, 8));
    assert_eq!(width(&options, &other), 16);
    // A picture that has come, and the one that was shown last being gone, change little.
    put(&folder, "3.jpg", &jpeg(24, 8));
    assert_eq!(width(&options, &other), 24);
    std::fs::remove_file(folder.path().join("3.jpg")).unwrap();
    assert_eq!(width(&options, &other), 32);
    // Other options are another source for the host.
    assert_eq!(width(&options, &stand(1003)), 8);
    // Without a number nothing is remembered.
    assert_eq!((width(&options, &TestHost::new()), width(&options, &TestHost::new())), (8, 8));
}

#[test]
fn a_film_that_is_shown_once_begins_anew() {
    let folder = TempDir::new().unwrap();
    put(&folder, "1.jpg", &jpeg(8, 8));
    put(&folder, "2.jpg", &jpeg(16, 8));
    let (options, stand) = (Options { repeat: false, ..playing(folder.path()) }, stand(1004));
    assert_eq!((width(&options, &stand), width(&options, &stand)), (8, 8));
}
