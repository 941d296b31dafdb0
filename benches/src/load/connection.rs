//! A client of HTTP/1.1 with one connection.

use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(crate) struct Answer {
    /// 0 if there was no answer.
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// A connection that is kept open. It is opened at the first request, and again after a failure.
#[derive(Debug)]
pub(crate) struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    read: Vec<u8>,
}

impl Connection {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, stream: None, read: Vec::new() }
    }

    /// Sends the request and waits for the answer. If there is none, the status is 0.
    pub(crate) async fn send(&mut self, request: &str) -> Answer {
        match tokio::time::timeout(PATIENCE, self.exchange(request)).await {
            Ok(Ok(answer)) => answer,
            failed => {
                println!("no answer: {failed:?}");
                self.stream = None;
                Answer { status: 0, body: String::new() }
            }
        }
    }

    async fn exchange(&mut self, request: &str) -> Result<Answer, Error> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(self.address).await?;
            stream.set_nodelay(true)?;
            self.stream = Some(stream);
        }
        let stream = self.stream.as_mut().ok_or(ErrorKind::NotConnected)?;
        stream.write_all(request.as_bytes()).await?;
        self.read.clear();
        loop {
            if stream.read_buf(&mut self.read).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if let Some(answer) = answer(&self.read) {
                return Ok(answer);
            }
        }
    }
}

/// The answer, if all of it has been read. Both servers send `content-length` with every body here.
fn answer(read: &[u8]) -> Option<Answer> {
    let text = std::str::from_utf8(read).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let status = head.get(9..12)?.parse().ok()?;
    (body.len() == length).then(|| Answer { status, body: body.to_owned() })
}
