//! A differential test of the guard. It draws random routers, exclude lists, documents, outer layers, mounts, credentials and
//! request targets, and compares the guard with a second, independent implementation, the reference guard: a handler must run
//! exactly if the reference guard lets the request pass. `JWT_AUTH_TRIPLES` sets how many triples of a router, a list and a
//! request are tested, 100,000 by default. A failure names its seed.

mod case;
mod coverage;
#[cfg(feature = "openapi")]
mod document;
mod layers;
mod mounts;
mod random;
mod reference_guard;
mod reference_patterns;
#[cfg(feature = "openapi")]
mod scoped;
mod shape;
mod target;

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use tower::{Service, ServiceExt};

use crate::backend::Backend;
use crate::config::builder::Builder;
use crate::declaration::exclude::ExcludeSet;
use crate::hooks::AuthBackend;
use crate::keys::own_keys::Keys;
use crate::web::differential::case::case;
use crate::web::differential::coverage::Coverage;
use crate::web::differential::reference_guard::Scopes;
use crate::web::differential::shape::RAN;
use crate::web::protected::Protected;
use jwt_auth_grammar::pattern::Pattern;

#[derive(Clone, crate::JwtUser)]
#[jwt_user(crate = crate)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[crate::auth_backend(crate = crate, kind = "bearer", user = User, scopes(read = "Read", write = "Write", admin = "Admin"))]
struct Auth;

#[crate::auth_backend(crate = crate, kind = "bearer", user = User, scopes(read = "Read", write = "Write", admin = "Admin"))]
struct Other;

const SCOPES: [&str; 3] = ["read", "write", "admin"];

/// The set of scopes for these bits: bit `n` stands for the scope at index `n`.
fn subset(bits: usize) -> Scopes {
    SCOPES.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, scope)| *scope).collect()
}

/// A backend with an exclude list that is made at run time.
fn backend<A: AuthBackend>(auth: A, patterns: &[&'static str]) -> Backend<A> {
    let issuer = A::SPEC.scheme_name;
    let secret = if issuer == "Auth" {
        "q3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5E"
    } else {
        "Zt8Lr2Wc5Vn0Bx6Qk9Hs3Jd7Fg1Ya4Pe-Mu_Oi2TzRw"
    };
    let keys = Keys::hs256(secret).unwrap();
    let mut auth = Builder::new(auth).keys(keys).issuer(issuer).clock(|| 1_800_000_000).build().unwrap();
    exclude(&mut auth, patterns);
    auth
}

fn exclude<A>(auth: &mut Backend<A>, patterns: &[&'static str]) {
    Arc::get_mut(&mut auth.stages).unwrap().exclude = ExcludeSet::new(patterns.iter().copied().map(Pattern::split));
}

/// A token for each set of scopes.
fn tokens<A: AuthBackend<User = User>>(auth: A) -> Vec<String> {
    let auth = backend(auth, &[]);
    let token = |bits| auth.new_token(&User { id: 7 }).scopes(subset(bits)).sign().unwrap();
    (0..1 << SCOPES.len()).map(|bits| format!("Bearer {}", token(bits))).collect()
}

fn triples() -> usize {
    std::env::var("JWT_AUTH_TRIPLES").ok().and_then(|count| count.parse().ok()).unwrap_or(100_000)
}

/// Sends a request. Returns the number of the handler that ran, if one did, and the status.
async fn answer<S>(service: &S, method: &str, target: &str, credential: Option<&str>) -> (Option<usize>, u16)
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone,
{
    let request = http::Request::builder().method(method).uri(target);
    let request = credential.into_iter().fold(request, |request, value| request.header("authorization", value));
    let response = service.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let ran = response.headers().get(RAN).map(|number| number.to_str().unwrap().parse().unwrap());
    (ran, response.status().as_u16())
}

async fn ran<S>(service: &S, method: &str, target: &str) -> Option<usize>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone,
{
    answer(service, method, target, None).await.0
}

// EXC-01, EXC-02, EXC-03, EXC-04, EXC-05, EXC-10, BRR-07, ONE-01, ONE-08
#[tokio::test]
async fn a_handler_runs_exactly_if_the_reference_guard_lets_the_request_pass() {
    let mut coverage = Coverage::default();
    let (own, other) = (tokens(Auth), tokens(Other));
    for seed in 0.. {
        if seed % 2 == 0 {
            case(seed, Auth, &own, &other, &mut coverage).await;
        } else {
            case(seed, Other, &other, &own, &mut coverage).await;
        }
        if coverage.triples >= triples() {
            break;
        }
    }
    println!("{coverage:#?}");
    coverage.assert_is_enough(cfg!(feature = "openapi"));
}
