//! Checks the settings of an issuer, and makes what verifies its tokens.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

#[cfg(feature = "remote_jwks")]
use crate::issuer::introspector::Introspector;
use crate::issuer::keys::{IssuerKeys, KeysOfTenants};
use crate::issuer::settings::Issuer;
use crate::issuer::sign_in::SignIn;
use crate::issuer::template::Template;
use crate::issuer::token_policy::{Audience, Policy, Types};
use crate::issuer::trust::{Other, Tenants, Trusted};
use crate::jose::payload::Profile;
use crate::jose::payload::claim_path::ClaimPath;
use crate::jose::payload::resolve::ClaimNames;

const MAX_LEEWAY: Duration = Duration::from_secs(300);
/// The store keeps a sign-out everywhere for so long.
const MAX_LIFETIME: Duration = Duration::from_secs(400 * 24 * 60 * 60);
/// How far `iat` and `nbf` may be ahead by default, in seconds.
const START_LEEWAY: u64 = 5;

impl Issuer {
    /// What verifies the issuer's tokens. The error lists every mistake, and each text begins with the name of the setting.
    pub(crate) fn into_trusted(mut self, resource: Option<&str>) -> Result<Other, Vec<String>> {
        if let Some(resource) = resource
            && self.audiences.is_empty()
            && !self.any_audience
        {
            self.audiences.push(resource.to_owned());
        }
        if self.audiences.is_empty() && !self.any_audience {
            self.audiences.extend(self.default_audience.take());
        }
        if let Some(rule) = self.last_rule.take() {
            rule(&mut self);
        }
        let mut mistakes = std::mem::take(&mut self.wrong);
        mistakes.extend(self.mistakes().into_iter().flatten().map(str::to_owned));
        let template = match &self.tenants {
            None => None,
            Some(_) => match Template::parse(&self.name) {
                Ok(template) => Some(template),
                Err(mistake) => {
                    mistakes.push(format!("the template is not usable: {mistake}"));
                    None
                }
            },
        };
        #[cfg(feature = "remote_jwks")]
        let introspector = self.introspection.take().and_then(|introspection| {
            if template.is_some() {
                mistakes.push("`introspection` has no effect on a template; trust each tenant by itself".to_owned());
            }
            let made = Introspector::new(introspection);
            made.map_err(|mistake| mistakes.push(format!("`introspection`: {mistake}"))).ok()
        });
        #[cfg(feature = "remote_jwks")]
        let is_asked = introspector.is_some();
        #[cfg(not(feature = "remote_jwks"))]
        let is_asked = false;
        let keys = match self.keys.take() {
            Some(keys) => Some(Some(keys)),
            None if is_asked => Some(None),
            None => by_discovery(&self.name, &mut mistakes).map(Some),
        };
        let keys = keys.map(|keys| keys.map(|keys| keys.observed(&self.observed)));
        let policy = Arc::new(self.policy());
        let is_discovered = keys.as_ref().and_then(Option::as_ref).is_some_and(IssuerKeys::are_discovered);
        let sign_in = self.sign_in.take().unwrap_or_else(|| match is_discovered {
            true => SignIn::by_discovery(&self.name),
            false => SignIn::Unknown,
        });
        let made = keys.and_then(|keys| match (template, self.tenants.take()) {
            (Some(template), Some(check)) => {
                let keys = noted(KeysOfTenants::new(keys?, &self.name), &mut mistakes)?;
                let (known, is_removed) = (std::sync::RwLock::default(), AtomicBool::new(false));
                Some(Other::Many(Arc::new(Tenants { template, check, keys, policy, known, is_removed })))
            }
            _ => {
                let source = match keys {
                    Some(keys) => Some(noted(keys.into_source(&self.name), &mut mistakes)?),
                    None => None,
                };
                let trusted = Trusted::new(std::mem::take(&mut self.name), source, policy);
                let also_named = std::mem::take(&mut self.also_named);
                Some(Other::One(Arc::new(Trusted {
                    also_named,
                    sign_in,
                    #[cfg(feature = "remote_jwks")]
                    introspector,
                    ..trusted
                })))
            }
        });
        match made {
            Some(made) if mistakes.is_empty() => Ok(made),
            _ => Err(mistakes),
        }
    }

    fn policy(&self) -> Policy {
        let mut audiences = self.audiences.clone();
        audiences.dedup();
        let callers = (!self.callers.is_empty()).then(|| (self.caller_claims.clone(), self.callers.clone()));
        // A role of the client that is this service stands under the name of that client, which is the audience.
        let place = |path: &ClaimPath| match path.has(AUDIENCE) {
            true => audiences.iter().map(|audience| path.with(AUDIENCE, audience)).collect(),
            false => vec![path.clone()],
        };
        let scopes = self.names.scopes.iter().flat_map(place).collect();
        Policy {
            profile: self.profile,
            names: ClaimNames { scopes, ..self.names.clone() },
            audience: match self.any_audience {
                true => Audience::Any,
                false if self.audience_claims.is_empty() => Audience::OneOf(audiences),
                false => Audience::In(self.audience_claims.clone(), audiences),
            },
            types: Types { accepted: self.types.clone(), may_be_absent: self.typ_may_be_absent },
            algorithms: self.algorithms.clone(),
            leeway: self.leeway.unwrap_or_default().as_secs(),
            start_leeway: self.leeway.map_or(START_LEEWAY, |leeway| leeway.as_secs()),
            max_lifetime: self.max_lifetime.as_secs(),
            max_bytes: self.max_token_bytes,
            required: self.required.clone(),
            rules: crate::issuer::token_policy::ClaimRules { callers, ..self.rules.clone() },
        }
    }

    /// Each rule says what is wrong, if anything.
    fn mistakes(&self) -> [Option<&'static str>; 16] {
        let wrong_if = |is_wrong: bool, mistake| is_wrong.then_some(mistake);
        let rules = &self.rules;
        let is_both = self.required.iter().any(|path| rules.forbidden.contains(path));
        let paths = self.required.iter().chain(&rules.forbidden).chain(&self.names.subject).chain(&self.names.scopes);
        let paths = paths.chain(&self.audience_claims).chain(&self.caller_claims).chain([&self.names.jwt_id]);
        let mut paths = paths
            .chain(rules.equal.iter().chain(&rules.not).map(|(path, _)| path))
            .chain(rules.one_of.iter().flatten());
        let names = || std::iter::once(&self.name).chain(&self.also_named);
        let is_strict = self.profile == Profile::Rfc9068;
        let default = ClaimNames::default();
        let renames = self.names.subject != default.subject
            || self.names.scopes != default.scopes
            || self.names.jwt_id != default.jwt_id
            || self.names.scope_prefix.is_some();
        [
            wrong_if(
                names().any(|name| name.is_empty() || name.chars().any(|one| one.is_control() || one.is_whitespace())),
                "the name is empty or has white space; write the `iss` of the tokens, such as `https://id.example.com`",
            ),
            wrong_if(
                self.tenants.is_none() && self.name.contains(['{', '}']),
                "the name has a placeholder; call `Issuer::template` with a check of the tenant",
            ),
            wrong_if(
                self.tenants.is_some() && !self.also_named.is_empty(),
                "`also_named` has no effect on a template; trust two templates",
            ),
            wrong_if(
                self.audiences.is_empty() && !self.any_audience,
                "`audience` is missing; call `.audience(\"https://api.example.com\")` with the name that the issuer's tokens have for this service",
            ),
            wrong_if(self.audiences.iter().any(String::is_empty), "`audience` is empty; leave it out"),
            wrong_if(
                self.any_audience && !(self.audiences.is_empty() && self.audience_claims.is_empty()),
                "`any_audience` contradicts `audience`; leave one of them out",
            ),
            self.callers_needed.filter(|_| self.callers.is_empty()),
            wrong_if(self.callers.iter().any(String::is_empty), "`callers` holds an empty name"),
            wrong_if(
                self.types.iter().any(String::is_empty),
                "`accept_type` or `require_type` is empty; name a `typ` such as `at+jwt`",
            ),
            wrong_if(
                self.algorithms.as_ref().is_some_and(Vec::is_empty),
                "`algorithms` is empty, so no token would be accepted; leave it out",
            ),
            wrong_if(
                paths.any(ClaimPath::is_empty)
                    || self.names.subject.is_empty()
                    || rules.one_of.iter().any(Vec::is_empty),
                "a list of claims or the name of a claim is empty",
            ),
            wrong_if(
                rules.equal.iter().chain(&rules.not).any(|(_, values)| values.is_empty()),
                "`require_value` or `forbid_value` has no values",
            ),
            wrong_if(is_both, "a claim is in `require_claim` and in `forbid_claim`; no token would be accepted"),
            wrong_if(
                is_strict && renames,
                "`Issuer::rfc9068` takes the user from `sub` and the scopes from `scope`; use `Issuer::new` for other claims",
            ),
            wrong_if(
                self.leeway.is_some_and(|leeway| leeway > MAX_LEEWAY)
                    || self.max_lifetime > MAX_LIFETIME
                    || self.max_lifetime.as_secs() == 0,
                "`leeway` is longer than 300 seconds, or `max_lifetime` is shorter than a second or longer than 400 days",
            ),
            wrong_if(
                !(1024..=64 * 1024).contains(&self.max_token_bytes),
                "`max_token_bytes` is not between 1 KiB and 64 KiB",
            ),
        ]
    }
}

/// A name in a claim's path that stands for the audience.
pub(crate) const AUDIENCE: &str = "{audience}";

#[cfg(feature = "remote_jwks")]
fn by_discovery(name: &str, _: &mut Vec<String>) -> Option<IssuerKeys> {
    // RS256 is what OpenID Connect Core 1.0 section 15.1 asks of every provider, and many publish RSA keys without `alg`.
    let keys = crate::keys::remote::remote_jwks::RemoteJwks::discover()
        .assume_algorithm(crate::jose::algorithm::Algorithm::RS256);
    Some(if crate::issuer::presets::is_loopback(name) { keys.allow_http_on_loopback() } else { keys }.into())
}

#[cfg(not(feature = "remote_jwks"))]
fn by_discovery(_: &str, mistakes: &mut Vec<String>) -> Option<IssuerKeys> {
    let mistake =
        "`keys` is missing; give the issuer's keys, or enable the feature `reqwest`, which finds them by discovery";
    mistakes.push(mistake.to_owned());
    None
}

/// Returns the value, or adds the error to the mistakes.
fn noted<T, E: std::fmt::Display>(made: Result<T, E>, mistakes: &mut Vec<String>) -> Option<T> {
    made.map_err(|error| mistakes.push(format!("`keys`: {error}"))).ok()
}
