//! The issuers whose tokens a backend accepts, each on its own terms.
//!
//! An [`Issuer`] is one value with everything about an issuer: its name, its keys, the audience and the form of its tokens. Give it
//! to [`Builder::trust`](crate::Builder::trust), for a backend that only verifies and for one that issues tokens too. What is set
//! for one issuer changes no answer for another (RFC 8725 sections 3.8 and 3.9).
//!
//! ```no_run
//! # use jwt_auth::{auth_backend, JwtUser};
//! use jwt_auth::{Algorithm, Issuer, keys::VerifyingKey};
//! # #[derive(Clone, JwtUser)] struct User { #[jwt_user(id)] id: u64 }
//! # #[auth_backend(kind = "bearer", user = User)] struct Auth;
//!
//! let key = VerifyingKey::from_pem(Algorithm::RS256, std::fs::read("issuer.pem")?)?;
//! let issuer = Issuer::new("https://login.example.com").keys(key).audience("https://api.example.com");
//! let auth = Auth.backend().verify_only().trust(issuer).build()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Issuers can come and go while the service runs: [`Backend::add_issuer`](crate::Backend::add_issuer) and
//! [`Backend::remove_issuer`](crate::Backend::remove_issuer).
//!
//! # Opaque tokens
//!
//! Tokens that only the issuer can read are checked at its introspection endpoint (RFC 7662), with `Issuer::introspection` (feature
//! `remote_jwks`). If an issuer has keys too, they verify its JWTs. A token without the form of a JWT is offered to each such issuer,
//! in the order of `trust`, until one says that it is active. A JWT of an issuer that is not trusted is sent nowhere.
//!
//! # Providers with a preset
//!
//! Each page says what to enter, what the preset sets, and what it refuses. Every preset also reads scopes from `scope` and `scp`.
//! Names are joined by a dot here; in the code they are a [`ClaimPath`].
//!
//! | constructor | audience | further scopes |
//! |---|---|---|
//! | [`Issuer::keycloak`] | the client that stands for this service | `realm_access.roles`, `resource_access.<audience>.roles` |
//! | [`Issuer::entra`], [`entra_v1`](Issuer::entra_v1), [`entra_tenants`](Issuer::entra_tenants) | the API's client id, or its URI in version 1.0 | `roles` |
//! | [`Issuer::entra_b2c`] | the API's client id | `roles` |
//! | [`Issuer::auth0`] | the API's identifier | `permissions` |
//! | [`Issuer::okta`] | that of the authorization server | `groups` |
//! | [`Issuer::cognito`] | the client id (`client_id`) | `cognito:groups` |
//! | [`Issuer::google`] | the OAuth client id, or any text with [`callers`](Issuer::callers) | |
//! | [`Issuer::firebase`] | the project id, set already | `roles`, `permissions` |
//! | [`Issuer::supabase`] | `authenticated`, set already | `app_metadata.roles` |
//! | [`Issuer::apple`] | the app's client id | |
//! | [`Issuer::clerk`] | the origin of your pages (`azp`), or `aud` | `o.rol`, and permissions of the organization |
//! | [`Issuer::zitadel`] | the project id | the keys of `urn:zitadel:iam:org:project:roles` |
//! | [`Issuer::authentik`] | the client id | `groups` |
//! | [`Issuer::hydra`] | one that the client asked for | |
//! | [`Issuer::duende`] | the name of the API resource | |
//! | [`Issuer::cloudflare_access`] | the application's AUD tag | |
//! | [`Issuer::kubernetes`] | that of the projected token | |
//! | [`Issuer::github_actions`] | one that the job asked for, with [`callers`](Issuer::callers) | |
//! | [`Issuer::gitlab`] | one that the job asked for, with [`callers`](Issuer::callers) | |
//!
//! # A provider without a preset
//!
//! Get an access token (not an ID token) as your clients do, decode it, and compare it with an ID token of the same provider.
//! Begin with [`Issuer::new`] and answer these questions:
//!
//! | look at | question | setting |
//! |---|---|---|
//! | the token | are there three parts? If not, it is opaque. Five parts are an encrypted token, which cannot be verified here | `Issuer::introspection`, or set the provider to plain JWTs |
//! | `iss` | what is it, byte by byte? Are there several spellings, or one for each tenant? | the name, [`also_named`](Issuer::also_named), [`template`](Issuer::template) |
//! | the configuration | is it below `iss`, and does it name the same issuer? | [`keys`](Issuer::keys) with a `RemoteJwks` |
//! | the keys | do they have an `alg`? | `RemoteJwks::assume_algorithm` |
//! | `aud` | does it name this service? If it is missing, which claim says for whom the token is? | [`audience`](Issuer::audience), [`audience_claim`](Issuer::audience_claim) |
//! | the caller | can anybody get a token for this audience? | [`callers`](Issuer::callers), [`caller_claim`](Issuer::caller_claim) |
//! | `typ` of the header | is it always `at+jwt`? | [`require_type`](Issuer::require_type) |
//! | an ID token | what tells it from an access token, besides `nonce`, `at_hash` and `c_hash`? | [`require_claim`](Issuer::require_claim), [`require_value`](Issuer::require_value), [`forbid_claim`](Issuer::forbid_claim) |
//! | `sub` | is it stable, and do the tokens of machines have one? | [`subject_claims`](Issuer::subject_claims) |
//! | scopes | where are roles and permissions? | [`scope_claim`](Issuer::scope_claim), [`scope_prefix`](Issuer::scope_prefix) |
//! | `jti` | does another claim name the token? | [`jwt_id_claim`](Issuer::jwt_id_claim) |
//! | `exp` | how long does a token live? | [`max_lifetime`](Issuer::max_lifetime), [`leeway`](Issuer::leeway) |
//! | the length | are there long lists of groups? | [`max_token_bytes`](Issuer::max_token_bytes) |
//!
//! # Traps
//!
//! * The `iss` claim is compared byte by byte: if the issuer ends it with a slash, end the name with a slash too.
//! * ID tokens are refused, even if their `aud` is the audience ([`Issuer::accept_id_tokens`]).
//! * Two issuers can have a user with the same subject, and so can an issuer and the backend itself. The user's id is the subject
//!   alone: with several issuers, look the user up by [`Token::issuer`](crate::Token::issuer) and subject in `retrieve_user`.
//! * What an issuer writes into a scope claim is a scope here: a group or role that is named like a scope grants it.
//! * A token without `jti` cannot be revoked by itself, only with its session or its user.
//! * A name in a [`ClaimPath`] is never split: `"kubernetes.io"` is one name, `["realm_access", "roles"]` are two.

pub(crate) mod error;
pub(crate) mod issue;
pub(crate) mod keys;
pub(crate) mod sign_in;
pub(crate) mod template;
pub(crate) mod token_policy;
#[cfg(feature = "remote_jwks")]
pub(crate) mod introspection;
#[cfg(feature = "remote_jwks")]
pub(crate) mod introspector;
pub(crate) mod trust;
pub(crate) mod verified_token;
pub(crate) mod verify;
#[cfg(feature = "remote_jwks")]
pub(crate) mod introspected;
pub(crate) mod settings;
pub(crate) mod provider;
pub(crate) mod presets;
pub(crate) mod check;

pub use crate::jose::payload::claim_path::ClaimPath;
pub use error::IssuerError;
#[cfg(feature = "remote_jwks")]
pub use introspection::Introspection;
pub use keys::IssuerKeys;
pub use provider::{Provider, UnknownProvider};
pub use settings::Issuer;
