//! tmp
use mutoscope_plugin::testing::Stand;
use mutoscope_plugin::{Format,Frame,Sink,Stream,StreamId,Times};
use mutoscope_plugin_mjpeg::*;
use std::time::Duration;
fn main() {
    let a: Vec<String> = std::env::args().skip(1).collect();
    let stand = Stand::new();
    let ctx = stand.context();
    let mut sink = Mjpeg::open(Options { listen: format!("127.0.0.1:{}", a[0]), ..Options::default() }, &ctx).unwrap();
    let id = StreamId(1);
    sink.add_stream(Stream { id, name: "camera".into() }, &ctx).unwrap();
    let ms: u64 = a[1].parse().unwrap();
    let count: u64 = a[2].parse().unwrap();
    let frames: Vec<Vec<u8>> = a[3..].iter().map(|f| std::fs::read(f).unwrap()).collect();
    let mut n = 0;
    while n < count {
        std::thread::sleep(Duration::from_millis(ms));
        if stand.demand_of(id) == 0 { continue; }
        let f = frames[n as usize % frames.len()].clone();
        let f = Frame::from_vec(Format::jpeg(1280, 720), f, Times::now()).unwrap().with_sequence(n);
        sink.receive(id, f, &ctx).unwrap();
        n += 1;
        println!("sent {n}");
    }
    std::thread::sleep(Duration::from_secs(a.get(99).map_or(8, |_| 0)));
    let t = std::time::Instant::now();
    drop(sink);
    println!("stopped in {:?}", t.elapsed());
}
