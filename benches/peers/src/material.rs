//! Keys, made anew in each run, and the tokens that they sign.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{EncodingKey, Header};
use serde::{Deserialize, Serialize};

use crate::contenders::validation;

pub const ISSUER: &str = "https://id.example.com";
pub const AUDIENCE: &str = "https://api.example.com";
pub const SUBJECT: &str = "7d9f3c1e-5a0b-4c55-9a53-0f3b8e1f2a10";
pub const NAME: &str = "Ann Example";
pub const KID: &str = "2025-01";
pub const TYPE: &str = "at+jwt";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    Hs256,
    Rs256,
    Es256,
    Ed25519,
}

impl Algorithm {
    pub const ALL: [Self; 4] = [Self::Hs256, Self::Rs256, Self::Es256, Self::Ed25519];

    pub fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::Ed25519 => "EdDSA",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// The name as every version of `jsonwebtoken` reads it.
    pub fn parse<A: std::str::FromStr<Err: std::fmt::Debug>>(self) -> A {
        self.name().parse().unwrap()
    }
}

/// What a token can be wrong in, and right in `default()`.
#[derive(Clone, Copy)]
pub struct Wish {
    pub issuer: &'static str,
    pub audience: &'static str,
    /// Seconds from now.
    pub lifetime: i64,
}

impl Default for Wish {
    fn default() -> Self {
        Self::GOOD
    }
}

impl Wish {
    const GOOD: Self = Self { issuer: ISSUER, audience: AUDIENCE, lifetime: 3600 };

    /// What everyone who authenticates has to refuse.
    pub const BAD: [Self; 3] = [
        Self { issuer: "https://other.example.com", ..Self::GOOD },
        Self { audience: "https://other.example.com", ..Self::GOOD },
        Self { lifetime: -3600, ..Self::GOOD },
    ];
}

/// What a handler of a contender may use of the claims; issuer, audience and time are checked beside it.
#[derive(Clone, Debug, Deserialize)]
pub struct Claims {
    pub sub: String,
    #[allow(dead_code)]
    pub name: String,
    #[allow(dead_code)]
    pub scope: String,
    #[allow(dead_code)]
    pub exp: u64,
}

#[derive(Serialize)]
pub struct AllClaims<'c> {
    pub iss: &'c str,
    pub sub: &'c str,
    pub aud: &'c str,
    pub exp: u64,
    pub iat: u64,
    pub jti: String,
    pub client_id: &'c str,
    pub scope: &'c str,
    pub name: &'c str,
}

impl AllClaims<'_> {
    pub fn new(wish: Wish, jti: String) -> Self {
        AllClaims {
            iss: wish.issuer,
            sub: SUBJECT,
            aud: wish.audience,
            exp: now().saturating_add_signed(wish.lifetime),
            iat: now(),
            jti,
            client_id: "web",
            scope: "read write",
            name: NAME,
        }
    }
}

pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// One key, in every form that a contender takes.
pub struct Material {
    pub algorithm: Algorithm,
    /// Of HS256.
    pub secret: String,
    pub private_pem: String,
    pub public_pem: String,
    /// A JWK Set.
    pub jwks: String,
}

impl Material {
    pub fn new(algorithm: Algorithm) -> Self {
        let secret = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
        let pair = match algorithm {
            Algorithm::Hs256 => None,
            Algorithm::Rs256 => Some(&rcgen::PKCS_RSA_SHA256),
            Algorithm::Es256 => Some(&rcgen::PKCS_ECDSA_P256_SHA256),
            Algorithm::Ed25519 => Some(&rcgen::PKCS_ED25519),
        };
        let pair = pair.map(|algorithm| rcgen::KeyPair::generate_for(algorithm).unwrap());
        let (private_pem, public_pem) =
            pair.map(|pair| (pair.serialize_pem(), pair.public_key_pem())).unwrap_or_default();
        let mut material = Self { algorithm, secret, private_pem, public_pem, jwks: String::new() };
        let mut jwk = Jwk::from_decoding_key(&validation::v11(&material).0, Some(algorithm.parse())).unwrap();
        jwk.common.key_id = Some(KID.to_owned());
        material.jwks = serde_json::json!({ "keys": [jwk] }).to_string();
        material
    }

    pub fn encoding_key(&self) -> EncodingKey {
        let pem = self.private_pem.as_bytes();
        match self.algorithm {
            Algorithm::Hs256 => EncodingKey::from_secret(self.secret.as_bytes()),
            Algorithm::Rs256 => EncodingKey::from_rsa_pem(pem).unwrap(),
            Algorithm::Es256 => EncodingKey::from_ec_pem(pem).unwrap(),
            Algorithm::Ed25519 => EncodingKey::from_ed_pem(pem).unwrap(),
        }
    }

    pub fn header(&self) -> Header {
        let mut header = Header::new(self.algorithm.parse());
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(KID.to_owned());
        header
    }

    /// The token that all contenders but one are sent.
    pub fn token(&self, wish: Wish) -> String {
        let jti = uuid::Uuid::new_v4().simple().to_string();
        jsonwebtoken::encode(&self.header(), &AllClaims::new(wish, jti), &self.encoding_key()).unwrap()
    }
}
