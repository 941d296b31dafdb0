//! axum-jwt-auth with a local key, over jsonwebtoken 10.

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::get;
use axum_jwt_auth::{Decoder, LocalDecoder};

use super::{Service, validation};
use crate::material::{Claims, Material};

#[derive(Clone)]
struct State(Decoder<Claims>);

impl FromRef<State> for Decoder<Claims> {
    fn from_ref(state: &State) -> Self {
        Arc::clone(&state.0)
    }
}

pub fn service(material: &Material) -> Service {
    let (key, validation) = validation::v10(material);
    let decoder = LocalDecoder::builder().keys(vec![key]).validation(validation).build().unwrap();
    let me = |user: axum_jwt_auth::Claims<Claims>| async { user.claims.sub };
    Service::new(Router::new().route("/me", get(me)).with_state::<()>(State(Arc::new(decoder))))
}
