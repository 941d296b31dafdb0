//! The items that the targets share: a backend at a fixed time, and validly signed tokens with any content.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use jwt_auth::{Backend, Keys, auth_backend};

pub const SECRET: &str = "q3v0J7mX2kD9fS1aLw8ZpT4cYb6NuRhGeVxKoMiQs5E";
pub const NOW: i64 = 1_800_000_000;

#[derive(Clone, jwt_auth::JwtUser)]
pub struct User {
    #[jwt_user(id)]
    pub id: String,
}

#[auth_backend(kind = "oauth2", user = User, token_url = "/login")]
pub struct Auth;

pub fn backend() -> Backend<Auth> {
    let keys = Keys::hs256(SECRET).expect("a secret");
    Auth.backend().keys(keys).issuer("i").clock(|| NOW).build().expect("a backend")
}

/// A token with these bytes as header and claims, and a signature that verifies.
pub fn signed(header: &[u8], claims: &[u8]) -> String {
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).expect("a secret");
    mac.update(input.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}
