//! Random routers, exclude lists, documents, outer layers, mounts, credentials and request targets: a handler runs exactly
//! where a second, independent reading lets it. `JWT_AUTH_TRIPLES` says how many triples of a router, a list and a request are
//! tried, 100,000 by default; a failure names its seed.

#[cfg(feature = "openapi")]
mod document;
mod case;
mod judge;
mod layers;
mod mounts;
mod random;
mod reading;
#[cfg(feature = "openapi")]
mod scoped;
mod shape;
mod target;
mod tried;

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use tower::{Service, ServiceExt};

use crate::backend::Backend;
use crate::config::builder::Builder;
use crate::declaration::exclude::ExcludeSet;
use crate::declaration::spec::Pattern;
use crate::hooks::AuthBackend;
use crate::keys::own_keys::Keys;
use crate::web::differential::case::case;
use crate::web::differential::judge::Scopes;
use crate::web::differential::shape::RAN;
use crate::web::differential::tried::Tried;
use crate::web::protected::Protected;

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

/// Each bit says whether a scope is in the set.
fn subset(bits: usize) -> Scopes {
    SCOPES.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, scope)| *scope).collect()
}

/// A backend with a list that only the running program knows.
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
    Arc::get_mut(&mut auth.stages).unwrap().exclude = ExcludeSet::new(patterns.iter().copied().map(Pattern::new));
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

/// The number of the handler that ran, if one did, and the status.
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
async fn a_handler_runs_exactly_where_the_second_reading_lets_it() {
    let mut tried = Tried::default();
    let (own, other) = (tokens(Auth), tokens(Other));
    for seed in 0.. {
        if seed % 2 == 0 {
            case(seed, Auth, &own, &other, &mut tried).await;
        } else {
            case(seed, Other, &other, &own, &mut tried).await;
        }
        if tried.triples >= triples() {
            break;
        }
    }
    println!("{tried:#?}");
    tried.assert_is_enough(cfg!(feature = "openapi"));
}
