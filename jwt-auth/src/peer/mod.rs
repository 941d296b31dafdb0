//! Who sent a request, as far as the connection and the proxies that the builder names can tell: the address of the client, and the
//! scheme and the host that it used. Also the origins of pages (RFC 6454).

pub(crate) mod origin;
pub(crate) mod network;
pub(crate) mod forwarded;
pub(crate) mod proxies;
