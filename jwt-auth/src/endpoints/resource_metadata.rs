//! The metadata of the protected resource (RFC 9728), from which a client learns where to get a token.

use serde_json::Value;

use crate::backend::Stages;
use crate::endpoints::{Body, Description, Errors};
use crate::hooks::AuthBackend;

/// The answers of the endpoint.
pub(crate) const DESCRIPTION: Description = Description {
    summary: "Find out where to get a token",
    description: "The metadata of the protected resource (RFC 9728).",
    form: &[],
    success: ("200", "The resource, and the issuers of its tokens"),
    body: Body::ResourceMetadata,
    errors: Errors::None,
    always_identifies: false,
};

/// The metadata. The issuers are read at each request, so that they are those that the guard trusts now.
pub(crate) fn answer<A: AuthBackend>(stages: &Stages<A>) -> Value {
    let trusted = stages.authenticator.trust.each_one();
    let issuers = trusted.iter().map(|trusted| trusted.name.as_str());
    let scopes = A::SPEC.scopes.iter().map(|scope| scope.name);
    stages.resource_metadata.as_ref().map(|metadata| metadata.to_json(issuers, scopes)).unwrap_or_default()
}
