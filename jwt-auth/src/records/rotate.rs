//! The use of a refresh token, in two steps: `rotate` gives it a successor, and `settle` records that the request is about to be
//! answered. Between the two, the same token gets the same successor again, so a client that got no answer can continue. However
//! many requests use one token, at most one of them settles.

use crate::records::live_session::{Previous, Session};
use crate::records::names::{Attempt, SealedSuccessor, SessionId, TokenHash};
use crate::records::rules::Rules;
use crate::records::subject::Subject;

/// The use of a refresh token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TokenUse {
    pub(crate) session: SessionId,
    pub(crate) presented: TokenHash,
    pub(crate) attempt: Attempt,
    /// The successor that this request proposes.
    pub(crate) next: TokenHash,
    pub(crate) sealed: SealedSuccessor,
    /// How long a used token still gets its successor, in seconds. With 0 it never does, whatever the instances' clocks say.
    pub(crate) grace: u64,
    /// How long the successor can be used, in seconds.
    pub(crate) idle: u64,
    /// When the access token that was signed for this request expires.
    pub(crate) access_until: u64,
    /// Whether this request has seen the token usable. If the token is used by now, the request lost a race, and the session does
    /// not end.
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

impl Session {
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

impl Session {
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
            // The same write was sent twice.
            if previous.attempt == used.attempt {
                return Rotation::Rotated;
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
