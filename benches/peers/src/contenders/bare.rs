//! axum without authentication: what the others are measured above.

use axum::Router;
use axum::routing::get;

use super::Service;
use crate::material::{Material, SUBJECT};

pub fn service(_: &Material) -> Service {
    Service::new(Router::new().route("/me", get(|| async { SUBJECT.to_owned() })).with_state::<()>(()))
}
