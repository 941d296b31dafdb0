//! A refresh: `find` the session, then `refresh` with the token. In between, the backend looks the user up and signs the access
//! token.
//!
//! A token is used in two steps: `rotate` gives it a successor, and `settle` records that the request is about to be answered.
//! Between the two, the same token gets the same successor again, so a client that got no answer can continue. However many
//! requests use one token, at most one of them settles.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::records::driver::Driver;
use crate::records::live_session::{LiveSession, Previous};
use crate::records::names::{Attempt, SealedSuccessor, SessionId, TokenHash};
use crate::records::refresh_token::RefreshToken;
use crate::records::retry::Retry;
use crate::records::rules::Rules;
use crate::records::sessions::Sessions;
use crate::records::subject::Subject;
use crate::store::document::Key;
use crate::store::error::StoreError;
use crate::store::subject_tag::SubjectTag;

/// The use of a refresh token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TokenUse {
    pub(crate) session: SessionId,
    pub(crate) presented: TokenHash,
    pub(crate) attempt: Attempt,
    /// The successor that this request proposes.
    pub(crate) next: TokenHash,
    pub(crate) sealed: SealedSuccessor,
    /// How long a used token still gets its successor, in seconds. With 0 it gets none once the use is settled, whatever the
    /// instances' clocks say.
    pub(crate) grace: u64,
    /// How long the successor can be used, in seconds.
    pub(crate) idle: u64,
    /// When the access token that was signed for this request expires.
    pub(crate) access_until: u64,
    /// Whether this request has read that the token is usable. If another request has used the token since, this one lost a race,
    /// and the session does not end.
    pub(crate) was_usable: bool,
}

/// The outcome of using a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Rotation {
    /// This request used the token. The successor is the one that the request proposed.
    Rotated,
    /// The token was used a moment ago. This is the successor of that use, and there is nothing to settle.
    Grace(SealedSuccessor),
    /// An earlier request used the token and was not answered. This is the successor of that use.
    TakenOver(SealedSuccessor),
    /// Another request with the same token came first.
    Overtaken,
    /// The token was used before. Its session has ended now.
    Reused,
    /// There is no such session, or it has ended or expired.
    Unknown,
}

/// Whether a request may be answered with the successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Settlement {
    Settled,
    /// Another request took the use over, or the session has ended.
    Superseded,
}

impl LiveSession {
    /// Whether its refresh token can be used at this time.
    pub(crate) fn is_in_time(&self, now: u64) -> bool {
        now < self.idle_until && now < self.ends_at
    }

    /// Whether this token gets a successor.
    pub(crate) fn is_usable(&self, token: TokenHash, now: u64) -> bool {
        let is_previous = |previous: &Previous| {
            previous.hash == token && (now < previous.grace_until || !previous.settled) && previous.sealed.is_some()
        };
        self.is_in_time(now) && (self.head == token || self.previous.as_ref().is_some_and(is_previous))
    }
}

impl Subject {
    /// Uses a refresh token.
    pub(crate) fn rotate(&mut self, used: &TokenUse, now: u64, rules: &Rules) -> Rotation {
        let Some(session) = self.live_mut(used.session).filter(|session| session.is_in_time(now)) else {
            return Rotation::Unknown;
        };
        let rotation = session.rotate(used, now);
        match rotation {
            Rotation::Rotated | Rotation::Grace(_) | Rotation::TakenOver(_) => {
                session.access_until = session.access_until.max(used.access_until);
            }
            Rotation::Reused => {
                self.end(used.session, rules);
            }
            Rotation::Overtaken | Rotation::Unknown => {}
        }
        rotation
    }

    /// The last step before the answer. It succeeds if no other attempt has taken the use over.
    pub(crate) fn settle(&mut self, session: SessionId, attempt: Attempt) -> Settlement {
        let previous = self.live_mut(session).and_then(|session| session.previous.as_mut());
        let Some(previous) = previous.filter(|previous| previous.attempt == attempt) else {
            return Settlement::Superseded;
        };
        previous.settled = true;
        if previous.grace_until == 0 {
            previous.sealed = None;
        }
        Settlement::Settled
    }
}

impl LiveSession {
    fn rotate(&mut self, used: &TokenUse, now: u64) -> Rotation {
        if used.presented == self.head {
            self.previous = Some(Previous {
                hash: used.presented,
                sealed: Some(used.sealed),
                attempt: used.attempt,
                settled: false,
                grace_until: if used.grace == 0 { 0 } else { now.saturating_add(used.grace) },
            });
            self.head = used.next;
            self.refreshed_at = self.refreshed_at.max(now);
            self.idle_until = now.saturating_add(used.idle).min(self.ends_at);
            return Rotation::Rotated;
        }
        if let Some(previous) = self.previous.as_mut().filter(|previous| previous.hash == used.presented) {
            // The same write was sent twice. The successor is the one in the store, which may be that of an earlier attempt.
            if previous.attempt == used.attempt {
                return previous.sealed.map_or(Rotation::Rotated, Rotation::TakenOver);
            }
            match previous.sealed {
                Some(sealed) if now < previous.grace_until => return Rotation::Grace(sealed),
                Some(sealed) if !previous.settled => {
                    previous.attempt = used.attempt;
                    return Rotation::TakenOver(sealed);
                }
                _ => {}
            }
        }
        if used.was_usable { Rotation::Overtaken } else { Rotation::Reused }
    }
}

/// The session that a refresh token continues, as [`Sessions::find`] read it.
#[derive(Clone, Debug)]
pub(crate) struct FoundSession {
    pub(crate) id: SessionId,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) session: LiveSession,
    /// Whether the token was usable when it was read.
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
    /// The session of a refresh token, whether or not the token was used before. `None` if the session has ended or never
    /// existed.
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
            Rotation::Reused => return Ok(Refreshed::Reused),
            Rotation::Unknown => return Ok(Refreshed::Unknown),
        };
        match self.settle(token.tag, found.id, attempt, now).await {
            // After an error, the use is in the store but may not be settled. If it is not, and the answer is lost, the token can
            // be used again until its successor is used.
            Ok(Settlement::Settled) | Err(_) => Ok(Refreshed::Successor(token.with_changing(next))),
            Ok(Settlement::Superseded) => Ok(Refreshed::TryAgain),
        }
    }

    /// Gives a refresh token its successor. If the token was used before and the store does not confirm the end of its session, the
    /// end is retried in the background.
    pub(crate) async fn rotate(&self, tag: SubjectTag, used: TokenUse, now: u64) -> Result<Rotation, StoreError> {
        let (driver, id) = (Arc::clone(&self.driver), used.session);
        let is_reused = Arc::new(AtomicBool::new(false));
        let decided = Arc::clone(&is_reused);
        let rotating = async move {
            let mut used = used;
            let rotate = |subject: &mut Subject| {
                let live = subject.live(used.session);
                let is_usable = live.is_some_and(|session| session.is_usable(used.presented, now));
                let rotation = subject.rotate(&used, now, &driver.rules);
                // For the next round, if another write comes first in this one.
                used.was_usable |= is_usable;
                decided.store(rotation == Rotation::Reused, Ordering::SeqCst);
                rotation
            };
            driver.change(Key::subject(tag), Subject::default(), now, None, rotate).await
        };
        let rotation = self.driver.run_to_end(rotating).await;
        if rotation.is_err() && is_reused.load(Ordering::SeqCst) {
            let end = move |driver: Arc<Driver>| async move { driver.end(tag, id, now).await };
            self.driver.retry(Retry::SignOut, "ending a session whose refresh token was used twice", end);
        }
        rotation
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
            driver.change(Key::subject(tag), Subject::default(), now, None, settle).await
        };
        self.driver.run_to_end(settling).await
    }
}
