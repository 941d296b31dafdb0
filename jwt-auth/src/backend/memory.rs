//! The store of a backend, asked within its time.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use super::unrevoked::{Revoking, Unrevoked};
use crate::store::{Consumed, Refresh, Revocation, Store, StoreError, StoreFuture, Successor, TokenRef};
use crate::token::Token;

/// The leeway is at most 300 seconds; a revocation outlives its token by that and one second more.
pub(super) const MARGIN: u64 = 301;

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

    /// The revocations that end a token: its own, and that of its session, if it has one. The token does not say when
    /// the session ends, so the longest possible time is used.
    pub(crate) fn ending<'t>(&self, token: &'t Token, now: u64) -> impl Iterator<Item = Revocation<'t>> + use<'t> {
        let (issuer, jwt_id, expires_at) = (token.issuer(), token.jwt_id(), token.expires_at());
        let ends_at = expires_at.max(now.saturating_add(self.longest_session));
        let one = Revocation::Token { issuer, jwt_id, until: expires_at.saturating_add(MARGIN) };
        let all = token.session().map(|session| session_ending(issuer, session, ends_at));
        std::iter::once(one).chain(all)
    }

    pub(crate) async fn revoke_session(&self, session: &Refresh, now: u64) -> Result<(), StoreError> {
        self.revoke_all(&[session_ending(&session.issuer, &session.session, session.ends_at)], now).await
    }

    /// Revokes all of these in one step. Once this returns, this instance accepts none of them.
    pub(super) async fn revoke_all(&self, revocations: &[Revocation<'_>], now: u64) -> Result<(), StoreError> {
        if revocations.is_empty() {
            return Ok(());
        }
        let _revoking = self.revoking(revocations);
        self.ask(self.store.revoke(revocations, now)).await
    }

    /// Begins a session, and ends in the same step what it replaces.
    pub(super) async fn begin(
        &self,
        refresh: Refresh,
        replaced: &[Revocation<'_>],
        now: u64,
    ) -> Result<(), StoreError> {
        let _revoking = self.revoking(replaced);
        self.ask(self.store.begin(refresh, replaced, now)).await
    }

    /// Uses a refresh token. A second use ends its session.
    pub(super) async fn consume(
        &self,
        presented: &Refresh,
        successor: Successor,
        now: u64,
    ) -> Result<Consumed, StoreError> {
        let consumed = self.ask(self.store.consume(presented.hash, successor, now)).await?;
        if let Consumed::Reused(reused) = &consumed {
            drop(self.revoking(&[session_ending(&reused.issuer, &reused.session, reused.ends_at)]));
        }
        Ok(consumed)
    }

    fn revoking<'r>(&'r self, revocations: &'r [Revocation<'r>]) -> Option<Revoking<'r>> {
        self.unrevoked.as_ref().map(|unrevoked| Revoking { unrevoked, revocations })
    }
}

/// Ends a session and every access token of it.
fn session_ending<'s>(issuer: &'s str, session: &'s str, ends_at: u64) -> Revocation<'s> {
    Revocation::Session { issuer, session, until: ends_at.saturating_add(MARGIN) }
}
