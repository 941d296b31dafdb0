//! What a store keeps and is asked.

use std::fmt;

/// The SHA-256 of a refresh token. The token itself is never kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RefreshHash(pub [u8; 32]);

impl fmt::Debug for RefreshHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshHash(..)")
    }
}

/// What is looked up of an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenRef<'t> {
    /// `iss`.
    pub issuer: &'t str,
    /// `jti`.
    pub jwt_id: &'t str,
    /// `sid`: the session that a refresh token continues.
    pub session: Option<&'t str>,
    /// `sub`.
    pub subject: &'t str,
    /// `iat`.
    pub issued_at: u64,
}

/// What is revoked. `until` is when the last token that it means has expired, leeway included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation<'r> {
    /// One access token, by issuer and `jti`; never by its bytes, since an ECDSA signature has a twin.
    Token {
        /// `iss`.
        issuer: &'r str,
        /// `jti`.
        jwt_id: &'r str,
        /// Seconds.
        until: u64,
    },
    /// A session: its refresh tokens and every access token that came of them.
    Session {
        /// `iss`.
        issuer: &'r str,
        /// `sid`.
        session: &'r str,
        /// Seconds.
        until: u64,
    },
    /// Every token of a user that was issued before a time, and the sessions that began before it.
    Subject {
        /// `iss`.
        issuer: &'r str,
        /// `sub`.
        subject: &'r str,
        /// Seconds. A token issued in this very second is not meant.
        before: u64,
        /// Seconds.
        until: u64,
    },
}

/// A refresh token and the session that it continues.
#[derive(Clone, PartialEq, Eq)]
pub struct Refresh {
    /// Of the token.
    pub hash: RefreshHash,
    /// `sid`.
    pub session: String,
    /// `iss`.
    pub issuer: String,
    /// `sub`.
    pub subject: String,
    /// `client_id`.
    pub client_id: String,
    /// The granted scopes, separated by spaces.
    pub scope: String,
    /// The access token's further claims, as JSON.
    pub claims: String,
    /// When the session began. Seconds.
    pub began_at: u64,
    /// Until when this token can be used. Seconds.
    pub expires_at: u64,
    /// Until when the session can be continued at all. Seconds.
    pub ends_at: u64,
}

/// Prints which session, and nothing of the token.
impl fmt::Debug for Refresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refresh")
            .field("session", &self.session)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// What became of a refresh token that was presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consumed {
    /// This call used it, and its successor is kept.
    Now(Refresh),
    /// It was used within the grace: the sealed successor of that use.
    Before {
        /// The session.
        refresh: Refresh,
        /// As it was handed in.
        sealed: [u8; 32],
    },
    /// It was used before. The store has revoked its session.
    Reused(Refresh),
    /// There is none, or it has expired, or its session was revoked.
    Unknown,
}
