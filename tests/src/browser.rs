//! Chromium, driven by ChromeDriver as the W3C's WebDriver says (<https://www.w3.org/TR/webdriver2/>).

use crate::{Folder, Transcript, http, tool};
use base64::{Engine, prelude::BASE64_STANDARD as STANDARD};
use serde_json::{Value, json};
use std::process::{Child, Command, Stdio};

/// A browser with one window, closed when this is dropped.
#[derive(Debug)]
pub struct Browser {
    driver: Child,
    session: String,
    // The browser's own files.
    _profile: Folder,
}

impl Browser {
    /// A window of this size.
    ///
    /// # Panics
    /// Chromium or ChromeDriver is missing (the message says what to install), or does not start.
    #[track_caller]
    pub fn open(width: u32, height: u32) -> Browser {
        let (chromium, chromedriver) = (tool("chromium"), tool("chromedriver"));
        let profile = Folder::new();
        let mut command = Command::new(chromedriver);
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut driver = command.spawn().expect("ChromeDriver can be started");
        let said = Transcript::of(driver.stdout.take().expect("piped"));
        let mut browser = Browser { driver, session: String::new(), _profile: profile };
        let port: u16 = said.find("ChromeDriver's port", |line| {
            line.split_once("started successfully on port ")?.1.trim_end_matches('.').parse().ok()
        });
        let profile = format!("--user-data-dir={}", browser._profile.path().display());
        let window = format!("--window-size={width},{height}");
        // Root may run no sandbox; the rest keeps it from looking for updates and from asking questions.
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            &profile,
            &window,
        ];
        let server = format!("http://127.0.0.1:{port}/session");
        let options = json!({ "binary": chromium, "args": arguments });
        // A page with a moving picture never finishes loading.
        let wanted = json!({ "pageLoadStrategy": "eager", "goog:chromeOptions": options });
        let wanted = json!({ "capabilities": { "alwaysMatch": wanted } });
        let session = value(&http::post(&server, &wanted));
        let id = session["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {session}"));
        browser.session = format!("{server}/{id}");
        browser
    }

    /// Opens a page.
    ///
    /// # Panics
    /// The browser does not do it; so below.
    #[track_caller]
    pub fn visit(&self, url: &str) {
        self.command("url", &json!({ "url": url }));
    }

    /// Runs JavaScript in the page, the body of a function, and gives what it returns.
    #[track_caller]
    pub fn run(&self, script: &str) -> Value {
        self.command("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// A picture of the window, as a PNG.
    #[track_caller]
    pub fn screenshot(&self) -> Vec<u8> {
        let shot = value(&http::get(&format!("{}/screenshot", self.session)));
        STANDARD.decode(shot.as_str().expect("a picture")).expect("base64")
    }

    #[track_caller]
    fn command(&self, name: &str, body: &Value) -> Value {
        value(&http::post(&format!("{}/{name}", self.session), body))
    }
}

#[track_caller]
fn value(answer: &http::Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let mut json: Value = serde_json::from_slice(&answer.body).expect("JSON");
    json["value"].take()
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Without this the browser would outlive its driver. While a test panics, another panic would hide the first.
        if !self.session.is_empty() {
            let _ = std::panic::catch_unwind(|| http::delete(&self.session));
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
