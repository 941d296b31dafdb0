//! Who is measured. Each answers `GET /me` with the token's subject after the same checks: signature, `exp`, `iss`, `aud`.

mod bare;
mod bare_07;
mod axum_gate;
mod axum_jwt;
mod axum_jwt_auth;
mod extractor;
mod jwt_authorizer;
mod middleware;
mod ours;
mod tower_oauth2;
pub mod validation;

use std::convert::Infallible;

use axum::body::Body;
pub use ours::{User, backend};

use axum::http::{HeaderMap, Request, Response, header::AUTHORIZATION};
use tower::util::BoxCloneSyncService;

use crate::material::{Material, Wish};

pub type Service = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

pub struct Contender {
    pub name: &'static str,
    pub service: fn(&Material) -> Service,
    pub token: fn(&Material, Wish) -> String,
    /// The contender without authentication that it is measured above; `None` for those themselves.
    pub above: Option<&'static str>,
}

const fn above_08(name: &'static str, service: fn(&Material) -> Service) -> Contender {
    Contender { name, service, token: Material::token, above: Some(BARE) }
}

pub const BARE: &str = "bare axum 0.8";
const BARE_07: &str = "bare axum 0.7";

pub const ALL: &[Contender] = &[
    Contender { above: None, ..above_08(BARE, bare::service) },
    Contender { above: None, ..above_08(BARE_07, bare_07::service) },
    above_08("jwt-auth, token new", ours::without_cache),
    above_08("jwt-auth, token remembered", ours::with_cache),
    above_08("middleware by hand", middleware::service),
    above_08("extractor by hand", extractor::service),
    above_08("axum-jwt 0.1.3", axum_jwt::service),
    above_08("axum-jwt-auth 0.7.0", axum_jwt_auth::service),
    Contender { above: Some(BARE_07), ..above_08("jwt-authorizer 0.15.0", jwt_authorizer::service) },
    above_08("tower-oauth2-resource-server 0.12.5", tower_oauth2::service),
    Contender { token: axum_gate::token, ..above_08("axum-gate 1.1.1", axum_gate::service) },
];

impl Contender {
    pub fn is_ours(&self) -> bool {
        self.name.starts_with("jwt-auth, ")
    }
}

pub fn named(name: &str) -> &'static Contender {
    ALL.iter().find(|contender| contender.name == name).unwrap()
}

/// What someone who writes the check by hand takes the token with.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}
