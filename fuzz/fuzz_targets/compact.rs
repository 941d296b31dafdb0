//! Any text is refused, or is a token whose three segments are canonical and whose signature verifies.
#![no_main]

use std::sync::LazyLock;

use jwt_auth::Backend;
use jwt_auth_fuzz::{Auth, backend};

static BACKEND: LazyLock<Backend<Auth>> = LazyLock::new(backend);

libfuzzer_sys::fuzz_target!(|text: &str| {
    // Nobody guesses a signature.
    assert!(BACKEND.verified(text).is_err());
});
