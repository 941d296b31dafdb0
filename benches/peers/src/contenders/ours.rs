//! jwt-auth with its defaults: a user that is rebuilt from the token, a store of revocations in memory.

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

pub fn backend(material: &Material) -> Backend<Auth> {
    let keys = match material.algorithm {
        Algorithm::Hs256 => Keys::hs256(&material.secret),
        Algorithm::Rs256 => Keys::from_pem(jwt_auth::Algorithm::RS256, &material.private_pem),
        Algorithm::Es256 => Keys::from_pem(jwt_auth::Algorithm::ES256, &material.private_pem),
        Algorithm::Ed25519 => Keys::from_pem(jwt_auth::Algorithm::EdDSA, &material.private_pem),
    };
    Auth.backend().keys(keys.unwrap().with_kid(KID)).issuer(ISSUER).audience(AUDIENCE).build().unwrap()
}

pub fn service(material: &Material) -> Service {
    let router = Router::new().route("/me", get(|user: User| async { user.sub }));
    Service::new(backend(material).protect(router).unwrap())
}
