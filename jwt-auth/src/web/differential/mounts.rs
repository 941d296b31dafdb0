//! Random ways to mount a service in outer routers, up to three deep.

use std::convert::Infallible;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use tower::util::MapRequest;
use tower::{Service, ServiceExt};

use crate::web::differential::random::Random;

/// One outer router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    NestService(&'static str),
    /// `nest` of a router with the service as its fallback. Only prefixes without a parameter, because axum refuses others here.
    Nest(&'static str),
    /// `nest` of a router with a `nest_service`.
    NestBoth(&'static str),
    /// A route that matches every path except `/`, and strips nothing.
    Route,
    Fallback,
    /// A fallback next to the routes of another router.
    Merge,
}

/// Outer routers, the innermost first.
#[derive(Debug)]
pub(crate) struct Mounts(Vec<Step>);

const PREFIXES: &[&str] = &["/a", "/open", "/{p0}", "/a/b", "/{tenant}/x", "/b/"];

impl Mounts {
    pub(crate) fn draw(random: &mut Random) -> Self {
        let mut steps = Vec::new();
        for _ in 0..1 + random.below(3) {
            let prefix = random.pick(PREFIXES);
            steps.push(match random.below(6) {
                0 | 1 => Step::NestService(prefix),
                2 | 3 if prefix.contains('{') => Step::NestBoth(prefix),
                2 | 3 => Step::Nest(prefix.trim_end_matches('/')),
                // In debug builds, axum 0.8 asserts that a request to a `nest_service` has no template of a route yet.
                4 if !steps.iter().any(|step| matches!(step, Step::NestService(_) | Step::NestBoth(_))) => Step::Route,
                4 => Step::Fallback,
                _ => Step::Merge,
            });
        }
        Self(steps)
    }

    /// The prefix of the service's paths.
    pub(crate) fn prefix(&self) -> String {
        let prefix = |step: &Step| match step {
            Step::NestService(prefix) | Step::Nest(prefix) => prefix.trim_end_matches('/').to_owned(),
            Step::NestBoth(prefix) => format!("{prefix}/m"),
            Step::Route | Step::Fallback | Step::Merge => String::new(),
        };
        self.0.iter().rev().map(prefix).collect::<String>().replace("{p0}", "zq").replace("{tenant}", "a")
    }

    pub(crate) fn around<S>(&self, service: S) -> Router
    where
        S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + Sync + 'static,
        S::Future: Send,
    {
        let (first, others) = self.0.split_first().unwrap();
        others.iter().fold(first.around(service), |inner, step| step.around(inner))
    }
}

impl Step {
    fn around<S>(self, inner: S) -> Router
    where
        S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + Sync + 'static,
        S::Future: Send,
    {
        match self {
            Self::NestService(prefix) => Router::new().nest_service(prefix, inner),
            Self::Nest(prefix) => Router::new().nest(prefix, Router::new().fallback_service(inner)),
            Self::NestBoth(prefix) => Router::new().nest(prefix, Router::new().nest_service("/m", inner)),
            // axum does not accept a bare router as the service of a route.
            Self::Route => Router::new().route_service("/{*rest}", inner.map_request(|request: Request| request)),
            Self::Fallback => Router::new().fallback_service(inner),
            Self::Merge => {
                let beside = Router::new().route("/beside/zq", axum::routing::any(async || {}));
                beside.merge(Router::new().fallback_service(inner))
            }
        }
    }
}

/// A router without a guard that removes the template of an outer router, as a guarded one does.
pub(crate) fn without_outer_template(
    router: Router,
) -> MapRequest<Router, impl FnMut(Request) -> Request + Clone + Send + Sync + 'static> {
    router.map_request(|mut request: Request| {
        request.extensions_mut().remove::<MatchedPath>();
        request
    })
}
