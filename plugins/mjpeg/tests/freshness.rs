//! Parts that are not the camera's latest picture: they say so, and no viewer sees them in another order than they came in.

mod common;

use common::{camera, picture};
use mutoscope_plugin::{Freshness, Times};
use std::time::Duration;

#[test]
fn each_part_says_how_fresh_it_is() {
    let mut served = camera("{}");
    let mut viewer = served.viewer();
    let captured = Times::now();
    served.send_captured(picture(1, 100), captured);
    let live = viewer.part();
    served.send_instead(picture(1, 100), captured, Freshness::HELD);
    let held = viewer.part();
    served.send_instead(picture(2, 100), Times::now(), Freshness::PLACEHOLDER);
    let placeholder = viewer.part();
    served.send(picture(3, 100));
    let again = viewer.part();
    let said = [&live, &held, &placeholder, &again].map(|part| part.header("X-Frame").to_owned());
    assert_eq!(said, ["live", "held", "placeholder", "live"]);
    // A held picture says when it was captured, not when it was sent again; numbers never go back.
    assert_eq!(held.header("X-Timestamp"), live.header("X-Timestamp"));
    assert_eq!([&live, &held, &placeholder, &again].map(|part| part.sequence()), [1, 1, 1, 2]);
}

#[test]
fn headers_and_the_first_boundary_come_though_no_frame_ever_does() {
    let served = camera("{}");
    let mut viewer = served.get("/stream");
    assert_eq!(viewer.status, "HTTP/1.0 200 OK");
    assert_eq!(viewer.line(), "--boundarydonotcross\r\n");
    drop(served.sink);
    assert_eq!(viewer.rest(), b"--boundarydonotcross--\r\n");
}

#[test]
fn a_new_viewer_sees_the_placeholder_that_the_others_see_and_no_picture_from_before_it() {
    let mut served = camera("{}");
    let mut early = served.viewer();
    served.send(picture(1, 100));
    assert_eq!(early.part().header("X-Frame"), "live");
    served.send_instead(picture(2, 100), Times::now(), Freshness::PLACEHOLDER);
    assert_eq!(early.part().header("X-Frame"), "placeholder");
    let mut late = served.viewer();
    assert_eq!(late.part().header("X-Frame"), "placeholder");
    drop((early, late));
    served.await_demand(1, 0);
    // The picture is still kept for a snapshot. A viewer that comes after the rest does not see it.
    let mut next = served.viewer();
    served.send(picture(3, 100));
    assert_eq!(next.part().sequence(), 2);
}

/// Each picture's first byte after the JPEG's mark is its number: live and other parts mixed, faster than anybody reads.
#[test]
fn a_slow_viewer_sees_parts_in_the_order_in_which_they_came() {
    let mut served = camera("{}");
    let mut viewer = served.viewer();
    const COUNT: u64 = 400;
    let numbered = |number: u64| {
        let mut bytes = picture(0, 40_000);
        bytes[2..10].copy_from_slice(&number.to_be_bytes());
        bytes
    };
    let reading = std::thread::spawn(move || {
        let mut seen = Vec::new();
        while seen.last() != Some(&COUNT) {
            let part = viewer.part();
            let number = u64::from_be_bytes(part.picture[2..10].try_into().unwrap());
            let kind = ["live", "held", "placeholder"][(number % 3) as usize];
            assert_eq!(part.header("X-Frame"), kind, "{number}");
            seen.push(number);
            std::thread::sleep(Duration::from_millis(1));
        }
        seen
    });
    let captured = Times::now();
    for number in 1..=COUNT {
        match number % 3 {
            0 => drop(served.send(numbered(number))),
            1 => served.send_instead(numbered(number), captured, Freshness::HELD),
            _ => served.send_instead(numbered(number), Times::now(), Freshness::PLACEHOLDER),
        }
        if number % 40 == 0 {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
    let seen = reading.join().unwrap();
    assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "{seen:?}");
    assert!(seen.len() < COUNT as usize, "it kept up, so that this showed nothing");
}
