//! The endpoints that the library answers itself, each where the declaration has a path for it: tokens (RFC 6749 sections
//! 4.3 and 6), revocation (RFC 7009), introspection (RFC 7662), and the renewal of a browser's session.

pub(crate) mod introspect;
pub(crate) mod renew;
pub(crate) mod revoke;
pub(crate) mod token;

use crate::declaration::endpoints::Endpoint;
use crate::hooks::AuthBackend;

/// The endpoints that are mounted where tokens are issued, and their paths. A `token_url` without `authenticate` is the
/// application's own route.
pub(crate) fn endpoints<A: AuthBackend>() -> impl Iterator<Item = (Endpoint, &'static str)> {
    A::SPEC.endpoints().filter(|(endpoint, _)| *endpoint != Endpoint::Token || A::SPEC.authenticates)
}
