//! Clients by others: browsers and tools.

use mutoscope_tests::{Folder, Program, Running, Transcript, picture, tool, until};
use std::process::{Command, Stdio};

fn start() -> Running {
    let file = "
source: { plugin: simulated, width: 320, height: 240, fps: 25 }
sink: { plugin: mjpeg, listen: 127.0.0.1:0 }
";
    Program::new(["run", "-"]).given(file).start()
}

#[test]
fn ffmpeg_reads_the_stream() {
    let running = start();
    let mut ffmpeg = Command::new(tool("ffmpeg"));
    ffmpeg.env_remove("http_proxy");
    ffmpeg.args(["-nostdin", "-hide_banner", "-rw_timeout", "60000000", "-f", "mpjpeg", "-i"]);
    ffmpeg.arg(format!("{}/stream", running.address()));
    let output = ffmpeg.args(["-frames:v", "5", "-f", "null", "-"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("320x240") && said.contains("frame=    5"), "{said}");
    running.stop();
}

#[test]
fn curl_gets_a_picture_and_a_stream_up_to_its_end() {
    let running = start();
    let folder = Folder::new();
    let mut curl = Command::new(tool("curl"));
    curl.args(["-q", "--noproxy", "*", "-sSf", "--max-time", "60", "-o"])
        .arg(folder.path().join("snapshot.jpg"));
    let output = curl.arg(format!("{}/snapshot", running.address())).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(picture::size(&std::fs::read(folder.path().join("snapshot.jpg")).unwrap()), (320, 240));

    let mut curl = Command::new(tool("curl"));
    curl.args(["-q", "--noproxy", "*", "-sSfN", "--max-time", "60"])
        .arg(format!("{}/stream", running.address()));
    let mut curl = curl.stdout(Stdio::piped()).spawn().unwrap();
    let stream = Transcript::of(curl.stdout.take().unwrap());
    until("five pictures", || (stream.text().matches("--boundarydonotcross\r\n").count() > 5).then_some(()));
    running.stop();
    assert!(curl.wait().unwrap().success(), "the stream ends as HTTP says");
    until("the end", || stream.text().ends_with("--boundarydonotcross--\r\n").then_some(()));
}
