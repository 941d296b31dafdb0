//! The rules for the settings of a builder. Each rule is one function. It returns what is wrong, if anything.

use std::time::Duration;

use crate::backend::Mode;
use crate::backend::{Issuing, VerifyOnly};
use crate::config::build_error::Mistakes;
use crate::config::builder::{Builder, OwnTokens};
use crate::credential::cookies::Cookies;
use crate::declaration::exclude::ExcludeSet;
use crate::declaration::spec::Spec;
use crate::hooks::AuthBackend;
use crate::oauth2::client::{Client, Clients};
use crate::records::refresh_policy::RefreshTokens;
use crate::records::rules::Rules;
use crate::rejection::challenge::Presentation;

const MAX_LEEWAY: Duration = Duration::from_secs(300);
const MAX_STALENESS: Duration = Duration::from_secs(60);
const MAX_CLOCKS_APART: Duration = Duration::from_secs(60);
const MAX_SESSIONS: usize = 250;
const MAX_USER_CACHE: Duration = Duration::from_secs(300);

pub(crate) type Mistake = Option<&'static str>;

/// The mistake, if the condition holds.
pub(crate) fn wrong_if(is_wrong: bool, mistake: &'static str) -> Mistake {
    is_wrong.then_some(mistake)
}

impl<A: AuthBackend> Builder<A, Issuing> {
    /// The keys themselves are checked when they are read.
    pub(crate) fn check_identity(&self, mistakes: &mut Mistakes) {
        mistakes.add(keys_are_named(self.own.keys.is_some()));
        mistakes.add(issuer(self.own.issuer.as_deref()));
    }
}

impl<A: AuthBackend> Builder<A, VerifyOnly> {
    /// The keys themselves are checked when they are read.
    pub(crate) fn check_identity(&self, mistakes: &mut Mistakes) {
        mistakes.add(trust(self.trusted.len()));
        mistakes.add(own_settings(&self.own));
    }
}

impl<A: AuthBackend, M: Mode> Builder<A, M> {
    /// Checks every rule except those for keys and issuers, in the order of the settings. `default_realm` is checked if no realm
    /// is set. An empty `default_realm` is not reported here, but by the rule of the setting that it comes from.
    pub(crate) fn check(&self, default_realm: Option<&str>, mistakes: &mut Mistakes) {
        let (spec, issues) = (A::SPEC, M::ISSUES);
        if issues {
            self.own.check(mistakes);
            mistakes.add(self.passwords.throttle.mistake());
            mistakes.add(sign_ins_at_once(self.passwords.at_once));
        }
        mistakes.add(realm(self.realm.as_deref(), default_realm));
        self.outside.check(&ExcludeSet::new(spec.open_patterns(issues)), mistakes);
        for (setting, mistake) in
            Cookies::resolve(&spec, &self.cookie, &self.outside.public_prefix).err().into_iter().flatten()
        {
            mistakes.add_all(setting, [mistake]);
        }
        mistakes.add(user_cache(self.user_cache, spec.looks_up));
        mistakes.add(open_connections(self.open_connections));
        self.check_store(issues, mistakes);
        let refresh_tokens = self.refresh.iter().flat_map(RefreshTokens::mistakes);
        refresh_tokens.for_each(|mistake| mistakes.add(mistake));
        if issues {
            mistakes.add(refresh_url(&spec, self.refresh.is_some()));
        }
        let declared: Vec<&str> = spec.scopes.iter().map(|scope| scope.name).collect();
        mistakes.add_all("client", Clients::mistakes(&self.clients, &declared));
        mistakes.add_all("default_scopes", default_scopes(&spec, issues, &self.default_scopes));
        if issues {
            mistakes.add(introspect_url(&spec, &self.clients));
        }
    }
}

impl OwnTokens {
    /// Checks every rule except those for keys and issuer.
    fn check(&self, mistakes: &mut Mistakes) {
        let audiences = self.audiences.as_slice();
        mistakes.add(audience_is_text(audiences));
        mistakes.add(audience_is_one_choice(audiences, self.any_audience, self.strict_audience));
        mistakes.add(strict_audience(audiences, self.any_audience, self.strict_audience));
        mistakes.add(accept_type(&self.types));
        mistakes.add(client_id(self.client_id.as_deref()));
        mistakes.add(lifetime(self.lifetime, self.max_lifetime));
        mistakes.add(leeway(self.leeway.unwrap_or_default()));
        mistakes.add(require_claims(&self.required));
        mistakes.add(longest_access(self.lifetime, self.max_lifetime));
    }
}

fn open_connections(every: Duration) -> Mistake {
    let is_odd = every < Duration::from_secs(1) || every > Duration::from_secs(60 * 60);
    wrong_if(
        is_odd,
        "`open_connections_checked_every` is less than a second or more than an hour; 10 seconds is the default",
    )
}

fn keys_are_named(are_named: bool) -> Mistake {
    wrong_if(!are_named, "`keys` is missing; call `.keys(Keys::hs256_from_env(\"JWT_SECRET\")?)`")
}

fn issuer(issuer: Option<&str>) -> Mistake {
    match issuer {
        None => Some("`issuer` is missing; call `.issuer(\"https://api.example.com\")` with the name of your service"),
        Some("") => Some("`issuer` is empty; name your service, such as `https://api.example.com`"),
        Some(_) => None,
    }
}

fn trust(issuers: usize) -> Mistake {
    wrong_if(
        issuers == 0,
        "`trust` is missing; call `.trust(Issuer::new(\"https://id.example.com\").audience(\"https://api.example.com\"))` with the issuer of the tokens",
    )
}

/// Settings of our own tokens that were made before `verify_only()`.
fn own_settings(own: &OwnTokens) -> Mistake {
    let default = OwnTokens::default();
    let is_set = own.keys.is_some()
        || own.issuer.is_some()
        || own.client_id.is_some()
        || own.any_audience
        || own.strict_audience
        || !own.audiences.is_empty()
        || !own.required.is_empty()
        || own.types != default.types
        || own.lifetime != default.lifetime
        || own.max_lifetime.is_some()
        || own.leeway.is_some();
    wrong_if(
        is_set,
        "`verify_only` comes after a setting of the backend's own tokens, such as `keys`, `issuer` or `audience`, of which it issues none; set the audience of an `Issuer` instead",
    )
}

fn audience_is_text(audiences: &[String]) -> Mistake {
    wrong_if(audiences.iter().any(String::is_empty), "`audience` is empty; leave it out to use the issuer")
}

fn audience_is_one_choice(audiences: &[String], any: bool, strict: bool) -> Mistake {
    wrong_if(
        any && (strict || !audiences.is_empty()),
        "`any_audience` contradicts `audience` and `strict_audience`; leave one of them out",
    )
}

/// Reports only several audiences. The rules above report a missing audience and a contradiction with `any_audience`.
fn strict_audience(audiences: &[String], any: bool, strict: bool) -> Mistake {
    wrong_if(strict && !any && audiences.len() > 1, "`strict_audience` needs exactly one `audience`")
}

fn accept_type(types: &[String]) -> Mistake {
    wrong_if(types.iter().any(String::is_empty), "`accept_type` is empty; name a `typ` such as `JWT`")
}

fn client_id(id: Option<&str>) -> Mistake {
    wrong_if(id == Some(""), "`client_id` is empty; leave it out to use the issuer")
}

fn lifetime(lifetime: Duration, max: Option<Duration>) -> Mistake {
    if lifetime.as_secs() == 0 {
        Some("`lifetime` is shorter than a second; leave it out for one hour")
    } else {
        wrong_if(
            max.is_some_and(|max| max < lifetime),
            "`lifetime` is longer than `max_lifetime`; no token would be accepted",
        )
    }
}

fn leeway(leeway: Duration) -> Mistake {
    wrong_if(leeway > MAX_LEEWAY, "`leeway` is longer than 300 seconds")
}

fn require_claims(names: &[String]) -> Mistake {
    wrong_if(names.iter().any(String::is_empty), "`require_claims` holds an empty name")
}

fn realm(realm: Option<&str>, default: Option<&str>) -> Mistake {
    let realm = realm.or_else(|| default.filter(|default| !default.is_empty()))?;
    wrong_if(
        !Presentation::is_realm(realm),
        "`realm`, which is the issuer by default, is empty or holds a quote, a backslash or a character that is not visible ASCII",
    )
}

fn sign_ins_at_once(at_once: Option<usize>) -> Mistake {
    wrong_if(at_once == Some(0), "`sign_ins_at_once` is 0, so no sign-in could run; leave it out for one per processor")
}

fn user_cache(lifetime: Duration, looks_up: bool) -> Mistake {
    if lifetime.is_zero() {
        None
    } else if !looks_up {
        Some(
            "`user_cache` needs a declaration with `retrieve_user`; without it the user is rebuilt from each token, and there is nothing to cache",
        )
    } else {
        wrong_if(
            lifetime.as_secs() == 0 || lifetime > MAX_USER_CACHE,
            "`user_cache` is shorter than a second or longer than 300 seconds",
        )
    }
}

fn refresh_url(spec: &Spec, has_refresh_tokens: bool) -> Mistake {
    wrong_if(
        spec.refresh_url.is_some() && !has_refresh_tokens,
        "`refresh_tokens` is missing, but `refresh_url` is declared; call `.refresh_tokens(RefreshTokens::new())`",
    )
}

fn default_scopes(spec: &Spec, issues: bool, names: &[String]) -> Option<String> {
    let is_mounted = issues && spec.authenticates && spec.token_url.is_some();
    if !names.is_empty() && !is_mounted {
        let wrong = "only the token endpoint that `authenticate` and `token_url` mount grants them; leave them out, and name the scopes with `login(..).scopes(..)`";
        return Some(wrong.to_owned());
    }
    let undeclared = names.iter().find(|name| !spec.scopes.iter().any(|scope| scope.name == name.as_str()))?;
    Some(format!("`{undeclared}` is not declared with `scopes(...)`"))
}

fn introspect_url(spec: &Spec, clients: &[Client]) -> Mistake {
    wrong_if(
        spec.introspect_url.is_some() && !clients.iter().any(Client::is_confidential),
        "`client` is missing: `introspect_url` answers only clients that prove who they are; call `.client(Client::confidential(id, secret))`",
    )
}

impl<A: AuthBackend, M: Mode> Builder<A, M> {
    pub(crate) fn check_store(&self, issues: bool, mistakes: &mut Mistakes) {
        mistakes.add(store_timeout(self.store_timeout));
        mistakes.add(clocks_apart(self.clocks_apart));
        mistakes.add(max_sessions(self.max_sessions));
        mistakes.add(revocation_staleness(self.revocation_staleness, issues || self.store.is_some()));
    }
}

fn store_timeout(timeout: Duration) -> Mistake {
    wrong_if(timeout.is_zero(), "`store_timeout` is zero; every request would be refused")
}

fn clocks_apart(difference: Duration) -> Mistake {
    wrong_if(difference > MAX_CLOCKS_APART, "`clocks_apart` is longer than 60 seconds; synchronise the clocks")
}

fn max_sessions(sessions: usize) -> Mistake {
    if sessions == 0 {
        return Some("`max_sessions` is 0; to have no sessions, leave out `refresh_tokens`");
    }
    wrong_if(
        sessions > MAX_SESSIONS,
        "`max_sessions` is more than 250; each refresh rewrites the record of all sessions of the user",
    )
}

/// The store keeps a sign-out everywhere for 400 days, so no access token may live longer.
fn longest_access(lifetime: Duration, max: Option<Duration>) -> Mistake {
    wrong_if(
        max.unwrap_or(lifetime).as_secs() > Rules::default().longest_access,
        "`max_lifetime`, or `lifetime`, is longer than 400 days; use refresh tokens for sessions that last longer",
    )
}

fn revocation_staleness(staleness: Duration, has_store: bool) -> Mistake {
    if staleness.is_zero() {
        None
    } else if staleness < Duration::from_secs(1) {
        Some("`revocation_staleness` is shorter than a second; leave it out to ask the store on every request")
    } else if staleness > MAX_STALENESS {
        Some("`revocation_staleness` is longer than 60 seconds; a revoked token would be accepted for that long")
    } else {
        wrong_if(
            !has_store,
            "`revocation_staleness` is set, but there is no store; set one with `.store(...)`, or leave it out",
        )
    }
}
