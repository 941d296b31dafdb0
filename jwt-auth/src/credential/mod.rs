//! Finds the credential of a request: a token in a header or a cookie. For a cookie it also checks that no page of
//! another site sent the request.

pub(crate) mod error;
pub(crate) mod header_line;
pub(crate) mod bearer;
pub(crate) mod cookie_places;
pub(crate) mod cookie;
pub(crate) mod cookies;
pub(crate) mod csrf;
pub(crate) mod sources;
#[cfg(test)]
mod browser_model;
