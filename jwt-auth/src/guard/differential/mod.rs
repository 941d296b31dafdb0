//! Random routers, exclude lists and request targets: a handler runs without a credential exactly where a second,
//! independent reading of the patterns opens its route. `JWT_AUTH_TRIPLES` says how many are tried, 100,000 by
//! default; a failure names its seed.

#[cfg(feature = "openapi")]
mod document;
mod random;
mod reading;
mod shape;
mod target;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use tower::ServiceExt;

use self::random::Random;
use self::shape::{Place, RAN, Shape};
use super::Protected;
use crate::backend::{Backend, ExcludeSet, Pattern};
use crate::token::Keys;

#[derive(Clone, crate::JwtUser)]
#[jwt_user(crate = crate)]
struct User {
    #[jwt_user(id)]
    id: u64,
}

#[crate::auth_backend(crate = crate, kind = "bearer", user = User)]
struct Auth;

/// A backend with a list that only the running program knows.
fn backend(patterns: &[&'static str]) -> Backend<Auth> {
    let keys = Keys::hs256("q3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5E").unwrap();
    let mut auth = Auth.backend().keys(keys).issuer("test").build().unwrap();
    Arc::get_mut(&mut auth.inner).unwrap().exclude = ExcludeSet::new(patterns.iter().copied().map(Pattern::new));
    auth
}

fn triples() -> usize {
    std::env::var("JWT_AUTH_TRIPLES").ok().and_then(|count| count.parse().ok()).unwrap_or(100_000)
}

/// The number of the handler that ran, if one did.
async fn ran<S>(service: S, method: &str, target: &str) -> Option<usize>
where
    S: tower::Service<http::Request<Body>, Response = axum::response::Response, Error = std::convert::Infallible>,
{
    let request = http::Request::builder().method(method).uri(target).body(Body::empty()).unwrap();
    let response = service.oneshot(request).await.unwrap();
    response.headers().get(RAN).map(|number| number.to_str().unwrap().parse().unwrap())
}

/// Whether the second reading opens the place to a request.
fn is_open(place: &Place, patterns: &[&str], method: &str, path: &str) -> bool {
    let by_path = || reading::is_clean(path) && reading::opens_path(patterns, method, path);
    match place {
        Place::Route(template) => reading::opens_route(patterns, method, template),
        Place::Fallback => by_path(),
        // axum has three routes for a service: its prefix, the prefix with a slash, and everything below.
        Place::Service(prefix) => {
            let (own, all) = (prefix.split('/').count(), path.split('/').count());
            if all == own {
                reading::opens_route(patterns, method, prefix)
            } else if all == own + 1 && path.ends_with('/') {
                reading::opens_route(patterns, method, &format!("{prefix}/"))
            } else {
                by_path()
            }
        }
    }
}

/// An outer router, and what stands before the inner one's paths.
fn mounted(random: &mut Random, protected: Protected) -> (Router, &'static str) {
    match random.below(4) {
        0 => (Router::new().nest_service("/a", protected), "/a"),
        1 => (Router::new().nest("/open", Router::new().fallback_service(protected)), "/open"),
        2 => (Router::new().nest("/{p}", Router::new().nest_service("/b", protected)), "/a/b"),
        _ => (Router::new().fallback_service(protected), ""),
    }
}

/// What was tried, so that a test that tries nothing is seen.
#[derive(Default)]
struct Tried {
    triples: usize,
    opened: usize,
    closed: usize,
    mounted: usize,
}

async fn case(seed: u64, tried: &mut Tried) {
    let mut random = Random::new(seed);
    let Shape { router, places } = shape::router(&mut random);
    let patterns = shape::patterns(&mut random, &places);
    let protected = backend(&patterns).protect(router.clone()).unwrap();
    let (outer, prefix) = mounted(&mut random, protected.clone());
    for _ in 0..40 {
        let method = target::method(&mut random);
        let target = target::target(&mut random, &places, &patterns);
        let Ok(uri) = target.parse::<http::Uri>() else { continue };
        tried.triples += 1;
        let reached = ran(router.clone(), method, &target).await;
        let admitted = ran(protected.clone(), method, &target).await;
        let open = reached.filter(|number| is_open(&places[*number], &patterns, method, uri.path()));
        assert_eq!(
            admitted,
            open,
            "seed {seed}: {method} {target} with {patterns:?}; without a guard {:?} answers",
            reached.map(|number| &places[number])
        );
        tried.opened += usize::from(open.is_some());
        tried.closed += usize::from(reached.is_some() && open.is_none());
        let below = format!("{prefix}{target}");
        if target.starts_with('/') && below.parse::<http::Uri>().is_ok() {
            let expected = if prefix.is_empty() { open } else { None };
            assert_eq!(
                ran(outer.clone(), method, &below).await,
                expected,
                "seed {seed}: {method} {below} when mounted"
            );
            tried.mounted += 1;
        }
    }
}

// EXC-01, EXC-02, EXC-03, EXC-04, EXC-05, EXC-10
#[tokio::test]
async fn a_handler_runs_for_a_stranger_exactly_where_a_pattern_opens_it() {
    let mut tried = Tried::default();
    for seed in 0.. {
        case(seed, &mut tried).await;
        if tried.triples >= triples() {
            break;
        }
    }
    let Tried { triples, opened, closed, mounted } = tried;
    println!("{triples} triples: {opened} opened, {closed} closed, {mounted} tried when mounted as well");
    assert!(opened > triples / 50 && closed > triples / 5 && mounted > triples / 2, "{opened} {closed} {mounted}");
}
