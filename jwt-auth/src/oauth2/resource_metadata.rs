//! Protected resource metadata (RFC 9728): where clients that are refused get a token.

use serde::Serialize;

/// What a protected resource says of itself. Served by [`serve_resource_metadata`](crate::well_known::serve_resource_metadata), and
/// named by the challenge of every refusal.
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
    /// The resource's own identifier: an `https` URL without a query and a fragment, which is the audience of its tokens
    /// (RFC 9728 section 1.2). Another one is an error of `build()`.
    pub fn new(resource: impl Into<String>) -> Self {
        Self {
            resource: resource.into(),
            authorization_servers: Vec::new(),
            scopes_supported: Vec::new(),
            bearer_methods_supported: ["header"],
        }
    }

    /// The issuer of an authorization server whose tokens are accepted. Can be called more than once.
    #[must_use]
    pub fn authorization_server(mut self, issuer: impl Into<String>) -> Self {
        self.authorization_servers.push(issuer.into());
        self
    }

    pub(crate) fn with_scopes(self, scopes: impl IntoIterator<Item = &'static str>) -> Self {
        Self { scopes_supported: scopes.into_iter().collect(), ..self }
    }

    /// Where the document is: the well-known path stands between host and path (RFC 9728 section 3.1). `None` where the
    /// resource is no such URL.
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
    fn the_document_stands_between_host_and_path() {
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
