//! The providers that people have, as rows of one table. A row says how the provider's access tokens differ from what RFC 7519 and
//! RFC 8725 leave open, so that a policy fits exactly.

use std::fmt;
use std::str::FromStr;

/// The names that lead to a claim.
type Path = &'static [&'static str];

/// An identity provider with a preset: see the method of [`Issuer`](crate::Issuer) of the same name for what it sets.
///
/// ```
/// use jwt_auth::{Issuer, issuer::Provider};
/// let provider: Provider = "github-actions".parse()?;
/// let issuer = Issuer::of(provider, "https://token.actions.githubusercontent.com").callers(["acme/shop"]);
/// assert!("github".parse::<Provider>().is_err());
/// # Ok::<(), jwt_auth::issuer::UnknownProvider>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each is a product, and the methods of `Issuer` describe them")]
pub enum Provider {
    Keycloak,
    Entra,
    Auth0,
    Okta,
    Cognito,
    Google,
    Firebase,
    Supabase,
    Apple,
    Clerk,
    Zitadel,
    Authentik,
    Hydra,
    Duende,
    CloudflareAccess,
    Kubernetes,
    GitHubActions,
    GitLab,
}

/// What is true of a provider's access tokens, beyond the defaults of [`Issuer::new`](crate::Issuer::new).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// Its name in lower case with hyphens.
    pub(crate) name: &'static str,
    /// Where the keys are: a whole URL, or a path below the issuer. Discovery is the second place. `None` is discovery alone.
    #[cfg_attr(not(feature = "remote_jwks"), allow(dead_code, reason = "keys are given"))]
    pub(crate) jwks: Option<&'static str>,
    /// Whether keys without `alg` are for RS256.
    #[cfg_attr(not(feature = "remote_jwks"), allow(dead_code, reason = "keys are given"))]
    pub(crate) assumes_rs256: bool,
    /// The only accepted `typ`, if it is always written.
    pub(crate) typ: Option<&'static str>,
    /// The claims that hold the audience. Empty for `aud`.
    pub(crate) audience: &'static [Path],
    /// The claims that name the user. Empty for `sub`.
    pub(crate) subject: &'static [Path],
    /// The claims with scopes, besides `scope` and `scp`. `{audience}` stands for the audience.
    pub(crate) scopes: &'static [Path],
    /// The claim that names the token, instead of `jti`.
    pub(crate) jwt_id: Option<Path>,
    pub(crate) required: &'static [Path],
    pub(crate) one_of: &'static [&'static [Path]],
    pub(crate) equal: &'static [(Path, &'static [&'static str])],
    pub(crate) not: &'static [(Path, &'static [&'static str])],
    /// Claims that access tokens of this provider may have, although they mark ID tokens elsewhere.
    pub(crate) allowed: &'static [&'static str],
    /// Whether the ID token is the credential.
    pub(crate) id_tokens: bool,
    /// The claim that names the caller, if anybody can get a token for your audience.
    pub(crate) caller: Option<Path>,
    /// Whether no person signs in there, so that the document describes no sign-in.
    pub(crate) is_for_machines: bool,
    /// In seconds.
    pub(crate) leeway: u64,
    /// In hours.
    pub(crate) max_lifetime: u64,
    /// In KiB.
    pub(crate) max_token: usize,
    /// The audience, if the provider always writes the same.
    pub(crate) default_audience: Option<&'static str>,
}

const PLAIN: Row = Row {
    name: "",
    jwks: None,
    assumes_rs256: false,
    typ: None,
    audience: &[],
    subject: &[],
    scopes: &[],
    jwt_id: None,
    required: &[],
    one_of: &[],
    equal: &[],
    not: &[],
    allowed: &[],
    id_tokens: false,
    caller: None,
    is_for_machines: false,
    leeway: 0,
    max_lifetime: 24,
    max_token: 8,
    default_audience: None,
};

const DAYS: u64 = 24;

impl Provider {
    /// Every provider with a preset.
    pub const ALL: [Self; 18] = [
        Self::Keycloak,
        Self::Entra,
        Self::Auth0,
        Self::Okta,
        Self::Cognito,
        Self::Google,
        Self::Firebase,
        Self::Supabase,
        Self::Apple,
        Self::Clerk,
        Self::Zitadel,
        Self::Authentik,
        Self::Hydra,
        Self::Duende,
        Self::CloudflareAccess,
        Self::Kubernetes,
        Self::GitHubActions,
        Self::GitLab,
    ];

    /// The name in lower case with hyphens, such as `github-actions`.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// Whether anybody can get a token for your audience from this provider, so that its preset needs a list of
    /// [`callers`](crate::Issuer::callers). Google needs it unless the audience is one of your OAuth clients.
    pub const fn needs_callers(self) -> bool {
        self.row().caller.is_some()
    }

    pub(crate) const fn row(self) -> Row {
        match self {
            // Up to version 24 access tokens have a `nonce` too. The payload's own `typ` tells them from ID and refresh tokens.
            Self::Keycloak => Row {
                name: "keycloak",
                scopes: &[&["realm_access", "roles"], &["resource_access", "{audience}", "roles"]],
                equal: &[(&["typ"], &["Bearer"])],
                allowed: &["nonce"],
                ..PLAIN
            },
            // Applications have `roles` and no `scp`, and users have `scp`. An ID token has no `scp`, and it names no client, but it
            // has `roles` if the user has some.
            Self::Entra => Row {
                name: "entra",
                assumes_rs256: true,
                subject: &[&["oid"], &["sub"]],
                scopes: &[&["roles"]],
                jwt_id: Some(&["uti"]),
                one_of: &[&[&["scp"], &["roles"]], &[&["azp"], &["appid"]]],
                // With Continuous Access Evaluation, tokens live up to 28 hours.
                max_lifetime: 29,
                // 200 groups make a token of about 11 KB.
                max_token: 16,
                ..PLAIN
            },
            Self::Auth0 => Row {
                name: "auth0",
                assumes_rs256: true,
                scopes: &[&["permissions"]],
                max_lifetime: 30 * DAYS,
                ..PLAIN
            },
            // `sub` is the login name and can change; `uid` is the user, and machine tokens have none.
            Self::Okta => Row {
                name: "okta",
                subject: &[&["uid"], &["sub"]],
                scopes: &[&["groups"]],
                required: &[&["cid"]],
                ..PLAIN
            },
            Self::Cognito => Row {
                name: "cognito",
                jwks: Some("/.well-known/jwks.json"),
                audience: &[&["client_id"]],
                scopes: &[&["cognito:groups"]],
                equal: &[(&["token_use"], &["access"])],
                ..PLAIN
            },
            Self::Google => Row { name: "google", id_tokens: true, caller: Some(&["email"]), ..PLAIN },
            Self::Firebase => Row {
                name: "firebase",
                jwks: Some("https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com"),
                scopes: &[&["roles"], &["permissions"]],
                required: &[&["sub"], &["auth_time"]],
                id_tokens: true,
                ..PLAIN
            },
            Self::Supabase => Row {
                name: "supabase",
                scopes: &[&["app_metadata", "roles"]],
                equal: &[(&["role"], &["authenticated"])],
                default_audience: Some("authenticated"),
                ..PLAIN
            },
            Self::Apple => {
                Row { name: "apple", jwks: Some("https://appleid.apple.com/auth/keys"), id_tokens: true, ..PLAIN }
            }
            // Session tokens live a minute, and Clerk's own libraries allow five seconds.
            Self::Clerk => Row {
                name: "clerk",
                jwks: Some("/.well-known/jwks.json"),
                audience: &[&["azp"], &["aud"]],
                scopes: &[&["o", "rol"]],
                not: &[(&["sts"], &["pending"])],
                leeway: 5,
                ..PLAIN
            },
            // An ID token has the same audiences and no `jti`.
            Self::Zitadel => Row {
                name: "zitadel",
                scopes: &[&["urn:zitadel:iam:org:project:roles"]],
                required: &[&["jti"]],
                ..PLAIN
            },
            // An access token is the ID token with these two claims.
            Self::Authentik => {
                Row { name: "authentik", scopes: &[&["groups"]], required: &[&["azp"], &["uid"]], ..PLAIN }
            }
            Self::Hydra => Row { name: "hydra", ..PLAIN },
            Self::Duende => Row { name: "duende", typ: Some("at+jwt"), subject: &[&["sub"], &["client_id"]], ..PLAIN },
            // A service token has an empty `sub`.
            Self::CloudflareAccess => Row {
                name: "cloudflare-access",
                jwks: Some("/cdn-cgi/access/certs"),
                subject: &[&["sub"], &["common_name"]],
                equal: &[(&["type"], &["app"])],
                is_for_machines: true,
                max_lifetime: 31 * DAYS,
                ..PLAIN
            },
            // A projected token lives up to a year where the cluster extends it.
            Self::Kubernetes => Row {
                is_for_machines: true,
                name: "kubernetes",
                required: &[&["sub"]],
                max_lifetime: 366 * DAYS,
                ..PLAIN
            },
            Self::GitHubActions => {
                Row { name: "github-actions", caller: Some(&["repository"]), is_for_machines: true, ..PLAIN }
            }
            Self::GitLab => Row { name: "gitlab", caller: Some(&["project_path"]), is_for_machines: true, ..PLAIN },
        }
    }
}

impl FromStr for Provider {
    type Err = UnknownProvider;

    fn from_str(name: &str) -> Result<Self, UnknownProvider> {
        Self::ALL.into_iter().find(|provider| provider.name() == name).ok_or_else(|| UnknownProvider(name.to_owned()))
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No provider with a preset has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownProvider(String);

impl fmt::Display for UnknownProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = Provider::ALL.into_iter().map(Provider::name).collect();
        write!(f, "no preset is named `{}`; the presets are {}", self.0.escape_debug(), names.join(", "))
    }
}

impl std::error::Error for UnknownProvider {}
