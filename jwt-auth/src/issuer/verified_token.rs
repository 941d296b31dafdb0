//! A verified token, together with values that are computed from it only once.

use std::any::Any;
use std::sync::{Arc, OnceLock};

use crate::clock::ClockError;
use crate::issuer::trust::Trusted;
use crate::jose::token::Token;

/// A verified token, and what verified it.
#[derive(Clone)]
pub(crate) struct VerifiedToken {
    pub(crate) token: Token,
    pub(crate) verified_by: VerifiedBy,
    /// `None` if the token is not cached.
    memo: Option<Arc<Memo>>,
}

/// Values that are computed once for a cached token.
#[derive(Default)]
struct Memo {
    user: OnceLock<AnyUser>,
    subject_tag: OnceLock<[u8; 16]>,
}

/// A user of the backend's user type.
type AnyUser = Arc<dyn Any + Send + Sync>;

impl VerifiedToken {
    /// A token that is not cached.
    pub(crate) fn new(token: Token, verified_by: VerifiedBy) -> Self {
        Self { token, verified_by, memo: None }
    }

    /// The same token, able to keep values that are computed once.
    pub(crate) fn with_memo(self) -> Self {
        Self { memo: Some(Arc::default()), ..self }
    }

    /// The user that was made from this token before, if any.
    pub(crate) fn user<U: Send + Sync + 'static>(&self) -> Option<Arc<U>> {
        Arc::clone(self.memo.as_ref()?.user.get()?).downcast().ok()
    }

    /// Keeps the user for as long as the token is cached. It is not kept in the token, because a user may hold its token.
    pub(crate) fn keep_user<U: Send + Sync + 'static>(&self, user: &Arc<U>) {
        if let Some(memo) = &self.memo {
            // If two requests do this at once, either user will do: they are equal.
            let _ = memo.user.set(Arc::clone(user) as AnyUser);
        }
    }

    /// The tag that identifies the subject in the store. For a cached token it is computed at most once.
    pub(crate) fn subject_tag<E>(&self, compute: impl FnOnce() -> Result<[u8; 16], E>) -> Result<[u8; 16], E> {
        let Some(memo) = &self.memo else { return compute() };
        if let Some(tag) = memo.subject_tag.get() {
            return Ok(*tag);
        }
        let tag = compute()?;
        let _ = memo.subject_tag.set(tag);
        Ok(tag)
    }
}

/// The issuer of a token, and how long its verification counts.
#[derive(Clone, Debug)]
pub(crate) struct VerifiedBy {
    pub(crate) trusted: Arc<Trusted>,
    pub(crate) until: Until,
}

/// How long a verification counts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Until {
    /// As long as the issuer has the key set with this number, which no other key set has.
    KeySetChanges(u64),
    /// Until this second. The issuer was asked.
    #[cfg_attr(not(feature = "remote_jwks"), allow(dead_code, reason = "no issuer is asked"))]
    Second(u64),
}

impl VerifiedBy {
    /// Whether the issuer is still trusted, and still has the key set or need not be asked again.
    pub(crate) fn is_current(&self, now: Result<u64, ClockError>) -> bool {
        let counts = match self.until {
            Until::KeySetChanges(number) => self.trusted.key_set_number() == Some(number),
            Until::Second(second) => now.is_ok_and(|now| now < second),
        };
        self.trusted.is_trusted() && counts
    }
}
