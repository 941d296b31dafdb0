//! The limits that every decision keeps.

/// The most access tokens of one subject that can be revoked one by one. If more are revoked, other tokens of the subject are
/// refused too.
pub(crate) const MAX_REVOKED: usize = 64;
/// The most bytes of all sessions of one subject together.
pub(crate) const MAX_BODY: usize = 64 * 1024;
/// The most sessions of one subject. An ended session counts until its access tokens have expired.
pub(crate) const MAX_ENTRIES: usize = 512;

/// The settings for every decision of a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Rules {
    /// How long after its expiry a token may still be accepted by a verifier on the store, in seconds.
    pub(crate) leeway: u64,
    /// How many seconds the clocks of two instances may be apart.
    pub(crate) clocks_apart: u64,
    /// The longest life of an access token of any backend on the store, in seconds.
    pub(crate) longest_access: u64,
    /// The most live sessions of one subject.
    pub(crate) max_sessions: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self { leeway: 300, clocks_apart: 2, longest_access: 400 * 24 * 60 * 60, max_sessions: 100 }
    }
}

impl Rules {
    /// For how many seconds after a sign-out everywhere a new sign-in may still be refused as stale.
    pub(crate) fn stale_for(&self) -> u64 {
        self.clocks_apart.saturating_mul(2).saturating_add(1)
    }

    /// The second from which no verifier accepts a token that expires at `expires_at`, whichever instance's clock it uses.
    pub(crate) fn outlived(&self, expires_at: u64) -> u64 {
        expires_at.saturating_add(self.leeway).saturating_add(self.clocks_apart).saturating_add(1)
    }
}
