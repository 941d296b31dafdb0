//! What a refused sign-in logs: one line, with fields that a search can use.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::routing::post;
use jwt_auth::passwords::{Attempt, Limit, LimitReached, MemoryThrottle, Throttle, ThrottleLimits};
use jwt_auth::store::StoreFuture;
use jwt_auth::{AuthSession, Builder, GrantError, Login, NotAllowed, Parts, PasswordForm, Protected, auth_backend};
use jwt_auth_tests::call;

use crate::fixture::{User, alice, ready, request};
use crate::logged;

#[auth_backend(
    kind = "oauth2", user = User, token_url = "/token", authenticate = check_password, exclude = ["POST /sign-in"]
)]
struct Tokens;

fn check_password(_: &Tokens, name: &str, password: &str, _: &Parts) -> Result<Option<User>, NotAllowed> {
    match name {
        "locked" => Err(NotAllowed::because("the account is locked")),
        _ => Ok((password == "wonderland").then(alice)),
    }
}

async fn sign_in(session: AuthSession<Tokens>, parts: Parts, form: PasswordForm) -> Result<Login, GrantError> {
    let user = session.backend().check_password(&form.username, &form.password, &parts).await?;
    Ok(session.login(&user.ok_or(GrantError::InvalidGrant)?).await?)
}

fn app(settings: impl FnOnce(Builder<Tokens>) -> Builder<Tokens>) -> Protected {
    let auth = ready(settings(Tokens.backend()));
    auth.protect(Router::new().route("/sign-in", post(sign_in))).unwrap()
}

async fn try_password(app: &Protected, path: &str, name: &str, password: &str, last: u8) -> u16 {
    let mut request = request("POST", path, &[("content-type", "application/x-www-form-urlencoded")]);
    let address = SocketAddr::from(([192, 0, 2, last], 4_000));
    request.extensions_mut().insert(ConnectInfo(address));
    *request.body_mut() = Body::from(format!("grant_type=password&username={name}&password={password}"));
    call(app, request).await.status
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.contains("no token granted")).collect()
}

// THR-01, REL-06, SEE-02
#[test]
fn a_refused_attempt_logs_the_limit_and_not_the_name() {
    let limits =
        |name, address, both| ThrottleLimits::new().per_name(name).per_address(address).per_name_and_address(both);
    let cases = [
        (limits(2, 100, 100), [1, 2, 3], "too many wrong passwords for one user name limit=\"per_name\""),
        (limits(9, 2, 9), [1; 3], "too many wrong passwords from one address limit=\"per_address\""),
        (
            limits(9, 9, 2),
            [1; 3],
            "too many wrong passwords for one user name from one address limit=\"per_name_and_address\"",
        ),
    ];
    for (limits, addresses, expected) in cases {
        for path in ["/token", "/sign-in"] {
            let app = app(|builder| builder.throttle(MemoryThrottle::new(limits)));
            let text = logged(|| async {
                for last in addresses {
                    try_password(&app, path, "alice", "hunter2", last).await;
                }
            });
            assert_eq!(lines(&text).len(), 3, "one line for each refusal: {text}");
            assert_eq!(text.matches("WARN").count(), 1, "{text}");
            let client = format!("client=192.0.2.{}", addresses[2]);
            let fields = format!("method=POST route=\"{path}\" {client} reason=\"throttled\"");
            let line = lines(&text)[2];
            assert!(line.contains(expected) && line.contains(&fields), "{text}");
            assert!(!text.contains("alice") && !text.contains("hunter2"), "{text}");
        }
    }
}

// SEE-02
#[test]
fn a_wrong_password_and_a_user_who_is_not_allowed_log_one_line() {
    for path in ["/token", "/sign-in"] {
        let app = app(|builder| builder);
        for (name, password, says) in [
            ("alice", "hunter2", "the user name or the password is wrong"),
            ("locked", "wonderland", "the account is locked"),
        ] {
            let text = logged(|| async { assert_eq!(try_password(&app, path, name, password, 1).await, 400) });
            let [line] = lines(&text)[..] else { panic!("{text}") };
            assert!(line.contains("INFO") && line.contains(says), "{line}");
            let reason = if name == "alice" { "wrong_password" } else { "not_allowed" };
            assert!(line.contains(&format!("route=\"{path}\" client=192.0.2.1 reason=\"{reason}\"")), "{line}");
        }
    }
}

/// Refuses everybody.
struct Nobody;

impl Throttle for Nobody {
    fn begin<'t>(&'t self, _: Attempt<'t>, _: u64) -> StoreFuture<'t, Option<LimitReached>> {
        Box::pin(async { Ok(Some(LimitReached::new(Limit::Own("per_country"), 7))) })
    }

    fn take_back<'t>(&'t self, _: Attempt<'t>, _: u64) -> StoreFuture<'t, ()> {
        Box::pin(async { Ok(()) })
    }
}

#[test]
fn the_limit_of_a_throttle_of_ones_own_is_logged() {
    let app = app(|builder| builder.throttle(Nobody));
    let text = logged(|| async { assert_eq!(try_password(&app, "/token", "alice", "hunter2", 1).await, 429) });
    let [line] = lines(&text)[..] else { panic!("{text}") };
    assert!(line.contains("WARN") && line.contains("limit=\"per_country\""), "{line}");
}
