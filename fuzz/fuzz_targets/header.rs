//! An accepted header is one JSON object with `HS256` and `at+jwt`, and without the members that must be refused.
#![no_main]

use std::sync::LazyLock;

use jwt_auth::Backend;
use jwt_auth_fuzz::{Auth, backend, signed};
use serde_json::Value;

static BACKEND: LazyLock<Backend<Auth>> = LazyLock::new(backend);
const CLAIMS: &[u8] = br#"{"iss":"i","aud":"i","sub":"s","exp":1800000060,"iat":1800000000,"jti":"j"}"#;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if BACKEND.verified(&signed(bytes, CLAIMS)).is_ok() {
        let header: Value = serde_json::from_slice(bytes).expect("JSON");
        assert_eq!(header["alg"], "HS256");
        let typ = header["typ"].as_str().expect("text").to_ascii_lowercase();
        assert!(typ == "at+jwt" || typ == "application/at+jwt");
        assert!(["crit", "b64", "zip", "cty", "kid"].iter().all(|name| header.get(name).is_none()));
    }
});
