//! Makes an issuer from a row of the table of providers.

use std::time::Duration;

use crate::issuer::provider::{Provider, Row};
use crate::issuer::settings::Issuer;
use crate::issuer::sign_in::SignIn;
use crate::issuer::template::TenantCheck;
use crate::jose::payload::claim_path::ClaimPath;

/// The hosts of Microsoft's directories, worldwide and in the national clouds.
const ENTRA: [&str; 3] = ["login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"];
/// Microsoft's placeholder for a tenant.
const TENANT: &str = "{tenantid}";
/// What the name of each OAuth client of Google ends with.
const GOOGLE_CLIENT: &str = ".apps.googleusercontent.com";
/// The files that Kubernetes puts into each pod.
#[cfg(feature = "reqwest")]
const POD: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

impl Issuer {
    /// An issuer with the preset of a provider. `name` is the `iss` of its tokens. The methods that are named after the providers
    /// know the form of the name and are easier to use.
    pub fn of(provider: Provider, name: impl Into<String>) -> Self {
        Self::from_row(&provider.row(), name.into()).finished(provider)
    }

    fn from_row(row: &Row, name: String) -> Self {
        let mut issuer = Self::new(name);
        if let Some(typ) = row.typ {
            issuer = issuer.require_type(typ);
        }
        if row.id_tokens {
            issuer = issuer.accept_id_tokens();
        }
        for claim in row.allowed {
            issuer = issuer.allow_claim(*claim);
        }
        issuer.audience_claims = row.audience.iter().map(|path| ClaimPath::of(path)).collect();
        issuer.names.scopes.extend(row.scopes.iter().map(|path| ClaimPath::of(path)));
        if !row.subject.is_empty() {
            issuer.names.subject = row.subject.iter().map(|path| ClaimPath::of(path)).collect();
        }
        if let Some(path) = row.jwt_id {
            issuer.names.jwt_id = ClaimPath::of(path);
        }
        issuer.required = row.required.iter().map(|path| ClaimPath::of(path)).collect();
        issuer.rules.one_of =
            row.one_of.iter().map(|group| group.iter().map(|path| ClaimPath::of(path)).collect()).collect();
        let values = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        issuer.rules.equal.extend(row.equal.iter().map(|(path, texts)| (ClaimPath::of(path), values(texts))));
        issuer.rules.not.extend(row.not.iter().map(|(path, texts)| (ClaimPath::of(path), values(texts))));
        if let Some(path) = row.caller {
            issuer.caller_claims = vec![ClaimPath::of(path)];
            issuer.callers_needed = Some(
                "`callers` is missing: anybody can get a token of this issuer for your audience; call `.callers([..])` with those that may call",
            );
        }
        if row.leeway > 0 {
            issuer.leeway = Some(Duration::from_secs(row.leeway));
        }
        if row.is_for_machines {
            issuer.sign_in = Some(SignIn::Unknown);
        }
        issuer.default_audience = row.default_audience.map(str::to_owned);
        issuer.max_lifetime = Duration::from_secs(row.max_lifetime.saturating_mul(60 * 60));
        issuer.max_token_bytes = row.max_token.saturating_mul(1024);
        #[cfg(feature = "remote_jwks")]
        {
            issuer.keys = Some(keys_of(row, &issuer.name).into());
        }
        issuer
    }

    /// What a row cannot say.
    fn finished(mut self, provider: Provider) -> Self {
        match provider {
            Provider::Entra => return self.entra_names(),
            // A tenant's name ends with a slash, which people forget.
            Provider::Auth0 => {
                let other = match self.name.strip_suffix('/') {
                    Some(without) => without.to_owned(),
                    None => format!("{}/", self.name),
                };
                return self.named_either_way(other);
            }
            Provider::Okta if !self.is_on_loopback() && !self.name.contains("/oauth2/") => self.wrong.push(
                "the name is that of Okta's org server, whose access tokens only Okta can validate; use a custom authorization server, such as `https://<domain>/oauth2/default`".to_owned(),
            ),
            Provider::Google => {
                let bare = self.name.strip_prefix("https://").map(str::to_owned);
                self.also_named.extend(bare);
                self.last_rule = Some(google);
            }
            Provider::Clerk => self.names.has_permission_bitmap = true,
            #[cfg(feature = "reqwest")]
            Provider::Kubernetes if is_in_cluster(&self.name) => return self.in_a_pod(),
            _ => {}
        }
        self
    }

    /// The other spelling is accepted in tokens and in the provider's configuration.
    fn named_either_way(mut self, other: String) -> Self {
        #[cfg(feature = "remote_jwks")]
        if let Some(remote) = self.keys.as_ref().and_then(|keys| keys.remote().cloned()) {
            self.keys = Some(remote.discovery_issuer(&other).into());
        }
        self.also_named.push(other);
        self
    }

    /// In a configuration that serves every tenant, the issuer has a placeholder where the tenant is.
    fn entra_names(mut self) -> Self {
        let tenant = self.name.split('/').find(|segment| is_guid(segment)).map(str::to_owned);
        if tenant.is_none() && !self.is_on_loopback() {
            self.wrong.push(
                "the name has no directory (tenant) id; write `https://login.microsoftonline.com/<id>/v2.0` with the id of the directory, a UUID, or use `Issuer::entra_tenants`".to_owned(),
            );
        }
        #[cfg(feature = "remote_jwks")]
        if let Some(remote) = self.keys.as_ref().and_then(|keys| keys.remote().cloned()) {
            let remote = remote.honour_key_issuer();
            let name = tenant.as_deref().map(|tenant| self.name.replace(tenant, TENANT));
            self.keys = Some(name.map_or(remote.clone(), |name| remote.discovery_issuer(name)).into());
        }
        self
    }

    fn is_on_loopback(&self) -> bool {
        is_loopback(&self.name)
    }
}

/// A user's token is made for one of your clients, which `azp` names too. Google Cloud makes a token for any audience that a caller
/// wishes, so there only the callers count.
fn google(issuer: &mut Issuer) {
    let clients: Vec<String> = issuer.audiences.clone();
    if !issuer.callers.is_empty() {
        issuer.rules.equal.push((ClaimPath::of(&["email_verified"]), vec!["true".to_owned()]));
    } else if !clients.is_empty() && clients.iter().all(|client| client.ends_with(GOOGLE_CLIENT)) {
        issuer.callers_needed = None;
        issuer.rules.equal.push((ClaimPath::of(&["azp"]), clients));
    }
}

/// The presets. Each sets what the provider documents; every setting can be changed afterwards.
impl Issuer {
    /// Keycloak. `name` is the realm, such as `https://id.example.com/realms/shop`.
    #[doc = include_str!("../../docs/providers/keycloak.md")]
    pub fn keycloak(name: impl Into<String>) -> Self {
        Self::of(Provider::Keycloak, name)
    }

    /// Microsoft Entra ID, one directory. `tenant` is the directory (tenant) id, a UUID. For tokens of version 2.0.
    #[doc = include_str!("../../docs/providers/entra.md")]
    pub fn entra(tenant: impl AsRef<str>) -> Self {
        Self::of(Provider::Entra, format!("https://{}/{}/v2.0", ENTRA[0], tenant.as_ref()))
    }

    /// Microsoft Entra ID, one directory, for tokens of version 1.0, whose `iss` is `https://sts.windows.net/<tenant>/`. The API
    /// decides which version it gets (`accessTokenAcceptedVersion` of its registration). See [`entra`](Self::entra).
    pub fn entra_v1(tenant: impl AsRef<str>) -> Self {
        let tenant = tenant.as_ref();
        let issuer = Self::of(Provider::Entra, format!("https://sts.windows.net/{tenant}/"));
        #[cfg(feature = "remote_jwks")]
        let issuer = issuer.with_keys(
            crate::keys::remote::remote_jwks::RemoteJwks::discover_at(format!("https://{}/{tenant}", ENTRA[0]))
                .discovery_issuer(format!("https://sts.windows.net/{TENANT}/"))
                .assume_algorithm(crate::jose::algorithm::Algorithm::RS256)
                .honour_key_issuer(),
        );
        issuer
    }

    /// Microsoft Entra ID, the directories of your customers. `is_allowed` gets a directory (tenant) id and says whether it is one
    /// of yours, as for [`template`](Self::template). See [`entra`](Self::entra).
    pub fn entra_tenants(is_allowed: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        let host = ENTRA[0];
        let name = format!("https://{host}/{TENANT}/v2.0");
        let mut issuer = Self::from_row(&Provider::Entra.row(), name.clone()).require_claim("tid");
        issuer.tenants = Some(TenantCheck::new(move |tenant| is_guid(tenant) && is_allowed(tenant)));
        #[cfg(feature = "remote_jwks")]
        let issuer = issuer.with_keys(
            crate::keys::remote::remote_jwks::RemoteJwks::discover_at(format!("https://{host}/common/v2.0"))
                .discovery_issuer(name)
                .assume_algorithm(crate::jose::algorithm::Algorithm::RS256)
                .honour_key_issuer(),
        );
        issuer
    }

    /// Azure AD B2C. `tenant` is the first part of `<tenant>.b2clogin.com`, `id` the directory (tenant) id, and `policy` the user
    /// flow or custom policy, such as `B2C_1_signin`. The configuration of a policy names an issuer without the policy, so the
    /// issuer in it is not compared.
    #[doc = include_str!("../../docs/providers/entra_b2c.md")]
    pub fn entra_b2c(tenant: impl AsRef<str>, id: impl AsRef<str>, policy: impl AsRef<str>) -> Self {
        let (tenant, id, policy) = (tenant.as_ref(), id.as_ref(), policy.as_ref());
        let host = format!("https://{tenant}.b2clogin.com");
        let issuer = Self::from_row(&Provider::Entra.row(), format!("{host}/{id}/v2.0/"))
            .subject_claims(["sub"])
            .also_named(format!("{host}/tfp/{id}/{}/v2.0/", policy.to_ascii_lowercase()))
            .require_one_of(["tfp", "acr"]);
        #[cfg(feature = "remote_jwks")]
        let issuer = issuer.with_keys(
            crate::keys::remote::remote_jwks::RemoteJwks::discover_at(format!(
                "{host}/{tenant}.onmicrosoft.com/{policy}/v2.0"
            ))
            .any_discovery_issuer()
            .assume_algorithm(crate::jose::algorithm::Algorithm::RS256),
        );
        issuer
    }

    /// Auth0. `name` is the tenant or your own domain, such as `https://shop.eu.auth0.com/`. A slash at the end may be left out.
    #[doc = include_str!("../../docs/providers/auth0.md")]
    pub fn auth0(name: impl Into<String>) -> Self {
        let name = name.into();
        Self::of(Provider::Auth0, if name.ends_with('/') { name } else { format!("{name}/") })
    }

    /// Okta. `name` is a custom authorization server, such as `https://shop.okta.com/oauth2/default`.
    #[doc = include_str!("../../docs/providers/okta.md")]
    pub fn okta(name: impl Into<String>) -> Self {
        Self::of(Provider::Okta, name)
    }

    /// An Amazon Cognito user pool. `pool` is its id, such as `eu-west-1_Ab1`, or the whole issuer. The audience is the client.
    #[doc = include_str!("../../docs/providers/cognito.md")]
    pub fn cognito(pool: impl Into<String>) -> Self {
        let pool = pool.into();
        let name = match pool.split_once('_') {
            Some((region, _)) if !pool.contains("://") => format!("https://cognito-idp.{region}.amazonaws.com/{pool}"),
            _ => pool,
        };
        Self::of(Provider::Cognito, name)
    }

    /// Google, with its ID token as the credential: of users who signed in at your client, or of callers in Google Cloud.
    #[doc = include_str!("../../docs/providers/google.md")]
    pub fn google() -> Self {
        Self::of(Provider::Google, "https://accounts.google.com")
    }

    /// Firebase Authentication. `project` is the project id, which is also the audience.
    #[doc = include_str!("../../docs/providers/firebase.md")]
    pub fn firebase(project: impl AsRef<str>) -> Self {
        let project = project.as_ref();
        let issuer = Self::of(Provider::Firebase, format!("https://securetoken.google.com/{project}"));
        Self { default_audience: Some(project.to_owned()), ..issuer }
    }

    /// Supabase. `name` is the issuer, such as `https://<project>.supabase.co/auth/v1`. The audience is `authenticated` unless you
    /// set another.
    #[doc = include_str!("../../docs/providers/supabase.md")]
    pub fn supabase(name: impl Into<String>) -> Self {
        Self::of(Provider::Supabase, name)
    }

    /// Apple, with its ID token, to sign a user in. The audience is your app's client id.
    #[doc = include_str!("../../docs/providers/apple.md")]
    pub fn apple() -> Self {
        Self::of(Provider::Apple, "https://appleid.apple.com")
    }

    /// Clerk. `name` is the Frontend API, such as `https://clerk.example.com`. The audience is the origin of your pages.
    #[doc = include_str!("../../docs/providers/clerk.md")]
    pub fn clerk(name: impl Into<String>) -> Self {
        Self::of(Provider::Clerk, name)
    }

    /// Zitadel. `name` is the instance, such as `https://shop.zitadel.cloud`. The audience is the project id.
    #[doc = include_str!("../../docs/providers/zitadel.md")]
    pub fn zitadel(name: impl Into<String>) -> Self {
        Self::of(Provider::Zitadel, name)
    }

    /// authentik. `name` is the application, such as `https://auth.example.com/application/o/shop/`.
    #[doc = include_str!("../../docs/providers/authentik.md")]
    pub fn authentik(name: impl Into<String>) -> Self {
        Self::of(Provider::Authentik, name)
    }

    /// Ory Hydra, or the Ory Network, with JWT access tokens.
    #[doc = include_str!("../../docs/providers/hydra.md")]
    pub fn hydra(name: impl Into<String>) -> Self {
        Self::of(Provider::Hydra, name)
    }

    /// Duende IdentityServer.
    #[doc = include_str!("../../docs/providers/duende.md")]
    pub fn duende(name: impl Into<String>) -> Self {
        Self::of(Provider::Duende, name)
    }

    /// Cloudflare Access. `name` is the team domain, such as `https://shop.cloudflareaccess.com`. The audience is the application's
    /// AUD tag.
    #[doc = include_str!("../../docs/providers/cloudflare-access.md")]
    pub fn cloudflare_access(name: impl Into<String>) -> Self {
        Self::of(Provider::CloudflareAccess, name)
    }

    /// Service accounts of a Kubernetes cluster. `name` is the cluster's issuer, which is `https://kubernetes.default.svc.cluster.local`
    /// in most clusters.
    #[doc = include_str!("../../docs/providers/kubernetes.md")]
    pub fn kubernetes(name: impl Into<String>) -> Self {
        Self::of(Provider::Kubernetes, name)
    }

    /// Jobs of GitHub Actions. [`callers`](Self::callers) are repositories, such as `acme/shop`.
    #[doc = include_str!("../../docs/providers/github-actions.md")]
    pub fn github_actions() -> Self {
        Self::of(Provider::GitHubActions, "https://token.actions.githubusercontent.com")
    }

    /// Jobs of GitLab CI. `name` is the server, such as `https://gitlab.com`. [`callers`](Self::callers) are the paths of projects,
    /// such as `group/project`.
    #[doc = include_str!("../../docs/providers/gitlab.md")]
    pub fn gitlab(name: impl Into<String>) -> Self {
        Self::of(Provider::GitLab, name)
    }
}

#[cfg(feature = "remote_jwks")]
impl Issuer {
    fn with_keys(self, keys: crate::keys::remote::remote_jwks::RemoteJwks) -> Self {
        self.keys(keys)
    }

    /// The cluster's own API server answers only with its certificate authority, and only to a service account.
    #[cfg(feature = "reqwest")]
    fn in_a_pod(mut self) -> Self {
        let Some(remote) = self.keys.as_ref().and_then(|keys| keys.remote().cloned()) else { return self };
        let remote = remote.bearer_token_file(format!("{POD}/token"));
        match std::fs::read(format!("{POD}/ca.crt")) {
            Ok(pem) => self.keys(remote.root_certificate(pem)),
            Err(_) => {
                self.keys = Some(remote.into());
                self
            }
        }
    }
}

/// The place of the keys, and discovery as the second place. A provider that is recorded on this machine has its keys at the same
/// path.
#[cfg(feature = "remote_jwks")]
fn keys_of(row: &Row, name: &str) -> crate::keys::remote::remote_jwks::RemoteJwks {
    use crate::jose::algorithm::Algorithm;
    use crate::keys::remote::remote_jwks::RemoteJwks;

    let below = |path: &str| format!("{}{path}", name.trim_end_matches('/'));
    let here = |url: &str| {
        let path = url.split_once("://").and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)));
        below(path.unwrap_or_default())
    };
    let keys = match row.jwks {
        None => RemoteJwks::discover(),
        Some(path) if path.starts_with('/') => RemoteJwks::new(below(path)).or_discover(),
        Some(url) if is_loopback(name) => RemoteJwks::new(here(url)).or_discover(),
        Some(url) => RemoteJwks::new(url),
    };
    let keys = if is_loopback(name) { keys.allow_http_on_loopback() } else { keys };
    if row.assumes_rs256 { keys.assume_algorithm(Algorithm::RS256) } else { keys }
}

/// Whether the name is that of a service in a cluster, such as `kubernetes.default.svc` or `kubernetes.default.svc.cluster.local`.
#[cfg(feature = "reqwest")]
fn is_in_cluster(name: &str) -> bool {
    let host = name.strip_prefix("https://").and_then(|rest| rest.split(['/', ':']).next());
    host.is_some_and(|host| host.split('.').nth(2) == Some("svc"))
}

/// Whether the issuer is a program on this machine, for tests and first tries.
pub(crate) fn is_loopback(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("http://") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether the text is a UUID in its usual form (RFC 9562 section 4).
fn is_guid(text: &str) -> bool {
    let is_hyphen = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    text.len() == 36
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if is_hyphen(at) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}
