//! Tokens of which the store said that they are not revoked, remembered for a while.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

use quick_cache::Equivalent;
use quick_cache::sync::Cache;

use crate::store::{Revocation, TokenRef};

const CAPACITY: usize = 50_000;
/// So many counters are shared by all names; a token whose names share one with what is revoked is asked about once more.
const COUNTERS: usize = 4_096;

/// Bounded, and never the list of what is revoked: what it forgets is asked about again.
pub(super) struct Unrevoked {
    /// Seconds.
    staleness: u64,
    answers: Cache<Known, Answer>,
    /// How often this backend has revoked, by what was named.
    revocations: Vec<AtomicU64>,
}

/// That a token is not revoked.
#[derive(Clone, Copy)]
struct Answer {
    /// In which second the store was asked.
    asked_at: u64,
    revocations: Revocations,
}

/// How often this backend had revoked what a token is revoked by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Revocations(u64);

impl Unrevoked {
    /// `None` for no time at all.
    pub(super) fn new(staleness: u64) -> Option<Self> {
        (staleness > 0).then(|| Self::with_capacity(staleness, CAPACITY))
    }

    fn with_capacity(staleness: u64, capacity: usize) -> Self {
        let revocations = (0..COUNTERS).map(|_| AtomicU64::new(0)).collect();
        Self { staleness, answers: Cache::new(capacity), revocations }
    }

    /// Whether the store was asked about this very token, not too long ago and after whatever was revoked here. A clock that
    /// was set back knows nothing.
    pub(super) fn knows(&self, token: TokenRef<'_>, now: u64) -> bool {
        self.answers.get(&token).is_some_and(|answer| {
            let is_fresh = now.checked_sub(answer.asked_at).is_some_and(|age| age < self.staleness);
            is_fresh && answer.revocations == self.revocations(token)
        })
    }

    /// Taken before the store is asked, so that a revocation which comes before its answer is noticed.
    pub(super) fn revocations(&self, token: TokenRef<'_>) -> Revocations {
        let TokenRef { issuer, jwt_id, session, subject, .. } = token;
        let names = [
            Some(Name::Token(issuer, jwt_id)),
            session.map(|session| Name::Session(issuer, session)),
            Some(Name::Subject(issuer, subject)),
        ];
        let counts = names.into_iter().flatten().filter_map(|name| self.counter(name));
        // None of them ever falls, so the sum is the same where each is.
        Revocations(counts.fold(0, |sum, count| sum.wrapping_add(count.load(Ordering::SeqCst))))
    }

    /// The store, asked in this second, said no.
    pub(super) fn keep(&self, token: TokenRef<'_>, asked_at: u64, revocations: Revocations) {
        self.answers.insert(token.into(), Answer { asked_at, revocations });
    }

    fn forget(&self, revocation: Revocation<'_>) {
        let name = match revocation {
            Revocation::Token { issuer, jwt_id, .. } => Name::Token(issuer, jwt_id),
            Revocation::Session { issuer, session, .. } => Name::Session(issuer, session),
            Revocation::Subject { issuer, subject, .. } => Name::Subject(issuer, subject),
        };
        if let Some(counter) = self.counter(name) {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn counter(&self, name: Name<'_>) -> Option<&AtomicU64> {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let at = usize::try_from(hasher.finish().checked_rem(u64::try_from(COUNTERS).ok()?)?).ok()?;
        self.revocations.get(at)
    }
}

/// What a revocation names.
#[derive(Clone, Copy, Hash)]
enum Name<'n> {
    /// Issuer and `jti`.
    Token(&'n str, &'n str),
    /// Issuer and `sid`.
    Session(&'n str, &'n str),
    /// Issuer and `sub`.
    Subject(&'n str, &'n str),
}

/// Revocations that are being written to the store. When this is dropped, whether or not the write succeeded, the
/// answers that are remembered for their tokens no longer count.
pub(super) struct Revoking<'r> {
    pub(super) unrevoked: &'r Unrevoked,
    pub(super) revocations: &'r [Revocation<'r>],
}

impl Drop for Revoking<'_> {
    fn drop(&mut self) {
        self.revocations.iter().for_each(|revocation| self.unrevoked.forget(*revocation));
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
        tokens.iter().for_each(|token| unrevoked.keep(*token, 100, unrevoked.revocations(*token)));
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
    fn a_revocation_forgets_what_it_names_and_nothing_else() {
        let (issuer, until) = ("i", 200);
        let other = TokenRef { jwt_id: "k", session: Some("t"), subject: "v", ..TOKEN };
        for revocation in [
            Revocation::Token { issuer, jwt_id: "j", until },
            Revocation::Session { issuer, session: "s", until },
            Revocation::Subject { issuer, subject: "u", before: 101, until },
        ] {
            let unrevoked = kept(&[TOKEN, other]);
            drop(Revoking { unrevoked: &unrevoked, revocations: &[revocation] });
            assert!(!unrevoked.knows(TOKEN, 100), "{revocation:?}");
            assert!(unrevoked.knows(other, 100), "{revocation:?}");
            unrevoked.keep(TOKEN, 100, unrevoked.revocations(TOKEN));
            assert!(unrevoked.knows(TOKEN, 100), "it is asked about once, and no oftener: {revocation:?}");
        }
    }

    // REV-08: the store was asked before the revocation, and answered after it.
    #[test]
    fn an_answer_that_a_revocation_overtook_is_not_kept() {
        let unrevoked = kept(&[]);
        let before = unrevoked.revocations(TOKEN);
        let session = Revocation::Session { issuer: "i", session: "s", until: 200 };
        drop(Revoking { unrevoked: &unrevoked, revocations: &[session] });
        unrevoked.keep(TOKEN, 100, before);
        assert!(!unrevoked.knows(TOKEN, 100));
    }

    // REV-08
    #[test]
    fn it_is_bounded() {
        let unrevoked = Unrevoked::with_capacity(5, 100);
        for n in 0..10_000 {
            unrevoked.keep(TokenRef { jwt_id: &n.to_string(), ..TOKEN }, 100, unrevoked.revocations(TOKEN));
        }
        assert!(unrevoked.answers.len() <= 100, "{}", unrevoked.answers.len());
    }
}
