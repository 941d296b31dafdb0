//! axum-gate in its bearer mode, over jsonwebtoken 10.
//!
//! Its claims are an account with roles, groups and permissions, so its token is another one, of its own making.

use std::sync::Arc;

use axum::routing::get;
use axum::{Extension, Router};
use axum_gate::codecs::Codec;
use axum_gate::jsonwebtoken::{EncodingKey, Header};
use axum_gate::prelude::{Account, Gate, Group, JsonWebToken, JsonWebTokenOptions, JwtClaims, RegisteredClaims, Role};

use super::{Service, validation};
use crate::material::{Algorithm, ISSUER, KID, Material, SUBJECT, TYPE, Wish, now};

type User = Account<Role, Group>;

fn codec(material: &Material) -> JsonWebToken<JwtClaims<User>> {
    let pem = material.private_pem.as_bytes();
    let enc_key = match material.algorithm {
        Algorithm::Hs256 => EncodingKey::from_secret(material.secret.as_bytes()),
        Algorithm::Rs256 => EncodingKey::from_rsa_pem(pem).unwrap(),
        Algorithm::Es256 => EncodingKey::from_ec_pem(pem).unwrap(),
        Algorithm::Ed25519 => EncodingKey::from_ed_pem(pem).unwrap(),
    };
    let mut header = Header::new(material.algorithm.parse());
    header.typ = Some(TYPE.to_owned());
    header.kid = Some(KID.to_owned());
    let (dec_key, validation) = validation::v10(material);
    JsonWebToken::new_with_options(JsonWebTokenOptions {
        enc_key,
        dec_key,
        header: Some(header),
        validation: Some(validation),
    })
}

pub fn token(material: &Material, wish: Wish) -> String {
    let claims = RegisteredClaims {
        subject: Some(SUBJECT.to_owned()),
        audience: Some([wish.audience.to_owned()].into()),
        jwt_id: Some("5d1b7bd2c7a14df0".to_owned()),
        ..RegisteredClaims::new(wish.issuer, now().saturating_add_signed(wish.lifetime))
    };
    let account = Account::new(SUBJECT, &[Role::User], &[]);
    String::from_utf8(codec(material).encode(&JwtClaims::new(account, claims)).unwrap()).unwrap()
}

pub fn service(material: &Material) -> Service {
    let gate = Gate::bearer::<_, Role, Group>(ISSUER, Arc::new(codec(material))).require_login();
    let me = |Extension(account): Extension<User>| async { account.user_id };
    Service::new(Router::new().route("/me", get(me)).with_state::<()>(()).layer(gate))
}
