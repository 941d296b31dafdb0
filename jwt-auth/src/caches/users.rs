//! Users that were looked up, remembered for a while.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::caches::bounded::{BoundedCache, bounded_cache};
use crate::caches::subject_tags::{SubjectName, SubjectNameRef};
use crate::jose::token::Token;
use crate::user::JwtUser;

const CAPACITY: usize = 10_000;

/// Bounded. That there is no such user is never remembered, and neither is an error.
pub(crate) struct UserCache {
    /// Seconds.
    lifetime: u64,
    users: BoundedCache<SubjectName, Found>,
    /// How often users were dropped.
    drops: AtomicU64,
}

#[derive(Clone)]
struct Found {
    /// Of the backend's type, which who asks knows.
    user: Arc<dyn Any + Send + Sync>,
    /// In which second the look-up began.
    asked_at: u64,
    drops: u64,
}

/// When a look-up began.
#[derive(Clone, Copy)]
pub(crate) struct Asking {
    now: u64,
    drops: u64,
}

impl UserCache {
    /// `None` for no time at all.
    pub(crate) fn new(lifetime: u64) -> Option<Self> {
        (lifetime > 0).then(|| Self { lifetime, users: bounded_cache(CAPACITY), drops: AtomicU64::new(0) })
    }

    /// A clock that was set back knows nobody.
    pub(crate) fn get<U: JwtUser>(&self, token: &Token, now: u64) -> Option<Arc<U>> {
        let found = self.users.get(&name(token))?;
        let is_fresh = now.checked_sub(found.asked_at).is_some_and(|age| age < self.lifetime);
        let is_known = is_fresh && found.drops == self.drops.load(Ordering::SeqCst);
        if is_known { found.user.downcast().ok() } else { None }
    }

    /// Taken before the look-up, so that what was dropped meanwhile is not remembered after all.
    pub(crate) fn asking(&self, now: u64) -> Asking {
        Asking { now, drops: self.drops.load(Ordering::SeqCst) }
    }

    pub(crate) fn keep<U: JwtUser>(&self, token: &Token, user: &Arc<U>, asking: Asking) {
        self.users.insert(
            name(token).into(),
            Found { user: Arc::clone(user) as _, asked_at: asking.now, drops: asking.drops },
        );
    }

    /// Users change seldom: all are dropped, and looked up again when they come.
    pub(crate) fn clear(&self) {
        self.drops.fetch_add(1, Ordering::SeqCst);
        self.users.clear();
    }
}

fn name(token: &Token) -> SubjectNameRef<'_> {
    SubjectNameRef { issuer: token.issuer(), subject: token.subject() }
}
