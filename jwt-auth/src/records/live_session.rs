//! The record of a session that has not ended.

use crate::records::encoding::{Reader, Writer};
use crate::records::names::{Attempt, SealedSuccessor, TokenHash};
use crate::store::error::StoreError;

/// A session that has not ended. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LiveSession {
    /// When the check of the user (the password, for example) began.
    pub(crate) checked_at: u64,
    pub(crate) began_at: u64,
    pub(crate) refreshed_at: u64,
    /// When its refresh token expires unless it is used before then.
    pub(crate) idle_until: u64,
    /// When its refresh tokens expire in any case.
    pub(crate) ends_at: u64,
    pub(crate) client_id: String,
    /// The granted scopes, separated by spaces.
    pub(crate) scope: String,
    /// Further claims of its access tokens, as JSON.
    pub(crate) claims: String,
    /// The application's own name for it.
    pub(crate) label: String,
    /// The hash of the newest refresh token.
    pub(crate) head: TokenHash,
    pub(crate) previous: Option<Previous>,
    /// The latest expiry of an access token that was signed for it.
    pub(crate) access_until: u64,
}

/// The refresh token before the newest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Previous {
    pub(crate) hash: TokenHash,
    /// Its successor, for as long as the store may return it again.
    pub(crate) sealed: Option<SealedSuccessor>,
    /// The request that used it, or that took over its use.
    pub(crate) attempt: Attempt,
    /// Whether that request is about to be answered.
    pub(crate) settled: bool,
    /// Until this time, the token still gets its successor after it was settled. 0 means no grace.
    pub(crate) grace_until: u64,
}

impl LiveSession {
    pub(crate) fn encode(&self, writer: &mut Writer) {
        for time in
            [self.checked_at, self.began_at, self.refreshed_at, self.idle_until, self.ends_at, self.access_until]
        {
            writer.seconds(time);
        }
        for text in [&self.client_id, &self.scope, &self.claims, &self.label] {
            writer.text(text);
        }
        writer.bytes(&self.head.0);
        writer.option(self.previous.as_ref(), |writer, previous| {
            writer.bytes(&previous.hash.0);
            writer.option(previous.sealed.as_ref(), |writer, sealed| writer.bytes(&sealed.0));
            writer.bytes(&previous.attempt.0);
            writer.flag(previous.settled);
            writer.seconds(previous.grace_until);
        });
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, StoreError> {
        let (checked_at, began_at, refreshed_at) = (reader.seconds()?, reader.seconds()?, reader.seconds()?);
        let (idle_until, ends_at, access_until) = (reader.seconds()?, reader.seconds()?, reader.seconds()?);
        let (client_id, scope) = (reader.text()?, reader.text()?);
        let (claims, label) = (reader.text()?, reader.text()?);
        let head = TokenHash(reader.array()?);
        let previous = reader.option(|reader| {
            Ok(Previous {
                hash: TokenHash(reader.array()?),
                sealed: reader.option(|reader| reader.array().map(SealedSuccessor))?,
                attempt: Attempt(reader.array()?),
                settled: reader.flag()?,
                grace_until: reader.seconds()?,
            })
        })?;
        Ok(Self {
            checked_at,
            began_at,
            refreshed_at,
            idle_until,
            ends_at,
            client_id,
            scope,
            claims,
            label,
            head,
            previous,
            access_until,
        })
    }
}
