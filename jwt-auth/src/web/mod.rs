//! Everything that depends on axum: the guard as a layer, extractors, answers, and protected routers.

pub(crate) mod access_map;
pub(crate) mod answers;
pub(crate) mod peer_address;
pub(crate) mod check_password;
pub(crate) mod refresh;
pub(crate) mod request_state;
pub(crate) mod extract;
pub(crate) mod endpoint_routes;
pub(crate) mod routed;
pub(crate) mod guard;
pub(crate) mod guard_layer;
pub(crate) mod protect_error;
pub(crate) mod routes;
pub(crate) mod protected;
pub(crate) mod protect;
pub(crate) mod misuse;
pub(crate) mod pages;
pub(crate) mod rejection_response;
pub(crate) mod well_known;
#[cfg(all(test, any(feature = "aws_lc_rs", feature = "rust_crypto")))]
mod differential;
