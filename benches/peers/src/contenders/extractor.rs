//! The same as an argument of the handler.

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::get;
use jsonwebtoken::{DecodingKey, Validation, decode};

use super::{Service, bearer, validation};
use crate::material::{Claims, Material};

type Verifier = Arc<(DecodingKey, Validation)>;

struct User(Claims);

impl FromRequestParts<Verifier> for User {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, verifier: &Verifier) -> Result<Self, StatusCode> {
        let token = bearer(&parts.headers).ok_or(StatusCode::UNAUTHORIZED)?;
        let (key, validation) = &**verifier;
        let token = decode::<Claims>(token, key, validation).map_err(|_| StatusCode::UNAUTHORIZED)?;
        Ok(Self(token.claims))
    }
}

pub fn service(material: &Material) -> Service {
    let me = |User(claims): User| async { claims.sub };
    Service::new(Router::new().route("/me", get(me)).with_state::<()>(Arc::new(validation::v11(material))))
}
