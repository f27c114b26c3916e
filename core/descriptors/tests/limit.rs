//! The limit is the process's: one test, in a process of its own.

use mutoscope_descriptors::{allow, open_now};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs::File;

#[test]
fn the_soft_limit_is_raised_as_far_as_the_hard_one() {
    let before = open_now();
    let held: Vec<File> = (0..10).map(|_| File::open("/dev/null").unwrap()).collect();
    assert!((before + 10..before + 20).contains(&open_now()));
    drop(held);

    let set = |soft, hard| {
        setrlimit(Resource::Nofile, Rlimit { current: Some(soft), maximum: Some(hard) }).unwrap()
    };
    set(100, 300);
    assert_eq!(allow(200), 200);
    assert_eq!(getrlimit(Resource::Nofile).current, Some(200));
    assert_eq!(allow(150), 200, "it is never lowered");
    assert_eq!(allow(1000), 300, "what the hard limit leaves");
    assert_eq!(getrlimit(Resource::Nofile).current, Some(300));
    assert_eq!(allow(1000), 300);
}
