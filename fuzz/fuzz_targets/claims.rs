//! Accepted claims are always one JSON object, with this issuer and this audience, and valid at this time.
#![no_main]

use std::sync::LazyLock;

use jwt_auth::Backend;
use jwt_auth_fuzz::{Auth, NOW, backend, signed};
use serde_json::Value;

static BACKEND: LazyLock<Backend<Auth>> = LazyLock::new(backend);

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(token) = BACKEND.verified(&signed(br#"{"alg":"HS256","typ":"at+jwt"}"#, bytes)) {
        let claims: Value = serde_json::from_slice(bytes).expect("JSON");
        assert_eq!((&claims["iss"], &claims["sub"]), (&Value::from("i"), &Value::from(token.subject())));
        assert!(claims["exp"].as_i64().is_some_and(|exp| exp > NOW && exp <= NOW + 86_400));
        assert!(claims["iat"].as_i64().is_some_and(|iat| iat <= NOW));
        assert!(claims["aud"] == "i" || claims["aud"].as_array().is_some_and(|all| all.contains(&"i".into())));
    }
});
