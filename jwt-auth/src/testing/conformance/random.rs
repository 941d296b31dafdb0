//! Runs the same random steps on a store and on the memory store, and compares the documents.

use std::sync::Arc;

use crate::records::begin::NewSession;
use crate::records::end::{EndedToken, RevokedToken};
use crate::records::names::{Attempt, JwtIdHash};
use crate::records::refresh::TokenUse;
use crate::records::refresh_token::{ChangingSecret, RefreshToken};
use crate::records::subject::Subject;
use crate::store::document::Key;
use crate::store::memory::MemoryStore;
use crate::testing::conformance::handles::{Handles, ok, random};
use crate::testing::conformance::service::Service;

/// Random numbers, always the same for the same seed (xorshift).
struct Steps(u64);

impl Steps {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % below
    }
}

async fn subject(service: &Service) -> Option<(Subject, u64)> {
    let reading = ok(service.store.read(&Key::subject(service.tag())).await);
    reading.document.map(|document| (ok(Subject::decode(&document)), document.keep_until))
}

pub async fn the_same_steps_give_the_same_documents_as_in_memory(handles: Handles) {
    for _ in 0..4 {
        let seed = u64::from_be_bytes(random()) | 1;
        println!("seed {seed}");
        let here = Service::new([Arc::clone(&handles[0]), Arc::clone(&handles[1])]);
        let memory = Arc::new(MemoryStore::new());
        let in_memory =
            Service { now: here.now, account: here.account.clone(), ..Service::new([memory.clone(), memory]) };
        let mut steps = Steps(seed);
        let mut tokens: Vec<RefreshToken> = Vec::new();
        for _ in 0..60 {
            let (kind, at) = (steps.next(10), steps.next(tokens.len() + 1));
            let later = here.now + steps.next(5) as u64;
            match (kind, tokens.get(at).cloned()) {
                (0, _) | (_, None) => {
                    let token = ok(RefreshToken::random(here.tag()));
                    let replaced = tokens.last().filter(|_| at % 2 == 0);
                    let replaces = replaced.map(|last| here.ended(last)).into_iter().collect();
                    let new = NewSession { replaces, checked_at: later, ..here.new_session() };
                    for service in [&here, &in_memory] {
                        ok(service.here.begin(&service.account, &token, new.clone(), later).await);
                    }
                    tokens.push(token);
                }
                (1, Some(token)) => {
                    let id = ok(token.session());
                    let [one, other] = [&here, &in_memory].map(|service| service.here.end(here.tag(), id, later));
                    assert_eq!(one.await, other.await);
                }
                (2, Some(token)) => {
                    let jwt_id = ok(JwtIdHash::new(&at.to_string()));
                    let session = if at % 3 == 0 { Some(ok(token.session())) } else { None };
                    let token = RevokedToken { jwt_id, expires_at: later + 600, issued_at: later };
                    let revoked = EndedToken { account: here.account.clone(), token, session, is_ours: at % 2 == 0 };
                    for service in [&here, &in_memory] {
                        ok(service.here.end_tokens(vec![revoked.clone()], later).await);
                    }
                }
                (3, Some(_)) if steps.next(4) == 0 => {
                    for service in [&here, &in_memory] {
                        ok(service.here.end_all(&service.account, later).await);
                    }
                }
                (_, Some(token)) => {
                    let (session, attempt) = (ok(token.session()), ok(Attempt::random()));
                    let next = ok(ChangingSecret::random());
                    let used = TokenUse {
                        session,
                        presented: ok(token.changing.hash()),
                        attempt,
                        next: ok(next.hash()),
                        sealed: ok(token.changing.seal(&next, session)),
                        grace: 0,
                        idle: 1_000,
                        access_until: later + 600,
                        was_usable: steps.next(2) == 0,
                    };
                    let [one, other] =
                        [&here, &in_memory].map(|service| service.here.rotate(here.tag(), used.clone(), later));
                    assert_eq!(one.await, other.await);
                    if steps.next(2) == 0 {
                        let [one, other] =
                            [&here, &in_memory].map(|service| service.here.settle(here.tag(), session, attempt, later));
                        assert_eq!(one.await, other.await);
                    }
                    tokens[at] = token.with_changing(next);
                }
            }
            assert_eq!(subject(&here).await, subject(&in_memory).await, "seed {seed}");
        }
    }
}
