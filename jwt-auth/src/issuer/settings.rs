//! Everything about one other issuer: its name, its keys, and what its tokens must be.

use std::fmt;
use std::time::Duration;

#[cfg(feature = "remote_jwks")]
use crate::issuer::introspection::Introspection;
use crate::issuer::keys::IssuerKeys;
use crate::issuer::sign_in::SignIn;
use crate::issuer::template::TenantCheck;
use crate::issuer::token_policy::ClaimRules;
use crate::jose::algorithm::Algorithm;
use crate::jose::compact::MAX_LENGTH;
use crate::jose::payload::Profile;
use crate::jose::payload::claim_path::ClaimPath;
use crate::jose::payload::resolve::ClaimNames;
use crate::observer::Observed;

/// The claims of an ID token that an access token lacks (OpenID Connect Core 1.0 sections 2 and 3.3.2.11).
const OF_ID_TOKENS: [&str; 3] = ["nonce", "at_hash", "c_hash"];

/// An issuer whose tokens a backend accepts: an identity provider, or another service. It is one value with everything about
/// the issuer, given to [`Builder::trust`](crate::Builder::trust), so no setting for one issuer changes the answer to a token of
/// another (RFC 8725 sections 3.8 and 3.9).
///
/// The defaults accept what RFC 7519 and RFC 8725 allow: `typ` may be `JWT`, `at+jwt` or absent, `jti` and `iat` may be absent,
/// times may have fractions, scopes are read from `scope` and `scp` as text or list. ID tokens are refused, and so are tokens that
/// are bound to a key (`cnf`), because this library does not check the binding. [`rfc9068`](Self::rfc9068) is strict.
///
/// ```no_run
/// # use jwt_auth::{auth_backend, JwtUser};
/// use jwt_auth::Issuer;
/// # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: String }
/// # #[auth_backend(kind = "bearer", user = User)] struct Auth;
/// # #[cfg(feature = "reqwest")] {
/// let auth = Auth
///     .backend()
///     .verify_only()
///     .trust(Issuer::new("https://id.example.com").audience("https://api.example.com"))
///     .trust(Issuer::auth0("https://shop.eu.auth0.com/").audience("https://api.example.com"))
///     .build()?;
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// `build()` refuses settings that cannot work together, and says why.
#[derive(Clone)]
#[must_use = "an issuer does nothing until it is given to `trust`"]
#[doc(alias("provider", "IdP", "identity provider", "OIDC", "resource server"))]
pub struct Issuer {
    pub(crate) name: String,
    pub(crate) also_named: Vec<String>,
    /// The check of the tenant, if `name` is a template.
    pub(crate) tenants: Option<TenantCheck>,
    pub(crate) keys: Option<IssuerKeys>,
    #[cfg(feature = "remote_jwks")]
    pub(crate) introspection: Option<Introspection>,
    pub(crate) profile: Profile,
    pub(crate) audiences: Vec<String>,
    pub(crate) audience_claims: Vec<ClaimPath>,
    pub(crate) any_audience: bool,
    pub(crate) types: Vec<String>,
    pub(crate) typ_may_be_absent: bool,
    pub(crate) algorithms: Option<Vec<Algorithm>>,
    pub(crate) required: Vec<ClaimPath>,
    pub(crate) rules: ClaimRules,
    pub(crate) caller_claims: Vec<ClaimPath>,
    pub(crate) callers: Vec<String>,
    /// Why a list of callers is mandatory.
    pub(crate) callers_needed: Option<&'static str>,
    pub(crate) names: ClaimNames,
    pub(crate) leeway: Option<Duration>,
    pub(crate) max_lifetime: Duration,
    pub(crate) max_token_bytes: usize,
    /// How a client gets a token, if the application says so.
    pub(crate) sign_in: Option<SignIn>,
    /// The audience, if none is named.
    pub(crate) default_audience: Option<String>,
    /// A rule of a preset that depends on the settings that came after it.
    pub(crate) last_rule: Option<fn(&mut Self)>,
    /// What a preset found wrong with its arguments.
    pub(crate) wrong: Vec<String>,
    pub(crate) observed: Observed,
}

impl Issuer {
    /// An issuer of this name, which is compared with `iss` byte by byte (RFC 7519 section 4.1.1). Its keys are found by OpenID
    /// Connect Discovery (feature `reqwest`), unless [`keys`](Self::keys) sets others. An RSA key without `alg` is taken for RS256.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            also_named: Vec::new(),
            tenants: None,
            keys: None,
            #[cfg(feature = "remote_jwks")]
            introspection: None,
            profile: Profile::Jwt,
            audiences: Vec::new(),
            audience_claims: Vec::new(),
            any_audience: false,
            types: vec!["jwt".to_owned(), "at+jwt".to_owned()],
            typ_may_be_absent: true,
            algorithms: None,
            required: Vec::new(),
            rules: ClaimRules {
                forbidden: OF_ID_TOKENS.into_iter().chain(["cnf"]).map(ClaimPath::from).collect(),
                not: vec![
                    (ClaimPath::of(&["token_use"]), vec!["id".to_owned()]),
                    (ClaimPath::of(&["typ"]), ["ID", "Refresh", "Offline"].map(str::to_owned).to_vec()),
                ],
                ..ClaimRules::default()
            },
            caller_claims: ["azp", "client_id", "cid", "appid"].into_iter().map(ClaimPath::from).collect(),
            callers: Vec::new(),
            callers_needed: None,
            names: ClaimNames::default(),
            leeway: None,
            max_lifetime: Duration::from_secs(24 * 60 * 60),
            max_token_bytes: MAX_LENGTH,
            sign_in: None,
            default_audience: None,
            last_rule: None,
            wrong: Vec::new(),
            observed: Observed::default(),
        }
    }

    /// An issuer whose tokens follow RFC 9068 to the letter, as our own do: `typ` is `at+jwt`, `iss`, `exp`, `aud`, `sub`, `iat`
    /// and `jti` are there, times are whole seconds, and scopes are the text of `scope`.
    pub fn rfc9068(name: impl Into<String>) -> Self {
        let new = Self::new(name);
        Self {
            profile: Profile::Rfc9068,
            types: vec!["at+jwt".to_owned()],
            typ_may_be_absent: false,
            rules: ClaimRules { forbidden: vec![ClaimPath::of(&["cnf"])], ..ClaimRules::default() },
            ..new
        }
    }

    /// An issuer for each tenant, such as `https://id.example.com/realms/{tenant}`. The placeholder stands for one segment of the
    /// path, or for one label of the host. `is_allowed` says whether a tenant is one of yours. It is called for every request with
    /// a token of the template, so it should only look into memory. The keys of a tenant are asked for only after it has said yes;
    /// from the first no on, the tenant's tokens are refused. At most 10,000 tenants are kept.
    ///
    /// ```
    /// use jwt_auth::Issuer;
    /// let tenants = ["shop", "bakery"];
    /// let issuer = Issuer::template("https://id.example.com/realms/{tenant}", move |tenant| tenants.contains(&tenant));
    /// ```
    #[doc(alias("multi-tenant", "tenant"))]
    pub fn template(pattern: impl Into<String>, is_allowed: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self { tenants: Some(TenantCheck::new(is_allowed)), ..Self::new(pattern) }
    }

    /// Another spelling of the issuer's name that its tokens may have. [`Token::issuer`](crate::Token::issuer) returns the first
    /// name.
    pub fn also_named(mut self, name: impl Into<String>) -> Self {
        self.also_named.push(name.into());
        self
    }

    /// The keys that verify the issuer's tokens: a [`VerifyingKey`](crate::keys::VerifyingKey),
    /// [`VerifyingKeys`](crate::keys::VerifyingKeys), or a `RemoteJwks` (feature `remote_jwks`). By default they are found by
    /// discovery.
    #[doc(alias("jwks", "jwks_uri"))]
    pub fn keys(self, keys: impl Into<IssuerKeys>) -> Self {
        Self { keys: Some(keys.into()), ..self }
    }

    /// Asks the issuer about tokens (RFC 7662): about all of them, or, if [`keys`](Self::keys) is set too, only about those that are
    /// no JWTs. Nothing is found by discovery then.
    #[cfg(feature = "remote_jwks")]
    #[doc(alias("opaque", "RFC 7662"))]
    pub fn introspection(self, introspection: Introspection) -> Self {
        Self { introspection: Some(introspection), ..self }
    }

    /// A name that the issuer's tokens have for this service (`aud`, RFC 7519 section 4.1.3). A token needs one of them. At least
    /// one call is mandatory, unless [`any_audience`](Self::any_audience) is set, or the builder has
    /// [`resource_metadata`](crate::Builder::resource_metadata), whose resource is then the audience.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Looks for the audience in this claim instead of `aud`, for issuers that write no `aud`. Call it again for a further claim:
    /// one of them must hold an [`audience`](Self::audience). For example, Cognito's access tokens have only a `client_id`.
    pub fn audience_claim(mut self, claim: impl Into<ClaimPath>) -> Self {
        self.audience_claims.push(claim.into());
        self
    }

    /// Accepts tokens for any audience, and tokens without one. A token that the issuer made for another service is then accepted
    /// here, and that service can send it here (RFC 8725 section 3.9).
    pub fn any_audience(self) -> Self {
        Self { any_audience: true, ..self }
    }

    /// Also accepts this `typ` header. The comparison ignores case and a leading `application/`.
    pub fn accept_type(mut self, typ: impl AsRef<str>) -> Self {
        self.types.push(normal_type(typ.as_ref()));
        self
    }

    /// Accepts only this `typ` header, and no token without it: `at+jwt` for an issuer that marks its access tokens so.
    pub fn require_type(self, typ: impl AsRef<str>) -> Self {
        Self { types: vec![normal_type(typ.as_ref())], typ_may_be_absent: false, ..self }
    }

    /// Accepts only keys of these algorithms. By default the algorithm of each key counts.
    pub fn algorithms(self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        Self { algorithms: Some(algorithms.into_iter().collect()), ..self }
    }

    /// A claim that a token must have. `null` counts as missing.
    pub fn require_claim(mut self, claim: impl Into<ClaimPath>) -> Self {
        self.required.push(claim.into());
        self
    }

    /// Claims of which a token must have at least one.
    pub fn require_one_of<P: Into<ClaimPath>>(mut self, claims: impl IntoIterator<Item = P>) -> Self {
        self.rules.one_of.push(claims.into_iter().map(Into::into).collect());
        self
    }

    /// A claim that must have one of these values. For a claim that is a list, one of its texts must be among them.
    pub fn require_value<V: Into<String>>(
        mut self,
        claim: impl Into<ClaimPath>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        self.rules.equal.push((claim.into(), values.into_iter().map(Into::into).collect()));
        self
    }

    /// A claim that a token must not have. By default these are `nonce`, `at_hash` and `c_hash`, which mark an ID token, and
    /// `cnf`, which binds a token to a key.
    pub fn forbid_claim(mut self, claim: impl Into<ClaimPath>) -> Self {
        self.rules.forbidden.push(claim.into());
        self
    }

    /// Values that a claim must not have, if the token has the claim.
    pub fn forbid_value<V: Into<String>>(
        mut self,
        claim: impl Into<ClaimPath>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        self.rules.not.push((claim.into(), values.into_iter().map(Into::into).collect()));
        self
    }

    /// Accepts tokens with this claim, which is forbidden by default. For example, Keycloak up to version 24 writes `nonce` into
    /// access tokens.
    pub fn allow_claim(mut self, claim: impl Into<ClaimPath>) -> Self {
        let claim = claim.into();
        self.rules.forbidden.retain(|forbidden| *forbidden != claim);
        self
    }

    /// Also accepts ID tokens, for providers whose ID token is the credential of an API, or for signing in. By default they are
    /// refused, because an ID token is made for the client, and its `aud` is the client (RFC 8725 section 3.12).
    pub fn accept_id_tokens(mut self) -> Self {
        self.rules.forbidden.retain(|claim| claim.top().is_none_or(|name| !OF_ID_TOKENS.contains(&name)));
        for (claim, values) in &mut self.rules.not {
            if matches!(claim.top(), Some("token_use" | "typ")) {
                values.retain(|value| !value.eq_ignore_ascii_case("id"));
            }
        }
        self.rules.not.retain(|(_, values)| !values.is_empty());
        self
    }

    /// Accepts only tokens that were issued to these callers. The caller is the first of `azp`, `client_id`, `cid` and `appid` that
    /// the token has, unless [`caller_claim`](Self::caller_claim) names another claim. Mandatory for issuers from which anybody
    /// can get a token for your audience.
    #[doc(alias("azp", "client", "allow list"))]
    pub fn callers<V: Into<String>>(mut self, callers: impl IntoIterator<Item = V>) -> Self {
        self.callers.extend(callers.into_iter().map(Into::into));
        self
    }

    /// The claim that names the caller, for [`callers`](Self::callers).
    pub fn caller_claim(self, claim: impl Into<ClaimPath>) -> Self {
        Self { caller_claims: vec![claim.into()], ..self }
    }

    /// The claims that name the user, in this order: the first that the token has is its
    /// [`subject`](crate::Token::subject). By default only `sub`. Machine tokens of some issuers have only a `client_id`.
    pub fn subject_claims<P: Into<ClaimPath>>(mut self, claims: impl IntoIterator<Item = P>) -> Self {
        self.names.subject = claims.into_iter().map(Into::into).collect();
        self
    }

    /// A further claim with scopes, roles or permissions: a text that separates them with spaces, a list of texts, or an object
    /// whose keys they are. By default these are `scope` and `scp`. What all claims hold together is what
    /// [`Require`](crate::Require) and the document call scopes.
    ///
    /// ```
    /// use jwt_auth::Issuer;
    /// Issuer::new("https://id.example.com").scope_claim("permissions").scope_claim(["realm_access", "roles"]);
    /// ```
    #[doc(alias("roles", "permissions", "groups"))]
    pub fn scope_claim(mut self, claim: impl Into<ClaimPath>) -> Self {
        self.names.scopes.push(claim.into());
        self
    }

    /// Removes this text from the beginning of each scope that has it. Cognito writes `<resource server>/<scope>`, so with
    /// `scope_prefix("orders/")` a token with `orders/read` has the scope `read`. A scope that does not begin with it stays as it
    /// is.
    pub fn scope_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.names.scope_prefix = Some(prefix.into());
        self
    }

    /// The claim that names the token, so that this one token can be revoked. `jti` by default.
    pub fn jwt_id_claim(mut self, claim: impl Into<ClaimPath>) -> Self {
        self.names.jwt_id = claim.into();
        self
    }

    /// Where users sign in and where a client gets its token, for the document: it then describes the authorization code flow
    /// (RFC 6749 section 4.1) with these URLs. By default, an issuer whose keys are found by discovery is described as
    /// `openIdConnect`, so that Swagger UI finds both URLs itself.
    #[doc(alias("Authorize", "Swagger UI"))]
    pub fn authorization_code_flow(self, authorize_url: impl Into<String>, token_url: impl Into<String>) -> Self {
        let (authorize, token) = (authorize_url.into(), token_url.into());
        Self { sign_in: Some(SignIn::AuthorizationCode { authorize, token }), ..self }
    }

    /// The URL of the issuer's configuration (OpenID Connect Discovery 1.0 section 4), for the document. For an issuer whose keys
    /// are not found by discovery, or whose configuration is at another URL than its name suggests.
    pub fn open_id_connect_url(self, url: impl Into<String>) -> Self {
        Self { sign_in: Some(SignIn::OpenIdConnect(url.into())), ..self }
    }

    /// The tolerance for clock differences in the checks of `exp`, `nbf` and `iat`, in whole seconds. By default it is 0 for `exp`
    /// and 5 for `nbf` and `iat`. More than 300 seconds is an error of `build()`.
    pub fn leeway(self, leeway: Duration) -> Self {
        Self { leeway: Some(leeway), ..self }
    }

    /// The longest time, in whole seconds, that a token may still be valid. 24 hours by default. More than 400 days is an error of
    /// `build()`.
    pub fn max_lifetime(self, max_lifetime: Duration) -> Self {
        Self { max_lifetime, ..self }
    }

    /// The longest token, in bytes. 8 KiB by default, from 1 KiB to 64 KiB. A proxy or the HTTP server may limit headers to less.
    pub fn max_token_bytes(self, bytes: usize) -> Self {
        Self { max_token_bytes: bytes, ..self }
    }
}

/// In lower case and without `application/`.
pub(crate) fn normal_type(typ: &str) -> String {
    let typ = typ.to_ascii_lowercase();
    typ.strip_prefix("application/").unwrap_or(&typ).to_owned()
}

/// Prints the name, the audiences and the keys without key data.
impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, audiences, keys, .. } = self;
        let mut printed = f.debug_struct("Issuer");
        printed.field("name", name).field("audiences", audiences).field("keys", keys).finish_non_exhaustive()
    }
}
