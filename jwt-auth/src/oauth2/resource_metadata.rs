//! Protected resource metadata (RFC 9728), which tells clients where to get a token.

use serde::Serialize;

/// The metadata of a protected resource. [`serve_resource_metadata`](crate::well_known::serve_resource_metadata) serves
/// it, and every challenge contains its URL.
///
/// ```
/// use jwt_auth::oauth2::ResourceMetadata;
/// let metadata = ResourceMetadata::new("https://api.example.com").authorization_server("https://id.example.com");
/// ```
#[derive(Clone, Debug, Serialize)]
pub struct ResourceMetadata {
    resource: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authorization_servers: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes_supported: Vec<&'static str>,
    bearer_methods_supported: [&'static str; 1],
}

impl ResourceMetadata {
    /// The metadata of this resource. Its identifier is an `https` URL without query and fragment (RFC 9728 section
    /// 1.2), otherwise `build()` fails. It is the audience of the resource's tokens, so pass it to
    /// [`Builder::audience`](crate::Builder::audience) too.
    pub fn new(resource: impl Into<String>) -> Self {
        Self {
            resource: resource.into(),
            authorization_servers: Vec::new(),
            scopes_supported: Vec::new(),
            bearer_methods_supported: ["header"],
        }
    }

    /// Adds the issuer of an authorization server that issues tokens for this resource. Call it once for each.
    #[must_use]
    pub fn authorization_server(mut self, issuer: impl Into<String>) -> Self {
        self.authorization_servers.push(issuer.into());
        self
    }

    /// The identifier of the resource.
    pub(crate) fn resource(&self) -> &str {
        &self.resource
    }

    pub(crate) fn with_scopes(self, scopes: impl IntoIterator<Item = &'static str>) -> Self {
        Self { scopes_supported: scopes.into_iter().collect(), ..self }
    }

    /// The URL of the document: the well-known path is inserted between host and path (RFC 9728 section 3.1). `None` if
    /// the resource is not a valid identifier.
    pub(crate) fn url(&self) -> Option<String> {
        let rest = self.resource.strip_prefix("https://")?;
        let is_legal = |byte: u8| byte.is_ascii_graphic() && !b"?#\"\\@".contains(&byte);
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        if host.is_empty() || !rest.bytes().all(is_legal) {
            return None;
        }
        let path = if path.is_empty() { String::new() } else { format!("/{path}") };
        Some(format!("https://{host}/.well-known/oauth-protected-resource{path}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // MET-02
    #[test]
    fn the_well_known_path_is_inserted_between_host_and_path() {
        let url = |resource: &str| ResourceMetadata::new(resource).url();
        let at = |url: &str| Some(url.to_owned());
        assert_eq!(url("https://a.test"), at("https://a.test/.well-known/oauth-protected-resource"));
        assert_eq!(url("https://a.test/"), at("https://a.test/.well-known/oauth-protected-resource"));
        assert_eq!(url("https://a.test/v1/x"), at("https://a.test/.well-known/oauth-protected-resource/v1/x"));
        for resource in [
            "http://a.test",
            "https://",
            "https://a.test?x",
            "https://a.test/#x",
            "https://a\"b",
            "https://u@a",
            "a",
            "https://ü",
        ] {
            assert_eq!(url(resource), None, "{resource}");
        }
    }
}
