//! `mutoscope probe` on the program itself.

use mutoscope_tests::{Program, Running};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpListener;

const FILE: &str = "
streams:
  camera: { source: { plugin: simulated, width: 320, height: 240, fps: 20 } }
  broken: { source: { plugin: good, fault: open } }
sink: { plugin: mjpeg, listen: 127.0.0.1:0 }
";

fn start() -> Running {
    Program::new(["run", "-"]).given(FILE).with_fixtures().start()
}

#[test]
fn a_healthy_stream_is_measured_under_load() {
    let running = start();
    let url = format!("{}/camera/stream", running.address());
    let pid = running.id().to_string();
    let load = ["--seconds", "3", "--viewers", "10", "--slow", "2@20000", "--pid", &pid, "--json"];
    let ended = Program::new(["probe", &url]);
    let ended = load.iter().fold(ended, |program, argument| program.arg(argument)).output().expect(0);
    assert_eq!(ended.stderr, "");
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    let stream = &report["streams"][0];
    assert_eq!((&report["healthy"], &stream["problems"]), (&true.into(), &Value::Array(Vec::new())));
    assert_eq!((&stream["viewers"], &stream["slow"]["viewers"]), (&10.into(), &2.into()));
    assert_eq!(stream["with_length"], stream["pictures"]);
    let fps = stream["fps"].as_f64().unwrap();
    assert!((5.0..=21.0).contains(&fps), "{fps}");
    assert!(stream["slow"]["fps"].as_f64().is_none_or(|slow| slow < fps), "{stream}");
    assert!(stream["age"]["clock_ahead_ms"].is_null() && stream["age"]["ms"]["p50"].is_f64(), "{stream}");
    assert_eq!(report["server"]["name"], "mutoscope");
    assert!(report["server"]["resident_kib"].as_u64() > Some(1000), "{report}");
    running.stop();
}

#[test]
fn what_is_not_healthy_ends_it_with_1() {
    let running = start();
    let address = running.address();
    let probe = |path: &str| {
        let program = Program::new(["probe", "--seconds", "2"]).arg(format!("{address}{path}"));
        program.output().expect(1).stdout
    };
    let broken = probe("/broken/stream");
    assert!(broken.contains("NOT HEALTHY") && broken.contains("stand in for the camera's"), "{broken}");
    let nothing = probe("/nothing");
    assert!(nothing.contains("there is nothing at `/nothing`"), "{nothing}");
    let page = probe("/");
    assert!(page.contains("there is a page at `/`"), "{page}");
    let snapshot = probe("/camera/snapshot");
    assert!(snapshot.contains("there is one picture at"), "{snapshot}");
    running.stop();
    let gone = probe("/stream");
    assert!(gone.contains("nothing listens at"), "{gone}");
}

#[test]
fn a_wrong_command_line_ends_it_with_2_and_the_rules_are_in_the_help() {
    for arguments in
        [&["probe"][..], &["probe", "127.0.0.1:8080/stream"], &["probe", "http://127.0.0.1/", "--slow", "5"]]
    {
        let ended = Program::new(arguments).output().expect(2);
        assert!(ended.stdout.is_empty(), "{ended:?}");
    }
    let help = Program::new(["probe", "--help"]).output().expect(0).stdout;
    for rule in [
        "A stream is healthy if",
        "within 5 s",
        "longer than 3 s",
        "at least half",
        "three times the usual gap",
    ] {
        assert!(help.contains(rule), "no {rule:?} in {help}");
    }
}

#[test]
fn what_a_server_calls_things_steers_no_terminal() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", server.local_addr().unwrap());
    std::thread::spawn(move || {
        while let Ok((mut client, _)) = server.accept() {
            let answer = "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=\"x\u{9b}31m\u{202e}y\"\r\n\r\n";
            // Who has gone away needs none.
            let _ = client.read(&mut [0; 4096]).and_then(|_| client.write_all(answer.as_bytes()));
        }
    });
    for json in [&[][..], &["--json"]] {
        let program = Program::new(["probe", &url, "--seconds", "1"]);
        let ended = json.iter().fold(program, |program, argument| program.arg(argument)).output().expect(1);
        assert!(ended.stdout.contains(r"x\u009b31m\u202ey"), "{}", ended.stdout);
        assert!(!ended.stdout.contains(['\u{9b}', '\u{202e}']), "{}", ended.stdout);
    }
}
