//! Sends the requests of one case while `valgrind` counts instructions; its argument is the name of the case. Keys and users
//! are the same in each run. The seeds of hash tables and the `jti` of tokens differ, so many requests are counted.
//!
//! This is a separate program because the other benchmarks count allocations, and their allocator takes a hundred instructions
//! for each.

use std::convert::Infallible;
use std::hint::black_box;
use std::process::ExitCode;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum::routing::get;
use http::{Request, StatusCode};
use jwt_auth::{Algorithm, Backend, Issuer, Issuing, JwtUser, Keys, Protected, auth_backend, keys::SigningKey};
use jwt_auth_benches::COUNTED_REQUESTS;
use tokio::runtime::Runtime;
use tower::{Layer, Service, ServiceExt};

/// Requests before the count begins, to fill caches and pools.
const BEFORE: usize = 200;
/// Requests that are built at a time. Building them is not counted.
const AT_ONCE: usize = 100;
const TOKENS: usize = 100;
const ISSUER: &str = "https://id.example.com";
const AUDIENCE: &str = "https://api.example.com";
const SECRET: &str = "q3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5E";
/// The beginning of a PKCS#8 key; the seed follows. The key is only for this benchmark.
const ED25519: [u8; 16] = [0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 34, 4, 32];
const SUBJECT: &str = "7d9f3c1e-5a0b-4c55-9a53-0f3b8e1f2a10";

struct Case {
    name: &'static str,
    send: fn(),
}

const CASES: [Case; 14] = [
    Case { name: "bare axum", send: || send(&bare(), "/me", &tokens(&secret(0)), StatusCode::OK) },
    Case {
        name: "axum with a layer that does nothing",
        send: || send(&bare().layer(Nothing), "/me", &tokens(&secret(0)), StatusCode::OK),
    },
    Case { name: "open route", send: || send(&protected(&secret(0)), "/open", &[], StatusCode::OK) },
    Case { name: "remembered EdDSA token", send: || good(&public(10_000)) },
    Case { name: "remembered HS256 token", send: || good(&secret(10_000)) },
    Case { name: "new HS256 token", send: || good(&secret(0)) },
    Case { name: "bad HS256 signature", send: || refused(bad_signature) },
    Case { name: "8 KiB of garbage", send: || refused(|_| format!("Bearer {}", "x".repeat(8 << 10))) },
    Case { name: "no credential", send: || send(&protected(&secret(0)), "/me", &[], StatusCode::UNAUTHORIZED) },
    Case { name: "`new_token(&user).sign()`, HS256", send: login },
    Case { name: "new EdDSA token, one issuer (RFC 9068)", send: || trusted(0, vec![Issuer::rfc9068(ISSUER)]) },
    Case { name: "new EdDSA token, two issuers (defaults)", send: || trusted(0, two_issuers()) },
    Case {
        name: "remembered EdDSA token, one issuer (RFC 9068)",
        send: || trusted(10_000, vec![Issuer::rfc9068(ISSUER)]),
    },
    Case { name: "remembered EdDSA token, two issuers (defaults)", send: || trusted(10_000, two_issuers()) },
];

/// Runs the named case. Without a name it prints the names of all cases.
fn main() -> ExitCode {
    let Some(name) = std::env::args().nth(1) else {
        CASES.iter().for_each(|case| println!("{}", case.name));
        return ExitCode::SUCCESS;
    };
    match CASES.iter().find(|case| case.name == name) {
        Some(case) => {
            (case.send)();
            ExitCode::SUCCESS
        }
        None => ExitCode::FAILURE,
    }
}

#[derive(Clone, JwtUser)]
struct User {
    #[jwt_user(id)]
    sub: String,
    #[jwt_user(claim)]
    name: String,
}

#[auth_backend(kind = "bearer", user = User, exclude = ["/open"])]
struct Auth;

fn secret(token_cache: usize) -> Backend<Auth> {
    backend(Keys::hs256(SECRET).expect("a key"), token_cache)
}

fn public(token_cache: usize) -> Backend<Auth> {
    let key = [ED25519, [7; 16], [9; 16]].concat();
    backend(Keys::from_der(Algorithm::EdDSA, key).expect("a key"), token_cache)
}

fn backend(keys: Keys, token_cache: usize) -> Backend<Auth> {
    let builder = Auth.backend().keys(keys.with_kid("2025-01")).issuer(ISSUER).audience(AUDIENCE);
    builder.token_cache(token_cache).build().expect("a backend")
}

/// An issuer before the one that signs, so that the token's `iss` has to decide.
fn two_issuers() -> Vec<Issuer> {
    vec![Issuer::new("https://other.example.com"), Issuer::new(ISSUER)]
}

/// Tokens of another issuer, which is the last of these. Each issuer has a key of its own.
fn trusted(token_cache: usize, issuers: Vec<Issuer>) {
    let last = issuers.len() - 1;
    let builder = Auth.backend().verify_only().token_cache(token_cache);
    let auth = issuers.into_iter().enumerate().fold(builder, |builder, (at, issuer)| {
        let seed = [7, 7 + u8::try_from(last - at).expect("few issuers")];
        builder.trust(issuer.keys(ed25519(seed).verifying_key().clone()).audience(AUDIENCE))
    });
    let auth = auth.build().expect("a backend");
    let router = Router::new().route("/me", get(|user: User| async { black_box(user).sub }));
    send(&auth.protect(router).expect("a router"), "/me", &tokens(&public(0)), StatusCode::OK);
}

fn ed25519([first, second]: [u8; 2]) -> SigningKey {
    let key = [ED25519, [first; 16], [second + 2; 16]].concat();
    SigningKey::from_der(Algorithm::EdDSA, key).expect("a key").with_kid(format!("2025-0{}", second - 6))
}

fn bare() -> Router {
    Router::new().route("/me", get(|| async { SUBJECT.to_owned() })).with_state(())
}

fn protected(auth: &Backend<Auth, Issuing>) -> Protected {
    let router = Router::new().route("/me", get(|user: User| async { black_box(user).sub }));
    auth.protect(router.route("/open", get(|| async { SUBJECT.to_owned() }))).expect("a router")
}

fn user() -> User {
    User { sub: SUBJECT.into(), name: "Ann Example".into() }
}

/// Values for `Authorization`, each with another token.
fn tokens(auth: &Backend<Auth>) -> Vec<String> {
    let token = |_| auth.format_auth_header(&auth.create_token(&user()).expect("a token"));
    (0..TOKENS).map(token).collect()
}

fn good(auth: &Backend<Auth>) {
    send(&protected(auth), "/me", &tokens(auth), StatusCode::OK);
}

fn refused(spoil: fn(&str) -> String) {
    let auth = secret(0);
    let (app, tokens) = (protected(&auth), tokens(&auth));
    // From now on, the header of the tokens is cached.
    runtime().block_on(answer(&app, request("/me", tokens.first()), StatusCode::OK));
    let bad: Vec<String> = tokens.iter().map(|token| spoil(token)).collect();
    send(&app, "/me", &bad, StatusCode::UNAUTHORIZED);
}

/// The token with another signature of the same length.
fn bad_signature(token: &str) -> String {
    format!("{}AAAAAAAA", &token[..token.len() - 8])
}

fn login() {
    let (auth, user) = (secret(0), user());
    let tokens =
        |count: usize| (0..count).for_each(|_| drop(black_box(auth.new_token(&user).sign().expect("a token"))));
    tokens(BEFORE);
    counted(&mut || tokens(COUNTED_REQUESTS));
}

/// A service as axum uses it, with a clone for each request.
trait App: Service<Request<Body>, Response = Response, Error = Infallible> + Clone {}

impl<S: Service<Request<Body>, Response = Response, Error = Infallible> + Clone> App for S {}

/// Sends the requests, with each of these `Authorization` values in turn, or without one if there are none.
fn send(app: &impl App, path: &str, authorizations: &[String], expected: StatusCode) {
    let runtime = runtime();
    let mut authorizations = authorizations.iter().cycle();
    let mut turn = |is_counted: bool| {
        let mut requests: Vec<_> = (0..AT_ONCE).map(|_| request(path, authorizations.next())).collect();
        let mut answers = || {
            runtime.block_on(async {
                for request in requests.drain(..) {
                    answer(app, request, expected).await;
                }
            });
        };
        if is_counted { counted(&mut answers) } else { answers() }
    };
    (0..BEFORE / AT_ONCE).for_each(|_| turn(false));
    (0..COUNTED_REQUESTS / AT_ONCE).for_each(|_| turn(true));
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
}

async fn answer(app: &impl App, request: Request<Body>, expected: StatusCode) {
    let answer = app.clone().oneshot(request).await;
    assert_eq!(answer.map(|answer| answer.status()), Ok(expected));
}

fn request(path: &str, authorization: Option<&String>) -> Request<Body> {
    let request = Request::get(path);
    let request = match authorization {
        Some(authorization) => request.header("authorization", authorization),
        None => request,
    };
    request.body(Body::empty()).expect("a request")
}

/// Valgrind counts the instructions from the call of this function until it returns.
#[inline(never)]
fn counted(requests: &mut dyn FnMut()) {
    requests();
}

/// A layer that only calls the inner service.
#[derive(Clone)]
struct Nothing;

impl<S> Layer<S> for Nothing {
    type Service = Around<S>;

    fn layer(&self, inner: S) -> Around<S> {
        Around(inner)
    }
}

#[derive(Clone)]
struct Around<S>(S);

impl<S: Service<Request<Body>>> Service<Request<Body>> for Around<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> S::Future {
        self.0.call(request)
    }
}
