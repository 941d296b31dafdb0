//! The settings of requests and of their answers.

use crate::config::builder::Builder;
use crate::hooks::AuthBackend;
use crate::oauth2::resource_metadata::ResourceMetadata;

impl<A: AuthBackend, M> Builder<A, M> {
    /// The `realm` of challenges (RFC 9110 section 11.5). The issuer by default.
    pub fn realm(self, realm: impl Into<String>) -> Self {
        Self { realm: Some(realm.into()), ..self }
    }

    /// Publishes which servers issue the tokens of this service (RFC 9728), for clients such as those of MCP that are given only
    /// its URL. Needs a declaration with `resource = "/mcp"`: [`protect`](crate::Backend::protect) mounts the document, open, at
    /// `/.well-known/oauth-protected-resource/mcp`, and every challenge has its URL. The path of the URL must be the declared
    /// one, and the URL must be an audience that the backend accepts. Mandatory with `resource`, refused without it.
    ///
    /// ```no_run
    /// # use jwt_auth::{auth_backend, JwtUser, Keys, oauth2::ResourceMetadata};
    /// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
    /// #[auth_backend(kind = "bearer", user = User, resource = "/mcp")]
    /// struct Auth;
    ///
    /// let auth = Auth.backend()
    ///     .keys(Keys::hs256_from_env("JWT_SECRET")?)
    ///     .issuer("https://api.example.com")
    ///     .audience("https://api.example.com/mcp")
    ///     .resource_metadata(ResourceMetadata::new("https://api.example.com/mcp"))
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resource_metadata(self, metadata: ResourceMetadata) -> Self {
        Self { resource_metadata: Some(metadata), ..self }
    }
}
