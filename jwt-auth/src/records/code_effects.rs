//! Authorization codes and the `jti`s of client assertions in the store. Each may be used once.

use std::sync::Arc;

use crate::records::driver::pause;
use crate::records::effects::Sessions;
use crate::records::names::SessionId;
use crate::records::single_use::{Code, Redeemed, Redemption, used};
use crate::store::document::{Key, Version};
use crate::store::error::StoreError;
use crate::store::store_trait::Safety;

/// The outcome of redeeming a code.
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
        self.driver.to_its_end(keeping).await
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
        match self.driver.to_its_end(redeeming).await? {
            Some(Redemption::First) => Ok(CodeUse::First),
            Some(Redemption::Again(first)) => {
                self.bar(first.tag, first.session, first.access_until, now).await?;
                Ok(CodeUse::Again(first.session))
            }
            Some(Redemption::Expired) | None => Ok(CodeUse::Unknown),
        }
    }

    /// Records a use of what the key names, such as the `jti` of a client assertion. Returns whether it is the first use.
    pub(crate) async fn is_first_use(&self, key: Key, expires_at: u64) -> Result<bool, StoreError> {
        let driver = Arc::clone(&self.driver);
        let using = async move {
            let document = used(Version::random()?, expires_at, &driver.rules);
            driver.store.replace(&key, None, Some(document), Safety::Usual).await
        };
        self.driver.to_its_end(using).await
    }
}
