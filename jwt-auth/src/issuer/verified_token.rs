//! A verified token, together with values that are computed from it only once.

use std::any::Any;
use std::sync::{Arc, OnceLock};

use crate::issuer::trust::Trusted;
use crate::jose::token::Token;

/// A verified token, and the key set that verified it.
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

/// The issuer and the key set that a token was verified with.
#[derive(Clone, Debug)]
pub(crate) struct VerifiedBy {
    pub(crate) trusted: Arc<Trusted>,
    /// The number of the key set, which no other key set has.
    pub(crate) key_set: u64,
}

impl VerifiedBy {
    /// Whether the issuer is still trusted and still has the key set.
    pub(crate) fn is_current(&self) -> bool {
        self.trusted.is_trusted() && self.trusted.key_set_number() == Some(self.key_set)
    }
}
