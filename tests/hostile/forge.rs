//! Signs any header and payload with the service's own key, so that only the checks can refuse the token.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256,
    RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_auth::Algorithm;
use jwt_auth_tests::keys::{pair, signing};
use serde_json::{Value, json};

use crate::{ISSUER, NOW};

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Signs for one algorithm with the key of a name.
pub(crate) struct Forge {
    pub(crate) algorithm: Algorithm,
    pub(crate) kid: String,
}

impl Forge {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        Self { algorithm, kid: signing(algorithm, "hostile").verifying_key().kid().unwrap().to_owned() }
    }

    pub(crate) fn header(&self) -> Value {
        json!({ "alg": self.algorithm.name(), "typ": "at+jwt", "kid": self.kid })
    }

    pub(crate) fn claims(&self) -> Value {
        json!({ "iss": ISSUER, "aud": ISSUER, "sub": "7", "exp": NOW + 60, "iat": NOW, "jti": "1", "client_id": "c" })
    }

    /// A token whose only fault is in these bytes.
    pub(crate) fn token(&self, header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
        self.segments(&encode(header), &encode(claims))
    }

    /// The same with segments that are encoded already.
    pub(crate) fn segments(&self, header: &str, claims: &str) -> String {
        let input = format!("{header}.{claims}");
        format!("{input}.{}", encode(sign(self.algorithm, "hostile", input.as_bytes())))
    }

    pub(crate) fn with_header(&self, name: &str, value: Value) -> String {
        let mut header = self.header();
        header[name] = value;
        self.token(header.to_string(), self.claims().to_string())
    }

    pub(crate) fn with_claim(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims();
        claims[name] = value;
        self.token(self.header().to_string(), claims.to_string())
    }

    pub(crate) fn without_claim(&self, name: &str) -> String {
        let mut claims = self.claims();
        claims.as_object_mut().unwrap().remove(name);
        self.token(self.header().to_string(), claims.to_string())
    }

    /// With a signature of the attacker's own.
    pub(crate) fn with_signature(&self, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
        let input = format!("{}.{}", encode(self.header().to_string()), encode(self.claims().to_string()));
        format!("{input}.{}", encode(sign(input.as_bytes())))
    }
}

pub(crate) fn hmac(algorithm: hmac::Algorithm, secret: &[u8], input: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(algorithm, secret), input).as_ref().to_vec()
}

pub(crate) fn sign(algorithm: Algorithm, name: &'static str, input: &[u8]) -> Vec<u8> {
    let private = pair(algorithm, name).private;
    let random = SystemRandom::new();
    let rsa = |encoding: &'static dyn RsaEncoding| {
        let pair = RsaKeyPair::from_pkcs8(&private).unwrap();
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(encoding, &random, input, &mut signature).unwrap();
        signature
    };
    let ecdsa = |scheme| {
        let pair = EcdsaKeyPair::from_pkcs8(scheme, &private).unwrap();
        pair.sign(&random, input).unwrap().as_ref().to_vec()
    };
    match algorithm {
        Algorithm::HS256 => hmac(hmac::HMAC_SHA256, &private, input),
        Algorithm::HS384 => hmac(hmac::HMAC_SHA384, &private, input),
        Algorithm::HS512 => hmac(hmac::HMAC_SHA512, &private, input),
        Algorithm::RS256 => rsa(&RSA_PKCS1_SHA256),
        Algorithm::RS384 => rsa(&RSA_PKCS1_SHA384),
        Algorithm::RS512 => rsa(&RSA_PKCS1_SHA512),
        Algorithm::PS256 => rsa(&RSA_PSS_SHA256),
        Algorithm::PS384 => rsa(&RSA_PSS_SHA384),
        Algorithm::PS512 => rsa(&RSA_PSS_SHA512),
        Algorithm::ES256 => ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING),
        Algorithm::ES384 => ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING),
        _ => Ed25519KeyPair::from_pkcs8(&private).unwrap().sign(input).as_ref().to_vec(),
    }
}
