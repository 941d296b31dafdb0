//! Ends sessions and access tokens in the store, for the backend. An end that the store does not confirm is retried in the
//! background.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::records::driver::Driver;
use crate::records::effects::{Account, Sessions};
use crate::records::end::{EndedToken, Ending, RevokedToken};
use crate::records::names::{SessionId, SubjectTag};
use crate::records::subject::Subject;
use crate::store::document::Key;
use crate::store::error::StoreError;

impl Sessions {
    /// Ends a session.
    pub(crate) async fn end(&self, tag: SubjectTag, id: SessionId, now: u64) -> Result<Ending, StoreError> {
        let run = {
            let driver = Arc::clone(&self.driver);
            move || {
                let driver = Arc::clone(&driver);
                async move {
                    let end = |subject: &mut Subject| subject.end(id, &driver.rules);
                    driver.change(Key::subject(tag), Subject::default(), now, true, end).await
                }
            }
        };
        let ended = self.driver.to_its_end(run()).await;
        if ended.is_err() {
            self.driver.repeat("ending a session", move || discard(run()));
        }
        ended
    }

    #[cfg_attr(
        not(feature = "testing"),
        allow(dead_code, reason = "the authorization code flow will use it; tests of stores do")
    )]
    /// Ends a session, and keeps it from beginning if it has not begun yet. `access_until` is when its longest access token expires.
    pub(crate) async fn bar(
        &self,
        tag: SubjectTag,
        id: SessionId,
        access_until: u64,
        now: u64,
    ) -> Result<(), StoreError> {
        let barred = self.driver.to_its_end(barring(Arc::clone(&self.driver), tag, id, access_until, now)).await;
        if barred.is_err() {
            self.bar_later(tag, id, access_until, now);
        }
        barred
    }

    pub(crate) fn bar_later(&self, tag: SubjectTag, id: SessionId, access_until: u64, now: u64) {
        let driver = Arc::clone(&self.driver);
        self.driver.repeat("ending a session that may not have begun", move || {
            barring(Arc::clone(&driver), tag, id, access_until, now)
        });
    }

    /// Signs a user out everywhere. Once this has succeeded, every token and session whose check began earlier is refused.
    /// The answer is the second from which a check of the user counts again.
    pub(crate) async fn end_all(&self, account: &Account, now: u64) -> Result<u64, StoreError> {
        let run = {
            let (driver, account) = (Arc::clone(&self.driver), account.clone());
            move |is_repeated: bool| {
                let (driver, account) = (Arc::clone(&driver), account.clone());
                async move {
                    let end_all = |subject: &mut Subject| {
                        match is_repeated {
                            true => subject.end_all_again(now, &driver.rules),
                            false => subject.end_all(now, &driver.rules),
                        }
                        subject.before
                    };
                    driver.change(Key::subject(account.tag), account.empty(), now, true, end_all).await
                }
            }
        };
        let ended = self.driver.to_its_end(run(false)).await;
        if ended.is_err() {
            self.driver.repeat("signing a user out everywhere", move || discard(run(true)));
        }
        ended
    }

    #[cfg_attr(
        not(feature = "testing"),
        allow(dead_code, reason = "the authorization code flow will use it; tests of stores do")
    )]
    /// Revokes one access token.
    pub(crate) async fn revoke(&self, account: &Account, token: RevokedToken, now: u64) -> Result<(), StoreError> {
        let run = {
            let (driver, account) = (Arc::clone(&self.driver), account.clone());
            move || {
                let (driver, account) = (Arc::clone(&driver), account.clone());
                async move {
                    let revoke = |subject: &mut Subject| subject.revoke(&token, &driver.rules);
                    driver.change(Key::subject(account.tag), account.empty(), now, true, revoke).await
                }
            }
        };
        let revoked = self.driver.to_its_end(run()).await;
        if revoked.is_err() {
            self.driver.repeat("revoking a token", run);
        }
        revoked
    }

    /// Ends these tokens, each with its session. All tokens of one subject end in one step. This runs to its end even if the
    /// caller is dropped.
    pub(crate) async fn end_tokens(&self, tokens: Vec<EndedToken>, now: u64) -> Result<(), StoreError> {
        if tokens.is_empty() {
            return Ok(());
        }
        let tokens: Arc<[EndedToken]> = tokens.into();
        let run = {
            let driver = Arc::clone(&self.driver);
            move || {
                let (driver, tokens) = (Arc::clone(&driver), Arc::clone(&tokens));
                async move { driver.end_tokens(&tokens, now).await }
            }
        };
        let ended = self.driver.to_its_end(run()).await;
        if ended.is_err() {
            self.driver.repeat("ending a session", run);
        }
        ended
    }

    /// Like [`end_tokens`](Self::end_tokens), for the tokens that a sign-in replaces. It is not retried: if it fails, the sign-in
    /// fails, and the earlier sessions may continue.
    pub(crate) async fn end_replaced(&self, tokens: Vec<EndedToken>, now: u64) -> Result<(), StoreError> {
        if tokens.is_empty() {
            return Ok(());
        }
        let driver = Arc::clone(&self.driver);
        self.driver.to_its_end(async move { driver.end_tokens(&tokens, now).await }).await
    }
}

impl Driver {
    /// Ends the tokens of each subject in one step.
    pub(crate) async fn end_tokens(&self, tokens: &[EndedToken], now: u64) -> Result<(), StoreError> {
        let tags: BTreeSet<SubjectTag> = tokens.iter().map(|token| token.account.tag).collect();
        for tag in tags {
            let of_subject = || tokens.iter().filter(|token| token.account.tag == tag);
            let Some(first) = of_subject().next() else { continue };
            let end = |subject: &mut Subject| {
                of_subject().for_each(|token| subject.end_token(token, now, &self.rules));
            };
            self.change(Key::subject(tag), first.account.empty(), now, true, end).await?;
        }
        Ok(())
    }
}

async fn barring(
    driver: Arc<Driver>,
    tag: SubjectTag,
    id: SessionId,
    access_until: u64,
    now: u64,
) -> Result<(), StoreError> {
    let until = driver.rules.outlived(access_until);
    let bar = |subject: &mut Subject| subject.bar(id, until, &driver.rules);
    driver.change(Key::subject(tag), Subject::default(), now, true, bar).await
}

async fn discard<T>(effect: impl Future<Output = Result<T, StoreError>>) -> Result<(), StoreError> {
    effect.await.map(drop)
}
