//! Where the users of an issuer sign in, for the document: Swagger UI's *Authorize* then signs in at the issuer.

/// How a client gets a token of the issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "openapi"), allow(dead_code, reason = "only the document shows it"))]
pub(crate) enum SignIn {
    /// The URL of the issuer's configuration (OpenID Connect Discovery 1.0).
    OpenIdConnect(String),
    /// The authorization endpoint and the token endpoint of the authorization code flow (RFC 6749 section 4.1).
    AuthorizationCode { authorize: String, token: String },
    /// Nobody signs in there, or the issuer does not say how.
    Unknown,
}

impl SignIn {
    /// What discovery gives for an issuer of this name.
    pub(crate) fn by_discovery(issuer: &str) -> Self {
        Self::OpenIdConnect(format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/')))
    }
}
