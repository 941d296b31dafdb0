//! The bounds that every decision is held to.

/// More access tokens of one subject are revoked one by one only by ending more than was asked for.
pub(super) const MAX_REVOKED: usize = 64;
/// All sessions of one subject together, in bytes.
pub(super) const MAX_BODY: usize = 64 * 1024;
/// Sessions of one subject that are live, or that have ended and whose access tokens have not expired yet.
pub(super) const MAX_ENTRIES: usize = 512;

/// What is the same for every decision of a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Rules {
    /// For how many seconds after its expiry a token may still be accepted, by any verifier on the store.
    pub(crate) leeway: u64,
    /// How many seconds the clocks of two instances may be apart.
    pub(crate) apart: u64,
    /// The longest life of an access token of any backend on the store, in seconds.
    pub(crate) longest_access: u64,
    /// How many sessions of one subject are live at most.
    pub(crate) max_sessions: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self { leeway: 300, apart: 2, longest_access: 400 * 24 * 60 * 60, max_sessions: 100 }
    }
}

impl Rules {
    /// The second in which no verifier accepts a token any more that expires at `expires_at`, whichever of two clocks it reads.
    pub(super) fn outlived(&self, expires_at: u64) -> u64 {
        expires_at.saturating_add(self.leeway).saturating_add(self.apart).saturating_add(1)
    }
}
