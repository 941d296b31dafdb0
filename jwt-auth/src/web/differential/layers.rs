//! Random layers outside the guard. Each changes every request in one way.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::routing::any;
use tower::ServiceExt;
use tower::util::MapRequestLayer;

use crate::web::differential::random::Random;
use crate::web::differential::reference_patterns::{SeenRequest, examples};
use crate::web::differential::shape::Place;
use crate::web::differential::{Protected, target};

/// The change that one layer makes to every request.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Method(&'static str),
    Path(String),
    /// Rebuilds the request without its extensions.
    LosesExtensions,
    LosesTemplate,
    /// Replaces the `MatchedPath` by that of another request.
    Template(MatchedPath),
    /// Only adds a header and an extension.
    Nothing,
}

/// No, one or two layers, the outermost first.
pub(crate) async fn changes(random: &mut Random, places: &[Place], patterns: &[&str]) -> Vec<Change> {
    let mut changes = Vec::new();
    for _ in 0..random.below(3) {
        changes.push(match random.below(9) {
            0..=2 => Change::Method(target::method(random)),
            3 | 4 => Change::Path(path(random, places, patterns)),
            5 => Change::LosesExtensions,
            6 => Change::LosesTemplate,
            7 => Change::Template(matched(&template(random, places)).await),
            _ => Change::Nothing,
        });
    }
    changes
}

fn path(random: &mut Random, places: &[Place], patterns: &[&str]) -> String {
    loop {
        let target = target::target(random, places, patterns);
        if target.starts_with('/') && target.parse::<http::Uri>().is_ok() {
            return target;
        }
    }
}

fn template(random: &mut Random, places: &[Place]) -> String {
    match places.get(random.below(places.len() + 1)) {
        Some(Place::Route(template)) => template.clone(),
        _ => "/open".to_owned(),
    }
}

/// The template as the `MatchedPath` that axum makes of it.
async fn matched(template: &str) -> MatchedPath {
    let router: Router = Router::new().route(template, any(async |matched: MatchedPath| axum::Extension(matched)));
    let path = examples(template).remove(0);
    let response = router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
    response.extensions().get::<MatchedPath>().unwrap().clone()
}

/// Puts the same layers around the guarded router and around the one without a guard.
pub(crate) fn layered(changes: &[Change], protected: Protected, router: Router) -> (Protected, Router) {
    changes.iter().rev().fold((protected, router), |(protected, router), change| {
        let change = Arc::new(change.clone());
        let layer = MapRequestLayer::new(move |request| change.made_of(request));
        (protected.layer(layer.clone()), router.layer(layer))
    })
}

impl Change {
    fn made_of(&self, mut request: Request) -> Request {
        match self {
            Self::Method(method) => *request.method_mut() = method.parse().unwrap(),
            Self::Path(path) => *request.uri_mut() = path.parse().unwrap(),
            Self::LosesExtensions => request.extensions_mut().clear(),
            Self::LosesTemplate => drop(request.extensions_mut().remove::<MatchedPath>()),
            Self::Template(matched) => drop(request.extensions_mut().insert(matched.clone())),
            Self::Nothing => {
                request.headers_mut().insert("x-layer", http::HeaderValue::from_static("1"));
                request.extensions_mut().insert("a layer's own");
            }
        }
        request
    }

    /// The same change for the reference guard.
    pub(crate) fn seen_after(&self, mut seen: SeenRequest) -> SeenRequest {
        match self {
            Self::Method(method) => seen.method = (*method).to_owned(),
            Self::Path(path) => seen.path = path.split('?').next().unwrap_or_default().to_owned(),
            Self::LosesExtensions => (seen.template, seen.is_lost) = (None, true),
            Self::LosesTemplate => seen.template = None,
            Self::Template(matched) => seen.template = Some(matched.as_str().to_owned()),
            Self::Nothing => {}
        }
        seen
    }
}
