//! What a request presents to prove who its caller is: a token in a header or a cookie, and, for cookies, that no page of another site sent the request.

pub(crate) mod error;
pub(crate) mod header_line;
pub(crate) mod bearer;
pub(crate) mod cookie;
pub(crate) mod csrf;
pub(crate) mod set_cookie;
pub(crate) mod refresh_cookie;
pub(crate) mod sources;
