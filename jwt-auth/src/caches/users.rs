//! A cache of users that `retrieve_user` found.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::caches::bounded::{BoundedCache, bounded_cache};
use crate::caches::subject_tags::{SubjectName, SubjectNameRef};
use crate::jose::token::Token;
use crate::user::JwtUser;

const CAPACITY: usize = 10_000;

/// A bounded cache. Only users that were found are cached, never a missing user or an error.
pub(crate) struct UserCache {
    /// How long a user is cached, in seconds.
    lifetime: u64,
    users: BoundedCache<SubjectName, Found>,
    /// How many times the cache was cleared.
    clears: AtomicU64,
}

#[derive(Clone)]
struct Found {
    /// A user of the backend's user type, which the caller knows.
    user: Arc<dyn Any + Send + Sync>,
    /// When the look-up began, in seconds since 1970.
    begun_at: u64,
    clears: u64,
}

/// The state of the cache when a look-up began.
#[derive(Clone, Copy)]
pub(crate) struct Lookup {
    now: u64,
    clears: u64,
}

impl UserCache {
    /// `None` if `lifetime` is 0, since nothing is cached then.
    pub(crate) fn new(lifetime: u64) -> Option<Self> {
        (lifetime > 0).then(|| Self { lifetime, users: bounded_cache(CAPACITY), clears: AtomicU64::new(0) })
    }

    /// The cached user, if it is fresh. It is not fresh if the clock was set back.
    pub(crate) fn get<U: JwtUser>(&self, token: &Token, now: u64) -> Option<Arc<U>> {
        let found = self.users.get(&name(token))?;
        let is_fresh = now.checked_sub(found.begun_at).is_some_and(|age| age < self.lifetime);
        let is_known = is_fresh && found.clears == self.clears.load(Ordering::SeqCst);
        if is_known { found.user.downcast().ok() } else { None }
    }

    /// Call this before the look-up, so that a user is not cached if the cache is cleared during the look-up.
    pub(crate) fn start_lookup(&self, now: u64) -> Lookup {
        Lookup { now, clears: self.clears.load(Ordering::SeqCst) }
    }

    pub(crate) fn keep<U: JwtUser>(&self, token: &Token, user: &Arc<U>, lookup: Lookup) {
        self.users.insert(
            name(token).into(),
            Found { user: Arc::clone(user) as _, begun_at: lookup.now, clears: lookup.clears },
        );
    }

    /// Drops all users. Users change rarely, so looking all of them up again costs little.
    pub(crate) fn clear(&self) {
        self.clears.fetch_add(1, Ordering::SeqCst);
        self.users.clear();
    }
}

fn name(token: &Token) -> SubjectNameRef<'_> {
    SubjectNameRef { issuer: token.issuer(), subject: token.subject() }
}
