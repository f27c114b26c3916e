//! A server in a process of its own, and what it uses.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A server in a process of its own; it ends with this value.
pub struct Server {
    child: Child,
    /// `127.0.0.1:PORT`
    pub address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// The real program, playing the pictures of a folder, so many a second, without any transform.
    ///
    /// # Panics
    /// If it is not built (`cargo build --release`), or does not start.
    pub fn mutoscope(pictures: &Path, fps: u32) -> Server {
        let bench = std::env::current_exe().expect("this program's file");
        let program: PathBuf = bench.ancestors().nth(2).expect("a target folder").join("mutoscope");
        assert!(program.exists(), "{} is not there: `cargo build --release` first", program.display());
        let pipeline = pictures.with_extension("bench.yaml");
        let yaml = format!(
            "source: {{ plugin: simulated, frames: {pictures:?}, fps: {fps} }}\nsink: {{ plugin: mjpeg, listen: \"127.0.0.1:0\" }}\n"
        );
        std::fs::write(&pipeline, yaml).expect("a pipeline file");
        let mut command = Command::new(program);
        command.args(["--log", "error", "run"]).arg(pipeline);
        Server::start(command)
    }

    /// This program again, as another process with these arguments, which shall print its address first.
    ///
    /// # Panics
    /// If it does not start.
    pub fn this_program(arguments: &[&str]) -> Server {
        let mut command = Command::new(std::env::current_exe().expect("this program's file"));
        command.args(arguments);
        Server::start(command)
    }

    /// A program that does not say when it listens at `address`, or only to people.
    ///
    /// # Panics
    /// If it does not start, or does not answer within ten seconds.
    pub fn listening(mut command: Command, address: &str) -> Server {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a process");
        let server = Server { child, address: address.to_owned() };
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(began.elapsed() < Duration::from_secs(10), "{command:?} does not listen at {address}");
            sleep(Duration::from_millis(50));
        }
        server
    }

    fn start(mut command: Command) -> Server {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("a process");
        let mut line = String::new();
        let output = child.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("a line");
        let word = line.split_whitespace().last().unwrap_or_default();
        let address = word.trim_start_matches("http://").trim_end_matches('/').to_owned();
        Server { child, address }
    }

    /// Processor time of all its threads so far, in seconds.
    ///
    /// # Panics
    /// If it has ended.
    pub fn processor(&self) -> f64 {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("its threads");
        let nanoseconds = |path: PathBuf| -> u64 {
            let text = std::fs::read_to_string(path.join("schedstat")).unwrap_or_default();
            text.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0)
        };
        tasks.flatten().map(|task| nanoseconds(task.path())).sum::<u64>() as f64 / 1e9
    }

    /// Resident memory in KiB.
    ///
    /// # Panics
    /// If it has ended.
    pub fn resident(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("its status");
        let line = status.lines().find(|line| line.starts_with("VmRSS")).expect("its memory");
        line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a figure")
    }
}
