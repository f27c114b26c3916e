//! Camera programs that misbehave in every way: one clear message each, and nothing of them is left.

use super::*;
use std::sync::mpsc;

/// The message of a failure before any picture.
fn failure(folder: &Folder, script: &str) -> Error {
    let (frames, error) = until_failure(folder.camera(script), &TestHost::new());
    assert!(frames.is_empty(), "{}", frames.len());
    assert_gone(folder.number("pid"));
    error
}

#[test]
fn a_program_that_dies_at_once_says_why() {
    let folder = Folder::new();
    for (script, expected) in [
        (
            "echo 'ERROR: rpicam-apps currently only supports the Raspberry Pi platforms.' >&2\n\
             echo 'Other platforms, such as PCs, Laptops or other SBCs, are not supported.' >&2\nexit 255",
            "`camera` works on a Raspberry Pi only, and does not take this machine for one: use the source `v4l2` here, or \
             name another program with `command` (its last words: ERROR: rpicam-apps currently only supports the \
             Raspberry Pi platforms.)",
        ),
        (
            "echo 'ERROR: *** no cameras available ***' >&2; exit 255",
            "`camera` finds no camera: is its ribbon cable seated at both ends, and does `camera --list-cameras` show it? \
             (its last words: ERROR: *** no cameras available ***)",
        ),
        (
            "echo 'ERROR: *** failed to acquire camera /base/soc ***' >&2; exit 255",
            "camera 0 is in use by another program: end that (`sudo fuser -v /dev/media*` names it), and this source goes \
             on by itself (its last words: ERROR: *** failed to acquire camera /base/soc ***)",
        ),
        (
            "echo 'ERROR: *** selected camera is not available ***' >&2; exit 255",
            "there is no camera 0: `camera --list-cameras` shows which there are (its last words: ERROR: *** selected \
             camera is not available ***)",
        ),
        (
            "exit 139",
            "`camera` crashed (signal 11) before its first picture: try the same command line in a terminal, and bring the \
             system's camera programs up to date (it said nothing on its standard error)",
        ),
        (
            "kill -ABRT $$",
            "`camera` crashed (signal 6) before its first picture: try the same command line in a terminal, and bring the \
             system's camera programs up to date (it said nothing on its standard error)",
        ),
        (
            "kill -KILL $$",
            "`camera` was killed (signal 9) before its first picture: somebody did it, or the memory ran out, which \
             `dmesg` tells (it said nothing on its standard error)",
        ),
        (
            "echo one >&2; echo two >&2; echo three >&2; echo four >&2; exit 3",
            "`camera` ended with code 3 before its first picture (its last words: two / three / four)",
        ),
        (
            "exit 0",
            "`camera` ended by itself before its first picture, as if it were done: is there something in `extra_args` that \
             limits it? (it said nothing on its standard error)",
        ),
    ] {
        let error = failure(&folder, script);
        assert_eq!(error.message(), expected, "{script}");
        assert_eq!(error.option_path(), "");
    }
}

#[test]
fn an_option_that_the_program_refuses_is_named() {
    let folder = Folder::new();
    let refusal = |line: &str| failure(&folder, &format!("cat >&2 <<'.'\n{line}\n.\nexit 255"));
    let error = refusal("ERROR: *** unrecognised option '--autofocus-mode' ***");
    assert_eq!(error.option_path(), "autofocus_mode");
    assert_eq!(
        error.message(),
        "this `camera` knows no `--autofocus-mode`: bring the system's camera programs up to date, or leave \
         `autofocus_mode` out"
    );
    let error = refusal("ERROR: *** unrecognised option '--framerate=10' ***");
    assert_eq!(error.option_path(), "fps");
    let error = refusal("ERROR: *** the argument ('x') for option '--gain' is invalid ***");
    assert_eq!(error.option_path(), "gain");
    let error = refusal("ERROR: *** unrecognised option '--whatever' ***");
    assert_eq!(error.option_path(), "extra_args");
}

#[test]
fn no_program_is_an_error_with_the_way_out() {
    let absent = |command: &str| {
        let options = Options { command: Some(command.to_owned()), ..Options::default() };
        Picamera::open(options, &TestHost::new().context()).err().unwrap().to_string()
    };
    let text = absent("no-such-camera-program");
    assert_eq!(
        text,
        "`no-such-camera-program` (`command`) is not on the PATH: install it, or give its absolute path"
    );
    assert!(absent("/no/such/program").contains("there is no such file"));
    let folder = Folder::new();
    let text = absent(folder.put("text", b"#!/bin/sh\n").to_str().unwrap());
    assert!(text.contains("may not be run"), "{text}");
    folder.camera("");
    let camera = folder.path().join("camera");
    let written =
        Command::new("sh").arg("-c").arg("echo '#!/no/such/shell' > \"$0\"").arg(&camera).status().unwrap();
    assert!(written.success());
    let text = absent(camera.to_str().unwrap());
    assert!(text.contains("the interpreter that its first line names, is not there"), "{text}");
}

#[test]
fn a_program_that_dies_after_some_pictures_gives_them_first() {
    let folder = Folder::new();
    folder.put("picture", &small(8, 8));
    let script = "cat picture picture picture; echo 'ERROR: *** lost the camera ***' >&2; exit 1";
    let (frames, error) = until_failure(folder.camera(script), &TestHost::new());
    assert_eq!(frames.len(), 3);
    assert_eq!(
        error.message(),
        "`camera` ended with code 1 after 3 pictures (its last words: ERROR: *** lost the camera ***)"
    );
    assert_gone(folder.number("pid"));
}

#[test]
fn a_program_that_closes_its_pipe_and_stays_is_ended() {
    let folder = Folder::new();
    folder.put("picture", &small(8, 8));
    let (frames, error) =
        until_failure(folder.camera("cat picture; exec >&-; sleep 1000 & wait"), &TestHost::new());
    assert_eq!(frames.len(), 1);
    assert!(
        error.message().starts_with("`camera` closed its output after 1 picture, and has been ended"),
        "{error}"
    );
    assert_gone(folder.number("pid"));
}

#[test]
fn the_death_of_the_program_counts_though_another_holds_its_pipe() {
    let folder = Folder::new();
    let script = "sleep 1000 & echo $! > grandchild; exit 4";
    let error = failure(&folder, script);
    assert!(error.message().starts_with("`camera` ended with code 4"), "{error}");
    assert_gone(folder.number("grandchild"));
}

#[test]
fn garbage_without_end_is_a_failure() {
    let folder = Folder::new();
    for garbage in ["yes not a picture", "cat /dev/urandom", "cat /dev/zero"] {
        let error = failure(&folder, garbage);
        assert_eq!(
            error.message(),
            "`camera` gave 16 MiB without one whole JPEG in them: with `command`, it has to write MJPEG to its standard \
             output; otherwise bring the system's camera programs up to date",
            "{garbage}"
        );
    }
}

/// Runs the source on a thread of its own, as the host does; stops it once it waits for a picture, and gives how long that
/// took, drop included.
fn stopped_while_waiting(options: Options, folder: &Folder, ready: &str) -> Duration {
    let stand = TestHost::new();
    let (tell, told) = mpsc::channel();
    let source = std::thread::spawn({
        let stand = stand.clone();
        move || {
            let ctx = stand.context();
            let mut source = Picamera::open(options, &ctx).unwrap();
            tell.send(()).unwrap();
            while let Some(_frame) = source.next_frame(&ctx).unwrap() {}
        }
    });
    told.recv().unwrap();
    folder.number(ready);
    let asked = Instant::now();
    stand.stop();
    source.join().unwrap();
    asked.elapsed()
}

/// Far more than is promised, since the machine may be busy, and far less than the programs sleep.
const SOON: Duration = Duration::from_secs(30);

#[test]
fn a_silent_program_is_ended_at_the_stop() {
    let folder = Folder::new();
    let took = stopped_while_waiting(folder.camera("exec sleep 1000"), &folder, "pid");
    assert!(took < SOON, "{took:?}");
    assert_gone(folder.number("pid"));
}

#[test]
fn a_program_that_ignores_signals_is_killed_with_its_children() {
    let folder = Folder::new();
    let script = "trap '' TERM INT HUP\n(trap '' TERM INT HUP; while :; do sleep 0.1; done) & echo $! > grandchild\n\
                  while :; do sleep 0.1; done";
    let took = stopped_while_waiting(folder.camera(script), &folder, "grandchild");
    assert!(took < SOON, "{took:?}");
    assert_gone(folder.number("pid"));
    assert_gone(folder.number("grandchild"));
}

#[test]
fn a_stop_while_opening_is_heard() {
    let folder = Folder::new();
    let stand = TestHost::new();
    let opening = std::thread::spawn({
        let (stand, options) = (stand.clone(), folder.camera("exec sleep 1000"));
        move || {
            let ctx = stand.context();
            assert!(Picamera::open(options, &ctx).unwrap().next_frame(&ctx).unwrap().is_none());
        }
    });
    folder.number("pid");
    let asked = Instant::now();
    stand.stop();
    opening.join().unwrap();
    assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
    assert_gone(folder.number("pid"));
}

#[test]
fn a_program_that_floods_its_standard_error_does_not_stop_the_pictures() {
    let folder = Folder::new();
    folder.put("picture", &small(8, 8));
    // Far more than a pipe holds before each picture: were it not read, nothing would come.
    let script = "while :; do head -c 300000 /dev/zero | tr '\\0' 'x' >&2; echo >&2; cat picture; done";
    let ctx = TestHost::new().context();
    let mut source = Picamera::open(folder.camera(script), &ctx).unwrap();
    for _ in 0..10 {
        assert!(source.next_frame(&ctx).unwrap().is_some());
    }
    drop(source);
    assert_gone(folder.number("pid"));
}

#[test]
fn a_source_dropped_in_the_middle_of_a_picture_leaves_nothing() {
    let folder = Folder::new();
    folder.put("picture", &small(8, 8));
    let script = "sleep 1000 & echo $! > grandchild; cat picture; head -c 20 picture; cat /dev/zero";
    let ctx = TestHost::new().context();
    let mut source = Picamera::open(folder.camera(script), &ctx).unwrap();
    assert!(source.next_frame(&ctx).unwrap().is_some());
    drop(source);
    assert_gone(folder.number("pid"));
    assert_gone(folder.number("grandchild"));
}

#[test]
fn the_program_ends_with_the_thread_that_started_it_even_without_a_drop() {
    let folder = Folder::new();
    let options = folder.camera("trap '' TERM; exec sleep 1000");
    std::thread::spawn(move || {
        // As if the whole server were killed: nothing is dropped.
        std::mem::forget(Picamera::open(options, &TestHost::new().context()).unwrap());
    })
    .join()
    .unwrap();
    let number = folder.number("pid");
    let dead = || process(number).is_none_or(|(state, _)| state == 'Z');
    eventually(dead, "end of an orphan");
}

#[test]
fn a_hundred_starts_leave_no_descriptor_and_no_child() {
    let folder = Folder::new();
    folder.put("picture", &small(8, 8));
    let options = folder.camera("cat picture; exec sleep 1000");
    let ctx = TestHost::new().context();
    let mut numbers = Vec::new();
    for _ in 0..100 {
        let mut source = Picamera::open(options.clone(), &ctx).unwrap();
        assert!(source.next_frame(&ctx).unwrap().is_some());
        numbers.push(folder.number("pid"));
        drop(source);
    }
    numbers.into_iter().for_each(assert_gone);
    // Other tests open and close theirs meanwhile: a hundred that are left would show.
    let open = std::fs::read_dir("/proc/self/fd").unwrap().count();
    assert!(open < 150, "{open} descriptors");
}

/// The log of `run` on this thread.
fn logged(run: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Page(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);
    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let page = Page::default();
    let writer = page.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .without_time()
        .finish();
    mutoscope_plugin::tracing::subscriber::with_default(subscriber, run);
    let text = page.0.lock().unwrap();
    String::from_utf8(text.clone()).unwrap()
}

#[test]
fn what_the_program_says_is_logged_once_for_lines_of_one_kind() {
    let folder = Folder::new();
    folder.put("picture", &small(8, 8));
    let script = "for n in 1 2 3 4 5 6 7 8 9 10 11; do echo \"#$n ($n.5 fps) of the log's test\" >&2; done\n\
                  echo 'WARN of the log test: warm' >&2; cat picture; exit 1";
    let log = logged(|| {
        for _ in 0..3 {
            until_failure(folder.camera(script), &TestHost::new());
        }
    });
    let lines: Vec<_> = log.lines().filter(|line| line.contains("test")).collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert!(
        lines[0].contains("INFO") && lines[0].ends_with("camera, camera 0: #1 (1.5 fps) of the log's test"),
        "{log}"
    );
    assert!(lines[1].contains("WARN ") && lines[1].ends_with("WARN of the log test: warm"), "{log}");
}
