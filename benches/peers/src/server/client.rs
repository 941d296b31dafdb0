//! A client that costs little: the same bytes again on connections that stay open.

use std::cell::RefCell;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

#[derive(Clone, Copy, Debug, Default)]
pub struct Load {
    pub requests: usize,
    pub time: Duration,
    /// Of the server.
    pub cpu: Duration,
    pub p99: Duration,
}

impl Load {
    pub fn rate(&self) -> f64 {
        self.requests as f64 / self.time.as_secs_f64()
    }

    /// Of the server, a request.
    pub fn cpu_us(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.requests as f64
    }

    pub fn p99_us(&self) -> f64 {
        self.p99.as_secs_f64() * 1e6
    }
}

/// The status and the body for one request.
pub fn answer(address: SocketAddr, token: &str) -> (u16, String) {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(stream, "GET /me HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

pub async fn load(address: SocketAddr, token: &str, connections: usize, time: Duration) -> Load {
    let request: Rc<str> =
        format!("GET /me HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\r\n").into();
    let mut streams = Vec::with_capacity(connections);
    for _ in 0..connections {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        streams.push(stream);
    }
    let latencies = Rc::new(RefCell::new(Vec::with_capacity(1 << 20)));
    let start = Instant::now();
    let tasks = LocalSet::new();
    for stream in streams {
        tasks.spawn_local(connection(stream, Rc::clone(&request), start + time, Rc::clone(&latencies)));
    }
    tasks.spawn_local(stay_awake(start + time));
    tasks.await;
    let time = start.elapsed();
    let mut latencies = latencies.take();
    latencies.sort_unstable();
    let p99 = latencies.get(latencies.len() * 99 / 100).copied().unwrap_or_default();
    Load { requests: latencies.len(), time, cpu: Duration::ZERO, p99 }
}

/// A client that slept would have to be woken, at the cost of the server, and the more often the slower the server is.
async fn stay_awake(end: Instant) {
    while Instant::now() < end {
        tokio::task::yield_now().await;
    }
}

async fn connection(mut stream: TcpStream, request: Rc<str>, end: Instant, latencies: Rc<RefCell<Vec<Duration>>>) {
    let mut answer = [0; 1024];
    loop {
        let start = Instant::now();
        if start >= end {
            return;
        }
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut length = 0;
        while !is_whole(&answer[..length]) {
            let read = stream.read(&mut answer[length..]).await.unwrap();
            assert_ne!(read, 0, "the server closed a connection");
            length += read;
        }
        latencies.borrow_mut().push(start.elapsed());
    }
}

/// The body is the subject, so an answer that ends in its last characters is whole. Nothing but 200 is counted.
fn is_whole(answer: &[u8]) -> bool {
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(answer));
    answer.ends_with(crate::material::SUBJECT.as_bytes())
}
