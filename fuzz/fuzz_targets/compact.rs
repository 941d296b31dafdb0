//! A text is refused, unless it is a token of three canonical segments with a signature that verifies.
#![no_main]

use std::sync::LazyLock;

use jwt_auth::Backend;
use jwt_auth_fuzz::{Auth, backend};

static BACKEND: LazyLock<Backend<Auth>> = LazyLock::new(backend);

libfuzzer_sys::fuzz_target!(|text: &str| {
    // The fuzzer cannot guess a signature, so every text is refused.
    assert!(BACKEND.verified(text).is_err());
});
