//! The settings of how the service is reached from outside: through which proxies, below which path, and from which pages.

use crate::config::builder::Builder;
use crate::hooks::AuthBackend;
use crate::peer::forwarded::ForwardedHeaders;

impl<A: AuthBackend, M> Builder<A, M> {
    /// The proxies in front of the service: their addresses (`10.0.0.7`) and networks (`10.0.0.0/8`). They name the
    /// client's address, scheme and host in `Forwarded` (RFC 7239) or in `X-Forwarded-For`, `-Proto`, `-Host` and `-Port`. No proxy by
    /// default: then these headers are not read, because every client can send them.
    ///
    /// The client is the nearest hop that is no trusted proxy. What stands before that hop in the header is the client's own claim and
    /// does not count. At most 32 proxies in a row are believed. The throttle, the log and the events use the address, and the CSRF check
    /// uses the scheme and the host. A proxy must write the headers itself, and not only pass on what a client sent.
    ///
    /// ```
    /// # use jwt_auth::{auth_backend, JwtUser, Keys};
    /// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
    /// # #[auth_backend(kind = "cookie", user = User)] struct Auth;
    /// # fn build(keys: Keys) -> Result<(), jwt_auth::BuildError> {
    /// let auth = Auth.backend()
    ///     .keys(keys)
    ///     .issuer("https://shop.example.com")
    ///     .trusted_proxies(["127.0.0.1", "10.0.0.0/8"])
    ///     .build()?;
    /// # Ok(()) }
    /// ```
    ///
    /// The address of the peer must be known, so serve with
    /// [`into_make_service_with_connect_info::<SocketAddr>()`](crate::Protected::into_make_service_with_connect_info). If the proxy
    /// connects by a Unix socket, set an address with axum's layer `MockConnectInfo`, and trust that address. An address that
    /// cannot be read, and a network of all addresses, are errors of `build()`. Empty texts are ignored, so a list from the environment
    /// can be split at its commas: `.trusted_proxies(proxies.split(','))`.
    #[doc(alias = "x_forwarded_for")]
    #[doc(alias = "proxy")]
    #[doc(alias = "real_ip")]
    pub fn trusted_proxies<I: IntoIterator<Item = S>, S: Into<String>>(mut self, proxies: I) -> Self {
        let written = proxies.into_iter().map(Into::into).map(|proxy: String| proxy.trim().to_owned());
        self.outside.trusted_proxies.extend(written.filter(|proxy| !proxy.is_empty()));
        self
    }

    /// Which headers the [trusted proxies](Self::trusted_proxies) write. [`ForwardedHeaders::Either`] by default: the one that a
    /// request has. A proxy passes on a header that it does not write itself. So if a request has both and they name different clients,
    /// neither is believed: the request counts for the proxy's own address, and the log says so once. Name the headers of your proxies
    /// here to be independent of what clients send.
    pub fn forwarded_headers(mut self, headers: ForwardedHeaders) -> Self {
        self.outside.forwarded_headers = headers;
        self
    }

    /// The path below which browsers see the service, such as `/api`, if a proxy strips it before it passes a request on. Empty by
    /// default. Every URL that leaves the service begins with it: the paths of cookies (except `/`), the token URL and the server of the
    /// OpenAPI document, the metadata of a [resource](Self::resource_metadata), and redirects to the sign-in page. Routes and `exclude`
    /// patterns are written without it. A slash at its end is ignored.
    ///
    /// A cookie with the path `/` is sent to the whole host. If several services share a host, give each a
    /// name of its own.
    #[doc(alias = "root_path")]
    #[doc(alias = "base_path")]
    pub fn public_prefix(mut self, prefix: impl Into<String>) -> Self {
        let prefix = prefix.into();
        self.outside.public_prefix = prefix.strip_suffix('/').unwrap_or(&prefix).to_owned();
        self
    }

    /// The origin under which browsers see the service, such as `https://shop.example.com`. Call it once for each origin. Without a
    /// call, the origin is taken from the request: from its `Host` header or, behind a [trusted proxy](Self::trusted_proxies), from the
    /// headers of the proxy. Name the origin if a proxy that is not trusted changes the `Host` header.
    ///
    /// Unsafe requests and WebSockets with the cookie must come from a page of this origin, or of an
    /// [allowed one](Self::allowed_origin). Where browsers send `Sec-Fetch-Site`, that header decides, and the origin is not needed.
    /// They do not send it with WebSockets, nor over plain HTTP to another machine.
    pub fn own_origin(mut self, origin: impl Into<String>) -> Self {
        self.outside.own_origins.push(origin.into());
        self
    }

    /// Allows the pages of another origin, such as `https://app.example.com`, to send unsafe requests with the cookie. Call it once for
    /// each origin. The pages of the service itself are always allowed. The origins of apps are allowed too: `capacitor://localhost`,
    /// `tauri://localhost`, `chrome-extension://...`. No other origin is allowed by default.
    ///
    /// The default port of `https` and `http` may be written or left out. An origin that no browser sends, such as one with a path, is an
    /// error of `build()`.
    #[doc(alias = "csrf")]
    pub fn allowed_origin(mut self, origin: impl Into<String>) -> Self {
        self.outside.allowed_origins.push(origin.into());
        self
    }
}
