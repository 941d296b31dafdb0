//! The issuers whose tokens are accepted. Each has its own keys, which never verify a token of another issuer, and its own policy
//! (RFC 8725 section 3.8).

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use arc_swap::ArcSwap;

#[cfg(feature = "remote_jwks")]
use crate::issuer::introspector::Introspector;
use crate::issuer::keys::KeysOfTenants;
use crate::issuer::sign_in::SignIn;
use crate::issuer::template::{Template, TenantCheck};
use crate::issuer::token_policy::Policy;
use crate::keys::source::KeySource;

/// The trusted issuers. A backend that issues tokens trusts itself; there is at least one issuer.
#[derive(Debug)]
pub(crate) struct Trust {
    /// The backend itself, if it issues tokens.
    own: Option<Arc<Trusted>>,
    /// The other issuers. They can change while the service runs.
    others: ArcSwap<Vec<Other>>,
    /// Serializes changes. Never held across an await.
    change: Mutex<()>,
}

/// An issuer other than the backend itself.
#[derive(Clone, Debug)]
pub(crate) enum Other {
    One(Arc<Trusted>),
    Many(Arc<Tenants>),
}

/// A trusted issuer.
#[derive(Debug)]
pub(crate) struct Trusted {
    pub(crate) name: String,
    /// Other spellings of its name.
    pub(crate) also_named: Vec<String>,
    /// `None` if all tokens of the issuer are checked by introspection.
    pub(crate) keys: Option<KeySource>,
    #[cfg(feature = "remote_jwks")]
    pub(crate) introspector: Option<Introspector>,
    pub(crate) policy: Arc<Policy>,
    /// How a client gets a token, for the document.
    #[cfg_attr(not(feature = "openapi"), allow(dead_code, reason = "only the document shows it"))]
    pub(crate) sign_in: SignIn,
    /// The check of the tenant, if the issuer is one tenant of a template.
    pub(crate) tenant: Option<(String, TenantCheck)>,
    pub(crate) is_removed: AtomicBool,
}

impl Trusted {
    pub(crate) fn new(name: String, keys: Option<KeySource>, policy: Arc<Policy>) -> Self {
        Self {
            name,
            also_named: Vec::new(),
            keys,
            #[cfg(feature = "remote_jwks")]
            introspector: None,
            policy,
            sign_in: SignIn::Unknown,
            tenant: None,
            is_removed: AtomicBool::new(false),
        }
    }

    pub(crate) fn is_named(&self, issuer: &str) -> bool {
        self.name == issuer || self.also_named.iter().any(|name| name == issuer)
    }

    /// Whether the issuer is still trusted. It can be removed while the service runs, and a tenant can be refused.
    pub(crate) fn is_trusted(&self) -> bool {
        let is_allowed = || self.tenant.as_ref().is_none_or(|(tenant, check)| check.allows(tenant));
        !self.is_removed.load(Ordering::Acquire) && is_allowed()
    }

    /// The number of the current key set.
    pub(crate) fn key_set_number(&self) -> Option<u64> {
        self.keys.as_ref()?.key_set().map(|key_set| key_set.number())
    }
}

/// The issuers that a template describes, one for each tenant. A tenant's keys are asked for only when the application has allowed
/// the tenant.
#[derive(Debug)]
pub(crate) struct Tenants {
    pub(crate) template: Template,
    pub(crate) check: TenantCheck,
    pub(crate) keys: KeysOfTenants,
    pub(crate) policy: Arc<Policy>,
    pub(crate) known: RwLock<HashMap<String, Arc<Trusted>>>,
    pub(crate) is_removed: AtomicBool,
}

/// The most tenants of one template whose keys are kept.
const MAX_TENANTS: usize = 10_000;

impl Tenants {
    /// The issuer of this name, if it is a tenant that the application allows.
    fn find(&self, issuer: &str) -> Option<Arc<Trusted>> {
        let tenant = self.template.tenant_of(issuer)?;
        if !self.check.allows(tenant) {
            return None;
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).get(issuer).cloned();
        known.or_else(|| self.add(issuer, tenant))
    }

    fn add(&self, issuer: &str, tenant: &str) -> Option<Arc<Trusted>> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(trusted) = known.get(issuer) {
            return Some(Arc::clone(trusted));
        }
        if known.len() >= MAX_TENANTS {
            // Tenants that are no longer allowed make room.
            known.retain(|_, trusted| trusted.is_trusted());
        }
        if known.len() >= MAX_TENANTS || self.is_removed.load(Ordering::Acquire) {
            tracing::error!(target: "jwt_auth", issuer, "no room for another tenant: a template has at most 10,000");
            return None;
        }
        // No key is fetched here, so the lock is held for a moment only.
        let keys = self.keys.of(issuer).inspect_err(|error| {
            tracing::error!(target: "jwt_auth", issuer, %error, "the keys of a tenant cannot be fetched");
        });
        let keys = keys.ok()?;
        let trusted = Trusted {
            tenant: Some((tenant.to_owned(), self.check.clone())),
            ..Trusted::new(issuer.to_owned(), Some(keys), Arc::clone(&self.policy))
        };
        let trusted = Arc::new(trusted);
        known.insert(issuer.to_owned(), Arc::clone(&trusted));
        Some(trusted)
    }
}

impl Other {
    /// The name under which it can be removed.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::One(trusted) => &trusted.name,
            Self::Many(tenants) => tenants.template.text(),
        }
    }

    /// Whether a token with this `iss` would be of this issuer.
    pub(crate) fn is_named(&self, issuer: &str) -> bool {
        match self {
            Self::One(trusted) => trusted.is_named(issuer),
            Self::Many(tenants) => tenants.template.tenant_of(issuer).is_some(),
        }
    }

    /// The issuer of this name, if it is this one or a tenant of it.
    fn find(&self, issuer: &str) -> Option<Arc<Trusted>> {
        match self {
            Self::One(trusted) => trusted.is_named(issuer).then(|| Arc::clone(trusted)),
            Self::Many(tenants) => tenants.find(issuer),
        }
    }

    pub(crate) fn policy(&self) -> &Policy {
        match self {
            Self::One(trusted) => &trusted.policy,
            Self::Many(tenants) => &tenants.policy,
        }
    }

    fn remove(&self) {
        match self {
            Self::One(trusted) => trusted.is_removed.store(true, Ordering::Release),
            Self::Many(tenants) => {
                tenants.is_removed.store(true, Ordering::Release);
                let known = tenants.known.read().unwrap_or_else(PoisonError::into_inner);
                known.values().for_each(|trusted| trusted.is_removed.store(true, Ordering::Release));
            }
        }
    }

    /// Whether both would claim a token of the same issuer.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let names = |trusted: &Arc<Trusted>, by: &Self| {
            std::iter::once(&trusted.name).chain(&trusted.also_named).any(|name| by.is_named(name))
        };
        match (self, other) {
            (Self::One(one), another) | (another @ Self::Many(_), Self::One(one)) => names(one, another),
            (Self::Many(one), Self::Many(another)) => one.template.has_shape_of(&another.template),
        }
    }
}

impl Trust {
    pub(crate) fn new(own: Option<Arc<Trusted>>, others: Vec<Other>) -> Self {
        Self { own, others: ArcSwap::from_pointee(others), change: Mutex::new(()) }
    }

    /// The backend itself, if it issues tokens.
    pub(crate) fn own(&self) -> Option<&Arc<Trusted>> {
        self.own.as_ref()
    }

    /// Whether the issuer is the backend itself.
    pub(crate) fn is_own(&self, issuer: &str) -> bool {
        self.own.as_ref().is_some_and(|own| own.name == issuer)
    }

    /// Whether a token with this `iss` would be of the backend itself or of a trusted issuer, even of a tenant that is not allowed
    /// at present.
    pub(crate) fn names(&self, issuer: &str) -> bool {
        self.is_own(issuer) || self.others.load().iter().any(|other| other.is_named(issuer))
    }

    /// The issuers other than the backend itself.
    #[cfg_attr(not(feature = "openapi"), allow(dead_code, reason = "only the document lists them"))]
    pub(crate) fn others(&self) -> Arc<Vec<Other>> {
        self.others.load_full()
    }

    /// The issuer, if there is only one and it is no template.
    pub(crate) fn only_one(&self) -> Option<Arc<Trusted>> {
        let others = self.others.load();
        match (&self.own, others.as_slice()) {
            (Some(own), []) => Some(Arc::clone(own)),
            (None, [Other::One(only)]) => Some(Arc::clone(only)),
            _ => None,
        }
    }

    /// The issuers that are no templates, the backend itself first.
    pub(crate) fn each_one(&self) -> Vec<Arc<Trusted>> {
        let others = self.others.load();
        let others = others.iter().filter_map(|other| match other {
            Other::One(trusted) => Some(trusted),
            Other::Many(_) => None,
        });
        self.own.iter().chain(others).cloned().collect()
    }

    /// The trusted issuer of this name.
    pub(crate) fn find(&self, issuer: &str) -> Option<Arc<Trusted>> {
        match &self.own {
            Some(own) if own.name == issuer => Some(Arc::clone(own)),
            _ => self.others.load().iter().find_map(|other| other.find(issuer)),
        }
    }

    /// Calls `is_wanted` for each issuer with keys whose tokens may have a header that it has accepted before, and returns the
    /// first answer.
    pub(crate) fn find_map<T>(&self, mut look: impl FnMut(&Arc<Trusted>) -> Option<T>) -> Option<T> {
        if let Some(found) = self.own.as_ref().and_then(&mut look) {
            return Some(found);
        }
        self.others.load().iter().find_map(|other| match other {
            Other::One(trusted) => look(trusted),
            Other::Many(_) => None,
        })
    }

    /// Whether one of the other issuers is as asked for.
    #[cfg(feature = "remote_jwks")]
    pub(crate) fn has_other(&self, is_wanted: impl Fn(&Other) -> bool) -> bool {
        self.others.load().iter().any(is_wanted)
    }

    /// The longest token that any issuer may send, in bytes.
    pub(crate) fn max_bytes(&self) -> usize {
        let own = self.own.as_ref().map_or(0, |own| own.policy.max_bytes);
        let others = self.others.load();
        others.iter().map(|other| other.policy().max_bytes).fold(own, usize::max)
    }

    /// Whether all keys are HMAC secrets, so that a signature costs less than a look-up in a cache.
    pub(crate) fn has_secrets_alone(&self) -> bool {
        let is_secret = |trusted: &Trusted| match &trusted.keys {
            Some(KeySource::Given(keys)) => keys.key_set().is_secret(),
            Some(KeySource::Remote(_)) | None => false,
        };
        let of_others = self.others.load().iter().all(|other| match other {
            Other::One(trusted) => is_secret(trusted),
            Other::Many(_) => false,
        });
        of_others && self.own.as_deref().is_none_or(is_secret)
    }

    /// Trusts another issuer from now on. Returns `false` if it overlaps with one that is trusted already.
    pub(crate) fn add(&self, new: Other) -> bool {
        self.change(|others| {
            if self.own.as_ref().is_some_and(|own| new.is_named(&own.name))
                || others.iter().any(|other| other.overlaps(&new))
            {
                return false;
            }
            others.push(new);
            true
        })
    }

    /// Stops trusting an issuer. Returns `false` if none has this name.
    pub(crate) fn remove(&self, name: &str) -> bool {
        self.change(|others| {
            let Some(at) = others.iter().position(|other| other.name() == name) else { return false };
            others.remove(at).remove();
            true
        })
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Other>) -> bool) -> bool {
        // A poisoned lock can be used: the list is replaced as a whole, so it is never half changed.
        let _changing = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        let mut others = self.others.load().to_vec();
        let is_changed = change(&mut others);
        self.others.store(Arc::new(others));
        is_changed
    }
}

impl fmt::Display for Trusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
