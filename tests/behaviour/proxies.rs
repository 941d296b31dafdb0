//! The client's address behind a proxy, as the throttle sees it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::extract::ConnectInfo;
use axum::extract::connect_info::MockConnectInfo;
use jwt_auth::{Builder, Parts, Protected, auth_backend};
use jwt_auth_tests::{Answer, call};
use tokio::task::JoinSet;

use crate::fixture::{NOW, User, alice, request, settings};

#[auth_backend(kind = "oauth2", user = User, token_url = "/token", authenticate = check_password)]
struct Auth;

fn check_password(_: &Auth, _: &str, password: &str, _: &Parts) -> Option<User> {
    (password == "wonderland").then(alice)
}

const PROXY: &str = "10.0.0.1";
/// The window of the default throttle, in seconds.
const WINDOW: i64 = 15 * 60;

struct Service {
    app: Protected,
    now: Arc<AtomicI64>,
}

fn service(set: impl FnOnce(Builder<Auth>) -> Builder<Auth>) -> Service {
    let now = Arc::new(AtomicI64::new(NOW));
    let clock = Arc::clone(&now);
    let builder = settings(Auth.backend()).clock(move || clock.load(Ordering::SeqCst)).sign_ins_at_once(64);
    Service { app: set(builder).build().unwrap().protect(Router::new()).unwrap(), now }
}

fn behind_proxy() -> Service {
    service(|builder| builder.trusted_proxies([PROXY, "10.0.1.0/24"]))
}

/// A sign-in. `peer` is the address of the connection.
async fn sign_in(app: Protected, peer: &str, headers: &[(&str, &str)], name: &str, password: &str) -> Answer {
    let mut request = request("POST", "/token", headers);
    request.headers_mut().insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
    request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
    *request.body_mut() = format!("grant_type=password&username={name}&password={password}").into();
    call(&app, request).await
}

impl Service {
    async fn from(&self, client: &str, name: &str, password: &str) -> u16 {
        sign_in(self.app.clone(), PROXY, &[("x-forwarded-for", client)], name, password).await.status
    }

    /// How many of `count` wrong passwords at once were checked: 400 is an answer of the check, 429 one of the throttle.
    async fn guesses(
        &self,
        count: usize,
        guess: impl Fn(usize) -> (String, Vec<(&'static str, String)>, String),
    ) -> usize {
        let mut tasks = JoinSet::new();
        for at in 0..count {
            let (app, (peer, headers, name)) = (self.app.clone(), guess(at));
            tasks.spawn(async move {
                let headers: Vec<(&str, &str)> = headers.iter().map(|(key, value)| (*key, value.as_str())).collect();
                sign_in(app, &peer, &headers, &name, "wrong").await.status
            });
        }
        let statuses = tasks.join_all().await;
        assert!(statuses.iter().all(|status| [400, 429].contains(status)), "{statuses:?}");
        statuses.iter().filter(|status| **status == 400).count()
    }
}

// C1
#[tokio::test]
async fn behind_a_declared_proxy_one_client_locks_nobody_else_out() {
    let service = behind_proxy();
    let attacker =
        |at: usize| (PROXY.to_owned(), vec![("x-forwarded-for", "203.0.113.7".to_owned())], format!("user{at}"));
    assert_eq!(service.guesses(200, attacker).await, 100, "the limit of one address");
    assert_eq!(service.from("203.0.113.7", "alice", "wonderland").await, 429);
    assert_eq!(service.from("198.51.100.9", "alice", "wonderland").await, 200);
    // What stands before the client's own address is the client's claim.
    assert_eq!(service.from("198.51.100.9, 203.0.113.7", "alice", "wonderland").await, 429);
    assert_eq!(service.from("203.0.113.7, 198.51.100.9, 10.0.1.5", "alice", "wonderland").await, 200);
}

// C1
#[tokio::test]
async fn headers_of_an_undeclared_peer_are_not_read() {
    for (name, value) in [("x-forwarded-for", ""), ("forwarded", "for=")] {
        let service = behind_proxy();
        let forged = move |at: usize| {
            let client = format!("{value}198.51.{}.{}", at / 250, at % 250);
            ("192.0.2.66".to_owned(), vec![(name, client)], format!("user{at}"))
        };
        assert_eq!(service.guesses(200, forged).await, 100, "{name}");
        assert_eq!(sign_in(service.app.clone(), "192.0.2.66", &[], "alice", "wonderland").await.status, 429);
        assert_eq!(service.from("198.51.0.0", "alice", "wonderland").await, 200, "the forged address is not counted");
    }
    // Without a declared proxy nobody's headers are read.
    let service = service(|builder| builder);
    let forged =
        |at: usize| (PROXY.to_owned(), vec![("x-forwarded-for", format!("198.51.100.{at}"))], format!("user{at}"));
    assert_eq!(service.guesses(200, forged).await, 100);
}

// C1
#[tokio::test]
async fn a_client_cannot_choose_its_address_by_the_header_that_the_proxy_does_not_write() {
    let service = behind_proxy();
    let forged = |at: usize| {
        let headers =
            vec![("x-forwarded-for", "203.0.113.7".to_owned()), ("forwarded", format!("for=198.51.100.{at}"))];
        (PROXY.to_owned(), headers, format!("user{at}"))
    };
    assert_eq!(service.guesses(200, forged).await, 100);
    assert_eq!(
        service.from("203.0.113.9", "alice", "wonderland").await,
        200,
        "it counts for the proxy's own address only"
    );
}

// S1, C1: the numbers of the page of `ThrottleLimits`.
#[tokio::test]
async fn a_thousand_addresses_of_one_network_count_as_one() {
    let service = behind_proxy();
    let one_network = |at: usize| {
        let address = format!("2001:db8:0:1::{at:x}");
        (PROXY.to_owned(), vec![("x-forwarded-for", address)], format!("user{at}"))
    };
    assert_eq!(service.guesses(1_000, one_network).await, 100);

    let service = behind_proxy();
    let at_alice = |at: usize| {
        let (_, headers, _) = one_network(at);
        (PROXY.to_owned(), headers, "alice".to_owned())
    };
    assert_eq!(service.guesses(200, at_alice).await, 5, "the limit of one name from one address");
    assert_eq!(
        service.from("198.51.100.9", "alice", "wonderland").await,
        200,
        "the victim is elsewhere, and does not wait"
    );

    // From many networks the name itself is locked, for two windows at most.
    let service = behind_proxy();
    let many = |at: usize| (PROXY.to_owned(), vec![("x-forwarded-for", format!("198.51.{at}.1"))], "alice".to_owned());
    assert_eq!(service.guesses(200, many).await, 10, "the limit of one name");
    assert_eq!(service.from("203.0.113.9", "alice", "wonderland").await, 429);
    service.now.fetch_add(2 * WINDOW, Ordering::SeqCst);
    assert_eq!(service.from("203.0.113.9", "alice", "wonderland").await, 200);
}

// A proxy that connects by a Unix socket has no address, so the application names one.
#[tokio::test]
async fn a_layer_can_name_the_address_of_the_peer() {
    let app = behind_proxy().app.layer(MockConnectInfo(SocketAddr::new(PROXY.parse().unwrap(), 0)));
    let guess = async |client: &str, name: usize| {
        let mut request = request("POST", "/token", &[("x-forwarded-for", client)]);
        request.headers_mut().insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
        *request.body_mut() = format!("grant_type=password&username=user{name}&password=wrong").into();
        call(&app, request).await.status
    };
    for name in 0..100 {
        assert_eq!(guess("203.0.113.7", name).await, 400);
    }
    assert_eq!((guess("203.0.113.7", 100).await, guess("203.0.113.8", 101).await), (429, 400));
}

#[test]
fn an_address_that_cannot_be_read_is_a_mistake_of_the_setting() {
    let wrong =
        |proxy: &str| settings(Auth.backend()).trusted_proxies([proxy]).build().map(drop).unwrap_err().to_string();
    for proxy in ["proxy.example", "10.0.0.0/40", "0.0.0.0/0"] {
        assert!(wrong(proxy).starts_with(&format!("`trusted_proxies`: `{proxy}` is ")), "{}", wrong(proxy));
    }
    assert!(settings(Auth.backend()).trusted_proxies(" 10.0.0.1, fd00::/8,".split(',')).build().is_ok());
    assert!(settings(Auth.backend()).trusted_proxies("".split(',')).build().is_ok());
}
