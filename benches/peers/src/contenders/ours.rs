//! jwt-auth: a user that is rebuilt from the token, a store of revocations in memory.

use axum::Router;
use axum::routing::get;
use jwt_auth::{Backend, JwtUser, Keys, auth_backend};

use super::Service;
use crate::material::{AUDIENCE, Algorithm, ISSUER, KID, Material};

#[derive(Clone, JwtUser)]
pub struct User {
    #[jwt_user(id)]
    pub sub: String,
    #[jwt_user(claim)]
    pub name: String,
}

#[auth_backend(kind = "bearer", user = User)]
pub struct Auth;

/// `token_cache` is the builder's setting: by default 10,000 with public keys, and 0 with a secret.
pub fn backend(material: &Material, token_cache: usize) -> Backend<Auth> {
    let keys = match material.algorithm {
        Algorithm::Hs256 => Keys::hs256(&material.secret),
        Algorithm::Rs256 => Keys::from_pem(jwt_auth::Algorithm::RS256, &material.private_pem),
        Algorithm::Es256 => Keys::from_pem(jwt_auth::Algorithm::ES256, &material.private_pem),
        Algorithm::Ed25519 => Keys::from_pem(jwt_auth::Algorithm::EdDSA, &material.private_pem),
    };
    let keys = keys.unwrap().with_kid(KID);
    Auth.backend().keys(keys).issuer(ISSUER).audience(AUDIENCE).token_cache(token_cache).build().unwrap()
}

fn protected(backend: &Backend<Auth>) -> Service {
    let router = Router::new().route("/me", get(|user: User| async { user.sub }));
    Service::new(backend.protect(router).unwrap())
}

/// Each token is verified, as if it came for the first time.
pub fn without_cache(material: &Material) -> Service {
    protected(&backend(material, 0))
}

/// The one token that is sent is remembered.
pub fn with_cache(material: &Material) -> Service {
    protected(&backend(material, 10_000))
}
