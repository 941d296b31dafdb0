//! jwt-authorizer with a local key, over jsonwebtoken 9 with ring, in axum 0.7.
//!
//! It cannot be told to require `iss` and `aud`: a token without them passes.

use axum_07::Router;
use axum_07::routing::get;
use jwt_authorizer::{IntoLayer, JwtAuthorizer, JwtClaims, Validation};

use super::Service;
use super::bare_07::boxed;
use crate::material::{AUDIENCE, Algorithm, Claims, ISSUER, Material};
use crate::measure::wait;

pub fn service(material: &Material) -> Service {
    let builder = match material.algorithm {
        Algorithm::Hs256 => JwtAuthorizer::<Claims>::from_secret(&material.secret),
        Algorithm::Rs256 => JwtAuthorizer::from_rsa_pem_text(&material.public_pem),
        Algorithm::Es256 => JwtAuthorizer::from_ec_pem_text(&material.public_pem),
        Algorithm::Ed25519 => JwtAuthorizer::from_ed_pem_text(&material.public_pem),
    };
    let validation = Validation::new().iss(&[ISSUER]).aud(&[AUDIENCE]).algs(vec![material.algorithm.parse()]);
    let authorizer = wait(builder.validation(validation).build()).unwrap();
    let me = |JwtClaims(claims): JwtClaims<Claims>| async { claims.sub };
    boxed(Router::new().route("/me", get(me)).with_state::<()>(()).layer(authorizer.into_layer()))
}
