//! axum-jwt, over jsonwebtoken 9 with ring.

use axum::Router;
use axum::routing::get;
use axum_jwt::Decoder;

use super::{Service, validation};
use crate::material::{Claims, Material};

pub fn service(material: &Material) -> Service {
    let (key, validation) = validation::v9(material);
    let me = |axum_jwt::Claims(claims): axum_jwt::Claims<Claims>| async { claims.sub };
    Service::new(Router::new().route("/me", get(me)).with_state::<()>(Decoder::new(key, validation)))
}
