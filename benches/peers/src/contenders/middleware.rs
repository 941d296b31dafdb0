//! What most people write: a function before the handlers that puts the claims into the request's extensions.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use jsonwebtoken::{DecodingKey, Validation, decode};

use super::{Service, bearer, validation};
use crate::material::{Claims, Material};

type Verifier = Arc<(DecodingKey, Validation)>;

pub fn service(material: &Material) -> Service {
    let verifier: Verifier = Arc::new(validation::v11(material));
    let me = |Extension(claims): Extension<Claims>| async { claims.sub };
    Service::new(
        Router::new().route("/me", get(me)).with_state::<()>(()).layer(from_fn_with_state(verifier, authenticate)),
    )
}

async fn authenticate(
    State(verifier): State<Verifier>,
    mut request: Request,
    next: Next,
) -> Result<Response, StatusCode> {
    let token = bearer(request.headers()).ok_or(StatusCode::UNAUTHORIZED)?;
    let (key, validation) = &*verifier;
    let token = decode::<Claims>(token, key, validation).map_err(|_| StatusCode::UNAUTHORIZED)?;
    request.extensions_mut().insert(token.claims);
    Ok(next.run(request).await)
}
