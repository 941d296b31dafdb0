//! Protected resource metadata (RFC 9728), which tells clients where to get a token.

use std::net::IpAddr;

use jwt_auth_grammar::endpoint::RESOURCE_METADATA;
use serde_json::{Value, json};

/// The metadata of a protected resource (RFC 9728 section 2): its URL, and who issues its tokens. The builder takes it as
/// [`resource_metadata`](crate::Builder::resource_metadata), and the declaration names the path, `resource = "/mcp"`.
///
/// The document also has the declared scopes as `scopes_supported`, and says that tokens go into the `Authorization` header.
///
/// ```
/// use jwt_auth::oauth2::ResourceMetadata;
/// let metadata = ResourceMetadata::new("https://api.example.com/mcp");
/// ```
#[derive(Clone, Debug)]
pub struct ResourceMetadata {
    resource: String,
    authorization_servers: Vec<String>,
    allow_http_on_loopback: bool,
}

impl ResourceMetadata {
    /// The metadata of this resource. Its identifier is an `https` URL without query and fragment (RFC 9728 section 1.2), and its
    /// path is the `resource` of the declaration. Clients ask for tokens with this audience (RFC 8707 section 2). An
    /// [`Issuer`](crate::Issuer) accepts it unless it names other audiences, and a backend that issues tokens names it by
    /// [`audience`](crate::Builder::audience). If no token with this audience would be accepted, `build()` fails.
    ///
    /// Some clients write a URL without a path with a slash at its end. A service whose `resource` is `"/"` should therefore name
    /// both `https://api.example.com` and `https://api.example.com/` as audiences.
    pub fn new(resource: impl Into<String>) -> Self {
        Self { resource: resource.into(), authorization_servers: Vec::new(), allow_http_on_loopback: false }
    }

    /// Names the issuer of an authorization server that issues tokens for this resource. Call it once for each. Without a call,
    /// the document has the issuers that the backend trusts, and first its own if it issues tokens. Templates are left out.
    #[must_use]
    pub fn authorization_server(mut self, issuer: impl Into<String>) -> Self {
        self.authorization_servers.push(issuer.into());
        self
    }

    /// Allows an `http` URL of a loopback address, such as `http://127.0.0.1:3000/mcp`, for tests and first tries. All other
    /// resources must be `https`.
    #[must_use]
    pub fn allow_http_on_loopback(self) -> Self {
        Self { allow_http_on_loopback: true, ..self }
    }

    /// The URL of the resource.
    pub(crate) fn resource(&self) -> &str {
        &self.resource
    }

    /// The URL of the document: the well-known path is inserted between host and path (RFC 9728 section 3.1), or after the public
    /// prefix if there is one, so that a proxy that takes the prefix off passes the request on. `None` if the resource is not a
    /// valid identifier.
    pub(crate) fn url(&self, public_prefix: &str) -> Option<String> {
        let (scheme, host, _) = self.parts()?;
        Some(format!("{scheme}://{host}{public_prefix}{}", self.path(public_prefix)?))
    }

    /// The path of the document, without the public prefix. `None` if the resource is not a valid identifier.
    pub(crate) fn path(&self, public_prefix: &str) -> Option<String> {
        let (_, _, path) = self.parts()?;
        let below = path.strip_prefix(public_prefix).filter(|below| below.is_empty() || below.starts_with('/'));
        let below = below.map_or(path, |below| if below == "/" { "" } else { below });
        Some(format!("{RESOURCE_METADATA}{below}"))
    }

    /// Whether the resource is below this prefix.
    pub(crate) fn is_below(&self, public_prefix: &str) -> bool {
        let below = self.parts().and_then(|(_, _, path)| path.strip_prefix(public_prefix));
        below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
    }

    /// Scheme, host with port, and path. The path is empty or begins with a slash and has more than that.
    fn parts(&self) -> Option<(&str, &str, &str)> {
        let (scheme, rest) = self.resource.split_once("://")?;
        let is_legal = |byte: u8| byte.is_ascii_graphic() && !b"?#\"\\@".contains(&byte);
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let is_allowed = match scheme {
            "https" => true,
            "http" => self.allow_http_on_loopback && is_loopback(host),
            _ => false,
        };
        let is_valid = is_allowed && !host.is_empty() && rest.bytes().all(is_legal);
        is_valid.then_some((scheme, host, if path == "/" { "" } else { path }))
    }

    /// The document.
    pub(crate) fn to_json<'t>(
        &self,
        trusted: impl Iterator<Item = &'t str>,
        scopes: impl Iterator<Item = &'static str>,
    ) -> Value {
        let named = self.authorization_servers.iter().map(String::as_str);
        let servers: Vec<&str> =
            if self.authorization_servers.is_empty() { trusted.collect() } else { named.collect() };
        let mut document = json!({
            "resource": self.resource,
            "authorization_servers": servers,
            "bearer_methods_supported": ["header"],
        });
        let scopes: Vec<&str> = scopes.collect();
        if let (false, Some(members)) = (scopes.is_empty(), document.as_object_mut()) {
            members.insert("scopes_supported".to_owned(), json!(scopes));
        }
        document
    }
}

/// Whether a host, with or without a port, is this machine.
fn is_loopback(authority: &str) -> bool {
    let has_port = |(_, port): &(&str, &str)| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let host = authority.rsplit_once(':').filter(has_port).map_or(authority, |(host, _)| host);
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    // MET-02
    #[test]
    fn the_well_known_path_is_inserted_between_host_and_path() {
        let url = |resource: &str| ResourceMetadata::new(resource).url("");
        let at = |url: &str| Some(url.to_owned());
        assert_eq!(url("https://a.test"), at("https://a.test/.well-known/oauth-protected-resource"));
        assert_eq!(url("https://a.test/"), at("https://a.test/.well-known/oauth-protected-resource"));
        assert_eq!(url("https://a.test/v1/x"), at("https://a.test/.well-known/oauth-protected-resource/v1/x"));
        for resource in [
            "http://a.test",
            "http://127.0.0.1",
            "https://",
            "https:///a",
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

    // B4, MET-02: the proxy takes the prefix off.
    #[test]
    fn below_a_public_prefix_the_document_is_below_it_too() {
        let metadata = |resource: &str| ResourceMetadata::new(resource);
        let below = metadata("https://a.test/api/mcp");
        let well_known = "/.well-known/oauth-protected-resource";
        assert_eq!(below.url("/api"), Some(format!("https://a.test/api{well_known}/mcp")));
        assert_eq!(below.path("/api"), Some(format!("{well_known}/mcp")));
        assert_eq!(metadata("https://a.test/api").path("/api"), Some(well_known.to_owned()));
        assert_eq!(metadata("https://a.test/api/").path("/api"), Some(well_known.to_owned()));
        assert_eq!(metadata("https://a.test/apis/mcp").path("/api"), Some(format!("{well_known}/apis/mcp")));
    }

    // MCP-01: `http` is allowed on this machine only.
    #[test]
    fn http_is_allowed_on_loopback_only() {
        let url = |resource: &str| ResourceMetadata::new(resource).allow_http_on_loopback().url("");
        for host in ["127.0.0.1", "127.0.0.1:3000", "localhost:1", "[::1]", "[::1]:3000"] {
            let expected = format!("http://{host}/.well-known/oauth-protected-resource/mcp");
            assert_eq!(url(&format!("http://{host}/mcp")), Some(expected));
        }
        for resource in [
            "http://a.test/mcp",
            "http://127.0.0.1.a.test/",
            "http://localhost:x",
            "http://127.0.0.1:",
            "ftp://127.0.0.1",
        ] {
            assert_eq!(url(resource), None, "{resource}");
        }
        assert!(url("https://a.test/mcp").is_some());
    }

    #[test]
    fn the_named_servers_are_listed_instead_of_the_trusted_ones() {
        let metadata = ResourceMetadata::new("https://a.test/mcp");
        let json = |metadata: &ResourceMetadata| metadata.to_json(["https://id.test"].into_iter(), [].into_iter());
        let bearer = ["header"];
        let expected = |server: &str| json!({ "resource": "https://a.test/mcp", "authorization_servers": [server], "bearer_methods_supported": bearer });
        assert_eq!(json(&metadata), expected("https://id.test"));
        assert_eq!(json(&metadata.authorization_server("https://b.test")), expected("https://b.test"));
    }
}
