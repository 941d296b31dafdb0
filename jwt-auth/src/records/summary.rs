//! Decides from the summary alone whether an access token is still valid. Only the entries that the token names are parsed, and
//! nothing is allocated unless tokens of the subject were revoked one by one.

use crate::records::encoding::{Reader, malformed};
use crate::records::names::{JwtIdHash, SessionId};
use crate::store::document::Summary;
use crate::store::error::StoreError;

/// The size of a session's entry in bytes: its name, its kind, and until when it is kept.
pub(crate) const ENTRY: usize = 25;
/// The size of a revoked token's entry in bytes: the hash of its `jti`, and until when it is kept.
pub(crate) const REVOKED: usize = 24;
pub(crate) const LIVE: u8 = 0;
pub(crate) const ENDED: u8 = 1;

/// What the look-up needs to know about an access token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AccessToken<'t> {
    /// The session of its `sid`, if it has one.
    pub(crate) session: Option<SessionId>,
    /// Whether the store holds the sessions of the token's issuer. If it does, a session that is not in it has ended.
    pub(crate) is_ours: bool,
    /// Its `jti`, if it has one.
    pub(crate) jwt_id: Option<&'t str>,
    /// Its `iat`: the second in which the check of the user began.
    pub(crate) issued_at: u64,
}

/// What the store says about an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Standing {
    Accepted,
    /// Its session has ended, or is not in the store.
    SessionEnded,
    /// Its user was signed out everywhere after the check of the user began.
    SignedOutEverywhere,
    /// This token was revoked without its session.
    Revoked,
}

impl AccessToken<'_> {
    /// Looks the token up in the summary of its subject. `None` means that there is no document.
    pub(crate) fn standing(&self, summary: Option<&Summary>) -> Result<Standing, StoreError> {
        let Some(summary) = summary else {
            let is_unknown = self.session.is_some() && self.is_ours;
            return Ok(if is_unknown { Standing::SessionEnded } else { Standing::Accepted });
        };
        let mut reader = Reader::new(summary.as_bytes())?;
        let before = reader.seconds()?;
        let (entries, revoked) = (reader.records::<ENTRY>()?, reader.records::<REVOKED>()?);
        reader.end()?;
        match self.session {
            Some(session) => {
                let kind = find(entries, &session.0).and_then(|rest| rest.first());
                match kind {
                    Some(&LIVE) => {}
                    Some(&ENDED) => return Ok(Standing::SessionEnded),
                    Some(_) => return Err(malformed()),
                    None if self.is_ours => return Ok(Standing::SessionEnded),
                    // We do not know when a session of another issuer began, so the token's own time counts.
                    None if self.issued_at < before => return Ok(Standing::SignedOutEverywhere),
                    None => {}
                }
            }
            None if self.issued_at < before => return Ok(Standing::SignedOutEverywhere),
            None => {}
        }
        // The summary may still contain expired entries. If one of them names a token, that token has expired too.
        let is_revoked = match self.jwt_id {
            Some(jwt_id) if !revoked.is_empty() => find(revoked, &JwtIdHash::new(jwt_id)?.0).is_some(),
            _ => false,
        };
        Ok(if is_revoked { Standing::Revoked } else { Standing::Accepted })
    }
}

/// Finds the record with this name, and returns its bytes after the name. The records are sorted by name.
fn find<'r, const N: usize>(records: &'r [[u8; N]], name: &[u8; 16]) -> Option<&'r [u8]> {
    let at = records.binary_search_by_key(&Some(name), |record| record.first_chunk::<16>()).ok()?;
    records.get(at)?.get(16..)
}

/// A sign-in is stale if its check began before this second.
pub(crate) fn before(summary: Option<&Summary>) -> Result<u64, StoreError> {
    summary.map_or(Ok(0), |summary| Reader::new(summary.as_bytes())?.seconds())
}
