//! The rules for the protected resource (RFC 9728): the declaration and the builder must agree about it.

use jwt_auth_grammar::endpoint::RESOURCE_METADATA;

use crate::backend::Mode;
use crate::config::builder::{Builder, OwnTokens};
use crate::hooks::AuthBackend;
use crate::issuer::trust::Other;

/// What is wrong with the resource, if anything. Its URL must be valid, have the declared path, and be an accepted audience.
pub(crate) fn mistake<A: AuthBackend, M: Mode>(builder: &Builder<A, M>, others: &[Other]) -> Option<String> {
    let declared = A::SPEC.resource;
    let metadata = match (declared, &builder.resource_metadata) {
        (None, None) => return None,
        (Some(_), Some(metadata)) => metadata,
        (Some(path), None) => return Some(missing(path)),
        (None, Some(_)) => {
            return Some("the declaration has no `resource`, so nothing serves the document; add `resource = \"/mcp\"` to `#[auth_backend]`, with the path of the URL".to_owned());
        }
    };
    let resource = metadata.resource();
    let prefix = &builder.outside.public_prefix;
    let Some(path) = metadata.path(prefix) else {
        return Some(format!(
            "`{resource}` is not an `https` URL without query and fragment; for `http` on this machine add `.allow_http_on_loopback()`"
        ));
    };
    if !metadata.is_below(prefix) {
        return Some(format!(
            "`{resource}` is not below the `public_prefix` `{prefix}`; write the URL as clients see it"
        ));
    }
    if declared != Some(path.as_str()) {
        let written = path.strip_prefix(RESOURCE_METADATA).filter(|path| !path.is_empty()).unwrap_or("/");
        let below = if prefix.is_empty() { String::new() } else { format!(" below the `public_prefix` `{prefix}`") };
        return Some(format!(
            "the path of `{resource}` is not the declared `resource`{below}; write `resource = \"{written}\"`, or change the URL"
        ));
    }
    if accepts_audience(builder, others, resource) {
        return None;
    }
    let of = if M::ISSUES { "" } else { " of an `Issuer`" };
    Some(format!("no token for `{resource}` would be accepted; call `.audience(\"{resource}\")`{of}"))
}

fn missing(metadata_path: &str) -> String {
    let path = metadata_path.strip_prefix(RESOURCE_METADATA).unwrap_or_default();
    format!(
        "it is missing, but `resource` is declared; call `.resource_metadata(ResourceMetadata::new(\"https://api.example.com{path}\"))`"
    )
}

/// Whether a token with this audience would be accepted from some issuer. The audience of a backend that issues tokens is its
/// issuer, unless it names others. True if no issuer is known, since that is another setting's mistake.
fn accepts_audience<A: AuthBackend, M: Mode>(builder: &Builder<A, M>, others: &[Other], audience: &str) -> bool {
    let OwnTokens { issuer, audiences, any_audience, .. } = &builder.own;
    let is_own = || *any_audience || audiences.iter().any(|named| named == audience);
    let is_issuer = || audiences.is_empty() && issuer.as_deref().is_none_or(|issuer| issuer == audience);
    let of_others = others.iter().any(|other| other.policy().audience.names(audience));
    of_others || if M::ISSUES { is_own() || is_issuer() } else { others.is_empty() }
}
