//! The least that can be done at all: one thread, epoll, and a write of the same bytes to each connection.

use crate::bare::part;
use bytes::Bytes;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use socket2::SockRef;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};

/// A connection, and what it has still to get.
struct Viewer {
    tcp: TcpStream,
    /// The bytes on their way, and the number of those that have gone.
    sending: Option<(Bytes, usize)>,
}

impl Viewer {
    /// Sends what the socket takes; `false` if the viewer is gone.
    fn send(&mut self) -> bool {
        while let Some((part, gone)) = &mut self.sending {
            match self.tcp.write(&part[*gone..]) {
                Ok(count) => *gone += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
                Err(_) => return false,
            }
            if *gone == part.len() {
                self.sending = None;
            }
        }
        true
    }
}

const LISTENER: u64 = u64::MAX;
const TIMER: u64 = u64::MAX - 1;

/// Serves these pictures, so many a second, on a port of its own, which it prints; for ever.
///
/// # Panics
/// If the system refuses a socket, a timer or epoll.
pub fn serve(pictures: &[Vec<u8>], fps: u32) {
    let parts: Vec<Bytes> = pictures.iter().map(|picture| part(picture)).collect();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a socket that does not block");
    println!("{}", listener.local_addr().expect("an address"));
    let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC).expect("a timer");
    let period =
        Timespec { tv_sec: i64::from(1 / fps), tv_nsec: (1_000_000_000 / i64::from(fps)) % 1_000_000_000 };
    let period = Itimerspec { it_interval: period, it_value: period };
    timerfd_settime(&timer, TimerfdTimerFlags::empty(), &period).expect("a timer");
    let poll = epoll::create(CreateFlags::CLOEXEC).expect("epoll");
    epoll::add(&poll, &listener, EventData::new_u64(LISTENER), EventFlags::IN).expect("epoll");
    epoll::add(&poll, &timer, EventData::new_u64(TIMER), EventFlags::IN).expect("epoll");

    let mut viewers: Vec<Option<Viewer>> = Vec::new();
    let (mut count, mut events) = (0, Vec::with_capacity(256));
    loop {
        events.clear();
        match epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => panic!("epoll: {error}"),
        }
        for event in &events {
            match event.data.u64() {
                LISTENER => {
                    while let Ok((tcp, _)) = listener.accept() {
                        viewers.push(Some(welcome(tcp, &poll, viewers.len() as u64)));
                    }
                }
                TIMER => {
                    let mut expired = [0; 8];
                    rustix::io::read(&timer, &mut expired).expect("a timer");
                    let part = &parts[count % parts.len()];
                    count += 1;
                    for place in &mut viewers {
                        // A viewer that is still at one misses this one.
                        let Some(viewer) = place.as_mut().filter(|viewer| viewer.sending.is_none()) else {
                            continue;
                        };
                        viewer.sending = Some((part.clone(), 0));
                        if !viewer.send() {
                            *place = None;
                        }
                    }
                }
                at => {
                    let place = &mut viewers[at as usize];
                    let gone = place.as_mut().is_some_and(|viewer| {
                        let mut request = [0; 1024];
                        let closed = matches!(viewer.tcp.read(&mut request), Ok(0));
                        closed || !viewer.send()
                    });
                    if gone {
                        *place = None;
                    }
                }
            }
        }
    }
}

fn welcome(tcp: TcpStream, poll: &impl std::os::fd::AsFd, at: u64) -> Viewer {
    tcp.set_nonblocking(true).expect("a socket that does not block");
    let socket = SockRef::from(&tcp);
    // The sink's own settings; if the system refuses one, all servers go without.
    let _ = socket.set_tcp_nodelay(true);
    let _ = socket.set_tcp_notsent_lowat(16 * 1024);
    let flags = EventFlags::IN | EventFlags::OUT | EventFlags::ET;
    epoll::add(poll, &tcp, EventData::new_u64(at), flags).expect("epoll");
    let header = "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=boundarydonotcross\r\n\r\n\
                  --boundarydonotcross\r\n";
    Viewer { tcp, sending: Some((Bytes::from_static(header.as_bytes()), 0)) }
}
