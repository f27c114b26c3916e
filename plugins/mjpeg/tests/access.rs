//! The check of requests: by which names, from which pages, and how many at once.

mod common;

use common::{Served, camera, open, picture, until};
use mutoscope_plugin::Update;

/// The status of a request for `target` with these header lines.
fn asked(served: &Served, target: &str, headers: &str) -> (String, common::Client) {
    let client = served.request(&format!("GET {target} HTTP/1.1\r\n{headers}\r\n"));
    (client.status.split(' ').nth(1).unwrap().to_owned(), client)
}

#[test]
fn a_stranger_s_name_gets_421_on_every_path_and_wakes_nothing() {
    let served = camera("{}");
    let port = served.address.port();
    let targets = [
        "/",
        "/stream",
        "/snapshot",
        "/state",
        "/healthz",
        "/camera/stream",
        "/nothing",
        "/?action=snapshot",
    ];
    for target in targets {
        // A browser sends this after the name was bound again to this address.
        let headers = format!(
            "Host: evil.example:{port}\r\nOrigin: http://evil.example:{port}\r\nSec-Fetch-Site: same-origin\r\n"
        );
        let (status, mut client) = asked(&served, target, &headers);
        assert_eq!(status, "421", "{target}");
        let text = client.text();
        assert!(text.contains("allowed_hosts: [evil.example]") && !text.contains("camera"), "{text}");
    }
    let (status, _) = asked(&served, "http://evil.example/snapshot", "Host: 127.0.0.1\r\n");
    assert_eq!(status, "421");
    for headers in ["Host: localhost\r\nHost: localhost\r\n", "Host: localhost@evil.example\r\n"] {
        assert_eq!(asked(&served, "/snapshot", headers).0, "400", "{headers}");
    }
    assert_eq!(served.demand(1), 0);
    for headers in ["", "Host: porch.local\r\n", "Host: [::1]:80\r\n", "Host: LOCALHOST.\r\n"] {
        assert_eq!(asked(&served, "/state", headers).0, "200", "{headers}");
    }
    assert_eq!(served.request("GET /state HTTP/1.0\r\n\r\n").status, "HTTP/1.0 200 OK");
}

#[test]
fn a_page_of_another_site_gets_403_on_loopback_and_wakes_nothing() {
    let served = camera("{}");
    for target in ["/stream", "/snapshot", "/state", "/", "/nothing"] {
        let (status, mut client) =
            asked(&served, target, "Sec-Fetch-Site: cross-site\r\nReferer: http://a.example/\r\n");
        assert_eq!(status, "403", "{target}");
        assert_eq!(client.header("cross-origin-resource-policy"), Some("same-site"));
        let text = client.text();
        assert!(text.contains("allow_origin") && text.contains("address bar"), "{text}");
    }
    assert_eq!(served.demand(1), 0);
    for target in ["/state", "/", "/nothing"] {
        let (_, client) = asked(&served, target, "Sec-Fetch-Site: same-site\r\n");
        assert_eq!(client.header("cross-origin-resource-policy"), Some("same-site"), "{target}");
        assert_eq!(client.header("access-control-allow-origin"), None);
    }
    let viewer = served.viewer();
    assert_eq!(viewer.header("cross-origin-resource-policy"), Some("same-site"));
    assert_eq!(viewer.header("content-security-policy"), Some("frame-ancestors 'self'"));
}

#[test]
fn elsewhere_dashboards_show_pictures_unless_others_are_named() {
    let mut served = open(r#"{"listen": "0.0.0.0:0", "public": true}"#).unwrap();
    served.address.set_ip([127, 0, 0, 1].into());
    served.add(1, "camera");
    let cross = "Sec-Fetch-Site: cross-site\r\nReferer: http://a.example/\r\n";
    let (status, client) = asked(&served, "/state", cross);
    assert_eq!(
        (status.as_str(), client.header("cross-origin-resource-policy")),
        ("200", Some("cross-origin"))
    );
    assert_eq!(client.header("content-security-policy"), None);

    let listen = r#""listen": "0.0.0.0:0", "public": true"#;
    let update =
        served.update(&format!(r#"{{{listen}, "allow_origin": ["http://dash.example:3000"]}}"#)).unwrap();
    assert_eq!(update, Update::Applied);
    let (status, client) = asked(&served, "/state", cross);
    assert_eq!((status.as_str(), client.header("cross-origin-resource-policy")), ("403", Some("same-site")));
    let named = "Sec-Fetch-Site: cross-site\r\nOrigin: http://dash.example:3000\r\n";
    let (status, client) = asked(&served, "/state", named);
    assert_eq!(
        (status.as_str(), client.header("cross-origin-resource-policy")),
        ("200", Some("cross-origin"))
    );
    assert_eq!(client.header("access-control-allow-origin"), Some("http://dash.example:3000"));
}

#[test]
fn names_may_be_added_while_viewers_stay() {
    let mut served = camera("{}");
    let mut viewer = served.viewer();
    let host = "Host: Porch.Example:80\r\n";
    assert_eq!(asked(&served, "/state", host).0, "421");
    let update = |hosts: &str| format!(r#"{{"listen": "127.0.0.1:0", "allowed_hosts": {hosts}}}"#);
    assert_eq!(served.update(&update(r#"["porch.example"]"#)).unwrap(), Update::Applied);
    assert_eq!(asked(&served, "/state", host).0, "200");
    let refused = format!("{:?}", served.update(&update(r#"["http://porch.example/"]"#)).unwrap_err());
    assert!(refused.contains("allowed_hosts[0]") && refused.contains("write `porch.example`"), "{refused}");
    assert_eq!(asked(&served, "/state", host).0, "200", "the old options hold");
    assert_eq!(served.update(&update("[]")).unwrap(), Update::Applied);
    assert_eq!(asked(&served, "/state", host).0, "421");
    served.send(picture(1, 100));
    assert_eq!(viewer.part().sequence(), 1);
}

#[test]
fn this_machine_has_more_than_its_share_and_more_than_the_system_lets_there_be_is_said() {
    let served = camera(r#"{"max_connections": 8, "max_connections_per_address": 2}"#);
    let viewers: Vec<_> = (0..6).map(|_| served.viewer()).collect();
    assert_eq!(served.demand(1), viewers.len() as u32);
    until("the connections that are open", || {
        served.get("/state").json()["server"]["connections"]["open"] == 7
    });
}
