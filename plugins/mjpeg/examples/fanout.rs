//! What it costs to send one camera to many viewers, beside the least that hyper can do it for.
//!
//! ```text
//! cargo run --release -p mutoscope-plugin-mjpeg --example fanout            # 50 and 200 viewers, 9 rounds of 4 s each
//! cargo run --release -p mutoscope-plugin-mjpeg --example fanout -- 200 3 2 # 200 viewers, 3 rounds of 2 s each
//! ```
//!
//! Two servers take turns, each a process of its own: the sink, fed 30 frames of 87 kB a second, and a bare hyper server with the
//! same socket settings that hands the same bytes, made once, to each connection. For each pair the processor time per
//! gigabyte is compared; printed is the median of these ratios. Viewers discard what they get without copying it.

use bytes::Bytes;
use hyper::body::{Body, Frame as Data};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, Version};
use hyper_util::rt::TokioIo;
use mutoscope_plugin::testing::Stand;
use mutoscope_plugin::{Format, Frame, Sink, Stream, StreamId, Times};
use mutoscope_plugin_mjpeg::{Mjpeg, Options};
use socket2::SockRef;
use std::cell::RefCell;
use std::convert::Infallible;
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep};

const FPS: u32 = 30;
const FRAME: usize = 87_000;
/// As many different ones, so that they do not all stand in the processor's cache.
const FRAMES: usize = 60;

type Failed = Box<dyn Error>;

fn main() -> Result<(), Failed> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, otherwise: usize| arguments.get(at).map_or(Ok(otherwise), |text| text.parse());
    match arguments.first().map(String::as_str) {
        Some("sink") => sink(),
        Some("bare") => bare(),
        _ => {
            let counts = if arguments.is_empty() { vec![50, 200] } else { vec![number(0, 50)?] };
            for viewers in counts {
                compare(viewers, number(1, 9)?, Duration::from_secs(number(2, 4)? as u64))?;
            }
            Ok(())
        }
    }
}

fn pictures() -> impl Iterator<Item = Vec<u8>> {
    let mut noise = 1u32;
    (0..FRAMES).map(move |_| {
        let mut bytes = vec![0xff, 0xd8];
        bytes.extend((2..FRAME).map(|_| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 24) as u8
        }));
        bytes
    })
}

/// The sink, fed by this thread as the engine feeds it.
fn sink() -> Result<(), Failed> {
    let stand = Stand::new();
    let context = stand.context();
    let options = Options { listen: "127.0.0.1:0".into(), ..Options::default() };
    let mut sink = Mjpeg::open(options, &context).map_err(|error| error.to_string())?;
    let stream = StreamId(1);
    sink.add_stream(Stream { id: stream, name: "camera".into() }, &context)
        .map_err(|error| error.to_string())?;
    println!("{}", stand.announced()[0].trim_start_matches("http://").trim_end_matches('/'));
    let frames: Vec<Frame> = pictures()
        .map(|bytes| Frame::from_vec(Format::jpeg(1280, 720), bytes, Times::now()))
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())?;
    for (sequence, frame) in (0..).zip(frames.iter().cycle()) {
        let frame = frame.clone().with_sequence(sequence).with_times(Times::now());
        sink.receive(stream, frame, &context).map_err(|error| error.to_string())?;
        std::thread::sleep(Duration::from_secs(1) / FPS);
    }
    Ok(())
}

/// What a connection of the bare server sends: whatever it is handed.
struct Handed(mpsc::Receiver<Bytes>);

impl Body for Handed {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Data<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|part| part.map(|part| Ok(Data::data(part))))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn bare() -> Result<(), Failed> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let parts: Vec<Bytes> = pictures()
        .map(|picture| {
            let mut part = format!(
                "Content-Type: image/jpeg\r\nContent-Length: {}\r\nX-Timestamp: 1764000000.000000\r\nX-Send-Time: \
                 1764000000.000000\r\nX-Sequence: 10000\r\n\r\n",
                picture.len()
            )
            .into_bytes();
            part.extend(picture);
            part.extend(b"\r\n--boundarydonotcross\r\n");
            part.into()
        })
        .collect();
    let viewers: Rc<RefCell<Vec<mpsc::Sender<Bytes>>>> = Rc::default();
    let local = tokio::task::LocalSet::new();
    let publish = {
        let viewers = viewers.clone();
        async move {
            let mut tick = interval(Duration::from_secs(1) / FPS);
            tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
            for part in parts.iter().cycle() {
                tick.tick().await;
                for viewer in viewers.borrow().iter() {
                    // A viewer that still has one misses this one.
                    let _ = viewer.try_send(part.clone());
                }
            }
        }
    };
    let accept = async move {
        loop {
            let Ok((tcp, _)) = listener.accept().await else { continue };
            let socket = SockRef::from(&tcp);
            let _ = socket.set_tcp_nodelay(true);
            let _ = socket.set_tcp_notsent_lowat(16 * 1024);
            let (send, handed) = mpsc::channel(1);
            viewers.borrow_mut().push(send);
            let handed = RefCell::new(Some(handed));
            let service = service_fn(move |_: Request<hyper::body::Incoming>| {
                let handed = handed.borrow_mut().take().unwrap_or_else(|| mpsc::channel(1).1);
                let mut response = Response::new(Handed(handed));
                *response.version_mut() = Version::HTTP_10;
                async move { Ok::<_, Infallible>(response) }
            });
            tokio::task::spawn_local(async move {
                let _ = http1::Builder::new()
                    .max_buf_size(8 * 1024)
                    .serve_connection(TokioIo::new(tcp), service)
                    .await;
            });
        }
    };
    local.run_until(async { tokio::join!(publish, accept) }).await;
    Ok(())
}

/// One server at work.
struct Server(Child, String);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {
    fn start(which: &str) -> Result<Server, Failed> {
        let mut child = Command::new(std::env::current_exe()?).arg(which).stdout(Stdio::piped()).spawn()?;
        let mut address = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut address)?;
        Ok(Server(child, address.trim().to_owned()))
    }

    /// Processor time of all its threads so far, in seconds.
    fn processor(&self) -> Result<f64, Failed> {
        let mut ns = 0u64;
        for task in std::fs::read_dir(format!("/proc/{}/task", self.0.id()))? {
            let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
            ns += text.split(' ').next().ok_or("an empty schedstat")?.parse::<u64>()?;
        }
        Ok(ns as f64 / 1e9)
    }

    /// Resident memory in KiB.
    fn resident(&self) -> Result<u64, Failed> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = text.lines().find(|line| line.starts_with("VmRSS")).ok_or("no VmRSS")?;
        Ok(line.split_whitespace().nth(1).ok_or("no figure")?.parse()?)
    }
}

/// What one server used.
struct Used {
    per_gigabyte: f64,
    frames_each: f64,
    resident: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn measure(which: &str, viewers: usize, time: Duration) -> Result<Used, Failed> {
    /// `MSG_TRUNC`: on a TCP socket, what is received is discarded and not copied (tcp(7)).
    const DISCARD: i32 = 0x20;
    let server = Server::start(which)?;
    let read = Arc::new(AtomicU64::new(0));
    for _ in 0..viewers {
        let mut tcp = TcpStream::connect(&server.1).await?;
        tcp.write_all(b"GET /stream HTTP/1.1\r\nHost: bench\r\n\r\n").await?;
        let read = read.clone();
        tokio::spawn(async move {
            let mut nowhere = vec![MaybeUninit::uninit(); 1 << 20];
            loop {
                if tcp.readable().await.is_err() {
                    return;
                }
                let got = tcp.try_io(tokio::io::Interest::READABLE, || {
                    SockRef::from(&tcp).recv_with_flags(&mut nowhere, DISCARD)
                });
                match got {
                    Ok(0) => return,
                    Ok(count) => _ = read.fetch_add(count as u64, Ordering::Relaxed),
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                    Err(_) => return,
                }
            }
        });
    }
    sleep(Duration::from_secs(1)).await;
    let (processor, bytes) = (server.processor()?, read.load(Ordering::Relaxed));
    sleep(time).await;
    let (processor, bytes) = (server.processor()? - processor, read.load(Ordering::Relaxed) - bytes);
    Ok(Used {
        per_gigabyte: processor / (bytes as f64 / 1e9),
        frames_each: bytes as f64 / FRAME as f64 / viewers as f64 / time.as_secs_f64(),
        resident: server.resident()?,
    })
}

fn compare(viewers: usize, rounds: usize, time: Duration) -> Result<(), Failed> {
    let mut ratios = Vec::new();
    for round in 1..=rounds {
        let bare = measure("bare", viewers, time)?;
        let sink = measure("sink", viewers, time)?;
        let ratio = sink.per_gigabyte / bare.per_gigabyte;
        println!(
            "{viewers} viewers, round {round}: bare {:.3} s/GB ({:.1} fps, {} KiB), sink {:.3} s/GB ({:.1} fps, {} KiB), ratio \
             {ratio:.3}",
            bare.per_gigabyte,
            bare.frames_each,
            bare.resident,
            sink.per_gigabyte,
            sink.frames_each,
            sink.resident
        );
        ratios.push(ratio);
    }
    ratios.sort_by(f64::total_cmp);
    println!("{viewers} viewers: median ratio {:.3}", ratios[ratios.len() / 2]);
    Ok(())
}
