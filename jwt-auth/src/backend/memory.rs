//! The store of a backend, asked within its time.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::unrevoked::{Revoking, Unrevoked};
use crate::store::{Revocation, Store, StoreError, StoreFuture, TokenRef};
use crate::token::Token;

/// The leeway is at most 300 seconds; a revocation outlives its token by that and one second more.
const MARGIN: u64 = 301;

/// A store and how long one call of it may take.
pub(crate) struct Memory {
    pub(super) store: Arc<dyn Store>,
    pub(super) timeout: Duration,
    /// `None` where every request asks.
    pub(super) unrevoked: Option<Unrevoked>,
    /// How long a session can be continued by refresh tokens, in seconds.
    pub(super) longest_session: u64,
}

/// Whether a store has its answers at hand.
pub(super) fn answers_at_once(store: &dyn Store) -> bool {
    let nobody = TokenRef { issuer: "", jwt_id: "", session: None, subject: "", issued_at: 0 };
    store.is_revoked_at_once(nobody, 0).is_some()
}

impl Memory {
    /// An answer that comes too late is an error, and an error denies. A store that answers at once needs no timer, and
    /// so works on a runtime without one.
    pub(crate) async fn ask<T>(&self, mut answer: StoreFuture<'_, T>) -> Result<T, StoreError> {
        if let Poll::Ready(answer) = poll_fn(|cx| Poll::Ready(answer.as_mut().poll(cx))).await {
            return answer;
        }
        match tokio::time::timeout(self.timeout, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(StoreError::new("the store did not answer in time")),
        }
    }

    pub(crate) async fn is_revoked(&self, token: &Token, now: u64) -> Result<bool, StoreError> {
        let token = TokenRef {
            issuer: token.issuer(),
            jwt_id: token.jwt_id(),
            session: token.session(),
            subject: token.subject(),
            issued_at: token.issued_at(),
        };
        if let Some(is_revoked) = self.store.is_revoked_at_once(token, now) {
            return Ok(is_revoked);
        }
        let Some(unrevoked) = &self.unrevoked else { return self.ask(self.store.is_revoked(token, now)).await };
        if unrevoked.knows(token, now) {
            return Ok(false);
        }
        let before = unrevoked.revocations(token);
        let is_revoked = self.ask(self.store.is_revoked(token, now)).await?;
        if !is_revoked {
            unrevoked.keep(token, now, before);
        }
        Ok(is_revoked)
    }

    /// The token itself and, where it is of a session, all of that until its end, which the token does not tell.
    pub(crate) async fn revoke(&self, token: &Token, now: u64) -> Result<(), StoreError> {
        let until = token.expires_at().saturating_add(MARGIN);
        let one = Revocation::Token { issuer: token.issuer(), jwt_id: token.jwt_id(), until };
        self.revoke_all(one, now).await?;
        match token.session() {
            Some(session) => {
                let ends_at = token.expires_at().max(now.saturating_add(self.longest_session));
                self.revoke_session(session, ends_at, now).await
            }
            None => Ok(()),
        }
    }

    pub(crate) async fn revoke_session(&self, session: &str, ends_at: u64, now: u64) -> Result<(), StoreError> {
        self.revoke_all(Revocation::Session { session, until: ends_at.saturating_add(MARGIN) }, now).await
    }

    /// Every token that is meant. From when this is over none is accepted here.
    pub(super) async fn revoke_all(&self, revocation: Revocation<'_>, now: u64) -> Result<(), StoreError> {
        let _revoking = self.unrevoked.as_ref().map(|unrevoked| Revoking { unrevoked, revocation });
        self.ask(self.store.revoke(revocation, now)).await
    }
}
