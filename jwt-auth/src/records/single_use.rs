//! Authorization codes and the `jti`s of client assertions. Each may be used once and has a document of its own.

use std::sync::Arc;

use crate::records::driver::pause;
use crate::records::encoding::{Reader, Writer};
use crate::records::names::SessionId;
use crate::records::rules::Rules;
use crate::records::sessions::Sessions;
use crate::store::document::{Body, Document, Key, Summary, Version};
use crate::store::error::StoreError;
use crate::store::store_trait::Safety;
use crate::store::subject_tag::SubjectTag;

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
    /// It was redeemed before. The session of that redemption must be blocked.
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

/// The outcome of redeeming a code in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CodeUse {
    /// The first one. The session may begin.
    First,
    /// It was redeemed before, and that session has ended.
    Again(SessionId),
    /// There is no such code, or it has expired.
    Unknown,
}

impl Sessions {
    /// Stores an authorization code.
    pub(crate) async fn keep_code(&self, key: Key, payload: Vec<u8>, expires_at: u64) -> Result<(), StoreError> {
        let driver = Arc::clone(&self.driver);
        let keeping = async move {
            let code = Code { payload, expires_at, redeemed: None };
            let document = code.encode(Version::random()?, &driver.rules);
            match driver.store.replace(&key, None, Some(document), Safety::Usual).await? {
                true => Ok(()),
                false => Err(StoreError::new("this authorization code already exists")),
            }
        };
        self.driver.run_to_end(keeping).await
    }

    /// The record of a code, used or not. The endpoint compares the request with it before it redeems the code.
    pub(crate) async fn find_code(&self, key: Key) -> Result<Option<Code>, StoreError> {
        let reading = self.driver.in_time(self.driver.store.read(&key)).await?;
        reading.document.as_ref().map(Code::decode).transpose()
    }

    /// Redeems a code for a session that is about to begin. A second redemption ends the session of the first, even if
    /// that has not begun yet. On an error the code must be treated as used: `invalid_grant`.
    pub(crate) async fn redeem(&self, key: Key, redeemed: Redeemed, now: u64) -> Result<CodeUse, StoreError> {
        let driver = Arc::clone(&self.driver);
        let redeeming = async move {
            let mut round = 0_u32;
            loop {
                let reading = driver.store.read(&key).await?;
                let Some(document) = reading.document else { return Ok(None) };
                let mut code = Code::decode(&document)?;
                let is_new = code.redeemed.is_none();
                let redemption = code.redeem(redeemed, now);
                if redemption != Redemption::First || !is_new {
                    return Ok(Some(redemption));
                }
                let version = Version::random()?;
                let new = code.encode(version, &driver.rules);
                if driver.store.replace(&key, Some(document.version), Some(new), Safety::Confirmed).await? {
                    return Ok(Some(redemption));
                }
                round = round.saturating_add(1);
                pause(round, version).await;
            }
        };
        match self.driver.run_to_end(redeeming).await? {
            Some(Redemption::First) => Ok(CodeUse::First),
            Some(Redemption::Again(first)) => {
                self.block(first.tag, first.session, first.access_until, now).await?;
                Ok(CodeUse::Again(first.session))
            }
            Some(Redemption::Expired) | None => Ok(CodeUse::Unknown),
        }
    }

    /// Records that a single-use value, such as the `jti` of a client assertion, was used. Returns whether this is its first use.
    pub(crate) async fn is_first_use(&self, key: Key, expires_at: u64) -> Result<bool, StoreError> {
        let driver = Arc::clone(&self.driver);
        let using = async move {
            let document = used(Version::random()?, expires_at, &driver.rules);
            driver.store.replace(&key, None, Some(document), Safety::Usual).await
        };
        self.driver.run_to_end(using).await
    }
}
