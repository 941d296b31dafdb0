//! The same key and checks for each version of `jsonwebtoken`.

use crate::material::{AUDIENCE, Algorithm, ISSUER, Material};

macro_rules! version {
    ($name:ident, $jwt:ident) => {
        pub fn $name(material: &Material) -> ($jwt::DecodingKey, $jwt::Validation) {
            let pem = material.public_pem.as_bytes();
            let key = match material.algorithm {
                Algorithm::Hs256 => $jwt::DecodingKey::from_secret(material.secret.as_bytes()),
                Algorithm::Rs256 => $jwt::DecodingKey::from_rsa_pem(pem).unwrap(),
                Algorithm::Es256 => $jwt::DecodingKey::from_ec_pem(pem).unwrap(),
                Algorithm::Ed25519 => $jwt::DecodingKey::from_ed_pem(pem).unwrap(),
            };
            let mut validation = $jwt::Validation::new(material.algorithm.parse());
            validation.set_issuer(&[ISSUER]);
            validation.set_audience(&[AUDIENCE]);
            // Otherwise a token without these claims would pass.
            validation.set_required_spec_claims(&["exp", "iss", "aud"]);
            (key, validation)
        }
    };
}

version!(v9, jsonwebtoken_09);
version!(v10, jsonwebtoken_10);
version!(v11, jsonwebtoken);
