//! Users: what each of them may ask for, how one is known, and what a change ends.

mod common;

use common::{Served, fine, open, picture, until};
use mutoscope_plugin::Update;

// What Debian's `argon2` printed for `correct horse`.
const HASH: &str =
    "$argon2id$v=19$m=64,t=1,p=1$Q0FhWkN4dW9EMTlDc0dqNg$SHhLMRnf9IubopDJigIISx5AgZo1HiuZG7SymUqgzhU";

const ADA: &str = "Authorization: Basic YWRhOmNvcnJlY3QgaG9yc2U=\r\n";
const PORCH: &str = "Authorization: bearer porch-porch-porch-porch\r\n";
const BOARD: &str = "Authorization: Bearer board-board-board-board\r\n";

fn options(porch: &str) -> String {
    format!(
        r#"{{"listen": "127.0.0.1:0", "users": [
            {{"name": "ada", "password": "{HASH}"}},
            {{"name": "porch", "token": "{porch}", "streams": ["porch"], "may": ["watch", "state"]}},
            {{"name": "board", "token": "board-board-board-board", "may": ["state"]}}]}}"#
    )
}

fn served() -> Served {
    let mut served = open(&options("porch-porch-porch-porch")).unwrap();
    served.add(1, "garden");
    served.add(2, "porch");
    served
}

fn asked(served: &Served, target: &str, headers: &str) -> common::Client {
    served.request(&format!("HEAD {target} HTTP/1.1\r\n{headers}\r\n"))
}

fn status(served: &Served, target: &str, headers: &str) -> String {
    asked(served, target, headers).status.split(' ').nth(1).unwrap().to_owned()
}

#[test]
fn every_path_by_every_name_of_a_stream_is_decided_for_every_user() {
    let served = served();
    served.say(&[("garden", fine("live")), ("porch", fine("live")), ("elsewhere", fine("live"))]);
    let moving = ["stream", "stream.mjpg", "video_feed", "?action=stream"];
    let told = ["state", "healthz"];
    let mut walked: Vec<(String, [&str; 4])> = vec![
        // By a stranger, ada, porch and board.
        ("/".into(), ["401", "200", "200", "403"]),
        ("/nothing".into(), ["401", "404", "404", "404"]),
        ("/stream?advance_headers=2".into(), ["401", "400", "400", "400"]),
        ("/state".into(), ["401", "200", "200", "200"]),
        ("/healthz".into(), ["200", "200", "200", "200"]),
        ("/?action=stream_1".into(), ["401", "200", "404", "403"]),
        ("/?action=stream_2".into(), ["401", "404", "404", "403"]),
    ];
    for path in moving {
        walked.push((format!("/{path}"), ["401", "200", "200", "403"]));
        walked.push((format!("/porch/{path}"), ["401", "200", "200", "403"]));
        walked.push((format!("/p%6Frch/{path}"), ["401", "200", "200", "403"]));
        walked.push((format!("/garden/{path}"), ["401", "200", "404", "403"]));
        walked.push((format!("/none/{path}"), ["401", "404", "404", "403"]));
    }
    for path in told {
        walked.push((format!("/porch/{path}"), ["401", "200", "200", "200"]));
        walked.push((format!("/garden/{path}"), ["401", "200", "404", "200"]));
    }
    // A picture is waited for; there is none.
    for path in ["snapshot", "snapshot.jpg", "?action=snapshot"] {
        walked.push((format!("/garden/{path}?max_delay=x"), ["401", "", "", ""]));
        walked.push((format!("/none/{path}"), ["401", "404", "404", "403"]));
    }
    for (target, expected) in walked {
        for (headers, expected) in ["", ADA, PORCH, BOARD].into_iter().zip(expected) {
            if !expected.is_empty() {
                assert_eq!(status(&served, &target, headers), expected, "{target} {headers}");
            }
        }
    }
    assert_eq!(status(&served, "/garden/snapshot", PORCH), "404");
    let text = |target: &str, headers: &str| {
        served.request(&format!("GET {target} HTTP/1.1\r\n{headers}\r\n")).text()
    };
    for target in ["/", "/state", "/nothing", "/healthz"] {
        let (porch, ada) = (text(target, PORCH), text(target, ADA));
        assert!(porch.contains("porch") && !porch.contains("garden"), "{target}: {porch}");
        assert!(!porch.contains("elsewhere"), "{target}: {porch}");
        assert!(ada.contains("porch") && ada.contains("garden"), "{target}: {ada}");
        for secret in ["porch-porch", "correct horse", "argon2", "$v=19"] {
            assert!(!ada.contains(secret), "{target}: {ada}");
        }
    }
    assert_eq!(text("/healthz", ""), "{\"healthy\":true}\n");
}

#[test]
fn one_is_known_by_the_right_secret_alone() {
    let served = served();
    let stranger = asked(&served, "/state", "");
    let ways: Vec<_> = stranger.headers.iter().filter(|(name, _)| name == "Www-Authenticate").collect();
    assert!(
        ways.len() == 2 && ways[0].1.starts_with("Basic ") && ways[1].1.starts_with("Bearer "),
        "{ways:?}"
    );
    for wrong in [
        "Basic YWRhOndyb25n",                             // ada:wrong
        "Basic YWRhOg==",                                 // ada:
        "Basic Ym9iOmNvcnJlY3QgaG9yc2U=",                 // bob:correct horse
        "Basic cG9yY2g6cG9yY2gtcG9yY2gtcG9yY2gtcG9yY2g=", // porch:porch-porch-porch-porch, which is a token
        "Basic !",
        "Basic YWRh",
        "Basic",
        "Bearer ",
        "Bearer porch-porch-porch-porcH",
        "Digest username=ada",
        "",
    ] {
        for target in ["/state", "/healthz", "/nothing"] {
            let headers = format!("Authorization: {wrong}\r\n");
            assert_eq!(status(&served, target, &headers), "401", "{target} {wrong}");
        }
    }
    assert_eq!(status(&served, "/state", &format!("{ADA}{BOARD}")), "401");
    assert_eq!(status(&served, "/state", ADA), "200");
}

#[test]
fn a_change_ends_the_streams_of_those_who_may_not_watch_any_more() {
    let mut served = served();
    let viewer = |served: &Served, headers: &str| {
        let before = served.demand(2);
        let mut client = served.request(&format!("GET /porch/stream HTTP/1.1\r\n{headers}\r\n"));
        assert_eq!(client.line(), "--boundarydonotcross\r\n");
        until("it is counted", || served.demand(2) > before);
        client
    };
    let (mut ada, mut porch) = (viewer(&served, ADA), viewer(&served, PORCH));
    assert!(served.update(&options("another")).is_err(), "too short");
    assert_eq!(served.update(&options("another-another-one")).unwrap(), Update::Applied);
    assert_eq!(porch.rest(), b"--boundarydonotcross--\r\n");
    assert_eq!(status(&served, "/porch/stream", PORCH), "401");
    served.await_demand(2, 1);
    let now = served.stand.now();
    served.receive(2, picture(1, 100), now, mutoscope_plugin::Freshness::LIVE);
    assert_eq!(ada.part().picture, picture(1, 100));
    assert_eq!(served.update(r#"{"listen": "127.0.0.1:0"}"#).unwrap(), Update::Applied);
    assert_eq!(status(&served, "/state", ""), "200");
}

#[test]
fn what_cannot_be_a_user_is_refused_and_not_repeated() {
    let user = |user: &str| format!(r#"{{"users": [{user}]}}"#);
    for (options, why) in [
        (user(r#"{"name": "ada", "password": "hunter2"}"#), "users[0].password"),
        (user(r#"{"name": "ada", "token": "hunter2"}"#), "users[0].token"),
        (user(r#"{"name": "ada"}"#), "neither"),
        (user(r#"{"name": "a:b", "token": "hunter2hunter2hunter2"}"#), "colon"),
        (user(r#"{"name": "ada", "token": "hunter2hunter2hunter2", "may": ["control"]}"#), "control"),
        (
            r#"{"public": true, "users": [{"name": "ada", "token": "hunter2hunter2hunter2"}]}"#.into(),
            "public",
        ),
        (
            r#"{"listen": "0.0.0.0:0", "users": [{"name": "ada", "token": "hunter2hunter2hunter2"}]}"#.into(),
            "tls: none",
        ),
    ] {
        let refused = open(&options).err().unwrap_or_else(|| panic!("{options} passes"));
        let refused = format!("{refused:?}");
        assert!(refused.contains(why) && !refused.contains("hunter2"), "{refused}");
    }
    let trusted = r#"{"listen": "0.0.0.0:0", "tls": "none", "users": [{"name": "ada", "token": "hunter2hunter2hunter2"}]}"#;
    assert!(open(trusted).is_ok());
}
