//! A store in memory with a hook before or after each of its calls.

use std::collections::BTreeSet;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use jwt_auth::{
    MemoryStore, StoreError,
    store::{Document, Key, Reading, Safety, Store, StoreFuture, Summary, Version},
};

/// A call of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// A document is read.
    Read,
    /// The summary of a document is read.
    Summary,
    /// A document is replaced.
    Replace,
}

/// What a hook returns. If it is an error, the call fails with it.
pub type Done = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;
type Hook = Arc<dyn Fn(Call) -> Done + Send + Sync>;

/// The call is carried out at once.
pub fn go_on() -> Done {
    Box::pin(ready(Ok(())))
}

/// Other tasks run before the call is carried out.
pub fn in_turn() -> Done {
    Box::pin(async {
        tokio::task::yield_now().await;
        Ok(())
    })
}

/// The call fails.
pub fn fail() -> Done {
    Box::pin(ready(Err(StoreError::new("no connection"))))
}

/// A store in memory that never answers at once. If a hook fails, the call fails with its error.
#[derive(Clone)]
pub struct Around {
    store: Arc<MemoryStore>,
    keys: Arc<Mutex<BTreeSet<Key>>>,
    before: Hook,
    after: Hook,
}

impl Around {
    /// Calls `before` before each call of the store.
    pub fn before(store: &Arc<MemoryStore>, before: impl Fn(Call) -> Done + Send + Sync + 'static) -> Self {
        let (before, after): (Hook, Hook) = (Arc::new(before), Arc::new(|_| go_on()));
        Self { store: Arc::clone(store), keys: Arc::default(), before, after }
    }

    /// Calls `after` after each call that succeeded.
    pub fn after(self, after: impl Fn(Call) -> Done + Send + Sync + 'static) -> Self {
        Self { after: Arc::new(after), ..self }
    }

    /// The store in memory does its work as soon as it is called, so the call is in a closure.
    fn ask<'s, T: Send + 's>(
        &'s self,
        call: Call,
        ask: impl FnOnce(&'s MemoryStore) -> StoreFuture<'s, T> + Send + 's,
    ) -> StoreFuture<'s, T> {
        Box::pin(async move {
            (self.before)(call).await?;
            let answer = ask(&self.store).await?;
            (self.after)(call).await?;
            Ok(answer)
        })
    }

    /// All documents that were ever written.
    pub async fn documents(&self) -> Vec<Option<Document>> {
        let keys: Vec<Key> = self.keys.lock().expect("no task panics while it holds this").iter().copied().collect();
        let mut documents = Vec::new();
        for key in keys {
            documents.push(self.store.read(&key).await.expect("an answer").document);
        }
        documents
    }
}

impl Store for Around {
    fn read<'s>(&'s self, key: &'s Key) -> StoreFuture<'s, Reading> {
        self.ask(Call::Read, move |store| store.read(key))
    }

    fn read_summary<'s>(&'s self, key: &'s Key) -> StoreFuture<'s, Option<Summary>> {
        self.ask(Call::Summary, move |store| store.read_summary(key))
    }

    fn replace<'s>(
        &'s self,
        key: &'s Key,
        expected: Option<Version>,
        new: Option<Document>,
        safety: Safety,
    ) -> StoreFuture<'s, bool> {
        self.keys.lock().expect("no task panics while it holds this").insert(*key);
        self.ask(Call::Replace, move |store| store.replace(key, expected, new, safety))
    }
}
