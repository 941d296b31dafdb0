//! Tokens of which the store said that they are not revoked, remembered for a while.

use std::hash::{Hash, Hasher};
use std::sync::{PoisonError, RwLock};

use quick_cache::Equivalent;
use quick_cache::sync::Cache;

use crate::store::{Revocation, TokenRef};

/// How many tokens are remembered; a revocation looks through all of them.
const CAPACITY: usize = 20_000;

/// Bounded, and never the list of what is revoked: what it forgets is asked about again.
pub(super) struct Unrevoked {
    /// Seconds.
    staleness: u64,
    /// The second in which the store was asked.
    asked_at: Cache<Known, u64>,
    /// How often this backend has revoked.
    revocations: RwLock<u64>,
}

impl Unrevoked {
    /// `None` for no time at all.
    pub(super) fn new(staleness: u64) -> Option<Self> {
        (staleness > 0).then(|| Self::with_capacity(staleness, CAPACITY))
    }

    fn with_capacity(staleness: u64, capacity: usize) -> Self {
        Self { staleness, asked_at: Cache::new(capacity), revocations: RwLock::default() }
    }

    /// Whether the store was asked about this very token, and not too long ago. A clock that was set back knows nothing.
    pub(super) fn knows(&self, token: TokenRef<'_>, now: u64) -> bool {
        let asked_at = self.asked_at.get(&token);
        asked_at.is_some_and(|asked_at| now.checked_sub(asked_at).is_some_and(|age| age < self.staleness))
    }

    /// Taken before the store is asked, and handed to [`keep`](Self::keep) with what it said.
    pub(super) fn revocations(&self) -> u64 {
        *self.revocations.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store said no to a question of this second. Something revoked since may be this token, and is not kept.
    pub(super) fn keep(&self, token: TokenRef<'_>, asked_at: u64, before: u64) {
        let revocations = self.revocations.read().unwrap_or_else(PoisonError::into_inner);
        if *revocations == before {
            self.asked_at.insert(token.into(), asked_at);
        }
    }

    /// Forgets what a revocation means, and has answers that are on their way not kept.
    fn forget(&self, revocation: Revocation<'_>) {
        let mut revocations = self.revocations.write().unwrap_or_else(PoisonError::into_inner);
        *revocations = revocations.wrapping_add(1);
        drop(revocations);
        self.asked_at.retain(|known, _| !revocation.means(known.token()));
    }
}

/// A revocation on its way to the store. When it is over, whatever became of it, what it means is forgotten.
pub(super) struct Revoking<'r> {
    pub(super) unrevoked: &'r Unrevoked,
    pub(super) revocation: Revocation<'r>,
}

impl Drop for Revoking<'_> {
    fn drop(&mut self) {
        self.unrevoked.forget(self.revocation);
    }
}

/// Everything that a store is asked by.
struct Known {
    issuer: Box<str>,
    jwt_id: Box<str>,
    session: Option<Box<str>>,
    subject: Box<str>,
    issued_at: u64,
}

impl Known {
    fn token(&self) -> TokenRef<'_> {
        TokenRef {
            issuer: &self.issuer,
            jwt_id: &self.jwt_id,
            session: self.session.as_deref(),
            subject: &self.subject,
            issued_at: self.issued_at,
        }
    }
}

impl From<TokenRef<'_>> for Known {
    fn from(token: TokenRef<'_>) -> Self {
        Self {
            issuer: token.issuer.into(),
            jwt_id: token.jwt_id.into(),
            session: token.session.map(Into::into),
            subject: token.subject.into(),
            issued_at: token.issued_at,
        }
    }
}

impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        self.token() == other.token()
    }
}

impl Eq for Known {}

impl Hash for Known {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.token().hash(state);
    }
}

impl Equivalent<Known> for TokenRef<'_> {
    fn equivalent(&self, known: &Known) -> bool {
        *self == known.token()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: TokenRef<'_> = TokenRef { issuer: "i", jwt_id: "j", session: Some("s"), subject: "u", issued_at: 100 };

    fn kept(tokens: &[TokenRef<'_>]) -> Unrevoked {
        let unrevoked = Unrevoked::with_capacity(5, 1_000);
        tokens.iter().for_each(|token| unrevoked.keep(*token, 100, unrevoked.revocations()));
        unrevoked
    }

    // REV-08
    #[test]
    fn an_answer_is_known_for_its_seconds_and_of_that_token_alone() {
        let unrevoked = kept(&[TOKEN]);
        for (now, is_known) in [(99, false), (100, true), (104, true), (105, false), (1_000, false)] {
            assert_eq!(unrevoked.knows(TOKEN, now), is_known, "{now}");
        }
        let others = [
            TokenRef { issuer: "x", ..TOKEN },
            TokenRef { jwt_id: "x", ..TOKEN },
            TokenRef { session: None, ..TOKEN },
            TokenRef { session: Some(""), ..TOKEN },
            TokenRef { subject: "x", ..TOKEN },
            TokenRef { issued_at: 99, ..TOKEN },
            TokenRef { issuer: "ij", jwt_id: "", ..TOKEN },
        ];
        for other in others {
            assert!(!unrevoked.knows(other, 100), "{other:?}");
        }
        assert!(Unrevoked::new(0).is_none());
    }

    // REV-08
    #[test]
    fn a_revocation_forgets_what_it_means_and_nothing_else() {
        let (issuer, until) = ("i", 200);
        let other = TokenRef { jwt_id: "k", session: Some("t"), subject: "v", ..TOKEN };
        let later = TokenRef { jwt_id: "l", session: None, issued_at: 101, ..TOKEN };
        for revocation in [
            Revocation::Token { issuer, jwt_id: "j", until },
            Revocation::Session { session: "s", until },
            Revocation::Subject { issuer, subject: "u", before: 101, until },
        ] {
            let unrevoked = kept(&[TOKEN, other, later]);
            drop(Revoking { unrevoked: &unrevoked, revocation });
            assert!(!unrevoked.knows(TOKEN, 100), "{revocation:?}");
            assert!(unrevoked.knows(other, 100) && unrevoked.knows(later, 100), "{revocation:?}");
        }
    }

    // REV-08: the store was asked before the revocation, and answered after it.
    #[test]
    fn an_answer_that_a_revocation_overtook_is_not_kept() {
        let unrevoked = kept(&[]);
        let before = unrevoked.revocations();
        drop(Revoking { unrevoked: &unrevoked, revocation: Revocation::Session { session: "s", until: 200 } });
        unrevoked.keep(TOKEN, 100, before);
        assert!(!unrevoked.knows(TOKEN, 100));
    }

    // REV-08
    #[test]
    fn it_is_bounded() {
        let unrevoked = Unrevoked::with_capacity(5, 100);
        for n in 0..10_000 {
            unrevoked.keep(TokenRef { jwt_id: &n.to_string(), ..TOKEN }, 100, 0);
        }
        assert!(unrevoked.asked_at.len() <= 100, "{}", unrevoked.asked_at.len());
    }
}
