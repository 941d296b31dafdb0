//! Authorization codes and the `jti`s of client assertions. Each may be used once and has a document of its own.

use crate::records::encoding::{Reader, Writer};
use crate::records::names::{SessionId, SubjectTag};
use crate::records::rules::Rules;
use crate::store::document::{Body, Document, Summary, Version};
use crate::store::error::StoreError;

/// The record of an authorization code.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Code {
    /// What the endpoint stores with it: client, redirect URI, challenge and user. Not read here.
    pub(crate) payload: Vec<u8>,
    /// When it expires. Seconds.
    pub(crate) expires_at: u64,
    pub(crate) redeemed: Option<Redeemed>,
}

/// The session that the first redemption of a code begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Redeemed {
    pub(crate) tag: SubjectTag,
    pub(crate) session: SessionId,
    /// When the access token that is signed for it expires at the latest.
    pub(crate) access_until: u64,
}

/// The outcome of redeeming a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Redemption {
    /// The first one. The session may begin.
    First,
    /// It was redeemed before. The session of that redemption must be barred.
    Again(Redeemed),
    Expired,
}

impl Code {
    /// Redeems the code for a session that is about to begin.
    pub(crate) fn redeem(&mut self, redeemed: Redeemed, now: u64) -> Redemption {
        match self.redeemed {
            // The same redemption was sent twice.
            Some(first) if first == redeemed => Redemption::First,
            Some(first) => Redemption::Again(first),
            None if now >= self.expires_at => Redemption::Expired,
            None => {
                self.redeemed = Some(redeemed);
                Redemption::First
            }
        }
    }

    /// The record is kept for as long as the access token of its session may be accepted, so that a second use of the code can
    /// still end the session.
    pub(crate) fn encode(&self, version: Version, rules: &Rules) -> Document {
        let mut writer = Writer::new();
        writer.seconds(self.expires_at);
        writer.option(self.redeemed.as_ref(), |writer, redeemed| {
            writer.bytes(&redeemed.tag.0);
            writer.bytes(&redeemed.session.0);
            writer.seconds(redeemed.access_until);
        });
        writer.bytes(&self.payload);
        let of_session = self.redeemed.map_or(0, |redeemed| redeemed.access_until);
        kept(version, rules.outlived(self.expires_at.max(of_session)), writer)
    }

    pub(crate) fn decode(document: &Document) -> Result<Self, StoreError> {
        let mut reader = Reader::new(document.body.as_bytes())?;
        let expires_at = reader.seconds()?;
        let redeemed = reader.option(|reader| {
            Ok(Redeemed {
                tag: SubjectTag(reader.array()?),
                session: SessionId(reader.array()?),
                access_until: reader.seconds()?,
            })
        })?;
        Ok(Self { payload: reader.rest().to_vec(), expires_at, redeemed })
    }
}

/// The record that something was used. It holds nothing else.
pub(crate) fn used(version: Version, expires_at: u64, rules: &Rules) -> Document {
    kept(version, rules.outlived(expires_at), Writer::new())
}

fn kept(version: Version, keep_until: u64, body: Writer) -> Document {
    let summary = Summary::from_bytes(Writer::new().into_bytes());
    Document { version, keep_until, summary, body: Body::from_bytes(body.into_bytes()) }
}
