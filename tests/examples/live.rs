//! The WebSocket of the cookie example.

use jwt_auth_tests::{Example, request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{COOKIE, sign_in};

#[tokio::test]
async fn cookie_closes_the_connection_when_the_user_signs_out_in_another_tab() {
    let example = Example::start(COOKIE, 0).await;
    let signed_in = sign_in(&example, "/sign-in", "name=alice&password=wonderland").await;
    let cookie = signed_in.header("set-cookie").and_then(|cookie| cookie.split(';').next()).expect("a cookie");
    let cookie = format!("Cookie: {cookie}");
    let upgrade = |cookie: &str| {
        format!(
            "GET /live HTTP/1.1\r\nHost: test\r\n{cookie}\r\nSec-Fetch-Site: same-origin\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
    };
    let mut socket = TcpStream::connect(example.address).await.expect("it listens");
    socket.write_all(upgrade(&cookie).as_bytes()).await.expect("it reads");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.expect("it answers"));
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    let out = request(example.address, "POST", "/sign-out", &[&cookie, "Sec-Fetch-Site: same-origin"], "").await;
    assert_eq!(out.status, 303);
    // A close frame: its opcode, its length, the code 1008 and the reason.
    let mut frame = [0; 14];
    socket.read_exact(&mut frame).await.expect("a frame");
    assert_eq!(frame, *b"\x88\x0c\x03\xf0signed out");
    // Without a session there is no connection.
    let mut refused = TcpStream::connect(example.address).await.expect("it listens");
    refused.write_all(upgrade(&cookie).as_bytes()).await.expect("it reads");
    let mut start = [0; 12];
    refused.read_exact(&mut start).await.expect("an answer");
    assert_eq!(start, *b"HTTP/1.1 401");
}
