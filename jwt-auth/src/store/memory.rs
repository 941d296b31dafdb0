//! The store of one process.

use std::collections::HashMap;
use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::by_issuer::ByIssuer;
use super::record::{Consumed, Refresh, RefreshHash, Revocation, TokenRef};
use super::sieve::Sieve;
use super::{Store, StoreError, StoreFuture, Successor};

const DEFAULT_CAPACITY: usize = 1_000_000;
/// How often expired entries are looked for, in seconds.
const SWEEP_EVERY: u64 = 60;

/// Keeps everything in this process: for one instance, and until it ends. The default.
///
/// Bounded: where it is full it refuses new sessions and revocations with an error and evicts nothing that is live. What has
/// expired is forgotten within a minute of use.
#[derive(Debug)]
pub struct MemoryStore {
    capacity: usize,
    // Of the maps of these names.
    tokens: Arc<Sieve>,
    sessions: Arc<Sieve>,
    subjects: Arc<Sieve>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// By issuer and `jti`, until when.
    tokens: ByIssuer<u64>,
    /// By issuer and `sid`, until when.
    sessions: ByIssuer<u64>,
    /// By issuer and subject: before when, and until when.
    subjects: ByIssuer<(u64, u64)>,
    refresh: HashMap<RefreshHash, Kept>,
    swept_at: u64,
}

#[derive(Debug)]
struct Kept {
    refresh: Refresh,
    used: Option<Used>,
}

#[derive(Debug)]
struct Used {
    grace_until: u64,
    sealed: [u8; 32],
}

impl MemoryStore {
    /// Room for a million entries.
    pub fn new() -> Self {
        Self::with_capacity(DEFAULT_CAPACITY)
    }

    /// Room for this many entries: refresh tokens and revocations together. Sessions take three quarters of it at most, so that
    /// whoever refreshes without end keeps nobody from being signed out.
    pub fn with_capacity(capacity: usize) -> Self {
        let state = State::new();
        let (tokens, sessions, subjects) = (state.tokens.sieve(), state.sessions.sieve(), state.subjects.sieve());
        Self { capacity, tokens, sessions, subjects, state: Mutex::new(state) }
    }

    /// Without the lock for nearly every token.
    fn has_revoked(&self, token: TokenRef<'_>) -> bool {
        let may_be = self.tokens.may_have(token.jwt_id)
            || token.session.is_some_and(|session| self.sessions.may_have(session))
            || self.subjects.may_have(token.subject);
        may_be && self.state().is_revoked(token)
    }

    /// A poisoned lock guards data that is whole: every change below is one insertion.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, without what has expired where it is full.
    fn swept(&self, now: u64) -> MutexGuard<'_, State> {
        let mut state = self.state();
        // Once a second at most: nothing has expired since.
        let is_full = !self.has_room_for_sessions(&state) && now != state.swept_at;
        if is_full || now >= state.swept_at.saturating_add(SWEEP_EVERY) {
            state.sweep(now);
        }
        state
    }

    fn has_room_for_sessions(&self, state: &State) -> bool {
        state.len() < self.capacity && state.refresh.len() < self.capacity.saturating_sub(self.capacity / 4)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    fn new() -> Self {
        let (tokens, sessions, subjects) = (ByIssuer::new(), ByIssuer::new(), ByIssuer::new());
        Self { tokens, sessions, subjects, refresh: HashMap::new(), swept_at: 0 }
    }

    fn len(&self) -> usize {
        let revoked = self.tokens.len().saturating_add(self.sessions.len()).saturating_add(self.subjects.len());
        revoked.saturating_add(self.refresh.len())
    }

    fn sweep(&mut self, now: u64) {
        self.tokens.retain(|until| *until > now);
        self.sessions.retain(|until| *until > now);
        self.subjects.retain(|(_, until)| *until > now);
        self.refresh.retain(|_, kept| kept.refresh.ends_at > now);
        self.swept_at = now;
    }

    fn is_revoked(&self, token: TokenRef<'_>) -> bool {
        let subject = || self.subjects.get(token.issuer, token.subject);
        self.tokens.get(token.issuer, token.jwt_id).is_some()
            || token.session.is_some_and(|session| self.sessions.get(token.issuer, session).is_some())
            || subject().is_some_and(|(before, _)| token.issued_at < *before)
    }

    fn revoke(&mut self, revocation: Revocation<'_>) {
        let later = |kept: &mut u64, until: u64| *kept = (*kept).max(until);
        match revocation {
            Revocation::Token { issuer, jwt_id, until } => {
                later(self.tokens.or_default(issuer, jwt_id), until);
            }
            Revocation::Session { issuer, session, until } => {
                later(self.sessions.or_default(issuer, session), until);
            }
            Revocation::Subject { issuer, subject, before, until } => {
                let kept = self.subjects.or_default(issuer, subject);
                later(&mut kept.0, before);
                later(&mut kept.1, until);
            }
        }
    }

    /// Whether a session can be continued.
    fn is_live(&self, refresh: &Refresh, now: u64) -> bool {
        let subject = self.subjects.get(&refresh.issuer, &refresh.subject);
        refresh.expires_at > now
            && refresh.ends_at > now
            && self.sessions.get(&refresh.issuer, &refresh.session).is_none()
            && subject.is_none_or(|(before, _)| refresh.began_at >= *before)
    }

    fn consume(
        &mut self,
        presented: RefreshHash,
        successor: &Successor,
        now: u64,
        has_room: bool,
    ) -> Result<Consumed, StoreError> {
        let Some(kept) = self.refresh.get(&presented) else { return Ok(Consumed::Unknown) };
        let refresh = kept.refresh.clone();
        Ok(match &kept.used {
            Some(used) if now < used.grace_until && self.is_live(&refresh, now) => {
                Consumed::Before { sealed: used.sealed, refresh }
            }
            Some(_) => {
                let until = refresh.ends_at.saturating_add(successor.margin);
                self.revoke(Revocation::Session { issuer: &refresh.issuer, session: &refresh.session, until });
                Consumed::Reused(refresh)
            }
            None if !self.is_live(&refresh, now) => Consumed::Unknown,
            None if !has_room => return Err(full()),
            None => {
                let used = Used { grace_until: successor.grace_until(now), sealed: successor.sealed };
                let expires_at = now.saturating_add(successor.idle).min(refresh.ends_at);
                let next = Refresh { hash: successor.hash, expires_at, ..refresh.clone() };
                self.refresh.insert(successor.hash, Kept { refresh: next, used: None });
                if let Some(kept) = self.refresh.get_mut(&presented) {
                    kept.used = Some(used);
                }
                Consumed::Now(refresh)
            }
        })
    }
}

fn full() -> StoreError {
    StoreError::new("the memory store is full")
}

impl Store for MemoryStore {
    fn is_revoked<'s>(&'s self, token: TokenRef<'s>, _: u64) -> StoreFuture<'s, bool> {
        Box::pin(ready(Ok(self.has_revoked(token))))
    }

    fn is_revoked_at_once(&self, token: TokenRef<'_>, _: u64) -> Option<bool> {
        Some(self.has_revoked(token))
    }

    fn revoke<'s>(&'s self, revocations: &'s [Revocation<'s>], now: u64) -> StoreFuture<'s, ()> {
        let mut state = self.swept(now);
        let has_room = state.len().saturating_add(revocations.len()) <= self.capacity;
        let revoked = has_room.then(|| revocations.iter().for_each(|one| state.revoke(*one)));
        Box::pin(ready(revoked.ok_or_else(full)))
    }

    fn begin<'s>(&'s self, refresh: Refresh, replaced: &'s [Revocation<'s>], now: u64) -> StoreFuture<'s, ()> {
        let mut state = self.swept(now);
        let has_room = self.has_room_for_sessions(&state) && state.len().saturating_add(replaced.len()) < self.capacity;
        let kept = has_room.then(|| {
            replaced.iter().for_each(|one| state.revoke(*one));
            drop(state.refresh.insert(refresh.hash, Kept { refresh, used: None }));
        });
        Box::pin(ready(kept.ok_or_else(full)))
    }

    fn consume<'s>(&'s self, presented: RefreshHash, successor: Successor, now: u64) -> StoreFuture<'s, Consumed> {
        let mut state = self.swept(now);
        let has_room = self.has_room_for_sessions(&state);
        Box::pin(ready(state.consume(presented, &successor, now, has_room)))
    }

    fn find<'s>(&'s self, presented: RefreshHash, now: u64) -> StoreFuture<'s, Option<Refresh>> {
        let state = self.state();
        let found =
            state.refresh.get(&presented).map(|kept| kept.refresh.clone()).filter(|refresh| refresh.ends_at > now);
        Box::pin(ready(Ok(found)))
    }
}
