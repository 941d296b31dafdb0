//! A refresh in the store: `find` the session, then `refresh` with the token. In between, the backend looks the user up and signs
//! the access token.

use std::sync::Arc;

use crate::records::effects::Sessions;
use crate::records::live_session::Session;
use crate::records::names::{Attempt, SealedSuccessor, SessionId, SubjectTag};
use crate::records::rotate::{Rotation, Settlement, TokenUse};
use crate::records::secrets::RefreshToken;
use crate::records::subject::Subject;
use crate::store::document::Key;
use crate::store::error::StoreError;

/// The session that a refresh token continues, as it was read first.
#[derive(Clone, Debug)]
pub(crate) struct FoundSession {
    pub(crate) id: SessionId,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) session: Session,
    /// Whether the token was usable then.
    pub(crate) is_usable: bool,
}

/// How a refresh token is used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refreshing {
    /// How long a used token still gets its successor, in seconds.
    pub(crate) grace: u64,
    /// How long the successor can be used, in seconds.
    pub(crate) idle: u64,
    /// When the access token that was signed for this request expires.
    pub(crate) access_until: u64,
}

/// What to answer to a refresh.
#[derive(Clone, Debug)]
pub(crate) enum Refreshed {
    /// 200 with this token.
    Successor(RefreshToken),
    /// 503 and `Retry-After`: another request with the same token came first, and its answer may be on its way.
    TryAgain,
    /// `invalid_grant`: the token was used before, and its session has ended now.
    Reused,
    /// `invalid_grant`: there is no such session, or it has ended.
    Unknown,
}

impl Sessions {
    /// The session of a refresh token, used or not; `None` if it has ended or never existed.
    pub(crate) async fn find(&self, token: &RefreshToken, now: u64) -> Result<Option<FoundSession>, StoreError> {
        let (id, hash, key) = (token.session()?, token.changing.hash()?, Key::subject(token.tag));
        let Some(subject) = self.driver.in_time(self.driver.subject(&key)).await? else { return Ok(None) };
        let Some(session) = subject.live(id).cloned() else { return Ok(None) };
        let is_usable = session.is_usable(hash, now);
        Ok(Some(FoundSession { id, issuer: subject.issuer, subject: subject.subject, session, is_usable }))
    }

    /// Uses a refresh token: `rotate`, then `settle`. `next` is the proposed successor; if an earlier use was not answered, the
    /// client gets the successor of that use instead. After an error (503), the same token gets the same successor.
    pub(crate) async fn refresh(
        &self,
        token: &RefreshToken,
        found: &FoundSession,
        next: &RefreshToken,
        how: Refreshing,
        now: u64,
    ) -> Result<Refreshed, StoreError> {
        let next = next.changing.clone();
        let sealed = token.changing.seal(&next, found.id)?;
        let used = TokenUse {
            session: found.id,
            presented: token.changing.hash()?,
            attempt: Attempt::random()?,
            next: next.hash()?,
            sealed,
            grace: how.grace,
            idle: how.idle,
            access_until: how.access_until,
            was_usable: found.is_usable,
        };
        let attempt = used.attempt;
        let opened = |sealed: SealedSuccessor| token.changing.open(sealed, found.id);
        let next = match self.rotate(token.tag, used, now).await? {
            Rotation::Rotated => next,
            Rotation::TakenOver(sealed) => opened(sealed)?,
            Rotation::Grace(sealed) => return Ok(Refreshed::Successor(token.with_changing(opened(sealed)?))),
            Rotation::Overtaken => return Ok(Refreshed::TryAgain),
            Rotation::Reused => {
                let session = found.id.text();
                tracing::warn!(target: "jwt_auth", session, "a refresh token was used twice; its session has ended");
                return Ok(Refreshed::Reused);
            }
            Rotation::Unknown => return Ok(Refreshed::Unknown),
        };
        match self.settle(token.tag, found.id, attempt, now).await {
            // The use is in the store. If the answer is lost, the token can be used again until its successor is used.
            Ok(Settlement::Settled) | Err(_) => Ok(Refreshed::Successor(token.with_changing(next))),
            Ok(Settlement::Superseded) => Ok(Refreshed::TryAgain),
        }
    }

    /// Gives a refresh token its successor.
    pub(crate) async fn rotate(&self, tag: SubjectTag, used: TokenUse, now: u64) -> Result<Rotation, StoreError> {
        let driver = Arc::clone(&self.driver);
        let rotating = async move {
            let mut used = used;
            let rotate = |subject: &mut Subject| {
                let live = subject.live(used.session);
                let is_usable = live.is_some_and(|session| session.is_usable(used.presented, now));
                let rotation = subject.rotate(&used, now, &driver.rules);
                // For the next round, if another write comes first in this one.
                used.was_usable |= is_usable;
                rotation
            };
            driver.change(Key::subject(tag), Subject::default(), now, false, rotate).await
        };
        self.driver.to_its_end(rotating).await
    }

    /// Records that the attempt is about to be answered.
    pub(crate) async fn settle(
        &self,
        tag: SubjectTag,
        id: SessionId,
        attempt: Attempt,
        now: u64,
    ) -> Result<Settlement, StoreError> {
        let driver = Arc::clone(&self.driver);
        let settling = async move {
            let settle = |subject: &mut Subject| subject.settle(id, attempt);
            driver.change(Key::subject(tag), Subject::default(), now, false, settle).await
        };
        self.driver.to_its_end(settling).await
    }
}
