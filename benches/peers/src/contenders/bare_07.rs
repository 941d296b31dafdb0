//! axum 0.7 without authentication: jwt-authorizer is written for it.

use axum::body::Body;
use axum::http::{Request, Response};
use axum_07::Router;
use axum_07::routing::get;
use tower::ServiceExt;

use super::Service;
use crate::material::{Material, SUBJECT};

pub fn service(_: &Material) -> Service {
    boxed(Router::new().route("/me", get(|| async { SUBJECT.to_owned() })).with_state::<()>(()))
}

/// Takes and gives the bodies of axum 0.8.
pub fn boxed(router: Router) -> Service {
    let answer = |response: Response<axum_07::body::Body>| response.map(Body::new);
    Service::new(ServiceExt::<Request<Body>>::map_response(router, answer))
}
