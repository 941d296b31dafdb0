//! User names that differ only in spelling: a sign-in to one account must not reset the count of wrong passwords for another.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::ConnectInfo;
use jwt_auth::{Parts, Protected, auth_backend};
use jwt_auth_tests::call;

use crate::fixture::{User, alice, request, settings};

/// An application that compares names byte by byte, as most databases do: `alice` and `Alice` are two accounts.
#[auth_backend(kind = "oauth2", user = User, token_url = "/token", authenticate = exact)]
struct Exact(Arc<AtomicUsize>);

fn exact(auth: &Exact, username: &str, password: &str, _: &Parts) -> Option<User> {
    match (username, password) {
        ("alice", _) => {
            auth.0.fetch_add(1, Ordering::SeqCst);
            (password == "wonderland").then(alice)
        }
        ("Alice", "my own") => Some(User { id: 8, name: "Alice".into() }),
        _ => None,
    }
}

async fn send(app: &Protected, username: &str, password: &str, address: Option<&str>) -> u16 {
    let mut request = request("POST", "/token", &[("content-type", "application/x-www-form-urlencoded")]);
    if let Some(address) = address {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(address.parse().unwrap(), 1)));
    }
    *request.body_mut() = format!("grant_type=password&username={username}&password={password}").into();
    call(app, request).await.status
}

// THR-01: without addresses, and with one.
#[tokio::test]
async fn signing_in_to_an_account_with_a_similar_name_gives_no_more_guesses() {
    for (address, promised) in [(None, 10), (Some("192.0.2.1"), 5)] {
        let guesses = Arc::new(AtomicUsize::new(0));
        let app = settings(Exact(Arc::clone(&guesses)).backend()).build().unwrap().protect(Router::new()).unwrap();
        for _ in 0..20 {
            for _ in 0..4 {
                send(&app, "alice", "x", address).await;
            }
            send(&app, "Alice", "my+own", address).await;
        }
        assert_eq!(guesses.load(Ordering::SeqCst), promised, "guesses at `alice` with the address {address:?}");
    }
}

// THR-01: the setting that the documentation of `Builder::fold_names` recommends for such an application.
#[tokio::test]
async fn if_names_are_kept_apart_guesses_at_one_do_not_refuse_the_other() {
    let guesses = Arc::new(AtomicUsize::new(0));
    let builder = settings(Exact(Arc::clone(&guesses)).backend()).fold_names(str::to_owned);
    let app = builder.build().unwrap().protect(Router::new()).unwrap();
    for _ in 0..20 {
        send(&app, "alice", "x", None).await;
        assert_eq!(send(&app, "Alice", "my+own", None).await, 200);
    }
    assert_eq!(guesses.load(Ordering::SeqCst), 10);
}

// THR-02: an attempt takes constant time. The form is limited in size, but a name that a handler of the application reads may
// not be.
#[tokio::test]
async fn a_name_of_megabytes_is_never_folded() {
    let longest = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&longest);
    let fold = move |name: &str| {
        seen.fetch_max(name.len(), Ordering::SeqCst);
        name.to_owned()
    };
    let auth = settings(Exact(Arc::default()).backend()).fold_names(fold).build().unwrap();
    let parts = request("POST", "/", &[]).into_parts().0;
    for bytes in [1_024, 2_000_000] {
        assert_eq!(auth.check_password(&"x".repeat(bytes), "x", &parts).await, Ok(None));
    }
    assert!(longest.load(Ordering::SeqCst) <= 1_024, "{} bytes were folded", longest.load(Ordering::SeqCst));
}
