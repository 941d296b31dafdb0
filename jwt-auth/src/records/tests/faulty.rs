//! A store that fails as planned.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::records::begin::Begun;
use crate::records::begin::NewSession;
use crate::records::refresh::{Refreshed, Refreshing};
use crate::records::refresh_token::RefreshToken;
use crate::records::rules::Rules;
use crate::records::sessions::{Account, Sessions};
use crate::records::summary::{AccessToken, Standing};
use crate::records::tests::NOW;
use crate::store::document::{Document, Key, Summary, Version};
use crate::store::error::{StoreError, StoreFuture};
use crate::store::memory::MemoryStore;
use crate::store::store_trait::{Reading, Safety, Store};

/// The fault of one replacement.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    No,
    /// It is not carried out.
    Fails,
    /// It is carried out, and its answer is lost.
    AnswerLost,
    /// It gets no answer, and is carried out after this time.
    Late(Duration),
    /// It gets no answer, and is carried out when the test lets it go.
    Held,
}

/// A store in which each read and each replacement waits once, and the next replacements fail as planned.
#[derive(Default)]
pub(crate) struct Faulty {
    pub(crate) inner: Arc<MemoryStore>,
    pub(crate) plan: Mutex<VecDeque<Fault>>,
    pub(crate) clock: Option<u64>,
    pub(crate) replaced: Mutex<Vec<Safety>>,
    pub(crate) let_go: Arc<Notify>,
    /// How many held replacements have been carried out.
    pub(crate) arrived: Arc<AtomicUsize>,
}

impl Store for Faulty {
    fn read<'s>(&'s self, key: &'s Key) -> StoreFuture<'s, Reading> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            Ok(Reading { clock: self.clock, ..self.inner.read(key).await? })
        })
    }

    fn read_summary<'s>(&'s self, key: &'s Key) -> StoreFuture<'s, Option<Summary>> {
        self.inner.read_summary(key)
    }

    fn replace<'s>(
        &'s self,
        key: &'s Key,
        expected: Option<Version>,
        new: Option<Document>,
        safety: Safety,
    ) -> StoreFuture<'s, bool> {
        let fault = self.plan.lock().unwrap().pop_front().unwrap_or(Fault::No);
        Box::pin(async move {
            tokio::task::yield_now().await;
            match fault {
                Fault::Fails => return Err(StoreError::new("as planned")),
                Fault::Late(after) => {
                    let (inner, key) = (Arc::clone(&self.inner), *key);
                    tokio::spawn(async move {
                        tokio::time::sleep(after).await;
                        inner.replace(&key, expected, new, safety).await
                    });
                    return std::future::pending().await;
                }
                Fault::Held => {
                    let (inner, key) = (Arc::clone(&self.inner), *key);
                    let (let_go, arrived) = (Arc::clone(&self.let_go), Arc::clone(&self.arrived));
                    tokio::spawn(async move {
                        let_go.notified().await;
                        let answer = inner.replace(&key, expected, new, safety).await;
                        arrived.fetch_add(1, Ordering::SeqCst);
                        answer
                    });
                    return std::future::pending().await;
                }
                Fault::No | Fault::AnswerLost => {}
            }
            self.replaced.lock().unwrap().push(safety);
            let answer = self.inner.replace(key, expected, new, safety).await;
            if let Fault::AnswerLost = fault { Err(StoreError::new("the answer is lost")) } else { answer }
        })
    }
}

pub(crate) struct Fixture {
    pub(crate) store: Arc<Faulty>,
    pub(crate) sessions: Sessions,
    pub(crate) account: Account,
}

impl Fixture {
    pub(crate) fn new(clock: Option<u64>) -> Self {
        let store = Arc::new(Faulty { clock, ..Faulty::default() });
        let rules = Rules { leeway: 5, ..Rules::default() };
        let shared: Arc<dyn Store> = store.clone();
        let own = || i64::try_from(NOW).unwrap();
        let sessions = Sessions::new(
            shared,
            Duration::from_millis(300),
            0,
            rules,
            Arc::new(own),
            crate::observer::Observed::default(),
        );
        Self { store, sessions, account: Account::new("issuer", "7").unwrap() }
    }

    pub(crate) fn plan(&self, faults: &[Fault]) {
        self.store.plan.lock().unwrap().extend(faults);
    }

    pub(crate) fn token(&self) -> RefreshToken {
        RefreshToken::random(self.account.tag).unwrap()
    }

    pub(crate) async fn try_begin(&self, token: &RefreshToken) -> Result<Begun, StoreError> {
        self.begin_checked_at(token, NOW).await
    }

    pub(crate) async fn begin_checked_at(&self, token: &RefreshToken, checked_at: u64) -> Result<Begun, StoreError> {
        let new = NewSession {
            checked_at,
            idle_until: NOW + 1_000,
            ends_at: NOW + 1_000,
            client_id: String::new(),
            scope: String::new(),
            claims: String::new(),
            label: String::new(),
            access_until: NOW + 100,
            replaces: Vec::new(),
        };
        self.sessions.begin(&self.account, token, new, NOW).await
    }

    pub(crate) async fn begin(&self) -> RefreshToken {
        let token = self.token();
        assert_eq!(self.try_begin(&token).await, Ok(Begun::Begun));
        token
    }

    pub(crate) async fn is_live(&self, token: &RefreshToken) -> bool {
        let session = Some(token.session().unwrap());
        let token = AccessToken { session, is_ours: true, jwt_id: Some("j"), issued_at: NOW };
        self.sessions.standing(self.account.tag, &token, NOW).await.unwrap() == Standing::Accepted
    }

    pub(crate) async fn refresh(&self, token: &RefreshToken) -> Result<Refreshed, StoreError> {
        let found = self.sessions.find(token, NOW).await?.unwrap();
        let how = Refreshing { grace: 0, idle: 100, access_until: NOW + 100 };
        self.sessions.refresh(token, &found, &token.successor()?, how, NOW).await
    }

    pub(crate) async fn soon(&self, is_so: impl AsyncFn() -> bool) {
        let began = Instant::now();
        while !is_so().await {
            // Only a test that hangs waits this long.
            assert!(began.elapsed() < Duration::from_secs(60), "it never comes");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
