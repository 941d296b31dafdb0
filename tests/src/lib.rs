//! What the test programs share: a server on loopback, a client that sends exact bytes, the examples as processes.

pub mod around;
pub mod keys;
pub mod trace;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::ChildStdout;
use tower::{Service, ServiceExt};

/// An answer, read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Names in lower case, in the order sent.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
}

impl Answer {
    /// The first header of this name, which is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `null` if it is not JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// Serves on a port of the system's choosing until the runtime ends.
pub async fn serve<S>(app: S) -> SocketAddr
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound address");
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback_service(app)).await });
    address
}

/// The status of `GET /me` with this bearer token, and why it was refused, if it was. A token that no header can carry is
/// answered 400, as servers do.
pub async fn call_with<S>(app: &S, token: &str) -> (u16, Option<jwt_auth::RejectionReason>)
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let value = match http::HeaderValue::from_bytes(format!("Bearer {token}").as_bytes()) {
        Ok(value) => value,
        Err(_) => return (400, Some(jwt_auth::RejectionReason::MalformedHeader)),
    };
    let request = http::Request::get("/me").header("authorization", value).body(Body::empty()).expect("a request");
    let response = app.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
    (response.status().as_u16(), response.extensions().get().cloned())
}

/// Sends exactly these bytes on a connection of their own, and reads until the server closes it or, for an upgrade,
/// until the end of the head.
pub async fn send(address: SocketAddr, request: impl AsRef<[u8]>) -> Answer {
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    stream.write_all(request.as_ref()).await.expect("the server reads");
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let count = stream.read(&mut chunk).await.expect("the server answers");
        bytes.extend_from_slice(&chunk[..count]);
        let is_upgrade = bytes.starts_with(b"HTTP/1.1 101") && bytes.ends_with(b"\r\n\r\n");
        if count == 0 || is_upgrade {
            break;
        }
    }
    parse(&String::from_utf8_lossy(&bytes))
}

/// `GET path` with these header lines, and `Connection: close`.
pub async fn get(address: SocketAddr, path: &str, lines: &[&str]) -> Answer {
    request(address, "GET", path, lines, "").await
}

/// A request with these header lines and this body.
pub async fn request(address: SocketAddr, method: &str, path: &str, lines: &[&str], body: &str) -> Answer {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
    for line in lines {
        text.push_str(line);
        text.push_str("\r\n");
    }
    if !body.is_empty() {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body);
    send(address, text).await
}

/// One request without a network.
pub async fn call<S>(app: &S, request: http::Request<Body>) -> Answer
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone,
{
    let response = match app.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("a whole body");
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Answer {
        status: parts.status.as_u16(),
        headers: parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}

fn parse(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").expect("a whole head");
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    Answer { status: status.expect("a status"), headers: headers.collect(), body: body.to_owned() }
}

/// The URL of a server that the tests share. Where there is none they say that they were skipped, and with
/// `JWT_AUTH_REQUIRE` set they fail.
pub fn server(variable: &str) -> Option<String> {
    let url = std::env::var(variable).ok();
    if url.is_none() {
        assert!(std::env::var_os("JWT_AUTH_REQUIRE").is_none(), "{variable} is required, and not set");
        println!("skipped: {variable} names no server");
    }
    url
}

/// A folder of one test. It is removed with all its files when this is dropped.
pub struct Folder(PathBuf);

impl Folder {
    /// `kind` is a part of its name.
    pub fn new(kind: &str) -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Ordering::SeqCst);
        let path = std::env::temp_dir().join(format!("jwt-auth-{kind}-{}-{number}", std::process::id()));
        // An earlier process with the same number may have been killed.
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir(&path).expect("a folder");
        Self(path)
    }
}

impl Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The path of an SQLite database of one test. The database is removed when this is dropped.
pub struct Database {
    path: PathBuf,
    _folder: Folder,
}

impl Deref for Database {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

/// A database that no other test has.
pub fn database() -> Database {
    let folder = Folder::new("sqlite");
    Database { path: folder.join("test.db"), _folder: folder }
}

/// An example as a process of its own. It ends when this is dropped.
pub struct Example {
    /// Where it listens.
    pub address: SocketAddr,
    /// What it printed until it listened, and the lines after, up to `lines`.
    pub printed: Vec<String>,
    child: tokio::process::Child,
    /// Kept open, as the example goes on writing.
    _lines: Lines<BufReader<ChildStdout>>,
}

impl Example {
    /// Starts this program and waits until it listens. Then it reads `after` more lines.
    pub async fn start(program: &str, after: usize) -> Self {
        Self::start_with(program, after, &[]).await
    }

    /// Like [`start`](Self::start), with more environment variables.
    pub async fn start_with(program: &str, after: usize, variables: &[(&str, &str)]) -> Self {
        Self::launch(program, after, variables, Stdio::inherit()).await
    }

    /// Like [`start_with`](Self::start_with), with its log in this file.
    pub async fn start_logged(program: &str, variables: &[(&str, &str)], log: &Path) -> Self {
        let log = std::fs::File::create(log).expect("a file");
        Self::launch(program, 0, variables, log.into()).await
    }

    async fn launch(program: &str, after: usize, variables: &[(&str, &str)], log: Stdio) -> Self {
        let mut child = tokio::process::Command::new(program)
            .env("ADDR", "127.0.0.1:0")
            .env("JWT_SECRET", "q3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5E")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("the example starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut printed = Vec::new();
        let address = loop {
            let line = lines.next_line().await.expect("text").expect("it listens before it ends");
            let address = line.strip_prefix("listening on http://").and_then(|address| address.parse().ok());
            printed.push(line);
            if let Some(address) = address {
                break address;
            }
        };
        for _ in 0..after {
            printed.push(lines.next_line().await.expect("text").expect("another line"));
        }
        Self { address, printed, child, _lines: lines }
    }

    /// Sends the signal with which a service manager stops a process.
    pub fn terminate(&self) {
        let process = self.child.id().expect("it runs until now").to_string();
        let told = Command::new("kill").args(["-s", "TERM", &process]).status();
        assert!(told.is_ok_and(|told| told.success()), "it is told");
    }

    /// Waits until the process ends, and returns its exit code.
    pub async fn ended(&mut self) -> Option<i32> {
        self.child.wait().await.expect("it ends").code()
    }

    /// As `kill -9` does, while others still use it.
    pub fn kill(&self) {
        let process = self.child.id().expect("it runs until now").to_string();
        let killed = Command::new("kill").args(["-s", "KILL", &process]).status();
        assert!(killed.is_ok_and(|killed| killed.success()), "it is killed");
    }
}
